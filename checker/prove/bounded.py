"""Bounded model checking: is there a behaviour of so many steps that shows this?  Asked for 0, 1, 2, ... steps.

The first answer is thus a shortest one.  Each step is one choice among the instances of all actions; what a solver
finds is no more than a list of choices, which are then taken one by one, so a trace never rests on the solver's word.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import z3

from checker.backends.z3_grounded import Relation, relation
from checker.grounding.evaluation import evaluate
from checker.grounding.grounded import Action, Check, Grounded, Property, State
from checker.traces.replay import replay
from checker.traces.trace import Trace

Progress = Callable[[int, float], None]
"""Called before each depth with it and the seconds since the start."""

FOREVER = 2**32 - 1
"""The solver's word for no limit of time, in milliseconds."""


class Mistaken(Exception):
    """A behaviour leads to a mistake of the model, so nothing else it says can be relied on."""

    def __init__(self, trace: Trace, check: Check) -> None:
        self.trace, self.check = trace, check
        super().__init__(f"{check.message} after {len(trace)} steps")


@dataclass
class Bounded:
    """What is known up to `depth` steps: of each property in `traces` a shortest trace that violates or reaches it.

    `depth` is -1 where not even the initial states were looked through.
    """

    grounded: Grounded
    depth: int = -1
    traces: dict[str, Trace] = field(default_factory=dict)
    seconds: float = 0.0


def bounded(
    grounded: Grounded,
    properties: Sequence[Property],
    depth: int,
    *,
    seconds: float | None = None,
    progress: Progress = lambda depth, seconds: None,
) -> Bounded:
    """Looks for a shortest violation or example of each property within `depth` steps; stops when each has one.

    Liveness properties, which no state by itself violates, are left out.
    `seconds` limits the time: it ends earlier then, at the depth it came to.  Raises `Mistaken`, and `NotReplayed`
    where plain execution does not confirm a trace.
    """
    start = time.monotonic()
    unrolled, found = _Unrolled(grounded), Bounded(grounded)
    open_ = [item for item in properties if item.kind != "eventually"]
    while open_ and found.depth < depth:
        if found.depth >= 0:
            unrolled.step()
        progress(found.depth + 1, time.monotonic() - start)
        remaining = None if seconds is None else seconds - (time.monotonic() - start)
        if (remaining is not None and remaining <= 0) or not _look(unrolled, open_, found, remaining):
            break
        open_ = [item for item in open_ if item.name not in found.traces]
        found.depth += 1
    found.seconds = time.monotonic() - start
    return found


def _look(unrolled: _Unrolled, properties: Sequence[Property], found: Bounded, seconds: float | None) -> bool:
    """Asks for each property at the last moment; False where time is up before every one is answered.

    Mistakes come first: where the model makes one, a property has no value.
    """
    mistake = unrolled.mistake(seconds)
    if mistake is None:
        return False
    if mistake is not NOWHERE:
        _raise(taken(unrolled.grounded, mistake[0], mistake[1], None), properties)
    for item in properties:
        actions = unrolled.reaching(item, seconds)
        if actions is None:
            return False
        if actions is not NOWHERE:
            trace = taken(unrolled.grounded, actions[0], actions[1], item.name)
            replay(trace)
            found.traces[item.name] = trace
    return True


Way = tuple[State, list[Action]]
NOWHERE: Way = ((), [])
"""No behaviour of this length leads there."""


class _Unrolled:
    """The behaviours of exactly so many steps as were added, in a solver that keeps what it learned."""

    def __init__(self, grounded: Grounded) -> None:
        self.grounded = grounded
        self.relation: Relation = relation(grounded)
        self.solver = z3.SolverFor("QF_FD")
        self.moments = [self.relation.at("0")]
        self.choices: list[Any] = []
        self.solver.add(z3.Or([self.relation.is_state(self.moments[0], state) for state in grounded.initials]))
        self.wrong = _mistakes(self.relation)

    def step(self) -> None:
        """Adds one step."""
        number = len(self.choices)
        choice = z3.BitVec(f"choice@{number}", self.relation.choice.size())
        after = self.relation.at(str(number + 1))
        self.solver.add(self.relation.between(self.moments[-1], after, choice))
        self.moments.append(after)
        self.choices.append(choice)

    def reaching(self, item: Property, seconds: float | None) -> Way | None:
        """A behaviour at whose end an invariant is violated, or a reachable property holds; None: not known in time."""
        body = self.relation.writer.truth(item.body)
        return self._ending(body if item.kind == "reachable" else z3.Not(body), item.name, seconds)

    def mistake(self, seconds: float | None) -> Way | None:
        """A behaviour at whose end an action or property makes a mistake; None: not known in time."""
        return NOWHERE if self.wrong is None else self._ending(self.wrong, "mistake", seconds)

    def _ending(self, expression: Any, name: str, seconds: float | None) -> Way | None:
        here = self.moments[-1]
        asked = z3.Bool(f"{name}?{len(self.choices)}")
        self.solver.add(z3.Implies(asked, self.relation.on(expression, here)))
        self.solver.set("timeout", FOREVER if seconds is None else max(1, int(seconds * 1000)))
        answer = self.solver.check(asked)
        way = self._way(self.solver.model()) if answer == z3.sat else NOWHERE
        if answer == z3.unsat:
            self.solver.add(z3.Not(self.relation.on(expression, here)))
        self.solver.add(z3.Not(asked))
        return None if answer == z3.unknown else way

    def _way(self, model: Any) -> Way:
        numbers = [model.eval(choice, model_completion=True).as_long() for choice in self.choices]
        start = self.relation.state(model, self.moments[0])
        return start, [self.grounded.actions[number] for number in numbers]


def taken(grounded: Grounded, start: State, actions: Sequence[Action], name: str | None) -> Trace:
    """The trace of taking actions one after the other."""
    states = [start]
    for action in actions:
        after = list(states[-1])
        for index, term in action.updates:
            after[index] = evaluate(term, states[-1])
        states.append(tuple(after))
    return Trace(grounded, tuple(states), tuple(actions), name)


def _mistakes(steps: Relation) -> Any | None:
    """Where some action that could be taken, or some property, makes a mistake; None where none ever can."""
    writer, found = steps.writer, []
    for action in steps.grounded.actions:
        for check in action.checks:
            wrong = writer.truth(check.wrong)
            found.append(wrong if check.early else z3.And(writer.truth(action.guard), wrong))
    found += [writer.truth(check.wrong) for item in steps.grounded.properties for check in item.checks]
    return z3.Or(found) if found else None


def _raise(trace: Trace, properties: Sequence[Property]) -> None:
    state = trace.states[-1]
    for action in trace.grounded.actions:
        for check in action.checks:
            if evaluate(check.wrong, state) and (check.early or evaluate(action.guard, state)):
                raise Mistaken(trace, check)
    for item in properties:
        for check in item.checks:
            if evaluate(check.wrong, state):
                raise Mistaken(trace, check)
