"""The same model given to this checker and to others: states, depth, verdicts and lengths must be the same.

What this checker says of each property decides what the others are asked: first, with all that holds at once, for the
whole space; then, for each property that does not hold, for its counterexample.  So nobody's verdict is taken on trust:
a property that were broken would end the first run, one that held would exhaust the second.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from checker.explore import Exploration, Finding
from checker.grounding.grounded import Grounded
from checker.grounding.narrow import narrowed
from checker.peers.outcome import Outcome, Question, Tool
from checker.peers.running import ToolFailed
from checker.traces.replay import NotReplayed, replay


@dataclass(frozen=True)
class Answer:
    """One question to one tool: of the whole space, or for the counterexample of `asked`.

    `differs` says where it is not what this checker says; empty: it is.  No `outcome`: the tool broke down.
    """

    tool: str
    asked: str
    expected: Outcome
    outcome: Outcome | None
    differs: str


WHOLE = "the whole space"
DEADLOCK = "deadlock"


def compare(
    exploration: Exploration,
    tools: Sequence[Tool],
    counterexamples: Sequence[str] | None = None,
    note: Callable[[str], None] = lambda text: None,
) -> Iterator[Answer]:
    """Asks each tool about a model that was explored.

    `counterexamples` names the properties whose counterexamples are asked for, `deadlock` among them; None: all.
    `note` is told what is being asked.  Raises `Missing` for a tool that is not here, before any is asked.
    """
    for tool in tools:
        tool.look()
    grounded = narrowed(exploration.grounded)
    for tool in tools:
        for asked, question, expected in _questions(exploration, grounded, counterexamples):
            note(f"{tool.name}: {asked}")
            yield _answer(tool, asked, question, expected)


def broken(exploration: Exploration) -> list[str]:
    """What has a counterexample or an example: properties, and `deadlock`."""
    names = [finding.property.name for finding in exploration.findings if finding.word in ("violated", "reached")]
    return names + ([DEADLOCK] if exploration.deadlocks.count else [])


def comparable(exploration: Exploration) -> str:
    """Why an exploration cannot be compared; empty if it can."""
    if exploration.error is not None:
        return f"the model has a mistake, at which every tool ends in its own way: {exploration.error}"
    return "" if exploration.exhausted else "the search did not exhaust the space"


def _questions(
    exploration: Exploration, grounded: Grounded, counterexamples: Sequence[str] | None
) -> Iterator[tuple[str, Question, Outcome]]:
    found = [finding for finding in exploration.findings if finding.property.kind in ("invariant", "reachable")]
    whole = tuple(finding.property.name for finding in found if finding.word in ("exhausted", "unreached"))
    stuck = exploration.deadlocks
    exhausted = Outcome("exhausted", exploration.states, exploration.depth, None, exploration.seconds, 0)
    yield WHOLE, Question(grounded, whole, not stuck.count), exhausted
    for finding in found:
        name = finding.property.name
        if finding.word in ("violated", "reached") and (counterexamples is None or name in counterexamples):
            yield name, Question(grounded, (name,), False), _example(finding)
    if stuck.count and stuck.trace is not None and (counterexamples is None or DEADLOCK in counterexamples):
        expected = Outcome("deadlock", 0, len(stuck.trace), stuck.trace, 0, 0)
        yield DEADLOCK, Question(grounded, (), True), expected


def _example(finding: Finding) -> Outcome:
    return Outcome("violated", 0, finding.depth, finding.trace, 0, 0)


def _answer(tool: Tool, asked: str, question: Question, expected: Outcome) -> Answer:
    with tempfile.TemporaryDirectory(prefix="checker-peers-") as folder:
        try:
            outcome = tool.ask(question, Path(folder))
        except ToolFailed as failure:
            return Answer(tool.name, asked, expected, None, str(failure))
    return Answer(tool.name, asked, expected, outcome, "; ".join(_differences(asked, expected, outcome)))


def _differences(asked: str, expected: Outcome, outcome: Outcome) -> Iterator[str]:
    if outcome.word != expected.word:
        shown = f" ({outcome.trace.property})" if outcome.trace is not None else ""
        yield f"{outcome.word}{shown} instead of {expected.word}"
        return
    if expected.word == "exhausted":
        if outcome.states != expected.states:
            yield f"{outcome.states:,} states instead of {expected.states:,}"
        if outcome.depth is not None and outcome.depth != expected.depth:
            yield f"depth {outcome.depth} instead of {expected.depth}"
        return
    if outcome.trace is None:
        yield "no counterexample to read"
        return
    if len(outcome.trace) != expected.depth:
        yield f"a counterexample of {len(outcome.trace)} steps instead of {expected.depth}"
    if outcome.trace.property != asked:
        yield f"a counterexample of {outcome.trace.property}"
    try:
        replay(outcome.trace)
    except NotReplayed as reason:
        yield f"its counterexample is no behaviour of the model: {reason}"
