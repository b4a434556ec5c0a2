"""`checker describe`: what a model is made of."""

from __future__ import annotations

import click

from checker.cli import options
from checker.cli.codes import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@options.model_first
def describe(path: str) -> int:
    """Prints the settings, scopes, variables, actions and properties of a model as a Markdown page; searches nothing.

    MODEL is a package or a .py file, which is run.
    """
    from checker.describe import described
    from checker.reading import load

    click.echo(described(load(path)), nl=False)
    return 0
