"""`checker trace`: what can be done with a trace that another tool or a person has written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from checker.cli import options
from checker.cli.codes import EXIT_CODES


@click.group(epilog=EXIT_CODES)
def trace() -> None:
    """Traces in the Informal Trace Format, from any tool."""


@trace.command(epilog=EXIT_CODES)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.itf.json")
@options.model
@options.mode
@options.sets
@options.preset
@options.scope("The named bounds the trace is within.")
@options.bounds("Changes one bound.")
@options.as_json
def check(file: Path, as_json: bool, **asked: Any) -> int:
    """Says whether a trace is a behaviour of the model; if not, which step is none, and why.

    The model is run as the Python it is.  Variables, keys and names of actions may be left out: then it is looked for a
    way to fill them in.  Settings and bounds are those that the file says, or else these options.  Exit code 1: it is
    no behaviour; 3: so much is left out that it was not decided.
    """
    from checker.report.trace_check import check_and_report
    from checker.run import Request

    return check_and_report(file, Request(**asked), as_json)
