"""`checker describe`: what a model is made of."""

from __future__ import annotations

import click

from checker.cli.codes import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@click.argument("path", default="model", metavar="[MODEL]")
def describe(path: str) -> int:
    """Prints the settings, scopes, variables, actions and properties of a model as a Markdown page; searches nothing.

    MODEL is a package or a .py file, which is run.
    """
    from checker.describe import described
    from checker.reading import load

    click.echo(described(load(path)), nl=False)
    return 0
