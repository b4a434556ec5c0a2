"""An exploration on a terminal: what was explored, a verdict for each property, counterexamples, and one last line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.text import Text

from checker.configuration import spelled
from checker.draw.text import trace_text
from checker.labels import first_sentence
from checker.memory import shown
from checker.report import reduction_text
from checker.run import Run
from checker.traces.trace import Trace
from checker.verdict import Verdict

STYLES = {
    "exhausted": "green",
    "reached": "green",
    "violated": "bold red",
    "unreached": "bold red",
    "deadlock": "bold red",
    "error": "bold red",
    "unknown": "yellow",
    "incomplete": "yellow",
    "interrupted": "yellow",
}
"""The colour of each word; a word is always written too, so that nothing is said by colour alone."""

BESIDE = len("exhausted") + 2
"""Columns of the words on the left; the longest name of a property must fit beside them in 40 columns."""


def console() -> Console:
    """Standard output as rich sees it: coloured on a terminal, unless NO_COLOR is set."""
    return _Console(highlight=False, markup=False, emoji=False)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Rich would end the process with the code that a gate gives to a wrong claim."""
        raise BrokenPipeError


def show(run: Run, to: Console, folder: Path | None = None) -> None:
    """Prints a whole run; `folder` is where its traces were written."""
    _heading(run, to)
    docs = {item.name: first_sentence(item.doc) for item in run.configuration.model.properties}
    for verdict in run.verdicts:
        _verdict(verdict, docs[verdict.property], to)
    for verdict in run.verdicts:
        if verdict.word == "violated" and verdict.trace is not None:
            _counterexample(run, verdict, verdict.trace, to)
        elif verdict.word == "unreached":
            _hint(run, verdict.property, to)
    _deadlock_and_error(run, to)
    _remarks(run, to, folder)
    to.print(Text(last_line(run), STYLES[run.word]), soft_wrap=True)


def last_line(run: Run) -> str:
    """The line to look for: how it came out, in a word, and what was covered."""
    found = run.exploration
    counts = f"states {found.states:,}  transitions {found.transitions:,}  depth {found.depth:,}"
    return f"{run.word}  {counts}  {found.seconds:.1f} s"


def bounds_text(run: Run) -> str:
    """The exact bounds: `small: nodes=2, records=3`."""
    values = ", ".join(f"{name}={value}" for name, value in run.configuration.bound_values().items())
    changed = " with changes" if run.configuration.changed_bounds else ""
    return f"{run.configuration.scope}{changed}: {values}" if values else "the model has no bounds"


def settings_text(run: Run) -> str:
    """The settings that differ from the defaults, and that the others do not."""
    everything, changed = run.configuration.setting_values(), run.configuration.changed_settings()
    if not everything:
        return "the model has no settings"
    said = ", ".join(f"{name}={spelled(value)}" for name, value in changed.items())
    if not said:
        return "all at their defaults"
    return said if len(changed) == len(everything) else f"{said}; the others at their defaults"


def _heading(run: Run, to: Console) -> None:
    given = "as asked" if run.request.memory is not None else "half of what is available"
    limits = [f"{shown(run.memory)} of memory, {given}"]
    limits += [f"{run.request.states:,} states"] if run.request.states is not None else []
    for name, text in (
        ("model", first_sentence(run.configuration.model.doc) or run.configuration.model.name),
        ("settings", settings_text(run)),
        ("scope", bounds_text(run)),
        ("limit", "; ".join(limits)),
        ("searched", "" if run.exploration.reduction is None else reduction_text.heading(run.exploration.reduction)),
    ):
        if not text:
            continue
        _row(to, Text(name, "bold"), [Text(text)])
    to.print()


