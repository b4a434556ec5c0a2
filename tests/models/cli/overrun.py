"""A counter that leaves its range: a mistake that only a reachable state shows, in three steps."""

from __future__ import annotations

from typing import Annotated

from model.language import Range, Variables, action, initial, invariant, require


class State(Variables):
    """One counter, which must stay within two."""

    count: Annotated[int, Range(0, 2)]
    open: bool


@initial
def zero(s: State) -> None:
    """It starts at nought."""
    s.count = 0
    s.open = True


@action
def increase(s: State) -> None:
    """It counts without looking where it ends."""
    require(s.open)
    s.count += 1


@invariant
def stays_open(s: State) -> bool:
    """Nothing closes it."""
    return s.open
