"""The whole of reports/benchmarks.md in one go, in less than twenty minutes on a machine that has nothing else to do.

    python -m tests.benchmarks.everything --page reports/benchmarks.md

What was measured is kept as it comes (`--kept FILE`), so that a run that was cut short goes on after its last part.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import tempfile
import time
from pathlib import Path

from checker import cache, memory
from checker.peers.running import ToolFailed
from tests.benchmarks import browser, peers, start
from tests.benchmarks.page import page

SMALL = ["--scope", "small"]
MIDDLE = ["--scope", "ci", "--bound", "transactions=2"]
LARGE = ["--set", "mode=data_flush", "--set", "promotion_crash=true", "--scope", "ci"]
LARGE += ["--bound", "records=4", "--bound", "transactions=2", "--memory", "12G"]

PARTS = {
    "small": (SMALL, ["checker"], 7),
    "tlc": (SMALL, ["tlc"], 2),
    "middle": (MIDDLE, ["machine", "checker", "checker-2", "checker-twice"], 7),
    "spin": (MIDDLE, ["spin-bfs", "spin-dfs"], 5),
    "rumur": (MIDDLE, ["rumur"], 1),
    "large": (LARGE, ["checker", "checker-2"], 2),
    "spin, large": (LARGE, ["spin-dfs"], 1),
}
"""By their names: the model, the tools that take turns, and how often."""

NEEDED = {"large": 11 << 30, "spin, large": 20 << 30}
"""Bytes of memory without which a part is left out: nothing is measured that goes to swap."""


def apart(place):
    """Lets the commands measured find nothing that an earlier program has kept, and keep what Python compiles."""
    os.environ[cache.VARIABLE] = f"{place}/kept"
    os.environ["PYTHONPYCACHEPREFIX"] = f"{place}/compiled"
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def measure(kept, save, parts):
    """Measures every part that is not yet there."""
    done = kept.setdefault("done", [])
    started = time.monotonic()
    for name in ["start", "page", *parts]:
        if name in done:
            continue
        if memory.available() < NEEDED.get(name, 0):
            print(f"{name}: left out, it needs {NEEDED[name] >> 30} GiB of memory", file=sys.stderr)
            continue
        if name == "start":
            start.measure(kept, 7, save)
        elif name == "page":
            if not browser.CHROMIUM.exists():
                print(f"page: left out, there is no {browser.CHROMIUM}", file=sys.stderr)
                continue
            browser.measure(kept, 8, save)
        else:
            model, tools, runs = PARTS[name]
            words = [word for tool in tools for word in ("--tool", tool)]
            try:
                peers.measure(peers.arguments(["--kept", "FILE", *model, *words, "--runs", str(runs)]), kept, save)
            except ToolFailed as failed:
                print(f"{name}: left out: {failed}", file=sys.stderr)
                continue
        done.append(name)
        save()
        print(f"{name}: done after {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


def main(words=None):
    """Measures what is left to be measured, and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", type=Path, required=True, help="the page to write")
    parser.add_argument("--kept", type=Path, help="what was measured so far (JSON)")
    parser.add_argument("--part", action="append", default=[], choices=PARTS, help="only these (default: all)")
    given = parser.parse_args(words)
    kept = json.loads(given.kept.read_text()) if given.kept is not None and given.kept.exists() else {}
    peers.same_machine(kept, given.kept)
    only = [word for part in given.part for word in ("--part", part)]
    kept["commands"] = [shlex.join(["python", "-m", "tests.benchmarks.everything", *only, "--page", str(given.page)])]

    def save():
        if given.kept is not None:
            peers.written(given.kept, json.dumps(kept, indent=1) + "\n")

    with tempfile.TemporaryDirectory(prefix="checker-benchmark-") as place:
        apart(place)
        measure(kept, save, given.part or PARTS)
    peers.written(given.page, page(kept))
    print(given.page)


if __name__ == "__main__":
    main()
