"""`checker peers`: other model checkers on the same model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from checker.cli import options
from checker.cli.codes import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
@options.model
@options.mode
@options.sets
@options.preset
@options.scope("The named bounds to compare within; of a SPEC too.")
@options.bounds("Changes one bound.")
@click.option(
    "--tool",
    "tools",
    multiple=True,
    type=click.Choice(["spin", "rumur", "tlc"]),
    help="Only this tool (repeatable).",
)
@click.option(
    "--property", "properties", multiple=True, metavar="NAME", help="Only this one's counterexample (repeatable)."
)
@click.option("--whole", is_flag=True, help="No counterexamples: the whole space only.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.md", help="Write a page there.")
@options.as_json
def peers(
    specs: tuple[str, ...],
    tools: tuple[str, ...],
    whole: bool,
    out: Path | None,
    as_json: bool,
    **asked: Any,
) -> int:
    """Gives the model to SPIN, Rumur and TLC, and compares states, depth, verdicts and counterexamples.

    A SPEC is a file, a folder, or a name in specs/, and stands for its settings; without one they are those of the
    options.  A counterexample of another tool is read back and taken again by plain execution.  Exit code 1: something
    differs; 3: a tool is missing.
    """
    from checker.report.peers import Asked, peers_and_report
    from checker.run import Request

    return peers_and_report(Asked(Request(**asked), specs, tools, whole, out, as_json))
