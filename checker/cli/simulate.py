"""`checker simulate`: random behaviours."""

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
@options.scope("The named bounds to walk within.")
@options.bounds("Changes one bound.")
@options.properties
@click.option("--idle", multiple=True, metavar="ACTION", help="An action that need not fire (repeatable).")
@click.option(
    "--behaviours", type=click.IntRange(min=1), default=1000, show_default=True, metavar="N", help="How many."
)
@click.option(
    "--steps", type=click.IntRange(min=1), default=100, show_default=True, metavar="N", help="Of at most so many steps."
)
@click.option(
    "--seed", type=int, default=0, show_default=True, metavar="N", help="The same seed walks the same behaviours."
)
@options.memory("Stop at so much memory, such as 2G.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write traces there.")
@options.as_json
def simulate(behaviours: int, steps: int, seed: int, out: Path | None, as_json: bool, **asked: Any) -> int:
    """Walks random behaviours: for models too large to be exhausted.

    Ends at the first that violates a property, whose trace is made shorter but need not be a shortest one.  It never
    shows that a property holds: the exit code is 3 at best.
    """
    from checker.report.simulate import simulate_and_report
    from checker.run import Request
    from checker.simulate import Asked

    return simulate_and_report(Request(**asked), Asked(behaviours, steps, seed), out, as_json)
