"""This checker, SPIN, Rumur and TLC on the same model, side by side: python -m tests.benchmarks.peers

The counts of distinct states are asserted to be the same; times are medians, with the least and the greatest beside.
Run it on a machine that has nothing else to do; the page says how busy it was.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from checker.backends.packing import layout
from checker.configuration import configure
from checker.explore import explore
from checker.ground import ground
from checker.narrow import narrowed
from checker.peers.outcome import Question
from checker.peers.rumur import Rumur
from checker.peers.running import Missing, ToolFailed, run
from checker.peers.spin import Spin
from checker.peers.tlc import Tlc
from checker.reading import load

PAGE = Path(__file__).parents[2] / "reports" / "benchmarks.md"


@dataclass
class Row:
    """One tool on one model: seconds of each run, and the greatest peak memory in bytes."""

    tool: str
    states: int
    seconds: list[float] = field(default_factory=list)
    memory: int = 0

    @property
    def median(self):
        return statistics.median(self.seconds)

    @property
    def rate(self):
        return self.states / self.median


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mode", default="data_flush")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--scope", default="ci")
    parser.add_argument("--bound", action="append", default=[], metavar="NAME=N")
    parser.add_argument("--tlc-scope", default="small", help="TLC's, where --scope would take it too long")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=PAGE)
    return parser.parse_args()


def chosen(given, scope):
    """The options that choose the model, its exploration, and the question for the others."""
    model = load("model")
    sets = {"mode": given.mode, **dict(text.split("=") for text in given.set)}
    changed = given.bound if scope == given.scope else []
    bounds = {name: int(value) for name, value in (text.split("=") for text in changed)}
    picked = configure(model, sets=sets, scope=scope, bounds=bounds)
    options = [f"--set={name}={value}" for name, value in sets.items()] + [f"--scope={scope}"]
    options += [f"--bound={name}={value}" for name, value in bounds.items()]
    grounded = ground(model, picked.settings, picked.bounds)
    names = [item.name for item in model.properties if item.kind != "eventually"]
    found = explore(grounded, properties=names)
    assert found.exhausted and found.error is None
    holding = [f.property.name for f in found.findings if f.word == "exhausted"]
    return options, found, Question(narrowed(grounded), tuple(holding), not found.deadlocks.count)


def ours(options, names, expected, runs, folder):
    """This checker as a process of its own, with the properties that hold; times are those of its search."""
    asked = [word for name in names for word in ("--property", name)]
    row = Row("checker", expected)
    for _ in range(runs + 1):
        ran = run([sys.executable, "-m", "checker", "explore", "--engine=native", "--json", *options, *asked], folder)
        said = json.loads(ran.output)
        assert said["states"] == expected
        row.seconds.append(said["seconds"])
        row.memory = max(row.memory, ran.memory)
    row.seconds.pop(0)  # the first run may compile the kernels that are kept on disk
    return row


def theirs(label, tool, question, expected, runs, folder):
    """Another tool; its program is made once."""
    folder.mkdir()
    row = Row(label, expected)
    if hasattr(tool, "make"):
        tool.make(question, folder)
    for _ in range(runs):
        outcome = tool.search(question, folder) if hasattr(tool, "make") else tool.ask(question, folder)
        assert (outcome.word, outcome.states) == ("exhausted", expected), (label, outcome.word, outcome.states)
        row.seconds.append(outcome.seconds)
        row.memory = max(row.memory, outcome.memory)
    return row


def table(rows, bits):
    """A table of rows against the first, which is this checker."""
    lines = [
        "| tool | states | seconds: median (least to greatest) | states/s | checker is | peak MiB | bytes/state |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        spread = f"{row.median:.2f} ({min(row.seconds):.2f} to {max(row.seconds):.2f})"
        factor = "" if row is rows[0] else f"{rows[0].rate / row.rate:.1f} times"
        memory = f"{row.memory / 2**20:,.0f} | {row.memory / row.states:,.0f}"
        lines.append(f"| {row.tool} | {row.states:,} | {spread} | {row.rate:,.0f} | {factor} | {memory} |")
    return [*lines, "", f"A state has {bits} bits when it is packed: {bits / 8:.0f} bytes."]


def main():
    given = arguments()
    busy = os.getloadavg()
    bits = 0
    lines = ["# Speed and memory beside other model checkers", ""]
    with tempfile.TemporaryDirectory(prefix="checker-benchmark-") as place:
        here = Path(place)
        options, found, question = chosen(given, given.scope)
        width = max(20, (2 * found.states).bit_length())
        tools = {
            "SPIN, breadth first": Spin("-O3", hash_bits=width),
            "SPIN, depth first": Spin("-O3", breadth=False, hash_bits=width),
            "Rumur, 1 thread": Rumur("-O3"),
        }
        rows = [ours(options, question.properties, found.states, given.runs, Path.cwd())]
        for label, tool in tools.items():
            try:
                tool.look()
            except Missing as reason:
                print(reason, file=sys.stderr)
                continue
            print(label, file=sys.stderr)
            rows.append(theirs(label, tool, question, found.states, given.runs, here / f"tool{len(rows)}"))
        bits = layout(question.grounded.cells).bits
        size = int(found.states * bits / 8 * 1.6)
        from tests.benchmarks.machine import measured

        read, inserted = measured(size, given.runs)
        again = []
        small, less, question = chosen(given, given.tlc_scope)
        try:
            Tlc().look()
            print("TLC", file=sys.stderr)
            again = [
                ours(small, question.properties, less.states, given.runs, Path.cwd()),
                theirs("TLC, 1 worker", Tlc("3g", types=False), question, less.states, given.runs, here / "tlc"),
            ]
        except (Missing, ToolFailed) as reason:  # the rest has taken long enough not to be thrown away
            print(reason, file=sys.stderr)
            again = []
    lines += said(given, busy, found, options)
    lines += [*table(rows, bits), ""]
    lines += machine(rows[0], found, read, inserted, size)
    if again:
        lines += ["", f"TLC, at a smaller scope ({' '.join(small)}), as the one above would take it too long:", ""]
        lines += table(again, layout(question.grounded.cells).bits)
    given.out.parent.mkdir(exist_ok=True)
    given.out.write_text("\n".join(lines) + "\n")
    print(given.out)


def said(given, busy, found, options):
    """What was measured, on what."""
    command = shlex.join(["python", "-m", "tests.benchmarks.peers", *sys.argv[1:]])
    load_text = ", ".join(f"{number:.1f}" for number in busy)
    after = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    noisy = max(busy[0], os.getloadavg()[0]) > 1.5
    return [
        f"Made by `{command}`: {platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}.",
        f"The load average was {load_text} before and {after} after"
        + (": the machine had other work, so only ratios say anything, and those roughly." if noisy else "."),
        "",
        f"The model: `{' '.join(options)}`; {found.states:,} states,",
        f"{found.transitions:,} transitions, depth {found.depth}.  Every tool checks the same invariants, those that",
        "hold, and for deadlocks; each counts the same distinct states, or there would be no page.  SPIN (`-O3",
        "-DSAFETY -DNOREDUCE`) and Rumur (`-O3`) search what `checker export` writes; their reductions are off,",
        "since they would make other states.  Peak memory is that of the whole process, its runtime included.  Seconds",
        f"are those of the search, without generating and compiling; {given.runs} runs each.",
        "",
    ]


def machine(row, found, read, inserted, size):
    """How near the machine's limit this checker is."""
    limit = statistics.median(inserted)
    reached = found.transitions / row.median
    return [
        f"The machine itself, into a table of {size / 2**20:,.0f} MiB in the same run, medians:",
        f"{statistics.median(read) / 1e6:,.0f} million random reads a second ({spread(read)}),",
        f"{limit / 1e6:,.0f} million prefetched inserts a second ({spread(inserted)}).",
        f"This checker does {reached / 1e6:.1f} million transitions a second: {reached / limit:.2f} of those inserts.",
    ]


def spread(values):
    return f"{min(values) / 1e6:,.0f} to {max(values) / 1e6:,.0f}"


if __name__ == "__main__":
    main()
