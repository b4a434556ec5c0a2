"""Liveness: whether what should come true again and again does, in every behaviour that is fair.

Two questions about a property p, both on the whole state graph, where steps from outside (faults, operators) are
finitely many and so no part of what goes on for ever:

- Is there a fair behaviour that from some point on is without p?  It ends up in a strongly connected component of the
  states without p, and any such component in which each fair action is disabled somewhere or taken inside is enough:
  a walk round it that comes by all its states and transitions owes nothing to any of them.  (A part of a component that
  is not enough is none either: in it the same action is possible everywhere and never taken.)  A single state counts
  where no fair action is possible: a behaviour may stop there.
- Is there, from every reachable state, a way to p at all?  (AG EF p.)  Where there is none, the first answer is yes.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from checker.backends.program import Mistake, Program
from checker.backends.python import compile_program
from checker.explore.components import components
from checker.explore.edges import Edges, bytes_needed
from checker.explore.result import Exploration, Failure, Finding
from checker.explore.walk import NotABehaviour
from checker.grounding.grounded import Property
from checker.memory import shown
from checker.traces.trace import Trace


def with_liveness(exploration: Exploration, names: Iterable[str], memory: int | None = None) -> Exploration:
    """The exploration with a finding for each of the named `eventually` properties too, in the model's order.

    They are `unknown` unless the exploration was exhaustive and the state graph fits into so many bytes: the graph
    takes several times the memory of a search.  Raises `NotABehaviour` where the graph contradicts the search.
    """
    wanted = [prop for prop in exploration.grounded.properties if prop.name in set(names)]
    if not wanted:
        return exploration
    if exploration.stopped is not None:
        return _joined(exploration, [_unknown(prop) for prop in wanted])
    program = compile_program(exploration.grounded, [prop.name for prop in wanted])
    needed = bytes_needed(exploration.states, exploration.transitions, program.bits)
    if memory is not None and needed > memory:
        why = f"its state graph would take about {shown(needed)}, and the limit is {shown(memory)}"
        return _joined(exploration, [_unknown(prop, why) for prop in wanted])
    began = time.monotonic()
    try:
        found = _judged(exploration, program)
        return replace(found, seconds=exploration.seconds + time.monotonic() - began)
    except KeyboardInterrupt:
        return _joined(exploration, [_unknown(prop, "it was interrupted") for prop in wanted])
    except MemoryError:
        return _joined(exploration, [_unknown(prop, "its state graph took all memory") for prop in wanted])


def _judged(exploration: Exploration, program: Program) -> Exploration:
    edges = Edges(program)
    if (len(edges), len(edges.target)) != (exploration.states, exploration.transitions):
        raise NotABehaviour("the state graph has other states and transitions than the search found")
    masks = []
    for state, packed in enumerate(edges.states):
        try:
            masks.append(program.broken(packed))
        except Mistake as mistake:
            assert isinstance(mistake.origin, Property)
            failure = Failure(mistake.check, _trace(edges, *edges.way_to(state)), property=mistake.origin)
            found = [_unknown(prop, "a mistake of the model ended it") for prop in program.properties]
            return replace(_joined(exploration, found), error=failure)
    questions = Questions(edges)
    return _joined(exploration, [questions.finding(prop, masks, n) for n, prop in enumerate(program.properties)])


def _joined(exploration: Exploration, more: Sequence[Finding]) -> Exploration:
    place = {prop.name: number for number, prop in enumerate(exploration.grounded.properties)}
    found = sorted([*exploration.findings, *more], key=lambda finding: place[finding.property.name])
    return replace(exploration, findings=tuple(found))


def _unknown(prop: Property, why: str = "") -> Finding:
    return Finding(prop, "unknown", constant=prop.body.operator == "const", because=why)


class Questions:
    """What is asked of one state graph."""

    def __init__(self, edges: Edges) -> None:
        self.edges = edges
        actions = edges.program.grounded.actions
        self.fair = [action.fair for action in actions]
        self.lasting = [not action.outside for action in actions]
        self.back = edges.backwards(self.lasting)

    def finding(self, prop: Property, masks: Sequence[int], number: int) -> Finding:
        """What is known of a property, which holds in the states whose masks have bit `number`."""
        waiting = bytearray(not mask >> number & 1 for mask in masks)
        constant, name = prop.body.operator == "const", prop.name
        lasso, hopeless = self.lasso(waiting), self.hopeless(waiting)
        states = sum(waiting)
        if lasso is None:
            if hopeless is not None:
                raise NotABehaviour(f"{name}: no fair behaviour is without it, and from some state no way leads to it")
            return Finding(prop, "exhausted", constant=constant, possible=True, waiting=states)
        trace = self._replayed(lasso, waiting, name)
        no_way = None if hopeless is None else _trace(self.edges, *self.edges.way_to(hopeless), name)
        return Finding(prop, "violated", trace.stem, trace, constant, no_way is None, no_way, states)

    def hopeless(self, waiting: Sequence[int]) -> int | None:
        """The nearest state from which no way leads to one that is not waiting; None if there is no such state."""
        first, source = self.back
        hope = bytearray(not mark for mark in waiting)
        pending = [state for state, mark in enumerate(hope) if mark]
        while pending:
            state = pending.pop()
            for before in source[first[state] : first[state + 1]]:
                if not hope[before]:
                    hope[before] = 1
                    pending.append(before)
        found = hope.find(0)
        return None if found < 0 else found

    def lasso(self, waiting: Sequence[int]) -> tuple[list[int], list[int]] | None:
        """A loop through waiting states that owes no action anything, begun in a state as near as any has it.

        As states and, one less, the actions between them; the last state is the first one again.
        """
        nearest, best = len(self.edges), list[int]()
        for members in components(self.edges, waiting, self.lasting):
            if min(members) < nearest and not self._unkept(members):
                nearest, best = min(members), members
        return self._round(best) if best else None

    def _owed(self, state: int) -> set[int]:
        """The fair actions that a state enables."""
        return {action for action in self.edges.actions(state) if self.fair[action]}

    def _unkept(self, members: list[int]) -> set[int]:
        """The fair actions that are possible in every state of a component and never taken inside."""
        owed = self._owed(members[0])
        for state in members:
            if not owed:
                return owed
            owed &= self._owed(state)
        inside = set(members)
        for state in members:
            if owed:
                owed -= {self.edges.label[edge] for edge in self.edges.of(state) if self.edges.target[edge] in inside}
        return owed

    def _round(self, members: list[int]) -> tuple[list[int], list[int]]:
        """A walk round a component, from its nearest state back to it, after which no fair action is owed anything."""
        start, inside = min(members), set(members)
        owed, states, actions = self._owed(start), [start], list[int]()
        while owed or states[-1] != start:
            for action, state in self._shortest(states[-1], inside, owed, start):
                owed = (owed - {action}) & self._owed(state)
                states.append(state)
                actions.append(action)
        return states, actions

    def _shortest(self, begin: int, inside: set[int], owed: set[int], home: int) -> list[tuple[int, int]]:
        """The shortest way to where one of the owed actions is taken or disabled; home, if none is owed."""
        came: dict[int, tuple[int, int] | None] = {begin: None}
        queue = [begin]
        for state in queue:  # the list grows meanwhile
            for edge in self.edges.of(state):
                action, after = self.edges.label[edge], self.edges.target[edge]
                if after not in inside or not self.lasting[action]:
                    continue
                if action in owed or owed - self._owed(after) or (not owed and after == home):
                    return [*_back(came, state), (action, after)]
                if after not in came:
                    came[after] = state, action
                    queue.append(after)
        raise NotABehaviour("a component is not one: from one of its states there is no way to another")

    def _replayed(self, lasso: tuple[list[int], list[int]], waiting: Sequence[int], name: str) -> Trace:
        """The whole behaviour as a trace.  Raises `NotABehaviour` where it is none, or owes something to an action."""
        stem, taken = self.edges.way_to(lasso[0][0])
        made = _trace(self.edges, [*stem, *lasso[0][1:]], [*taken, *lasso[1]], name)
        owed = set.intersection(*(self._owed(state) for state in lasso[0])) - set(lasso[1])
        if owed or lasso[0][0] != lasso[0][-1] or not all(waiting[state] for state in lasso[0]):
            raise NotABehaviour(f"{name}: the loop is no fair behaviour without it")
        if not all(self.lasting[action] for action in lasso[1]):
            raise NotABehaviour(f"{name}: the loop has a step from outside")
        return replace(made, loop=len(taken))


def _back(came: dict[int, tuple[int, int] | None], state: int) -> list[tuple[int, int]]:
    """The steps to a state, as action and successor, from where the search began."""
    steps = []
    step = came[state]
    while step is not None:
        before, action = step
        steps.append((action, state))
        state, step = before, came[before]
    return steps[::-1]


def _trace(edges: Edges, states: list[int], actions: list[int], name: str | None = None) -> Trace:
    """A path as a trace, after the program was found to make every step.  Raises `NotABehaviour`."""
    program = edges.program
    packed = [edges.states[state] for state in states]
    if packed[0] not in program.initials:
        raise NotABehaviour(f"{name}: the path does not begin in an initial state")
    for number, action in enumerate(actions):
        if (action, packed[number + 1]) not in program.expand(packed[number]):
            label = program.grounded.actions[action].label
            raise NotABehaviour(f"{name}: step {number + 1}, {label}, does not lead to the next state")
    taken = tuple(program.grounded.actions[action] for action in actions)
    return Trace(program.grounded, tuple(map(program.unpack, packed)), taken, name)
