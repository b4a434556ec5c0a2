"""`checker report`: verdicts and counterexamples as pages."""

from __future__ import annotations

from pathlib import Path

import click

from checker.cli import options
from checker.cli.codes import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("reports"),
    show_default=True,
    metavar="DIR",
    help="Write there.",
)
@click.option("--pages", is_flag=True, help="A page and a picture for every counterexample too.")
@click.option("--fresh", is_flag=True, help="Run every claim, whatever was kept.")
@options.workers
def report(specs: tuple[str, ...], out: Path, pages: bool, fresh: bool, workers: int | None) -> int:
    """Runs claims and writes report.html, verdicts.md and pictures.

    A SPEC is a file, a folder, or a name in specs/; without one, all of specs/.  Claims that an earlier run found as
    claimed are not run again.
    """
    from checker.report.pages import Asked, report_and_write

    return report_and_write(Asked(specs, out, workers, fresh, pages))
