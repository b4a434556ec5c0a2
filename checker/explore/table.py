"""Where the compiled search keeps its states: one long array of them, and a table of their numbers that grows.

Both are address space that the system backs with memory as it is first touched.  So the array grows without a copy.
The table is made anew from it when it is full, in its own place: two never exist at once, and what was touched for one
is used for the next.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from checker.explore.kernel import LANES, SLOTS, insert_all, rebuild

Words: TypeAlias = NDArray[np.uint64]

Rebuild: TypeAlias = Callable[[tuple[int, ...], NDArray[np.uint32], NDArray[np.uint8], Words, int], None]
"""What fills an empty table with so many states: `kernel.rebuild`, or several threads."""

LOAD = 0.82
"""Share of the slots that is filled before the table grows: above it look-ups run over into other buckets."""

LINE = 4 * LANES
"""Bytes of a bucket."""

AIM = 1.6
"""Memory of a state and its share of the table, as a multiple of its packed size."""

SMALL = 1 << 17
"""States up to which the table grows by `QUICKLY`: making it anew costs next to nothing there."""

QUICKLY = 4.0

MOST = (1 << 32) - 1
"""States that numbers of 32 bits can tell apart."""


class OutOfMemory(Exception):
    """The budget does not allow the table to grow."""


class Store:
    """States of so many words each, within a budget in bytes; `shape` tells the kernels the number of words.

    `room` is how many states may be taken in at once; `capacity` how many states the table has slots for.
    """

    def __init__(self, words: int, budget: int, room: int, capacity: int = 1 << 16) -> None:
        self.words = words
        self.shape = (0,) * words
        self.budget = budget
        self.room = room
        self.out = np.empty(room * words, np.uint64)
        self.hashes = np.empty(room, np.uint64)
        self.fixed = self.out.nbytes + self.hashes.nbytes
        self.count = 0
        self.rebuild: Rebuild = rebuild
        self.states: Words = np.frombuffer(_reserve(budget), np.uint64)
        self.capacity = 0
        self._place: NDArray[np.uint8] | None = None
        self._make(max(capacity, 2 * room))

    @property
    def bytes(self) -> int:
        """Memory in use."""
        return self.fixed + self.table.nbytes + self.count * self.words * 8

    def largest(self) -> int:
        """The most states that the budget has room for, their table with them."""
        left = min(self.budget - self.fixed, self.states.nbytes)
        return min(MOST, int(left / (8 * self.words + LINE / (SLOTS * LOAD))) - SLOTS)

    def grow(self) -> None:
        """A larger table, filled again.  Raises `OutOfMemory`, MemoryError where the system has less than it said."""
        largest = self.largest()
        if largest < self.count + 2 * self.room:
            raise OutOfMemory
        factor = QUICKLY if self.count < SMALL else self._factor()
        wanted = max(int(self.capacity * factor), self.count + 4 * self.room)
        self._make(largest if wanted * 1.25 > largest else wanted)

    def add(self, states: Sequence[Sequence[int]]) -> None:
        """Takes in those states that are new, growing as needed."""
        for start in range(0, len(states), self.room):
            some = np.array(states[start : start + self.room], np.uint64).reshape(-1)
            while self.count + self.room > self.capacity:
                self.grow()
            self.insert(some)

    def insert(self, some: Words) -> None:
        """Takes in those of at most `room` states that are new; the table must have room for all."""
        number = some.size // self.words
        self.count = insert_all(
            self.shape, self.table, self.bytes_view, self.states, self.count, some, number, self.hashes
        )

    def clear(self) -> None:
        """Forgets all states."""
        self.count = 0
        self._make(self.capacity)

    def drop_table(self) -> None:
        """Gives the memory of the table back: after this the states are there, but nothing can be added."""
        self.table = self.bytes_view = np.empty(0, np.uint8)
        self._place = None
        self.capacity = 0

    def refill(self) -> None:
        """Makes the table for states that were put into the array."""
        self._make(max(self.capacity, min(self.largest(), int(self.count * 1.1) + 4 * self.room)))

    def state(self, number: int) -> tuple[int, ...]:
        """The words of a state."""
        return tuple(int(word) for word in self.states[number * self.words : (number + 1) * self.words])

    def _factor(self) -> float:
        """Less for narrow states: with the slots just made, still empty, they shall not take much more than `AIM`.

        Where states are wide the table may grow faster: making it anew is a tenth of a search whose table doubles.
        """
        return min(3.0, max(1.3, (AIM - 1) * 8 * self.words / (LINE / (SLOTS * LOAD))))

    def _make(self, capacity: int) -> None:
        capacity = min(capacity, self.largest())
        if capacity < self.count + self.room:
            raise OutOfMemory
        memory = self._zeroed(_table(capacity))
        self.table, self.bytes_view = memory.view(np.uint32), memory
        self.capacity = capacity
        self.rebuild(self.shape, memory.view(np.uint32), memory, self.states, self.count)

    def _zeroed(self, size: int) -> NDArray[np.uint8]:
        """The memory of a table, where the one before it was."""
        if self._place is not None and size <= self._place.size:
            self.bytes_view[:] = 0
            return self._place[:size]
        self.table = self.bytes_view = np.empty(0, np.uint8)
        self._place = None  # given back before there is another
        self._place = np.frombuffer(_reserve(max(size, _table(self.largest()))), np.uint8)
        if self._place.size < size:
            self._place = np.frombuffer(_mapped(size), np.uint8)
        return self._place[:size]


def _table(capacity: int) -> int:
    """Bytes of a table for so many states."""
    return (int(capacity / (SLOTS * LOAD)) + 1) * LINE


def _reserve(size: int) -> mmap.mmap:
    """Address space of about that many bytes; less where the system does not give so much away."""
    while True:
        try:
            return _mapped(max(mmap.PAGESIZE, size - size % mmap.PAGESIZE))
        except (OSError, MemoryError):
            size //= 2
            if size < mmap.PAGESIZE:
                raise


def _mapped(size: int) -> mmap.mmap:
    """Zeroed memory, in huge pages where the system has them."""
    if not hasattr(mmap, "MAP_PRIVATE"):
        return mmap.mmap(-1, size)
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
    made = mmap.mmap(-1, size, flags=flags)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        made.madvise(mmap.MADV_HUGEPAGE)
    return made
