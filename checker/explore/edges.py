"""The state graph in flat arrays: for what has to look at transitions again, which a search forgets.

States are numbered in the order in which a breadth-first search finds them, so the one with the lowest number is
nearest to the initial states.  A transition takes 6 bytes, a state its packed form and some 120 more.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate

from checker.backends.program import Program
from checker.explore.limits import SLOT, footprint

STATE = 100
"""Bytes of a state besides its packed form and the reference to it: its place in the table of numbers, and what the
questions asked of a graph keep for each."""

EDGE = 16
"""Bytes of a transition: where it leads and by which action, and once more backwards."""


class Edges:
    """Every reachable state and transition of a program; for each state the one transition that found it.

    The transitions of state n are those from `first[n]` up to `first[n + 1]`: `target` is the state, `label` the
    number of the action.  `parent[n]`, by action `via[n]`, is -1 for an initial state.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.states: list[int] = list(program.initials)
        self.first = array("Q", [0])
        self.target = array("I")
        self.label = array("H" if len(program.grounded.actions) <= 0xFFFF else "I")
        self.parent = array("q", [-1] * len(self.states))
        self.via = array("q", [-1] * len(self.states))
        self._find()

    def __len__(self) -> int:
        return len(self.states)

    def _find(self) -> None:
        """Expands states in the order found; raises `Mistake` where the model makes one."""
        states, step = self.states, self.program.step
        number_of = {state: number for number, state in enumerate(states)}
        for number, state in enumerate(states):  # the list grows meanwhile
            actions: list[int] = []
            successors: list[int] = []
            step(state, actions, successors)
            for action, successor in zip(actions, successors, strict=True):
                known = number_of.setdefault(successor, len(states))
                if known == len(states):
                    states.append(successor)
                    self.parent.append(number)
                    self.via.append(action)
                self.target.append(known)
            self.label.extend(actions)
            self.first.append(len(self.target))

    def of(self, state: int) -> range:
        """The transitions of a state."""
        return range(self.first[state], self.first[state + 1])

    def actions(self, state: int) -> Iterator[int]:
        """The numbers of the actions that a state enables."""
        return iter(self.label[self.first[state] : self.first[state + 1]])

    def way_to(self, state: int) -> tuple[list[int], list[int]]:
        """The states on a shortest way from an initial state, and the actions between them."""
        states, actions = [state], []
        while self.parent[state] >= 0:
            actions.append(self.via[state])
            state = self.parent[state]
            states.append(state)
        return states[::-1], actions[::-1]

    def backwards(self, taken: Sequence[bool]) -> tuple[array[int], array[int]]:
        """The transitions by those actions that are `taken`, turned round: where those into a state begin, and from
        which states they come."""
        labels, targets = self.label, self.target
        counts = [0] * (len(self) + 1)
        for edge, target in enumerate(targets):
            if taken[labels[edge]]:
                counts[target + 1] += 1
        first = array("Q", accumulate(counts))
        source, place = array("I", bytes(4 * first[-1])), first[:]
        for state in range(len(self)):
            for edge in self.of(state):
                if taken[labels[edge]]:
                    target = targets[edge]
                    source[place[target]] = state
                    place[target] += 1
        return first, source


def bytes_needed(states: int, transitions: int, bits: int) -> int:
    """About how much memory the graph of so many states takes, with what is asked of it."""
    return footprint(set(), states, bits) + states * (STATE + 4 * SLOT) + transitions * EDGE
