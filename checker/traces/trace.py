"""A trace: a behaviour of a model from an initial state, step by step, and what changed in each step."""

from __future__ import annotations

import builtins
from dataclasses import dataclass

from checker.grounding.grounded import Action, Cell, Grounded, State


@dataclass(frozen=True)
class Change:
    """One cell before and after a step."""

    cell: Cell
    before: int
    after: int


@dataclass(frozen=True)
class Trace:
    """`states` has one more element than `actions`: action i leads from state i to state i + 1.

    `property` names what the trace shows (a violated invariant, a witness, "deadlock", an error), if anything.
    `loop`: a behaviour without end; from its last state, which is state number `loop` again, it goes on from there for
    ever.  Where that is the last state itself, nothing happens any more.
    """

    grounded: Grounded
    states: tuple[State, ...]
    actions: tuple[Action, ...]
    property: str | None = None
    loop: int | None = None

    def __len__(self) -> int:
        return len(self.actions)

    @builtins.property
    def stem(self) -> int:
        """The number of steps before the loop; of all steps where there is none."""
        return len(self) if self.loop is None else self.loop

    def changes(self, step: int) -> list[Change]:
        """What action number `step` (from 0) changed, in the order of the cells."""
        before, after = self.states[step], self.states[step + 1]
        return [
            Change(cell, before[cell.index], after[cell.index])
            for cell in self.grounded.cells
            if before[cell.index] != after[cell.index]
        ]
