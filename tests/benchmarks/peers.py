"""This checker, SPIN, Rumur and TLC on the same models, side by side.

    python -m tests.benchmarks.peers --kept FILE --scope ci --bound pages=2 --tool checker --tool spin-bfs --runs 5
    python -m tests.benchmarks.peers --kept FILE --page reports/benchmarks.md

Each call adds runs to what FILE keeps, so that a measurement of an hour can be made a few minutes at a time, turn by
turn, and nothing is lost when a tool fails.  The counts of distinct states are asserted to be the same.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import shlex
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

from checker.backends.packing import layout
from checker.configuration import configure
from checker.explore import explore
from checker.grounding.ground import ground
from checker.grounding.narrow import narrowed
from checker.peers.outcome import Question
from checker.peers.rumur import Rumur
from checker.peers.running import run
from checker.peers.spin import Spin
from checker.peers.tlc import Tlc
from checker.reading import load
from tests.benchmarks.page import page

OURS = {"checker": 1, "checker-2": 2, "checker-twice": 1}
"""Threads of this checker; `checker-twice` is two searches at once, in two processes."""

PEERS = {
    "spin-bfs": lambda width: Spin("-O3", hash_bits=width),
    "spin-dfs": lambda width: Spin("-O3", breadth=False, hash_bits=width),
    "rumur": lambda width: Rumur("-O3"),
    "tlc": lambda width: Tlc("3g", types=False),
}


def arguments(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kept", type=Path, required=True, help="what was measured so far (JSON)")
    parser.add_argument("--page", type=Path, help="write the page of what is kept, and measure nothing")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="default: mode=data_flush")
    parser.add_argument("--scope", default="small")
    parser.add_argument("--bound", action="append", default=[], metavar="NAME=N")
    parser.add_argument("--tool", action="append", default=[], choices=[*OURS, *PEERS, "machine"])
    parser.add_argument("--memory", default="8G", help="for this checker (default: 8G)")
    parser.add_argument("--runs", type=int, default=1, help="of each tool, in turn")
    return parser.parse_args(words)


def named(given):
    """The options that choose the model."""
    sets = given.set or ["mode=data_flush"]
    return [f"--set={text}" for text in sets] + [f"--scope={given.scope}"] + [f"--bound={text}" for text in given.bound]


def grounded(given):
    """The model that the options choose."""
    model = load("model")
    sets = dict(text.split("=") for text in given.set or ["mode=data_flush"])
    bounds = {name: int(value) for name, value in (text.split("=") for text in given.bound)}
    picked = configure(model, sets=sets, scope=given.scope, bounds=bounds)
    return ground(model, picked.settings, picked.bounds)


def beside(function, *arguments):
    """The same in a process of its own: what a process has held counts among the memory of those it starts."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def explored(given):
    """What everything else is held against: counts of a full search, and the properties that hold."""
    whole = grounded(given)
    names = [item.name for item in whole.model.properties if item.kind != "eventually"]
    found = explore(whole, properties=names, engine="native")
    assert found.exhausted and found.error is None
    return {
        "states": found.states,
        "transitions": found.transitions,
        "depth": found.depth,
        "bits": layout(narrowed(whole).cells).bits,
        "holding": [f.property.name for f in found.findings if f.word == "exhausted"],
        "deadlocks": found.deadlocks.count,
        "tools": {},
    }


def ours(given, model, workers):
    """One run of this checker as a process of its own, with the properties that hold: seconds, peak bytes."""
    asked = [word for name in model["holding"] for word in ("--property", name)]
    options = ["--engine=native", "--json", f"--memory={given.memory}", f"--workers={workers}"]
    command = [sys.executable, "-m", "checker", "explore", *options, *named(given), *asked]
    ran = run(command, Path.cwd())
    said = json.loads(ran.output)
    assert (said["states"], said["transitions"]) == (model["states"], model["transitions"]), said
    return said["seconds"], ran.memory


def twice(given, model):
    """Two searches at once that have nothing to do with each other: what two processors are worth to any program."""
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: ours(given, model, 1), range(2)))
    return max(seconds for seconds, _ in both), sum(memory for _, memory in both)


def measured(name, given, model):
    """One run of this checker, or two at once: seconds, peak bytes."""
    return twice(given, model) if name == "checker-twice" else ours(given, model, OURS[name])


def theirs(tool, question, model, folder, made):
    """One run of another tool; its program is made once."""
    folder.mkdir(exist_ok=True)
    if hasattr(tool, "make"):
        if tool not in made:
            tool.make(question, folder)
            made.add(tool)
        outcome = tool.search(question, folder)
    else:
        outcome = tool.ask(question, folder)
    assert (outcome.word, outcome.states) == ("exhausted", model["states"]), (outcome.word, outcome.states)
    return outcome.seconds, outcome.memory


def limits(model, entry):
    """What the machine does with a table of as many bytes as the packed states need, and half as many again."""
    from tests.benchmarks.machine import measured

    size = int(model["states"] * model["bits"] / 8 * 1.6)
    read, inserted = beside(measured, size, 1)
    entry.update(size=size, reads=entry.get("reads", []) + read, inserts=entry.get("inserts", []) + inserted)


def measure(given, kept, save):
    """Runs the tools in turn, and keeps each run as soon as it is made."""
    whole = grounded(given)
    models = kept.setdefault("models", {})
    key = " ".join(named(given))
    if key not in models:
        models[key] = beside(explored, given)
        save()
    model = models[key]
    question = Question(narrowed(whole), tuple(model["holding"]), not model["deadlocks"])
    width = max(20, (2 * model["states"]).bit_length())
    tools = {name: PEERS[name](width) for name in given.tool if name in PEERS}
    for tool in tools.values():
        tool.look()
    made = set()
    with tempfile.TemporaryDirectory(prefix="checker-benchmark-") as place:
        for _ in range(given.runs):
            for name in given.tool:
                before = os.getloadavg()[0]
                entry = model["tools"].setdefault(name, {"seconds": [], "memory": 0, "load": []})
                if name == "machine":
                    limits(model, entry)
                else:
                    seconds, memory = (
                        measured(name, given, model)
                        if name in OURS
                        else theirs(tools[name], question, model, Path(place) / name, made)
                    )
                    entry["seconds"].append(seconds)
                    entry["memory"] = max(entry["memory"], memory)
                    print(f"{key} {name}: {seconds:.2f} s, {memory / 2**20:,.0f} MiB", file=sys.stderr, flush=True)
                entry["load"].append(before)
                save()


def written(path, text):
    """Writes a file whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def same_machine(kept, path):
    """Ends the program where something was measured on another machine."""
    machine = f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    if kept.setdefault("machine", machine) != machine:
        sys.exit(f"{path} is of another machine: {kept['machine']}")


def main(words=None):
    """Measures, or writes the page."""
    given = arguments(words)
    kept = json.loads(given.kept.read_text()) if given.kept.exists() else {}
    same_machine(kept, given.kept)
    if given.page is not None:
        written(given.page, page(kept))
        print(given.page)
        return

    def save():
        written(given.kept, json.dumps(kept, indent=1) + "\n")

    told = ["FILE" if word == str(given.kept) else word for word in (sys.argv[1:] if words is None else words)]
    command = shlex.join(["python", "-m", "tests.benchmarks.peers", *told])
    if command not in kept.setdefault("commands", []):
        kept["commands"].append(command)
    measure(given, kept, save)


if __name__ == "__main__":
    main()
