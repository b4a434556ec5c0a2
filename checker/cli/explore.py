"""`checker explore`: every reachable state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from checker.cli import options
from checker.cli.codes import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@options.model
@options.mode
@options.sets
@options.preset
@options.scope("The named bounds to explore within.")
@options.bounds("Changes one bound.")
@options.properties
@click.option("--liveness", is_flag=True, help="Liveness properties too: takes more time and memory.")
@click.option("--idle", multiple=True, metavar="ACTION", help="An action that need not fire (repeatable).")
@click.option("--first", is_flag=True, help="Stop at the first violation.")
@click.option(
    "--engine",
    type=click.Choice(["auto", "python", "native"]),
    default="auto",
    help="Who searches: generated Python, machine code, or (auto) the one after the other as the space grows.",
)
@options.memory("Stop at so much memory, such as 2G.")
@click.option("--states", type=click.IntRange(min=1), metavar="N", help="Stop at so many states.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write traces there.")
@options.as_json
def explore(out: Path | None, as_json: bool, **asked: Any) -> int:
    """Visits every reachable state and says which properties hold."""
    from checker.report import explore_and_report
    from checker.run import Request

    return explore_and_report(Request(**asked), out, as_json)
