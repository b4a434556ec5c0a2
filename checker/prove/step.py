"""A counterexample to induction as one step of a small scope: where claims hold, an action takes one of them away.

A solver's own counterexample speaks of sorts and functions that nobody wants to read.  This one is looked for anew, in
a named scope, so it is made of states as a trace shows them, and plain execution can take the step.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from typing import Any

import z3

from checker import ir
from checker.backends.z3_grounded import relation
from checker.grounding.evaluation import evaluate
from checker.grounding.ground import ground
from checker.grounding.grounded import Grounded
from checker.prove.bounded import taken
from checker.traces.trace import Trace


def with_lemmas(model: ir.Model, settings: Any, bounds: Any) -> Grounded:
    """The model grounded with its lemmas among its invariants, so that a scope can judge them too."""
    lemmas = tuple(dataclasses.replace(item, kind="invariant") for item in model.lemmas)
    return ground(dataclasses.replace(model, properties=model.properties + lemmas), settings, bounds)


def breaking_step(
    grounded: Grounded, claim: str, action: str, known: Collection[str], seconds: float = 5.0
) -> Trace | None:
    """A step of an action from a state where the claim and the known ones hold to one where the claim does not.

    The state before need not be reachable.  None where this scope has no such step, or none is found in time.
    """
    names = {item.name for item in grounded.properties}
    if claim not in names or all(item.name != action for item in grounded.actions):
        return None
    steps = relation(grounded, [action])
    bodies = {item.name: steps.writer.truth(item.body) for item in grounded.properties}
    solver = z3.SolverFor("QF_FD")
    solver.set("timeout", int(seconds * 1000))
    solver.add(steps.within_limits(steps.before), steps.within_limits(steps.after), steps.holds)
    solver.add(*[bodies[name] for name in {claim, *known} if name in names])
    solver.add(z3.Not(steps.on(bodies[claim], steps.after)))
    if solver.check() != z3.sat:
        return None
    model = solver.model()
    chosen = grounded.actions[model.eval(steps.choice, model_completion=True).as_long()]
    trace = taken(grounded, steps.state(model, steps.before), [chosen], claim)
    _confirm(trace, claim)
    return trace


def _confirm(trace: Trace, claim: str) -> None:
    item = next(item for item in trace.grounded.properties if item.name == claim)
    before, after = trace.states
    assert evaluate(trace.actions[0].guard, before), "the step can be taken"
    assert evaluate(item.body, before) and not evaluate(item.body, after), "the step breaks the claim"


def scopes(model: ir.Model, bounds: Any) -> Sequence[Any]:
    """The scopes to look in, the smallest first: those that the model names up to the one chosen."""
    named = list((getattr(model.module, "SCOPES", None) or {}).values())
    return [*named[: named.index(bounds)], bounds] if bounds in named else [bounds]
