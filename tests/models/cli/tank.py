"""A tank that is filled a litre at a time: a line of states, so that every number below can be counted by hand.

With bounds `size = k`: levels 0..k, k + 1 states, k transitions, depth k.  With `mode = open` it takes one litre too
many: one state, one transition, one level more, and `never_over` is violated in k + 1 steps.  Without the pump nothing
ever happens: one state, which is no declared end, so a deadlock in 0 steps.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from model.language import Range, Variables, action, bounds, end_state, initial, invariant, reachable, require, settings


class Mode(Enum):
    """What the valve does when the tank is full."""

    CLOSED = "closed"
    OPEN = "open"


@settings
class Settings:
    """The knobs of the tank."""

    mode: Mode = Mode.CLOSED
    pump: bool = True


@bounds
class Bounds:
    """How large the tank is."""

    size: int = 3

    @property
    def rim(self) -> int:
        return self.size + 1


Level = Annotated[int, Range(0, "rim")]


class State(Variables):
    """One tank."""

    settings: Settings
    bounds: Bounds
    level: Level


@initial
def empty(s: State) -> None:
    """The tank is empty."""
    s.level = 0


@action
def fill(s: State) -> None:
    """The pump adds a litre while there is room."""
    require(s.settings.pump and s.level < s.bounds.size)
    s.level += 1


@action
def spill(s: State) -> None:
    """An open valve lets a litre into a full tank."""
    require(s.settings.mode == Mode.OPEN and s.level == s.bounds.size)
    s.level += 1


@invariant
def never_over(s: State) -> bool:
    """The tank never holds more than its size."""
    return s.level <= s.bounds.size


@reachable
def fills_up(s: State) -> bool:
    """The tank can become full."""
    return s.level == s.bounds.size


@end_state
def is_full(s: State) -> bool:
    """A full tank needs nothing more."""
    return s.level >= s.bounds.size


SCOPES = {"small": Bounds(size=3), "wide": Bounds(size=40)}
DEFAULT_SCOPE = "small"
PRESETS = {"leaky": Settings(mode=Mode.OPEN), "dry": Settings(pump=False)}
HINTS = {"never_over": "With --mode closed the valve keeps the last litre out."}
