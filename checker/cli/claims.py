"""`checker claims`: what is claimed."""

from __future__ import annotations

import click

from checker.cli import options
from checker.cli.codes import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@options.specs
def claims(specs: tuple[str, ...]) -> int:
    """Prints what is claimed, and why, as a Markdown page; runs nothing.

    A SPEC is a file, a folder, or a name in specs/; without one, all of specs/ are shown.
    """
    from checker.report.claims_table import claims_page
    from checker.report.gate import SPECS
    from checker.spec import find

    click.echo(claims_page(find(specs, SPECS)))
    return 0
