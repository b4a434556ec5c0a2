"""`checker conform`: random behaviours of the model on real servers."""

from __future__ import annotations

from pathlib import Path

import click

from checker.cli import options
from checker.cli.codes import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@click.option(
    "--runs", type=click.IntRange(min=0), default=10, show_default=True, metavar="N", help="Per installation."
)
@click.option("--seed", default="1", show_default=True, metavar="S", help="The same seed takes the same walks.")
@click.option("--minutes", type=float, metavar="M", help="Stops after that, however many there were.")
@options.sets
@options.bindirs
@click.option(
    "--report", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Writes conformance.md there."
)
@click.option(
    "--add",
    "added",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Counts in the runs that another --json printed.",
)
@options.as_json
def conform(
    runs: int,
    seed: str,
    minutes: float | None,
    sets: tuple[tuple[str, str], ...],
    bindirs: tuple[Path, ...],
    report: Path | None,
    added: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Takes random walks in the model, under random settings, and does each on real PostgreSQL servers, step by step.

    What can be seen is compared after every step, and the end with the model's prediction.  Exit code 1: servers did
    otherwise.
    """
    from checker.report.conform import Asked, conform_and_report

    return conform_and_report(Asked(runs, seed, dict(sets), bindirs, report, added, minutes, as_json))
