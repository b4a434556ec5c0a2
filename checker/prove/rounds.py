"""An induction divided by steps: each is asked apart, wherever that is, in rounds.

What a step keeps depends on other steps only by which claims are known.  So a round asks every step for all that is
needed so far; what its proofs use is needed of the others too, and a claim that it does not keep is given up by all,
with the proofs that used it.  Nothing is decided here: `induction` takes of these answers what stands.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from checker.prove.remembered import EFFORT

if TYPE_CHECKING:
    from checker.prove.obligation import Obligation
    from checker.prove.vacuity import Obligations, Possible


@dataclass(frozen=True)
class Question:
    """Whether a step keeps these claims, and what its proofs use of the others, where those `given_up` are not known.

    `fixed` are the bounds that have a value; `found` is what the step answered before and stands; `effort` as
    `induction` has it.  Where that is all, `judging` asks what those proofs are worth.
    """

    step: str
    fixed: tuple[tuple[str, int], ...]
    claims: tuple[str, ...]
    given_up: frozenset[str]
    found: tuple[Obligation, ...]
    effort: int = EFFORT
    judging: bool = False


@dataclass(frozen=True)
class Answer:
    """What is new of a step; `given_up` are claims that it does not keep.

    `possible`: whether it is, where all claims of a judging question hold.
    """

    step: str
    obligations: tuple[Obligation, ...]
    given_up: frozenset[str]
    possible: bool | None = None


Apart: TypeAlias = "Callable[[Sequence[Question]], Iterable[Answer]]"
"""Answers all questions of a round, in any order."""


def in_rounds(
    asked: Sequence[str],
    steps: Sequence[str],
    fixed: Sequence[tuple[str, int]],
    found: Obligations,
    apart: Apart,
    effort: int = EFFORT,
) -> Possible:
    """Asks until each step has answered what is asked for and whatever is used; `found` has what stands afterwards.

    Returns which steps all of it leaves possible.  What `found` has before, and stands, is not asked.  Once something
    that is asked for is given up `found` is as it was: why it fails is told as where nothing is divided, and depends on
    what solvers were asked before.
    """
    at_first = dict(found)
    given_up: frozenset[str] = frozenset()
    before: tuple[int, frozenset[str]] | None = None
    while True:
        for key in [key for key, answer in found.items() if not _stands(answer, given_up)]:
            del found[key]
        needed = _needed(asked, found)
        common = Question("", tuple(fixed), tuple(needed), given_up, (), effort)
        open_ = [step for step in steps if any((name, step) not in found for name in needed)]
        if not open_:
            break
        now = len(found), given_up
        if now == before:  # nobody has more to say; what is left is asked by who takes the answers
            return {}
        before = now
        for told in apart(_questions(open_, common, found)):
            _take(told, found)
            given_up |= told.given_up
            if not given_up.isdisjoint(asked):
                found.clear()
                found.update(at_first)
                return {}
    possible: Possible = {}
    for told in apart(_questions(steps, dataclasses.replace(common, judging=True), found)):
        _take(told, found)
        possible[told.step, frozenset(needed)] = told.possible
    return possible


def _stands(answer: Obligation, given_up: frozenset[str]) -> bool:
    return answer.holds and not answer.uses & given_up


def _needed(asked: Sequence[str], found: Obligations) -> list[str]:
    """These claims and all that their proofs use, directly or not."""
    uses: dict[str, set[str]] = {}
    for answer in found.values():
        uses.setdefault(answer.claim, set()).update(answer.uses)
    needed = dict.fromkeys(asked)
    waiting = list(asked)
    while waiting:
        new = [name for name in sorted(uses.get(waiting.pop(), ())) if name not in needed]
        needed |= dict.fromkeys(new)
        waiting += new
    return list(needed)


def _questions(steps: Sequence[str], common: Question, found: Obligations) -> list[Question]:
    """One for each step, with what it answered before."""
    known: dict[str, list[Obligation]] = {step: [] for step in steps}
    for answer in found.values():
        if answer.step in known:
            known[answer.step].append(answer)
    return [dataclasses.replace(common, step=step, found=tuple(known[step])) for step in steps]


def _take(told: Answer, found: Obligations) -> None:
    found.update({(answer.claim, answer.step): answer for answer in told.obligations})
