"""`checker ablate`: each guard taken away."""

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
@click.option("--action", "actions", multiple=True, metavar="NAME", help="Only this action's guards (repeatable).")
@click.option("--states", type=click.IntRange(min=1), metavar="N", help="End each search at so many states.")
@options.properties
@click.option("--smallest", is_flag=True, help="Instead: the smallest sets of settings that keep the properties.")
@options.memory("End each search at so much memory, such as 2G.")
@options.workers
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write the table there.")
@options.as_json
def ablate(
    actions: tuple[str, ...], smallest: bool, workers: int | None, out: Path | None, as_json: bool, **asked: Any
) -> int:
    """Takes away each guard, and each setting that is on, and says what breaks.

    Without settings asked for it looks at those that the model names for it.
    """
    from checker.report.ablate import Options, ablate_and_report
    from checker.report.smallest import smallest_and_report
    from checker.run import Request

    if smallest:
        if actions:
            raise click.UsageError("--smallest is about settings, --action about guards; give one of them")
        return smallest_and_report(Request(**asked), workers, out, as_json)
    if asked["properties"]:
        raise click.UsageError("--property goes with --smallest; without, every property that holds is looked at")
    return ablate_and_report(Request(**asked), actions, Options(workers, out, as_json))
