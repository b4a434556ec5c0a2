"""SPIN: a breadth-first search by the program it generates.

Its exit code is 0 whatever it found, a search that was cut short too: only the text of a full search without a warning
counts.  Its reductions are off, and so is its hiding of variables that nothing reads: those would make fewer states.
"""

from __future__ import annotations

import re
from pathlib import Path

from checker.backends.promela import label_of, promela
from checker.peers.outcome import Outcome, Question, behaviour
from checker.peers.running import Ran, ToolFailed, program, run, succeed
from checker.traces.trace import Trace

CUT_SHORT = ("max search depth too small", "truncated", "out of memory", "hash-compact", "Search not completed")
"""What SPIN prints of a search that is less than a full one; the last of them also where it ended at an error."""

DEEPEST = 1_000_000
"""Steps a search may go; one that would go further says so and counts for nothing."""


class Spin:
    """SPIN.  `optimize` is the C compiler's option; without `breadth` the search goes in depth, where a counterexample
    need not be a shortest one; the hash table has 2^`hash_bits` slots."""

    name = "SPIN"
    packages = ("spin", "gcc")

    def __init__(self, optimize: str = "-O0", breadth: bool = True, hash_bits: int = 20) -> None:
        self.optimize, self.breadth, self.hash_bits = optimize, breadth, hash_bits

    def look(self) -> None:
        """Raises `Missing` where it is not installed."""
        for name in self.packages:
            program(name, name)

    def ask(self, question: Question, folder: Path) -> Outcome:
        """Has a model checked; the folder keeps `model.pml`, `pan` and the trail."""
        self.make(question, folder)
        return self.search(question, folder)

    def make(self, question: Question, folder: Path) -> None:
        """Writes the model and compiles SPIN's program for it."""
        spin, gcc = program("spin", "spin"), program("gcc", "gcc")
        (folder / "model.pml").write_text(promela(question.grounded, question.properties))
        succeed([spin, "-o2", "-a", "model.pml"], folder)
        flags = ["-DSAFETY", "-DNOREDUCE", "-DMEMLIM=16000", *(["-DBFS"] if self.breadth else [])]
        succeed([gcc, self.optimize, "-w", *flags, "-o", "pan", "pan.c"], folder)

    def search(self, question: Question, folder: Path) -> Outcome:
        """Runs the program that was made."""
        command: list[str | Path] = [folder / "pan", f"-m{DEEPEST}", f"-w{self.hash_bits}"]
        ran = run([*command, *([] if question.deadlocks else ["-E"])], folder)
        errors = _number(r"errors: (\d+)", ran)
        stored = _number(r"(\d+) states, stored", ran)
        depth = _number(r"depth reached (\d+)", ran)
        extra = len(question.grounded.initials) > 1  # a state before the initial ones, where one of them is chosen
        if errors == 0:
            _full(ran)
            found = depth - extra if self.breadth else None
            return Outcome("exhausted", stored - extra, found, None, ran.seconds, ran.memory)
        trace = self._trail(question, folder)
        return Outcome(
            "deadlock" if trace.property == "deadlock" else "violated",
            stored - extra,
            depth,
            trace,
            ran.seconds,
            ran.memory,
        )

    def _trail(self, question: Question, folder: Path) -> Trace:
        """The trail of an error as a trace of the model: its lines name those of the model's text."""
        lines = (folder / "model.pml").read_text().splitlines()
        said = succeed([program("spin", "spin"), "-t", "-p", "model.pml"], folder).output
        places = [int(place) for place in re.findall(r"model\.pml:(\d+) \(state \d+\)", said)]
        taken = [label for place in places if (label := label_of(lines[place - 1])) is not None]
        initial = 0
        if len(question.grounded.initials) > 1:
            initial = int(taken.pop(0).removeprefix("initial ")) - 1
        found = "deadlock"
        for position, label in enumerate(taken):
            if label.startswith("property "):
                found, taken = label.removeprefix("property "), taken[:position]
                break
        return behaviour(question.grounded, initial, taken, found)


def _full(ran: Ran) -> None:
    """Raises `ToolFailed` unless the search was a full one, whatever the exit code says."""
    shown = [word for word in CUT_SHORT if word in ran.output]
    if shown or "Full statespace search for:" not in ran.output or ran.code != 0:
        raise ToolFailed(f"SPIN's search was not a full one: {', '.join(shown) or ran.output[-500:]}")


def _number(pattern: str, ran: Ran) -> int:
    found = re.search(pattern, ran.output)
    if found is None:
        raise ToolFailed(f"SPIN did not end as it should: {ran.output.strip()[-500:]}")
    return int(found[1])
