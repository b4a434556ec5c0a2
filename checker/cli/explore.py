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
@click.option("--slice", is_flag=True, help="Search only what can bear on the properties asked.")
@click.option(
    "--symmetry",
    multiple=True,
    metavar="SORT",
    help="Search one of the states that differ only in names of this sort (repeatable; all: of every sort it fits).",
)
@click.option("--order", is_flag=True, help="Take one order of steps that commute: counterexamples may be longer.")
@click.option("--idle", multiple=True, metavar="ACTION", help="An action that need not fire (repeatable).")
@click.option("--first", is_flag=True, help="Stop after the level of the first violation.")
@click.option(
    "--engine",
    type=click.Choice(["auto", "python", "native"]),
    default="auto",
    help="Who searches: generated Python, machine code, or (auto) the one after the other as the space grows.",
)
@options.memory("Beyond so much memory, such as 2G, go on with sorted runs on disk: slower, with the same result.")
@options.disk
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Threads that search together in machine code: same counts, verdicts and lengths.",
)
@options.cluster("Search in the memory of a Ray cluster, given its address")
@click.option(
    "--partitions",
    type=click.IntRange(min=1, max=4096),
    metavar="N",
    help="Workers of the cluster among which the states are divided; default: one a processor.",
)
@click.option(
    "--resume",
    type=options.Place(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep the finished levels there, and go on from them if there are any; with --cluster an s3:// address "
    "(gs://, az://) too.",
)
@click.option("--states", type=click.IntRange(min=1), metavar="N", help="Stop at so many states.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write traces there.")
@click.option(
    "--dump",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the graph of all states: .dot, .graphml or .json, for some thousand states at most.",
)
@options.as_json
def explore(out: Path | None, dump: Path | None, as_json: bool, **asked: Any) -> int:
    """Visits every reachable state and says which properties hold."""
    from checker.report.explore import explore_and_report
    from checker.run import Request

    request = Request(**asked)
    if dump is not None:
        from checker.report.dump import dump as write_graph

        write_graph(request, dump)
    return explore_and_report(request, out, as_json)
