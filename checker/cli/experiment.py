"""`checker experiment`: what was tried by hand in 2013, once more."""

from __future__ import annotations

from pathlib import Path

import click

from checker.cli import options
from checker.cli.codes import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@options.bindirs
@click.option(
    "--report", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Writes seed-experiment.md there."
)
@options.as_json
def experiment(bindirs: tuple[Path, ...], report: Path | None, as_json: bool) -> int:
    """Does the experiment of 2013 once more: pgbench with the patch emulated, the standby stopped, failover, and back.

    A table of what was seen then, what the model says, and what real servers do.  Exit code 1: they did otherwise.
    """
    from checker.report.experiment import experiment_and_report

    return experiment_and_report(bindirs, report, as_json)
