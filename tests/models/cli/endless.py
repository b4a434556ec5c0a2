"""Twenty-four independent lamps: sixteen million states, more than a test waits for."""

from __future__ import annotations

from model.language import Map, Sort, Variables, action, bounds, initial, invariant


class Lamp(Sort, size="lamps", names="l"):
    """A lamp."""


@bounds
class Bounds:
    """How many lamps there are."""

    lamps: int = 24


class State(Variables):
    """Which lamps are lit."""

    bounds: Bounds
    lit: Map[Lamp, bool]


@initial
def dark(s: State) -> None:
    """All lamps are dark."""
    for lamp in Lamp:
        s.lit[lamp] = False


@action
def turn(s: State, lamp: Lamp) -> None:
    """Somebody turns a lamp on or off."""
    s.lit[lamp] = not s.lit[lamp]


@invariant
def some_are_dark_or_all_are_lit(s: State) -> bool:
    """True of anything; it reads the state, so that it is no constant."""
    return any(not s.lit[lamp] for lamp in Lamp) or all(s.lit[lamp] for lamp in Lamp)
