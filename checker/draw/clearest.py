"""The same behaviour in the order in which it is told best: steps that do not touch each other may change places.

Shortest traces come in the order of the search, which jumps from one node to the other.  Here what one actor does
stands together.  What is returned was taken by plain execution, so it is a behaviour; it has the same steps, ends in
the same state, and shows there, and not before, what the first one showed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from checker.grounding.evaluation import evaluate
from checker.grounding.grounded import Action, State
from checker.traces.retrace import retrace
from checker.traces.trace import Trace
from checker.view import Sight

LONGEST = 60
"""Steps of a trace that is put in order; a longer one stays as it is."""


@dataclass(frozen=True)
class Clearest:
    """A trace, and a sentence on what was done to its order; empty where nothing was."""

    trace: Trace
    note: str


def clearest(trace: Trace) -> Clearest:
    """The equivalent trace with the fewest changes from one actor to another that exchanging neighbours leads to.

    A trace with a loop, and a long one, is returned as it is.
    """
    if trace.loop is not None or not 2 < len(trace) <= LONGEST:
        return Clearest(trace, "")
    found = _Order(trace).best()
    if [action.label for action in found.actions] == [action.label for action in trace.actions]:
        return Clearest(trace, "")
    note = "Steps that do not depend on each other are told actor by actor: same steps, same last state."
    return Clearest(found, note)


class _Order:
    """Neighbours exchange places where both orders are possible and lead to the same state.

    The last step stays the last: it is the one that breaks the property.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        sight = Sight(trace.grounded)
        self.actors = {action.label: (sight.taking_part(action) or [-1])[0] for action in trace.actions}
        self.known: dict[tuple[State, str], State | None] = {}
        self.shown: dict[State, bool] = {}
        named = (item for item in trace.grounded.properties if item.name == trace.property)
        self.shows = next((item for item in named if item.kind != "eventually"), None)

    def best(self) -> Trace:
        """Moves runs of one actor up behind its earlier steps, as long as that makes the order a clearer one."""
        actions = list(self.trace.actions)
        improved = True
        while improved:
            improved = False
            for index in range(1, len(actions) - 1):
                clearer = self._moved_up(actions, index)
                if clearer is not None:
                    actions, improved = clearer, True
        return retrace(
            self.trace.grounded,
            [action.label for action in actions],
            start=self.trace.grounded.initials.index(self.trace.states[0]),
            shows=self.trace.property,
        )

    def _moved_up(self, actions: list[Action], index: int) -> list[Action] | None:
        """A clearer order: the run that begins with a step, or a part of it, behind the last step of its actor."""
        actor = self.actors[actions[index].label]
        if self.actors[actions[index - 1].label] == actor:
            return None
        to = next((n for n in range(index - 1, 0, -1) if self.actors[actions[n - 1].label] == actor), None)
        if to is None:
            return None
        last = len(actions) - 1
        end = next((n for n in range(index, last) if self.actors[actions[n].label] != actor), last)
        for stop in range(end, index, -1):
            moved = [*actions[:to], *actions[index:stop], *actions[to:index], *actions[stop:]]
            if self._unrest(moved) < self._unrest(actions):
                states = self._states(moved)
                if states is not None and states[-1] == self.trace.states[-1]:
                    return moved
        return None

    def _unrest(self, actions: Sequence[Action]) -> tuple[int, int]:
        """How often another actor has its turn; of orders alike in that, who began goes on for as long as it can."""
        actors = [self.actors[action.label] for action in actions]
        changes = sum(one != other for one, other in pairwise(actors))
        return changes, sum(number for number, actor in enumerate(actors) if actor == actors[0])

    def _states(self, actions: Sequence[Action]) -> tuple[State, ...] | None:
        """The states of a behaviour with these steps; None where one cannot be taken.

        A property that is violated earlier than at the end would make it another counterexample, so that is none too.
        """
        states = [self.trace.states[0]]
        for action in actions:
            if self._shows(states[-1]):
                return None
            after = self._after(states[-1], action)
            if after is None:
                return None
            states.append(after)
        return tuple(states)

    def _after(self, state: State, action: Action) -> State | None:
        key = state, action.label
        if key not in self.known:
            possible = evaluate(action.guard, state) and not any(
                evaluate(check.wrong, state) for check in action.checks
            )
            values = dict(enumerate(state))
            values |= {index: evaluate(term, state) for index, term in action.updates if possible}
            self.known[key] = tuple(values.values()) if possible else None
        return self.known[key]

    def _shows(self, state: State) -> bool:
        """Whether a state already is what the trace is named for."""
        if state not in self.shown:
            item = self.shows
            self.shown[state] = item is not None and bool(evaluate(item.body, state)) == (item.kind == "reachable")
        return self.shown[state]
