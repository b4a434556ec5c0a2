"""What a trace shows, as plain text with places in the source: for reports that know nothing of models.

It crosses processes and is what SARIF, test reports and summaries of continuous integration are made of.
"""

from __future__ import annotations

from dataclasses import dataclass

from checker.draw.changes import change_lines
from checker.draw.ending import ending
from checker.draw.text import trace_text
from checker.labels import action_sentence
from checker.traces.trace import Trace

WIDTH = 100
"""Columns of the text of a trace: what test reports and the pages of code hosts show without a scroll bar."""


@dataclass(frozen=True)
class Step:
    """A step: its action as traces show it, that action's sentence and place, and what changed, a line a place."""

    label: str
    sentence: str
    file: str
    line: int
    changes: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """A trace that shows something of `name`: a property, `deadlock`, or `error`.

    `headline` and `sentence` say what, `text` is the whole trace as a terminal shows it.  `loop`: the number of the
    step, from 0, from which on it goes on for ever.
    """

    name: str
    headline: str
    sentence: str
    steps: tuple[Step, ...]
    text: str
    loop: int | None = None


def evidence(name: str, trace: Trace) -> Evidence:
    """A trace in words."""
    shown = ending(trace)
    return Evidence(
        name,
        shown.headline if shown is not None else f"{name} after step {len(trace)}",
        shown.said if shown is not None else "",
        steps(trace),
        trace_text(trace, color=False, width=WIDTH),
        trace.loop,
    )


def steps(trace: Trace) -> tuple[Step, ...]:
    """The steps of a trace in words."""
    return tuple(_step(trace, number) for number in range(len(trace)))


def _step(trace: Trace, number: int) -> Step:
    action = trace.actions[number]
    at = next(step.at for step in trace.grounded.model.actions if step.name == action.name)
    changes = tuple(str(line) for line in change_lines(trace.grounded, trace.changes(number)))
    return Step(action.label, action_sentence(trace.grounded, action.name), at.file, at.line, changes)
