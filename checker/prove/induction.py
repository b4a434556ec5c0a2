"""Induction for any size: a claim holds initially, and no action takes it away where all claims hold before.

Claims support each other, so one that cannot be kept takes down what rests on it.  What is asked for is shown, and
whatever its proof uses, until nothing that is used is left to show.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from checker import ir
from checker.backends.z3_universe import Universe
from checker.prove.chains import Chains
from checker.prove.claims import Claim, claims_of
from checker.prove.obligation import Hypothesis, Obligation, Transition, transitions
from checker.prove.remembered import EFFORT
from checker.prove.rounds import Answer, Apart, Question, in_rounds
from checker.prove.vacuity import Possible, judge

Progress = Callable[[str, str, float], None]
"""Called before each question with the claim, the step, and the seconds since the start."""

Hints = Mapping[tuple[str, str], Collection[str]]
"""The claims that are likely to be all that a proof needs, by claim and step; never more than where to look first."""


class System:
    """A model as a solver sees it, under one choice of settings: its claims by name, and its steps.

    All steps are read, whichever are asked: reading them is what the axioms come from.
    """

    def __init__(self, model: ir.Model, settings: Any, fixed: Mapping[str, int] | None = None) -> None:
        self.universe = Universe(model, settings, fixed)
        self.claims = {claim.name: claim for claim in claims_of(self.universe)}
        self.steps = transitions(self.universe, list(self.claims.values()))

    def chains(self, k: int, effort: int) -> Chains:
        """Its chains of up to `k` steps."""
        return Chains(self.universe, list(self.claims.values()), k, effort)


@dataclass
class Induction:
    """What came out.  `proved` and `failed` are names of claims that were asked for or used.

    `obligations` has the last answer for each claim and step; of a failed claim only those before the first that fails.
    `excluded` are steps that the proved claims rule out; `least` says how many elements each sort has at least.
    """

    claims: dict[str, Claim]
    asked: list[str]
    proved: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    obligations: dict[tuple[str, str], Obligation] = field(default_factory=dict)
    excluded: list[str] = field(default_factory=list)
    least: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def of(self, claim: str) -> list[Obligation]:
        """The obligations of one claim."""
        return [item for item in self.obligations.values() if item.claim == claim]

    def with_hypothesis(self, word: Hypothesis) -> list[Obligation]:
        """The obligations of proved claims whose hypothesis is said to be that."""
        return [answer for name in self.proved for answer in self.of(name) if answer.hypothesis == word]

    def rests_on(self, claim: str) -> list[str]:
        """Every other claim that a proved one uses, directly or not, in the order of the claims."""
        found, waiting = {claim}, [claim]
        while waiting:
            for name in {name for item in self.of(waiting.pop()) for name in item.uses} - found:
                found.add(name)
                waiting.append(name)
        return [name for name in self.claims if name in found and name != claim]

    def failure(self, claim: str) -> Obligation | None:
        """The obligation on which the proof of a claim failed."""
        return next((answer for answer in self.of(claim) if not answer.holds), None)

    def why_not(self, claim: str) -> str:
        """Why a claim is not shown, in a sentence; empty for one that did not fail."""
        answer = self.failure(claim)
        if answer is None:
            return ""
        if answer.result == "unknown":
            return f"the solver gave up on {answer.step}: {answer.because}"
        return f"not inductive: from some state where it holds, {answer.step} breaks it"


def induction(
    model: ir.Model,
    settings: Any,
    asked: Sequence[str] | None = None,
    *,
    fixed: Mapping[str, int] | None = None,
    k: int = 1,
    effort: int = EFFORT,
    wider: Sequence[Induction] = (),
    hints: Hints = MappingProxyType({}),
    apart: Apart | None = None,
    progress: Progress = lambda claim, step, seconds: None,
) -> Induction:
    """Shows that the invariants of these names hold for any size (None: all of the model's); `fixed` bounds excepted.

    `effort` is for one question to a solver, of which an obligation may take a few.  What of a model cannot be read for
    any size leaves obligations unknown.  What is asked for, and one step does not keep, is asked again after up to
    `k` - 1 steps before it.

    `wider` are those under these settings with some of these bounds fixed, or none: what they show holds here too, and
    is not asked again.  So it is with what steps that are asked `apart` answer: nothing is left to ask, or all of it
    where one does not keep what is asked for.
    """
    start = time.monotonic()
    system = System(model, settings, fixed)
    wanted = [item.name for item in model.properties if item.kind == "invariant"] if asked is None else list(asked)
    for step in system.steps:
        if not step.off:
            step.prepare(system.universe.axioms, effort)
    found = Induction(system.claims, wanted, least=system.universe.least())
    for other in filter(lambda other: system.universe.may_have(other.least), wider):
        found.obligations |= {key: answer for key, answer in other.obligations.items() if key[0] in other.proved}
    told: Possible = {}
    if apart is not None:
        names = [step.step.name for step in system.steps if not step.off]
        told = in_rounds(wanted, names, list((fixed or {}).items()), found.obligations, apart, effort)
    chains, known = system.chains(k, effort), list(system.claims)

    def tell(claim: str, step: str) -> None:
        progress(claim, step, time.monotonic() - start)

    _show(found, system.steps, chains, hints, known, tell)
    found.excluded = judge(found.proved, found.obligations, system.steps, told)
    found.seconds = time.monotonic() - start
    return found


def answer(system: System, question: Question) -> Answer:
    """Answers for one step of a system, with new solvers."""
    effort = question.effort
    step = next(step for step in system.steps if step.step.name == question.step)
    step.prepare(system.universe.axioms, effort)
    found = Induction(system.claims, list(question.claims))
    found.obligations |= {(before.claim, before.step): before for before in question.found}
    known = [name for name in system.claims if name not in question.given_up]
    _show(found, [step], system.chains(1, effort), {}, known, lambda claim, step: None)
    told: Possible = {}
    if question.judging:
        judge(found.proved, found.obligations, [step], told)
    before = set(question.found)
    new = tuple(one for one in found.obligations.values() if one not in before)
    return Answer(question.step, new, frozenset(found.failed), next(iter(told.values()), None))


def _show(
    found: Induction,
    steps: Sequence[Transition],
    chains: Chains,
    hints: Hints,
    known: list[str],
    progress: Callable[[str, str], None],
) -> None:
    """Asks until every claim that is asked for or used is answered with what is still known.

    Claims that are given up are taken from `known`.
    """
    needed = list(found.asked)
    while True:
        open_ = [name for name in needed if name in known and not _shown(found, name, steps, known)]
        if not open_:
            break
        for name in open_:
            if not _keep(found, name, steps, chains, hints, known, progress):
                known.remove(name)
                found.failed.append(name)
        used = {name for item in found.obligations.values() if item.claim in known for name in item.uses}
        needed += [name for name in found.claims if name in used and name not in needed]
    reachable = {name for claim in found.asked if claim in known for name in [claim, *found.rests_on(claim)]}
    found.proved = [name for name in found.claims if name in reachable]


def _shown(found: Induction, name: str, steps: Sequence[Transition], known: Sequence[str]) -> bool:
    return all(_stands(found.obligations.get((name, step.step.name)), known) for step in steps)


def _stands(answer: Obligation | None, known: Sequence[str]) -> bool:
    """Whether an answer is a proof that rests on nothing that was given up since."""
    return answer is not None and answer.holds and answer.uses <= set(known)


def _keep(
    found: Induction,
    name: str,
    steps: Sequence[Transition],
    chains: Chains,
    hints: Hints,
    known: Sequence[str],
    progress: Callable[[str, str], None],
) -> bool:
    """Asks of each step whether it keeps a claim; ends with the first that does not."""
    for step in steps:
        key = name, step.step.name
        if not _stands(found.obligations.get(key), known):
            progress(*key)
            found.obligations[key] = step.ask(name, known, hints.get(key, ()))
            if not found.obligations[key].holds and chains.k > 1 and name in found.asked and step.before:
                found.obligations[key] = chains.ask(name, step.step, known)
            if not found.obligations[key].holds:
                return False
    return True
