"""A lock and two who want it, with guards of every sort, so that what each keeps can be counted by hand.

Nobody inside, A or B inside; a clock that shows 0, 1 or 2: nine states.  Without
    polite and s.held       both enter, one after the other: `exclusive` is violated in 2 steps
    not s.inside[who]       nothing new: whoever is inside holds the lock
    s.inside[who]           leaving without having entered takes the count below 0: a mistake of the model in 1 step
    s.clock < 2             the clock shows 3 too: twelve states, nothing wrong
    breakable               the key breaks in the held lock: enter, jam: a deadlock in 2 steps
    s.held in may_jam       nothing new, since no key breaks
    not s.jammed            nothing new, since no key breaks
    not s.held in look      nothing new: at 1 whoever holds the lock is inside
    the other one of look   more looking, no new states
"""

from __future__ import annotations

from typing import Annotated

from model.language import Map, Range, Sort, Variables, action, initial, invariant, require, settings

Count = Annotated[int, Range(0, 2)]
Clock = Annotated[int, Range(0, 3)]


class Who(Sort, size=2, names="AB"):
    """Those who want the lock."""


@settings
class Settings:
    """How good the lock is."""

    polite: bool = True
    breakable: bool = False


class State(Variables):
    """The lock, and who is behind it."""

    settings: Settings
    held: bool
    jammed: bool
    inside: Map[Who, bool]
    count: Count
    clock: Clock


@initial
def open_door(s: State) -> None:
    """Nobody is inside."""
    s.clock = 0


@action
def enter(s: State, who: Who) -> None:
    """Takes the lock."""
    require(not (s.settings.polite and s.held) and not s.inside[who])
    require(not s.jammed)
    s.held = True
    s.inside[who] = True
    s.count += 1


@action
def leave(s: State, who: Who) -> None:
    """Gives the lock back."""
    require(s.inside[who] and not s.jammed)
    s.held = False
    s.inside[who] = False
    s.count -= 1


@action
def tick(s: State) -> None:
    """The clock goes on, and stops at 2."""
    require(s.clock < 2 and not s.jammed)
    s.clock = (s.clock + 1) % 4


def may_jam(s: State) -> bool:
    """Only a bad key breaks, and only in a held lock."""
    return s.settings.breakable and s.held


@action
def jam(s: State) -> None:
    """The key breaks."""
    require(may_jam(s) and not s.jammed)
    s.jammed = True


@action
def look(s: State) -> None:
    """Somebody looks, at some times only; it changes nothing."""
    require(not s.jammed)
    if s.clock == 1:
        require(not s.held)
    for who in Who:
        require(not s.inside[who] or s.clock == 0)


@invariant
def exclusive(s: State) -> bool:
    """No two are inside."""
    return s.count < 2
