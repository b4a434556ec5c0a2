"""Clocks without a bell: each hand goes on by itself, so every number of a search can be counted by hand.

With `hands = n` and `hours = h`: (h + 1)^n states, of depth n h; from each one transition for every hand that is not at
the last hour, which is n h (h + 1)^(n - 1) together.  `not_all_late` is violated in n (h - 1) steps.
"""

from __future__ import annotations

from typing import Annotated

from model.language import (
    Map,
    Range,
    Sort,
    Variables,
    action,
    bounds,
    end_state,
    initial,
    invariant,
    reachable,
    require,
)


class Hand(Sort, size="hands", names="h"):
    """A hand of the clock."""


@bounds
class Bounds:
    """How many hands and hours."""

    hands: int = 3
    hours: int = 3

    @property
    def last(self) -> int:
        return self.hours


Hour = Annotated[int, Range(0, "last")]


class State(Variables):
    """Where the hands are."""

    bounds: Bounds
    at: Map[Hand, Hour]


@initial
def midnight(s: State) -> None:
    """All hands are at the top."""
    for h in Hand:
        s.at[h] = 0


@action
def tick(s: State, h: Hand) -> None:
    """One hand goes on."""
    require(s.at[h] < s.bounds.hours)
    s.at[h] += 1


@end_state
def over(s: State) -> bool:
    """Every hand is at the last hour."""
    return all(s.at[h] == s.bounds.hours for h in Hand)


@invariant
def not_all_late(s: State) -> bool:
    """Some hand has two hours left."""
    return any(s.at[h] < s.bounds.hours - 1 for h in Hand)


@reachable
def ends(s: State) -> bool:
    """Some hand comes to its last hour."""
    return any(s.at[h] == s.bounds.hours for h in Hand)
