"""A lock of two processes, in three ways to be without liveness and two with it; by hand, what comes of each.

Each process is idle, waits, or is in.  It need not want to get in.

`order=none`: whoever waits may enter while nobody is in.  Left can wait for ever: right wants, enters and leaves, again
and again, and left's `enter` is not possible while right is in, so weak fairness asks nothing of it.  The stem is
`want(left)`, the loop those three steps of right.  Still, left can enter whenever right is not in: always possible.

`order=turns`: Peterson's rule, want and give way in one step.  Once left waits, right can enter at most once before
it: wanting again gives left the turn, which only left's own want takes back.  Then `enter` of left stays possible until
it is taken, so left does not wait for ever.

`dies=true`: a process may die while it is in; it stays in, for nobody leaves for it.  Right wants, enters and dies,
left wants: 4 steps in some order, and nothing that must happen can.  Nor does any way lead out; with fewer steps left
does not wait yet, or right is not dead, and then it can leave.
"""

from __future__ import annotations

from enum import Enum

from model.language import Map, Variables, action, end_state, eventually, initial, invariant, require, settings


class Process(Enum):
    """One of the two."""

    LEFT = "left"
    RIGHT = "right"


class Line(Enum):
    """What a process is doing."""

    IDLE = "idle"
    WAITING = "waiting"
    IN = "in"
    DEAD = "dead"


class Order(Enum):
    """Who may enter where both wait."""

    NONE = "none"
    TURNS = "turns"


@settings
class Settings:
    """The lock's kind."""

    order: Order = Order.NONE
    """Who goes first."""

    dies: bool = False
    """A process may die while it is in."""


class State(Variables):
    """Where each process is, and whose turn it is."""

    settings: Settings
    line: Map[Process, Line]
    turn: Process


def other(p: Process) -> Process:
    """The other process."""
    return Process.RIGHT if p == Process.LEFT else Process.LEFT


@initial
def start(s: State) -> None:
    """Both are idle."""
    for p in Process:
        s.line[p] = Line.IDLE


@action(fair=False)
def want(s: State, p: Process) -> None:
    """A process wants to get in, and lets the other go first."""
    require(s.line[p] == Line.IDLE)
    s.line[p] = Line.WAITING
    if s.settings.order == Order.TURNS:
        s.turn = other(p)


@action
def enter(s: State, p: Process) -> None:
    """It gets in where the other is not, and where turns count, does not wait or gave way after it."""
    require(s.line[p] == Line.WAITING and s.line[other(p)] != Line.IN and s.line[other(p)] != Line.DEAD)
    require(s.settings.order == Order.NONE or s.line[other(p)] != Line.WAITING or s.turn == p)
    s.line[p] = Line.IN


@action()
def leave(s: State, p: Process) -> None:
    """It leaves."""
    require(s.line[p] == Line.IN)
    s.line[p] = Line.IDLE


@action(outside=True)
def die(s: State, p: Process) -> None:
    """It dies while it is in."""
    require(s.settings.dies and s.line[p] == Line.IN)
    s.line[p] = Line.DEAD


@invariant
def one_at_a_time(s: State) -> bool:
    """Never are both in."""
    return not all(s.line[p] == Line.IN or s.line[p] == Line.DEAD for p in Process)


@eventually
def left_is_served(s: State) -> bool:
    """The left process does not wait for ever."""
    return s.line[Process.LEFT] != Line.WAITING


@end_state
def somebody_died(s: State) -> bool:
    """A dead process blocks the other for good."""
    return any(s.line[p] == Line.DEAD for p in Process)
