"""One partition of a search: the states whose hash is its own, in the same table as on one machine.

It does what it is told, call by call, and knows nothing of where the others are.  Every call says which attempt at
which level it belongs to; one of another is not carried out, so whatever comes late does no harm.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from checker.backends.native import MachineCode
from checker.explore import looking
from checker.explore.cluster import scatter
from checker.explore.compiled_result import Packed, predecessors
from checker.explore.files import Folder, States
from checker.explore.levels import InMemory
from checker.explore.orbits import in_orbits
from checker.explore.table import OutOfMemory, Words

if TYPE_CHECKING:
    from checker.backends.images import Plan

When: TypeAlias = tuple[int, int]
"""An attempt and the level that it expands."""

PIECE = 1 << 12
"""States expanded before their own successors are taken in: what lies between stays in the caches."""

REMEMBERED = 1 << 19
"""States sent that are remembered."""

BUFFER = 1 << 18
"""Successors for others that are handed over at once, at most, all in all."""

SHARED = 16
"""What is remembered, and what is handed over, take a part of so many of the memory, at most."""

LONG = 3_000_000
"""States from which on better code is worth the seconds it takes to compile, all processors being at work."""

NOTHING = np.empty(0, np.uint64)


@dataclass(frozen=True)
class Task:
    """What all partitions have to know: the model as LLVM text, and the sizes that go with it.

    `room` is the number of successors that one call of the model's code has room for.
    """

    source: str
    words: int
    actions: int
    properties: int
    room: int
    parts: int


@dataclass
class Told:
    """What a call came to.  `status`: done, stale (not carried out), memory (there is none left), wrong (a mistake).

    `next` is the first state that was not expanded; `counts` are of successors put aside for each partition;
    `deadlock` is a stuck state, `mistake` its number and the state that shows it; `busy` are seconds of work.
    """

    status: str
    next: int = 0
    states: int = 0
    transitions: int = 0
    deadlocks: int = 0
    repeated: int = 0
    fired: NDArray[np.int64] | None = None
    counts: tuple[int, ...] = ()
    deadlock: Packed | None = None
    mistake: tuple[int, Packed] | None = None
    busy: float = 0.0


@dataclass
class Closed:
    """A level that is complete: its size, what its states show (the first of each property, or a mistake), and how
    many states the partition has, in how many bytes."""

    status: str
    size: int = 0
    states: int = 0
    bytes: int = 0
    seen: dict[int, Packed] = field(default_factory=dict)
    mistake: tuple[int, Packed] | None = None


class Partition:
    """Partition number `own` of a task, within `memory` bytes."""

    def __init__(self, task: Task, own: int, memory: int) -> None:
        self.task, self.own = task, own
        self.shape = (0,) * task.words
        self.code = MachineCode(lambda: task.source)
        capacity = max(2 * task.room, _handed_over(memory, task) // max(1, task.parts - 1))
        self.out = np.empty(task.room * task.words, np.uint64)
        self.hashes = np.empty(task.room, np.uint64)
        self.buffers = np.empty((task.parts, capacity * task.words), np.uint64)
        self.used = np.zeros(task.parts, np.int64)
        self.sent = np.zeros(_remembered(memory, task) * (task.words + 1), np.uint64)
        self.fired = np.zeros(max(1, task.actions), np.int64)
        self.search = np.zeros(scatter.FIELDS, np.int64)
        self.found = np.zeros(-(-task.properties // 64) + 1, np.int64)
        self.report = np.zeros(max(4, 1 + self.found.size), np.int64)
        self.memory = memory - self.out.nbytes - self.hashes.nbytes - self.sent.nbytes - self.buffers.nbytes
        self.at: When = (-1, -1)
        self.age = 0
        """Of what is remembered as sent: what was sent in vain is forgotten by it."""
        self.name = secrets.token_hex(4)
        self._improving: threading.Thread | None = None

    def begin(self, attempt: int, initials: Sequence[Packed]) -> Closed:
        """Starts over with those of the initial states that are its own."""
        try:
            self._start()
            for start in range(0, len(initials), self.task.room):
                self._take(self._own(np.array(initials[start : start + self.task.room], np.uint64).reshape(-1)))
        except OutOfMemory:
            return Closed("memory")
        self.at = (attempt, -1)
        return Closed("done")

    def load(self, attempt: int, folder: str, levels: Sequence[Sequence[States]]) -> Closed:
        """Goes back to levels that were written: of each the files, whoever wrote them, for those who do not have them.

        Raises `Damaged`.
        """
        if self.at[1] + 1 >= len(levels):
            return self._reopen(attempt, len(levels) - 1)
        try:
            self._start()
            sizes = [self._read(Folder(Path(folder), 8 * self.task.words), files) for files in levels]
            for size in sizes:
                self.levels.starts.append(self.levels.starts[-1] + size)
            self.levels.store.refill()
        except OutOfMemory:
            return Closed("memory")
        self.at = (attempt, len(levels) - 1)
        return Closed("done", sizes[-1], *self._held)

    def work(self, when: When, start: int, end: int, *arrived: Words) -> tuple[Any, ...]:
        """Takes in states that arrived, then expands those of the last level from `start` up to `end`, or fewer.

        What it came to, and for each partition the successors that belong to it.
        """
        nothing = (NOTHING,) * self.task.parts
        if when != self.at:
            return Told("stale"), *nothing
        began = time.thread_time()
        search, told = self.search, Told("done", next=end)
        search[:] = 0
        search[scatter.NEXT], search[scatter.END], search[scatter.DEADLOCK] = start, end, -1
        self.used[:] = 0
        self.fired[:] = 0
        try:
            for some in arrived:
                self._receive(some)
            if start < end:
                self._expand(told, end)
        except (OutOfMemory, MemoryError):
            return Told("memory"), *nothing
        told.states = self.levels.store.count
        told.transitions, told.deadlocks = int(search[scatter.TRANSITIONS]), int(search[scatter.DEADLOCKS])
        told.repeated = int(search[scatter.REPEATED])
        told.fired = self.fired.copy()
        told.counts = tuple(int(number) for number in self.used)
        told.busy = time.thread_time() - began
        words = self.task.words
        return told, *(buffer[: number * words] for buffer, number in zip(self.buffers, told.counts, strict=True))

    def close(self, when: When, known: Sequence[int], *arrived: Words) -> Closed:
        """Takes in what arrived last, finishes the level, and looks at those properties of it that are not known."""
        if when != self.at:
            return Closed("stale")
        try:
            for some in arrived:
                self._receive(some)
        except (OutOfMemory, MemoryError):
            return Closed("memory")
        size = self.levels.close()
        self.at = (when[0], when[1] + 1)
        if self._improving is None and self.levels.found >= LONG:
            self._improving = threading.Thread(target=self.code.improve)
            self._improving.start()
        closed = Closed("done", size, *self._held)
        self._look(closed, known)
        return closed

    def predecessors(self, wanted: Sequence[Packed], depth: int) -> dict[int, Packed]:
        """For the wanted states that a state of that level leads to, by their place: the first such state."""
        address, actions = self.code.addresses[0], self.task.actions
        return predecessors(self.shape, address, self.levels.chunks(depth), wanted, self.out, actions)

    def save(self, folder: str, depths: Sequence[int]) -> list[States]:
        """Writes levels into files of its own; the name of a file is never used again.

        Raises `DiskFull`.
        """
        kept = Folder(Path(folder), 8 * self.task.words, lasting=True)
        return [
            kept.write(f"level-{depth:05}.part-{self.own:04}.{self.name}-{self.at[0]}.found", self._bytes(depth))
            for depth in depths
        ]

    def orbits(self, plans: Sequence[Plan]) -> int:
        """The number of states in the orbits of all that are here."""
        chunks = (chunk for depth in range(len(self.levels.sizes)) for chunk in self.levels.chunks(depth))
        return in_orbits(plans, chunks, self.task.words)

    @property
    def _held(self) -> tuple[int, int]:
        return self.levels.store.count, self.levels.store.bytes

    def _start(self) -> None:
        self.at = (-1, -1)
        self.levels = InMemory(self.task.words, self.memory, self.task.room, 1 << 14)
        self.age += 1

    def _reopen(self, attempt: int, depth: int) -> Closed:
        del self.levels.starts[depth + 2 :]
        self.levels.reopen()
        self.levels.store.refill()
        self.age += 1
        self.at = (attempt, depth)
        return Closed("done", self.levels.sizes[-1], *self._held)

    def _own(self, states: Words) -> Words:
        chosen = np.empty_like(states)
        count = scatter.select(self.shape, self.task.parts, self.own, states, chosen)
        return chosen[: count * self.task.words]

    def _read(self, folder: Folder, files: Sequence[States]) -> int:
        """The states of a level that are its own, put behind the others; their number.  Raises `OutOfMemory`."""
        store, before = self.levels.store, self.levels.store.count
        for made in files:
            for data in folder.read(made):
                own = self._own(np.frombuffer(bytearray(data), np.uint64))
                number = own.size // store.words
                if store.count + number + 2 * store.room > store.largest():
                    raise OutOfMemory
                store.states[store.count * store.words :][: own.size] = own
                store.count += number
        return store.count - before

    def _bytes(self, depth: int) -> Iterator[memoryview | bytes]:
        return (states.data for states in self.levels.chunks(depth))

    def _receive(self, some: Words) -> None:
        """Takes in what lies in shared memory, which may only be read: kernels are compiled for what may be written."""
        for start in range(0, some.size, self.out.size):
            piece = some[start : start + self.out.size]
            self.out[: piece.size] = piece
            self._take(self.out[: piece.size])

    def _take(self, some: Words) -> None:
        store = self.levels.store
        step = store.room * store.words
        for start in range(0, some.size, step):
            while store.count + store.room > store.capacity:
                store.grow()
            store.insert(some[start : start + step])

    def _expand(self, told: Told, end: int) -> None:
        words, search, own = self.task.words, self.search, self.own
        source = self.levels.store.states[self.levels.starts[-2] * words :]
        while True:
            search[scatter.END] = min(end, int(search[scatter.NEXT]) + PIECE)
            before = int(search[scatter.NEXT])
            scatter.scatter(
                self.shape,
                self.task.parts,
                own,
                self.code.addresses[0],
                source,
                search,
                self.out,
                self.hashes,
                self.fired,
                self.report,
                self.buffers,
                self.used,
                self.sent,
                np.uint64(self.age),
            )
            told.next = int(search[scatter.NEXT])
            if search[scatter.WRONG]:
                told.status = "wrong"
                told.mistake = int(search[scatter.WRONG]) - 1, self._state(source, told.next)
                return
            self._take(self.buffers[own, : self.used[own] * words])
            self.used[own] = 0
            if told.next == end or told.next == before:
                break
        if search[scatter.DEADLOCK] >= 0:
            told.deadlock = self._state(source, int(search[scatter.DEADLOCK]))

    def _look(self, closed: Closed, known: Sequence[int]) -> None:
        self.found[:] = 0
        open_ = set(range(self.task.properties)) - set(known)
        for number in known:
            self._taken(number)
        for states in self.levels.chunks(len(self.levels.sizes) - 1):
            start, end = 0, states.size // self.task.words
            while start < end:
                start = looking.look(self.shape, self.code.addresses[1], states, start, end, self.found, self.report)
                if start == end:
                    break
                state = self._state(states, start)
                if self.report[0]:
                    closed.mistake = int(self.report[0]) - 1, state
                    return
                for number in sorted(open_):
                    word, bit = divmod(number, 64)
                    if int(self.report[1 + word]) >> bit & 1:
                        closed.seen[number] = state
                        open_.discard(number)
                        self._taken(number)

    def _taken(self, number: int) -> None:
        word, bit = divmod(number, 64)
        self.found[word] |= np.uint64(1 << bit).astype(np.int64)

    def _state(self, states: Words, place: int) -> Packed:
        words = self.task.words
        return tuple(int(word) for word in states[place * words : (place + 1) * words])


def _handed_over(memory: int, task: Task) -> int:
    """Successors that are handed over at once: more where there are many to hand them to, as shares are larger then."""
    return min(BUFFER * max(16, task.parts) // 16, memory // (SHARED * 8 * task.words))


def _remembered(memory: int, task: Task) -> int:
    """States sent that are remembered: a power of two."""
    if task.parts == 1:
        return 1
    most = max(1, memory // (SHARED * 8 * (task.words + 1)))
    return min(REMEMBERED, 1 << most.bit_length() - 1)
