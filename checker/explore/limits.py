"""When a search has to stop, and how it tells how far it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from checker.explore.checkpoint import Checkpoint

EVERY = 0.25
"""Seconds between two calls of the progress callback."""

SLOT = sys.getsizeof([None]) - sys.getsizeof([])
"""Bytes of a reference."""

ENTRY = 2 * SLOT
"""Bytes of an entry of a set: a hash and a reference."""

EMPTY = sys.getsizeof(set())
"""Bytes of a set without its table."""


@dataclass(frozen=True)
class Progress:
    """How far a search is; `queue` counts states found but not expanded, `rate` new states a second since last told.

    `disk` has the bytes on disk of a search that memory does not hold; `more` is what else there is to say.
    """

    states: int
    queue: int
    rate: float
    depth: int
    transitions: int
    disk: int = 0
    more: str = ""


Callback: TypeAlias = Callable[[Progress], None]


def footprint(seen: set[int], states: int, bits: int) -> int:
    """Bytes that a search needs to go on: its states, a reference to each in its level, and their table.

    A table that is nearly full will soon be copied into one of twice the size (four times, while it is small), and
    both exist for a while; that is counted before it happens.
    """
    state = -(-sys.getsizeof((1 << bits) - 1) // 16) * 16
    table = sys.getsizeof(seen)
    entries = max(8, (table - EMPTY) // ENTRY)
    if len(seen) >= entries // 2:
        table += ENTRY * entries * (4 if len(seen) < 50_000 else 2)
    return states * (state + SLOT) + table


@dataclass(frozen=True)
class Terms:
    """On what terms a search is made.

    `first`: it ends with the level of the first violation or deadlock.  `memory` in bytes and number of `states`: where
    it ends, None for no limit; a search by machine code goes on beyond its memory with up to `disk` bytes of disk, None
    for as many as there are.  `workers` threads search together.
    """

    first: bool = False
    memory: int | None = None
    states: int | None = None
    disk: int | None = None
    workers: int = 1
    progress: Callback | None = None
    checkpoint: Checkpoint | None = None


class Limits:
    """Limits of a search: `memory` in bytes and number of `states`, each None for no limit."""

    def __init__(self, memory: int | None, states: int | None, bits: int) -> None:
        self.memory, self.states, self.bits = memory, states, bits

    def hit(self, seen: set[int], states: int) -> Literal["memory", "states"] | None:
        """The limit that is reached, if one is."""
        if self.states is not None and states >= self.states:
            return "states"
        if self.memory is not None and footprint(seen, states, self.bits) >= self.memory:
            return "memory"
        return None


class Reporter:
    """Calls back a few times a second."""

    def __init__(self, callback: Callback | None) -> None:
        self.callback = callback
        self.started = self.told = time.monotonic()
        self.states = 0

    def seconds(self) -> float:
        """Since the search began."""
        return time.monotonic() - self.started

    def due(self) -> bool:
        """Whether it is time to call back."""
        return self.callback is not None and time.monotonic() - self.told >= EVERY

    def tell(self, states: int, queue: int, depth: int, transitions: int, disk: int = 0, more: str = "") -> None:
        """Calls back if it is time to."""
        now = time.monotonic()
        passed = now - self.told
        if self.callback is None or passed < EVERY:
            return
        rate = (states - self.states) / passed
        self.told, self.states = now, states
        self.callback(Progress(states, queue, rate, depth, transitions, disk, more))
