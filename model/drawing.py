"""What a model says of itself to those who look at it: how its traces are drawn, what people ask first.

It decides nothing: no action and no property reads it, and the checker needs none of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from model.language import Sort


@dataclass(frozen=True)
class Message:
    """An action that carries something from one lifeline to another.

    `sender` and `receiver` each name a parameter of the action, or, where it has none of that name, a variable keyed
    by the lifelines' sort, which is read before the step for the action's first such parameter (`upstream[n]`).
    `carries` is a place keyed by lifelines, read for the receiver after the step, and written behind the label.
    """

    sender: str
    receiver: str
    label: str = ""
    carries: str = ""


@dataclass(frozen=True)
class Mark:
    """A position that every ruler shows as a line across: a fork.

    `place` is one variable, keyed or not.  A mark is drawn once its value differs from the one at the start.  Where a
    mark may be set to that very value, `once` says when it counts: a bool keyed as the place is, or a variable without
    keys that runs through the keys of the place (`once="latest"`: `fork[t]` counts for every t begun since the start).
    """

    place: str
    once: str = ""


@dataclass(frozen=True)
class View:
    """How the traces of a model are drawn: a model module names one `VIEW`.  The checker needs none.

    A place is written as a variable, `wal_end`, or as a field of its records, `control.checkpoint`; its first key is
    the lifeline.  A name that the model does not have is an error when a trace is drawn.
    """

    lifeline: type[Sort]
    """One lifeline, downwards, for each element of this sort."""
    role: str = ""
    """The place, keyed by the lifeline alone, whose value colours the line."""
    colors: dict[str, str] = field(default_factory=dict)
    """Colour by the role's member: blue, green, amber, violet, pink, or grey, which is drawn dashed: out of service.

    Roles left out get the colours left over.
    """
    beside: dict[str, str] = field(default_factory=dict)
    """By label, the places written beside a lifeline's name on its ruler: `{"timeline": "timeline"}`."""
    ruler: dict[str, str] = field(default_factory=dict)
    """By label, the places that are positions on the ruler, the outermost first: the bar reaches to that one."""
    records: Callable[[Any, Any, int], str] | None = None
    """`records(s, n, position)`: what the bar of lifeline n holds up to a position, in a word; run as plain Python.

    Where two lifelines hold different things at one position, both are outlined: there they have diverged.
    """
    ticks: dict[str, str | Callable[[Any, Any], dict[str, int]]] = field(default_factory=dict)
    """By label, positions below the ruler: a place with further keys, `{"page": "disk.lsn"}`, or, run as plain Python,
    a function of the state and the lifeline that gives positions by what is written behind the label.  0 is not drawn.
    """
    horizon: Callable[[Any, Any], int | None] | None = None
    """`horizon(s, n)`, run as plain Python: ticks of lifeline n beyond this position are drawn as ahead of it; None:
    for this lifeline nothing is."""
    beyond: str = ""
    """What is written where the horizon is: `not on the standby`."""
    marks: dict[str, Mark] = field(default_factory=dict)
    """By label, positions across all rulers."""
    messages: dict[str, Message] = field(default_factory=dict)
    """By action, what is drawn as an arrow."""
    says: dict[str, Callable[[Any], str]] = field(default_factory=dict)
    """By property, what the last state of its trace comes to, in a sentence; run as plain Python.  "": nothing."""


@dataclass(frozen=True)
class Question:
    """A question about a model and where its answer is: under these settings, as on the command line, look for `goal`.

    The goal is an invariant, of which a counterexample is looked for, or what is reachable.  A model module may name
    `QUESTIONS`, a tuple of these, which the interactive page offers.
    """

    text: str
    settings: dict[str, str]
    goal: str
