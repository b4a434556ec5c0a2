"""A program that takes one order of steps that come to the same in either: see `checker.reductions.order`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from checker.backends.program import Program
from checker.backends.python import compile_program
from checker.grounding.grounded import Grounded, Property, State
from checker.reductions.order import Order


class Ordered:
    """A `Program` whose `step` leaves transitions out; `tight` is its model, with limits as narrow as they are known.

    The search that uses it says which states it may have expanded: as long as `closed` says so of all, nothing is left
    out.
    """

    def __init__(self, program: Program, tight: Grounded) -> None:
        self.inner = program
        self.grounded = program.grounded
        self.properties: tuple[Property, ...] = program.properties
        self.bits = program.bits
        self.initials = program.initials
        self.pack: Callable[[State], int] = program.pack
        self.unpack: Callable[[int], State] = program.unpack
        self.expand: Callable[[int], list[tuple[int, int]]] = program.expand
        self.broken: Callable[[int], int] = program.broken
        self.at_end: Callable[[int], bool] = program.at_end
        self.closed: Callable[[int], bool] = lambda packed: True
        self.order = Order(tight, program.properties)
        asked = [Property(str(n), "reachable", "", term, ()) for n, term in enumerate(self.order.conditions)]
        conditions = compile_program(replace(program.grounded, actions=(), properties=tuple(asked)))
        self._holds: Callable[[int], int] = conditions.broken

    def step(self, packed: int, actions: list[int], successors: list[int]) -> None:
        """Some transitions of a state, enough for all that is noticed to be found.  Raises `Mistake`."""
        before = len(actions)
        self.inner.step(packed, actions, successors)
        if len(actions) < before + 2:
            return
        closed, taken = self.closed, list(zip(actions[before:], successors[before:], strict=True))
        for some in self.order.smaller(self._holds(packed)):
            kept = [(action, after) for action, after in taken if some >> action & 1]
            if not all(closed(after) for _, after in kept):
                actions[before:] = [action for action, _ in kept]
                successors[before:] = [after for _, after in kept]
                return
