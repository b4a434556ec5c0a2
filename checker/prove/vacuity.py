"""Vacuity: whether a proof says anything.  A hypothesis that no step can start from makes every claim true after it.

So of each obligation that a solver proved two more questions are asked: is there a state where what it uses holds and
the step can be taken, and does the step break the claim from some state where nothing is known?  The first also tells
when something was left in a solver that makes it say yes to all.
"""

from __future__ import annotations

import dataclasses
from collections.abc import MutableMapping, Sequence

from checker.prove.obligation import Hypothesis, Obligation, Transition

Obligations = MutableMapping[tuple[str, str], Obligation]
"""By claim and step."""

Possible = MutableMapping[tuple[str, frozenset[str]], bool | None]
"""Whether a step is possible where some claims hold; None: not known to the solver."""


def judge(
    proved: Sequence[str], obligations: Obligations, steps: Sequence[Transition], told: Possible | None = None
) -> list[str]:
    """Notes of proofs of these claims what their hypothesis is for; returns the steps that they rule out together.

    One that was taken over, from an induction with fewer bounds fixed or from who asked the step apart, has its note
    from there.  `told` has what was asked of steps before; what is asked now is added.

    A step that all of them leave possible, fewer leave possible too, so mostly it is one question a step.
    """
    excluded = []
    told = {} if told is None else told
    for step in steps:
        if step.off:
            continue
        key = step.step.name, frozenset(proved)
        if key not in told:
            told[key] = step.possible(proved)
        possible = told[key]
        if possible is False:
            excluded.append(step.step.name)
        for claim in proved:
            answer = obligations.get((claim, step.step.name))
            if answer is not None and answer.result == "proved" and not answer.hypothesis:
                noted = _hypothesis(step, answer, possible)
                obligations[claim, step.step.name] = dataclasses.replace(answer, hypothesis=noted)
    return excluded


def _hypothesis(step: Transition, answer: Obligation, possible: bool | None) -> Hypothesis:
    if not possible:
        possible = step.possible(answer.uses)
    if possible is None:
        return "unknown"
    if not possible:
        return "rules the step out"
    breaks = step.can_break(answer.claim) if answer.uses else False
    return "unknown" if breaks is None else "needed" if breaks else "spare"
