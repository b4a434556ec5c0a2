"""Four counters, each on its own: a space that takes generated Python minutes, and nothing in it is wrong."""

from __future__ import annotations

from typing import Annotated

from model.language import Map, Range, Sort, Variables, action, bounds, initial, invariant, require


class Wheel(Sort, size=4):
    """A counter."""


@bounds
class Bounds:
    """How far they count."""

    size: int = 100


class State(Variables):
    """The counters."""

    bounds: Bounds
    turned: Map[Wheel, Annotated[int, Range(0, "size")]]


@initial
def still(s: State) -> None:
    """All are 0."""


@action
def turn(s: State, w: Wheel) -> None:
    """One counter goes on, and begins again."""
    if s.turned[w] < s.bounds.size:
        s.turned[w] += 1
    else:
        s.turned[w] = 0


@action
def reset(s: State, w: Wheel) -> None:
    """One counter begins again."""
    require(s.turned[w] > 0)
    s.turned[w] = 0


@invariant
def in_range(s: State) -> bool:
    """None passes its size."""
    return all(s.turned[w] <= s.bounds.size for w in Wheel)
