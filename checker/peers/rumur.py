"""Rumur: a breadth-first search by the program it generates from Murphi."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from checker.backends.murphi import murphi, value_type
from checker.peers.outcome import Outcome, Question, behaviour
from checker.peers.running import ToolFailed, program, run, succeed
from checker.traces.trace import Trace


class Rumur:
    """Rumur.  `optimize` is the C compiler's option; with more than one of `threads` a counterexample need not be a
    shortest one."""

    name = "Rumur"
    packages = ("rumur", "gcc")

    def __init__(self, optimize: str = "-O0", threads: int = 1) -> None:
        self.optimize, self.threads = optimize, threads

    def look(self) -> None:
        """Raises `Missing` where it is not installed."""
        for name in self.packages:
            program(name, name)

    def ask(self, question: Question, folder: Path) -> Outcome:
        """Has a model checked; the folder keeps `model.m` and the program."""
        self.make(question, folder)
        return self.search(question, folder)

    def make(self, question: Question, folder: Path) -> None:
        """Writes the model and compiles Rumur's program for it."""
        rumur, gcc = program("rumur", "rumur"), program("gcc", "gcc")
        (folder / "model.m").write_text(murphi(question.grounded, question.properties))
        stuck = "stuck" if question.deadlocks else "off"
        options = ["--deadlock-detection", stuck, "--output-format", "machine-readable", "--symmetry-reduction", "off"]
        options += ["--value-type", value_type(question.grounded)]
        succeed([rumur, *options, "--threads", str(self.threads), "--output", "model.c", "model.m"], folder)
        succeed([gcc, "-std=c11", self.optimize, "-w", "-mcx16", "-o", "model", "model.c", "-lpthread"], folder)

    def search(self, question: Question, folder: Path) -> Outcome:
        """Runs the program that was made."""
        ran = run([folder / "model"], folder)
        try:
            said = ElementTree.fromstring(ran.output)
        except ElementTree.ParseError:
            raise ToolFailed(f"Rumur's program did not end as it should: {ran.output.strip()[-500:]}") from None
        summary = said.find("summary")
        if summary is None:
            raise ToolFailed("Rumur's program printed no summary")
        states, errors = int(summary.get("states", "0")), int(summary.get("errors", "0"))
        if errors == 0:
            if ran.code != 0 or not states:
                raise ToolFailed(f"Rumur's program found no error and ended with exit code {ran.code}")
            return Outcome("exhausted", states, None, None, ran.seconds, ran.memory)
        trace = _read(said.find("error"), question)
        return Outcome(
            "deadlock" if trace.property == "deadlock" else "violated",
            states,
            len(trace),
            trace,
            ran.seconds,
            ran.memory,
        )


def _read(error: ElementTree.Element | None, question: Question) -> Trace:
    """An error with its transitions as a trace of the model."""
    if error is None:
        raise ToolFailed("Rumur's program counts an error and shows none")
    message = error.findtext("message", "")
    if message.startswith("invariant "):
        name = message.removeprefix('invariant "').removesuffix('" failed')
    elif "deadlock" in message:
        name = "deadlock"
    else:
        raise ToolFailed(f"Rumur's program met {message!r}")
    taken = [(item.text or "").partition('"')[2].removesuffix('"') for item in error.findall("transition")]
    initial = int(taken[0].removeprefix("initial ")) - 1
    return behaviour(question.grounded, initial, taken[1:], name)
