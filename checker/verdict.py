"""Verdicts: what was asked, what was found, on what evidence, and the exit code that follows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from checker.traces.trace import Trace

if TYPE_CHECKING:
    from checker.explore.result import Exploration, Finding, Stop

Word: TypeAlias = Literal[
    "proved",
    "exhausted",
    "bounded",
    "violated",
    "reached",
    "unreached",
    "unknown",
]

OK, INCOMPLETE, DEADLOCK, VIOLATED, NOT_LIVE, INTERRUPTED, MODEL_ERROR = 0, 3, 11, 12, 13, 130, 150

STOPS: dict[Stop, str] = {
    "memory": "the memory limit ended the search",
    "disk": "the limit of disk ended the search",
    "states": "the limit of states ended the search",
    "interrupted": "the search was interrupted",
    "first": "the search ended at its first violation",
    "error": "a mistake of the model ended the search",
    "sampled": "the random behaviours ended",
    "lost": "workers of the cluster were lost again and again, which ended the search",
}


@dataclass(frozen=True)
class Verdict:
    """One property, the word for what is known of it, and why.

    `proved`: for every size; `exhausted`: in every state of one scope; `bounded`: up to `depth` steps; `violated` and
    `reached`: at the end of `trace`, of `depth` steps; `unreached`: in no state of one scope; `unknown`: `evidence`
    says why.  `constant`: it does not depend on the state, so it says nothing under these settings.

    Of a liveness property, `depth` is the number of steps before the trace's loop, and `possible` says whether from
    every state a way leads to what is waited for; where not, `no_way` leads to a nearest state without one.
    """

    property: str
    word: Word
    depth: int | None
    evidence: str
    trace: Trace | None = None
    constant: bool = False
    possible: bool | None = None
    no_way: Trace | None = None


def verdicts(exploration: Exploration) -> list[Verdict]:
    """The verdicts of an exploration, in the order of the model's properties."""
    return [
        Verdict(
            finding.property.name,
            finding.word,
            finding.depth,
            _evidence(finding, exploration),
            finding.trace,
            finding.constant,
            finding.possible,
            finding.no_way,
        )
        for finding in exploration.findings
    ]


def _evidence(finding: Finding, exploration: Exploration) -> str:
    covered = f"{_count(exploration.states, 'state')}, {_count(exploration.transitions, 'transition')}"
    if finding.because:
        told = f"not judged: {finding.because}"
    elif finding.possible is not None:
        told = f"{_lived(finding)}, in all of {covered}, depth {exploration.depth}"
    elif finding.word == "violated":
        told = f"counterexample of {_count(finding.depth or 0, 'step')}"
    elif finding.word == "reached":
        told = f"example of {_count(finding.depth or 0, 'step')}"
    elif exploration.stopped is not None:
        told = f"{STOPS[exploration.stopped]} after {covered}, depth {exploration.depth}"
    elif finding.word == "exhausted":
        told = f"holds in all of {covered}, depth {exploration.depth}"
    else:
        told = f"no example in {covered}, depth {exploration.depth}"
    return f"{told}; constant under these settings" if finding.constant else told


def _lived(finding: Finding) -> str:
    """What is known of a liveness property, in words."""
    waiting = _count(finding.waiting or 0, "state")
    if finding.trace is None:
        return (
            f"reached from each of {waiting} without it by every fair behaviour" if finding.waiting else "always true"
        )
    found = f"a fair behaviour without it, from step {len(finding.trace)} on for ever"
    if len(finding.trace) > finding.trace.stem:
        found = f"a fair behaviour without it, after {_count(finding.trace.stem, 'step')} a loop of "
        found += _count(len(finding.trace) - finding.trace.stem, "step")
    if finding.no_way is None:
        return f"{found}; yet a way to it from every state"
    return f"{found}; after {_count(len(finding.no_way), 'step')} no way leads to it any more"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def exit_code(exploration: Exploration, idle: Collection[str] = ()) -> int:
    """The exit code of an exploration; `idle` names actions that need not fire.

    Where several apply, the one that is worse news about the model wins: 150 a mistake in the model, since nothing
    else it says can be relied on; 12 a violation, which stays one however the search ended (a `reachable` without an
    example in the whole scope is one too); 13 one of a liveness property alone; 11 a deadlock; 130 interrupted; 3
    anything that makes a success claim less than was asked.
    """
    words = {finding.word for finding in exploration.findings if finding.property.kind != "eventually"}
    if exploration.error is not None:
        return MODEL_ERROR
    if words & {"violated", "unreached"}:
        return VIOLATED
    if any(finding.word == "violated" for finding in exploration.findings):
        return NOT_LIVE
    if exploration.deadlocks.count:
        return DEADLOCK
    if exploration.stopped == "interrupted":
        return INTERRUPTED
    return INCOMPLETE if shortcomings(exploration, idle) else OK


def shortcomings(exploration: Exploration, idle: Collection[str] = ()) -> list[str]:
    """Why an exploration that found nothing wrong shows less than was asked, a sentence each; empty for a success."""
    found = []
    if exploration.stopped is not None:
        found.append(f"{STOPS[exploration.stopped]} before the space was exhausted")
    if not exploration.findings:
        found.append("no property was checked")
    elif all(finding.constant for finding in exploration.findings):
        found.append("every property is constant under these settings, so none says anything")
    found += [f"{f.property.name} was not judged: {f.because}" for f in exploration.findings if f.because]
    found += [f"{name} never fired" for name in exploration.idle if name not in idle]
    return found
