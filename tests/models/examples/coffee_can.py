"""Two beans at a time are taken from a can, and one is put back by their colours, until one is left.

After CoffeeCan of the TLA+ examples collection (github.com/tlaplus/Examples, specifications/CoffeeCan).  Its
manifest.json says of CoffeeCan100Beans.cfg: 5,150 distinct states, 20,002 generated, depth 1.  By hand: b black and w
white beans with 1 <= b + w <= n are n(n + 3)/2 cans, every one of them initial.
"""

from __future__ import annotations

from typing import Annotated

from model.language import Range, Variables, action, bounds, initial, invariant, require


@bounds
class Bounds:
    beans: int = 100


Count = Annotated[int, Range(0, "beans")]


class State(Variables):
    """The beans of each colour."""

    bounds: Bounds
    black: Count
    white: Count


@initial
def filled(s: State, black: Count, white: Count) -> None:
    """Any can with a bean in it and no more than fit."""
    require(black + white >= 1 and black + white <= s.bounds.beans)
    s.black = black
    s.white = white


@action
def two_black(s: State) -> None:
    """Of two black beans one goes back."""
    require(s.black >= 2)
    s.black -= 1


@action
def two_white(s: State) -> None:
    """For two white beans a black one goes in."""
    require(s.white >= 2)
    s.black += 1
    s.white -= 2


@action
def one_each(s: State) -> None:
    """Of different beans the white one goes back."""
    require(s.black >= 1 and s.white >= 1)
    s.black -= 1


@action
def nothing_more(s: State) -> None:
    """The last bean stays."""
    require(s.black + s.white == 1)


@invariant
def a_bean_is_left(s: State) -> bool:
    """The can is never empty."""
    return s.black + s.white >= 1
