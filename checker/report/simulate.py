"""The command `simulate`: random behaviours, what they covered, and what was wrong with one."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click
from rich.text import Text

from checker.outputs import Outputs
from checker.progress import ProgressLine
from checker.report.as_json import explored
from checker.report.explore import write_all
from checker.report.show import console, show
from checker.run import Request
from checker.simulate import Asked, Simulated, simulate


def simulate_and_report(request: Request, asked: Asked, out: Path | None, as_json: bool) -> int:
    """Walks, writes into `out` if it is given, prints; returns the exit code, which is never 0."""
    with ExitStack() as stack:
        outputs = None if out is None else stack.enter_context(Outputs(out))
        line = ProgressLine()
        try:
            done = simulate(request, asked, line)
        finally:
            line.clear()
        written = {} if outputs is None else write_all(done, outputs).traces
        if as_json:
            click.echo(explored(done, written))
        else:
            _coverage(done)
            show(done, console(), out)
        return done.code


def _coverage(done: Simulated) -> None:
    """How often each action was taken, the rarest first: what was hardly seen was hardly checked."""
    to = console()
    fired = sorted(done.exploration.fired.items(), key=lambda item: item[1])
    width = max([len(f"{times:,}") for _, times in fired], default=0)
    to.print(Text("taken", "bold"))
    for name, times in fired:
        to.print(Text(f"{times:>{width},}  {name}", "" if times else "yellow"), soft_wrap=True)
    to.print()
