"""`checker proofs`: claims beside proofs."""

from __future__ import annotations

import click

from checker.cli import options
from checker.cli.codes import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
@options.workers
@click.option("--fresh", is_flag=True, help="Prove everything, whatever was kept from earlier runs.")
def proofs(specs: tuple[str, ...], workers: int | None, fresh: bool) -> int:
    """Prints what is proved for any size under the settings of claims, as a Markdown page.

    A SPEC is a file, a folder, or a name in specs/; without one, all of specs/ are shown.  Ends with 1 where a proof
    and a claim contradict each other.
    """
    from checker.report.gate import SPECS
    from checker.report.proofs import proofs_and_report
    from checker.spec import find

    return proofs_and_report(find(specs, SPECS), workers, fresh)
