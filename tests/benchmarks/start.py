"""How long a command takes from Return to its last line, at first and with what an earlier run has kept."""

from __future__ import annotations

import os
import statistics
import sys
from pathlib import Path

from checker.peers.running import run

COMMANDS = {
    "checker --help": ["--help"],
    "checker explore --mode data_flush": ["explore", "--mode", "data_flush"],
}


def timed(arguments):
    """Seconds of one run; 12 says that a property is violated."""
    ran = run([sys.executable, "-m", "checker", *arguments], Path.cwd())
    assert ran.code in (0, 12), ran.output
    return ran.seconds


def measure(kept, runs, save):
    """Adds the first run of each command, and so many after it."""
    for name, arguments in COMMANDS.items():
        load = os.getloadavg()[0]
        first, *later = [timed(arguments) for _ in range(runs + 1)]
        kept.setdefault("start", {})[name] = {"first": first, "later": later, "load": load}
        print(f"{name}: {first:.2f} s, then {statistics.median(later):.2f} s", file=sys.stderr, flush=True)
        save()


def section(started):
    """The part of the page."""
    yield "| command | first run | runs after it | seconds, median (least, most) | load |"
    yield "|---|--:|--:|--:|--:|"
    for name, told in started.items():
        later = told["later"]
        yield (
            f"| `{name}` | {told['first']:.2f} | {len(later)} "
            f"| {statistics.median(later):.2f} ({min(later):.2f}, {max(later):.2f}) | {told['load']:.0f} |"
        )
