"""Peterson's mutual exclusion of two processes (1981), each line of it one atomic step.

The number of reachable states, by hand.  A process is at one of four lines: idle (flag down), raised (flag up, about
to give way), waiting, critical.  Its flag is down exactly where it is idle, so flags add no states, and a state is
(line of 0, line of 1, turn); `turn` names the process that may enter where both want to.

- (critical, critical) is ruled out: that is the point.  A process enters `waiting` by giving the turn to the other, so
  the turn is with the other process unless that one gave it back since.
- (idle|raised, idle|raised): both turns are possible, since a process may pass and come back: 2 * 2 * 2 = 8.
- (waiting|critical, idle|raised): 0 gave way last, as 1 has not since: the turn is 1.  2 * 2 = 4 states;
  by symmetry 4 more with the processes exchanged, where the turn is 0.
- (waiting, waiting): either gave way last: 2 states.
- (critical, waiting): 0 is in; 1 gave way after 0 did or before 0 entered, so the turn is 0: were it 1, then 0 gave
  way last, and entered while 1's flag was up and the turn was 1's, which its guard forbids.  1 state; with the
  exchanged one 2.

All of them are reached, so 8 + 8 + 2 + 2 = 20 states.
"""

from __future__ import annotations

from enum import Enum

from model.language import Map, Variables, action, initial, invariant, reachable, require


class Process(Enum):
    """One of the two."""

    LEFT = 0
    RIGHT = 1


class Line(Enum):
    """The line a process is about to run."""

    IDLE = "idle"
    RAISED = "raised"
    WAITING = "waiting"
    CRITICAL = "critical"


class State(Variables):
    """Where each process is, its flag, and whose turn it is."""

    line: Map[Process, Line]
    flag: Map[Process, bool]
    turn: Process


def other(p: Process) -> Process:
    """The other process."""
    return Process.RIGHT if p == Process.LEFT else Process.LEFT


@initial
def start(s: State) -> None:
    """Both are idle."""
    for p in Process:
        s.line[p] = Line.IDLE


@action
def raise_flag(s: State, p: Process) -> None:
    """A process says that it wants to enter."""
    require(s.line[p] == Line.IDLE)
    s.flag[p] = True
    s.line[p] = Line.RAISED


@action
def give_way(s: State, p: Process) -> None:
    """It lets the other go first."""
    require(s.line[p] == Line.RAISED)
    s.turn = other(p)
    s.line[p] = Line.WAITING


@action
def enter(s: State, p: Process) -> None:
    """It enters where the other does not want to, or gave way after it."""
    require(s.line[p] == Line.WAITING)
    require(not s.flag[other(p)] or s.turn == p)
    s.line[p] = Line.CRITICAL


@action
def leave(s: State, p: Process) -> None:
    """It leaves and lowers its flag."""
    require(s.line[p] == Line.CRITICAL)
    s.flag[p] = False
    s.line[p] = Line.IDLE


@invariant
def one_at_a_time(s: State) -> bool:
    """Never are both in the critical section."""
    return not all(s.line[p] == Line.CRITICAL for p in Process)


@reachable
def someone_enters(s: State) -> bool:
    """A process gets into its critical section."""
    return any(s.line[p] == Line.CRITICAL for p in Process)
