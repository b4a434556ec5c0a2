"""What a driver tells its partitions to begin with, what they tell it, and what they send each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from checker.explore.compiled_result import Packed
from checker.explore.table import Words

When: TypeAlias = tuple[int, int]
"""An attempt and the level that it expands."""


@dataclass(frozen=True)
class Task:
    """What all partitions have to know: the model as LLVM text, and the sizes that go with it.

    `room` is the number of successors that one call of the model's code has room for; `checked` says whether a property
    may show a mistake; under `kept` a machine keeps the code between runs.
    """

    source: str
    words: int
    actions: int
    properties: int
    checked: bool
    room: int
    parts: int
    kept: Mapping[str, object] | None = None


@dataclass
class Closed:
    """A level that is complete: its size, what its states show (the least of each property, and the least that shows a
    mistake, with its number), and how many states the partition has."""

    status: str
    size: int = 0
    states: int = 0
    seen: dict[int, Packed] = field(default_factory=dict)
    mistake: tuple[Packed, int] | None = None


@dataclass
class Told:
    """What a round came to.  `status`: done, stale (given up), memory (there is none left), wrong (a mistake).

    `closed` is the level that came of it, where all partitions have expanded all of their states; `busy` are seconds
    of work, `waited` those in which there was nothing to do.
    """

    status: str
    states: int = 0
    transitions: int = 0
    deadlocks: int = 0
    repeated: int = 0
    fired: NDArray[np.int64] | None = None
    handed: int = 0
    busy: float = 0.0
    waited: float = 0.0
    closed: Closed | None = None


@dataclass(frozen=True)
class Reached:
    """How far a partition is: states found, those of the level left to expand, transitions and states handed over in
    this round."""

    states: int
    left: int
    transitions: int
    handed: int


@dataclass(frozen=True)
class Ended:
    """What the last parcel of a round says: how many there were; whether the sender has expanded all states of the
    level, would go on with the next without asking the driver, and had any state in it."""

    parcels: int
    finished: bool
    willing: bool
    some: bool


@dataclass(frozen=True)
class Parcel:
    """States for a partition, of one round of another one."""

    when: When
    sender: int
    states: Words
    ended: Ended | None = None
