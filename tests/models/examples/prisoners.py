"""Prisoners are led, one at a time, to two switches and must flip one; one of them counts, to know when all have been.

After Prisoners of the TLA+ examples collection (github.com/tlaplus/Examples, specifications/Prisoners).  Its
manifest.json says of Prisoners.cfg, four prisoners of which one counts: 214 distinct states, 860 generated, depth 14.
"""

from __future__ import annotations

from typing import Annotated

from model.language import Map, Range, Sort, Variables, action, initial, invariant, reachable, require


class Prisoner(Sort, size=3, names="p"):
    """A prisoner who does not count."""


class State(Variables):
    """The two switches, how often each has raised the first, and how often it was lowered again."""

    signal: bool
    other: bool
    raised: Map[Prisoner, Annotated[int, Range(0, 2)]]
    count: Annotated[int, Range(0, 7)]


@initial
def start(s: State, signal: bool, other: bool) -> None:
    """The switches are anyhow."""
    s.signal = signal
    s.other = other


@action
def visit(s: State, p: Prisoner) -> None:
    """Whoever does not count raises the first switch, twice in all; or else flips the other."""
    if not s.signal and s.raised[p] < 2:
        s.signal = True
        s.raised[p] += 1
    else:
        s.other = not s.other


@action
def count_one(s: State) -> None:
    """The one who counts lowers a raised switch and counts it."""
    require(s.signal)
    s.signal = False
    s.count += 1


@action
def count_none(s: State) -> None:
    """Or else flips the other."""
    require(not s.signal)
    s.other = not s.other


@invariant
def what_is_counted_was_raised(s: State) -> bool:
    """The count is what was raised, but for a switch that is still up and one that was up at first."""
    pending = s.count + (1 if s.signal else 0) - sum(s.raised[p] for p in Prisoner)
    return 0 <= pending <= 1


@invariant
def once_done_all_have_been(s: State) -> bool:
    """At six, everybody has raised the switch."""
    return s.count != 6 or all(s.raised[p] > 0 for p in Prisoner)


@reachable
def is_done(s: State) -> bool:
    """The count reaches six."""
    return s.count == 6