def _verdict(verdict: Verdict, sentence: str, to: Console) -> None:
    """The verdict beside the property, its sentence below it."""
    said = [Text.assemble((verdict.property, "bold"), "" if verdict.depth is None else f"  in {steps(verdict.depth)}")]
    said += [Text(sentence)] if sentence else []
    if verdict.possible is not None:
        said.append(Text(f"{verdict.evidence[0].upper()}{verdict.evidence[1:]}."))
    if verdict.constant:
        said.append(Text("It does not depend on the state under these settings, so it says nothing.", "yellow"))
    _row(to, Text(verdict.word, STYLES[verdict.word]), said)


def _row(to: Console, name: Text, said: Iterable[Text]) -> None:
    """A word, and beside it what is said of it, wrapped there: it fits 40 columns, and no line is padded."""
    lines = [line for text in said for line in _wrapped(text, to, BESIDE)]
    for index, line in enumerate(lines):
        head = Text.assemble(name, " " * (BESIDE - len(name))) if index == 0 else Text(" " * BESIDE)
        to.print(Text.assemble(head, line), soft_wrap=True)


def _wrapped(text: Text, to: Console, beside: int = 0) -> list[Text]:
    """The lines of a text in the columns that are left, not padded as rich's own would be."""
    lines = list(text.wrap(to, max(to.width - beside, 20), overflow="fold"))
    for line in lines:
        line.rstrip()
    return lines


def _paragraph(text: Text, to: Console) -> None:
    for line in _wrapped(text, to):
        to.print(line, soft_wrap=True)


def steps(number: int) -> str:
    """`1 step`, `3 steps`."""
    return f"{number} step{'' if number == 1 else 's'}"


def _counterexample(run: Run, verdict: Verdict, trace: Trace, to: Console) -> None:
    _trace(verdict.property, trace, to)
    if verdict.no_way is not None:
        labels = ", ".join(action.label for action in verdict.no_way.actions) or "the beginning"
        _paragraph(Text.assemble(("no way  ", "bold"), f"nothing but a step from outside helps after {labels}"), to)
    to.print()
    _hint(run, verdict.property, to)


def _trace(name: str, trace: Trace, to: Console) -> None:
    to.print()
    to.rule(Text(name, "bold"), align="left", characters="─" if to.encoding.startswith("utf") else "-")
    colored = to.is_terminal and not to.no_color
    print(trace_text(trace, color=colored, width=to.width), end="", file=to.file)


def _hint(run: Run, name: str, to: Console) -> None:
    hint = (getattr(run.configuration.model.module, "HINTS", None) or {}).get(name)
    if hint:
        _paragraph(Text.assemble(("hint  ", "bold"), hint), to)


def _deadlock_and_error(run: Run, to: Console) -> None:
    found = run.exploration
    if found.deadlocks.trace is not None:
        _trace(f"deadlock: {found.deadlocks.count:,} found, the nearest", found.deadlocks.trace, to)
    if found.error is not None:
        _trace("a mistake of the model", found.error.trace, to)
        _paragraph(Text(f"error  {found.error}", STYLES["error"]), to)


def _resumable(run: Run) -> str:
    """Where a search that did not come to its end can go on."""
    if not run.resumable or run.exploration.exhausted:
        return ""
    return f"the finished levels are in {str(run.request.resume).rstrip('/')}/, and the same command goes on from there"


def _remarks(run: Run, to: Console, folder: Path | None) -> None:
    found = run.exploration
    allowed = [name for name in found.idle if name in run.request.idle]
    short = run.shortcomings if found.exhausted else run.shortcomings[:1]
    remarks: list[tuple[str, str]] = [
        ("never fired, and declared idle", ", ".join(allowed)),
        ("never possible under these settings and bounds", ", ".join(found.off)),
        ("incomplete", "; ".join(short)),
        ("not asked for, see --liveness", ", ".join(run.unasked)),
        *reduction_text.remarks(found),
        ("engine", found.note),
        ("resume", _resumable(run)),
        ("written", f"{folder}/" if folder is not None else ""),
    ]
    to.print()
    for name, said in remarks:
        if said:
            _paragraph(Text.assemble((f"{name}: ", "bold"), said), to)
