"""What an engine makes of a grounded model: the interface that a search works with."""

from __future__ import annotations

from typing import Protocol

from checker.grounding.grounded import Action, Check, Grounded, Property, State


class Mistake(Exception):
    """A reachable state shows a mistake of the model: `check` says which, `origin` what was being evaluated."""

    def __init__(self, check: Check, origin: Action | Property) -> None:
        super().__init__(f"{check.at}: {check.message}")
        self.check = check
        self.origin = origin


class Program(Protocol):
    """A grounded model made executable on packed states.  Actions and properties are numbered in the model's order."""

    @property
    def grounded(self) -> Grounded:
        """The model that was compiled."""

    @property
    def properties(self) -> tuple[Property, ...]:
        """The properties that `broken` speaks of, bit by bit from the lowest."""

    @property
    def bits(self) -> int:
        """The width of a packed state."""

    @property
    def initials(self) -> list[int]:
        """The initial states, each once, in the model's order."""

    def pack(self, values: State) -> int:
        """The packed form of a state."""

    def unpack(self, packed: int) -> State:
        """The values of the cells of a packed state."""

    def step(self, packed: int, actions: list[int], successors: list[int]) -> None:
        """Append every transition of a state: its action's number to one list, the state it leads to to the other.

        Raises `Mistake`; what was appended before that is of no meaning.
        """

    def expand(self, packed: int) -> list[tuple[int, int]]:
        """The transitions of a state as pairs of action number and successor, by action.  Raises `Mistake`."""

    def broken(self, packed: int) -> int:
        """A bit for each property to take note of: an invariant that is false, a `reachable` that is true.

        Raises `Mistake`.
        """

    def at_end(self, packed: int) -> bool:
        """Whether a behaviour may stop in this state."""
