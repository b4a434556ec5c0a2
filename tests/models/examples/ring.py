"""Processes in a circle: each sets its x, then takes its neighbour's x as its y.  Whoever is last has taken a 1.

After Simple of the TLA+ examples collection (github.com/tlaplus/Examples, specifications/TeachingConcurrency), which
is after Lamport, "Teaching Concurrency" (2009).  Its manifest.json says of Simple.cfg, five processes: 723 distinct
states, 1,842 generated, depth 11.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from model.language import Map, Range, Variables, action, bounds, initial, invariant, require


@bounds
class Bounds:
    processes: int = 5

    @property
    def last(self) -> int:
        return self.processes - 1


Process = Annotated[int, Range(0, "last")]


class Line(Enum):
    """What a process does next."""

    SET = "set"
    TAKE = "take"
    DONE = "done"


class State(Variables):
    """The two numbers of each process, of which each is 0 or 1, and its line."""

    bounds: Bounds
    x: Map[Process, bool]
    y: Map[Process, bool]
    line: Map[Process, Line]


@initial
def start(s: State) -> None:
    """Nothing is set."""
    for i in range(s.bounds.processes):
        s.line[i] = Line.SET


@action
def set_x(s: State, i: Process) -> None:
    """A process sets its x."""
    require(s.line[i] == Line.SET)
    s.x[i] = True
    s.line[i] = Line.TAKE


@action
def take(s: State, i: Process) -> None:
    """It takes the x of its neighbour."""
    require(s.line[i] == Line.TAKE)
    s.y[i] = s.x[(i + s.bounds.last) % s.bounds.processes]
    s.line[i] = Line.DONE


@action
def finished(s: State) -> None:
    """Nothing happens any more."""
    require(all(s.line[i] == Line.DONE for i in range(s.bounds.processes)))


@invariant
def somebody_took_a_1(s: State) -> bool:
    """Once all are done, some y is 1."""
    done = all(s.line[i] == Line.DONE for i in range(s.bounds.processes))
    return not done or any(s.y[i] for i in range(s.bounds.processes))
