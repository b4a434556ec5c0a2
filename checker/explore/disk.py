"""Levels on disk, when memory does not hold all states: duplicates are found later, in bulk.

The table takes what memory holds of the states that a level leads to, each once.  When it is full they are sorted and
written as a run, and it starts anew.  At the end of the level the runs are merged, and the states of all levels before
are struck out: what is left is the next level, in order.  (Stern and Dill, "Using magnetic disk instead of main memory
in the Murphi verifier", 1998; Korf, "Best-first frontier search with delayed duplicate detection", 2004.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from checker.explore.files import Damaged, Folder, States
from checker.explore.levels import AT_ONCE
from checker.explore.sorting import distinct, sort, strike, up_to, without
from checker.explore.table import OutOfMemory, Store, Words

Marks: TypeAlias = NDArray[np.uint8]

SHARE = 4
"""One part in so many of the memory is for reading: states to expand, or known ones to strike out."""


SORTED = ".sorted"
"""The ending of the file of a level, which tells it from one in the order in which states were found."""


class OnDisk:
    """Levels as sorted files, and in memory the `store` with states of the level in making, as many as it holds."""

    def __init__(
        self, words: int, memory: int, room: int, folder: Folder, busy: Callable[[], None] = lambda: None
    ) -> None:
        self.words, self.memory, self.room, self.folder, self.busy = words, memory, room, folder, busy
        self.shape = (0,) * words
        self.files: list[States] = []
        self.runs: list[States] = []
        self._made = 0
        self._store: Store | None = None

    @property
    def store(self) -> Store:
        """The states of the level in making."""
        if self._store is None:
            self._store = Store(self.words, self.memory - self.memory // SHARE, self.room)
        return self._store

    @property
    def sizes(self) -> list[int]:
        """States of each finished level."""
        return [states.states for states in self.files]

    @property
    def found(self) -> int:
        """States of the finished levels."""
        return sum(self.sizes)

    @property
    def bytes(self) -> int:
        """Bytes on disk."""
        return self.folder.bytes

    @property
    def peak(self) -> int:
        """The most bytes that were on disk."""
        return self.folder.peak

    def chunks(self, depth: int) -> Iterator[Words]:
        """The states of a finished level, some at a time."""
        if depth < len(self.files):
            with _Reader(self.folder, self.files[depth], self.words) as reader:
                rows = min(AT_ONCE, max(1, self.memory // SHARE // (8 * self.words)), reader.left)
                buffer = np.empty(rows * self.words, np.uint64)
                while reader.left:
                    size = reader.peek(buffer)
                    reader.skip(size)
                    yield buffer[: size * self.words]

    def make_room(self) -> None:
        """Room for more states, in memory or by writing those there.  Raises `DiskFull`."""
        try:
            self.store.grow()
        except OutOfMemory:
            if not self.store.count:
                raise
            self._spill()
            self.store.clear()

    def close(self) -> int:
        """Finishes a level; how many states it has.  Raises `DiskFull`."""
        if self.store.count:
            self._spill()
        self._store = None
        self._finish(self.files, self.memory)
        return self.sizes[-1]

    def reopen(self) -> None:
        """Forgets the level in making."""
        self._store = None
        for run in self.runs:
            self.folder.remove(run)
        self.runs.clear()

    def adopt(self, level: Iterable[Words]) -> None:
        """Takes over a finished level from elsewhere, and sorts its states there.  Raises `DiskFull`."""
        for some in level:
            self._run(some, some.size // self.words)
        self._finish((), self.memory // 8)  # where they come from takes memory too

    def take(self, states: States, level: Iterable[Words]) -> None:
        """Takes over a level that was written, with its states; as it is, if it is sorted.  Raises `DiskFull`."""
        if states.name.endswith(SORTED):
            for _ in level:
                pass  # reading makes sure of the checksum
            self.files.append(states)
        else:
            self.adopt(level)

    def _spill(self) -> None:
        self._run(self.store.states, self.store.count)

    def _run(self, states: Words, count: int) -> None:
        """Sorts so many states in place, and writes them."""
        self.busy()
        sort(self.shape, states, count)
        self._made += 1
        name = f"run-{self._made}"
        self.runs.append(self.folder.write(name, [states[: count * self.words].data], lasting=False))

    def _finish(self, known: Sequence[States], memory: int) -> None:
        """Makes the runs a level, without the states of other levels."""
        pieces = (states.data for states in self._merged(self.runs, known, memory))
        self.files.append(self.folder.write(f"level-{len(self.files):05}{SORTED}", pieces))
        self.reopen()

    def _merged(self, runs: Sequence[States], known: Sequence[States], memory: int) -> Iterator[Words]:
        """The states of some files that are in none of the others, each once, in order."""
        row = 8 * self.words
        rows = max(len(runs), min((memory - memory // SHARE) // (row + 1), sum(run.states for run in runs)))
        merged, struck = np.empty(rows * self.words, np.uint64), np.empty(rows, np.uint8)
        buffer = np.empty(min(AT_ONCE, max(1, memory // SHARE // row)) * self.words, np.uint64)
        sources = [_Reader(self.folder, run, self.words) for run in runs]
        others = [_Reader(self.folder, states, self.words) for states in known]
        while any(source.left for source in sources):
            count = self._smallest(sources, merged, rows // len(runs))
            sort(self.shape, merged, count)
            count = distinct(self.shape, merged, count)
            struck[:count] = 0
            for other in others:
                self.busy()
                self._strike(merged, count, other, buffer, struck)
            count = without(self.shape, merged, count, struck)
            yield merged[: count * self.words]

    def _smallest(self, sources: Sequence[_Reader], merged: Words, each: int) -> int:
        """Puts the first states of all files together, up to one that all have reached; how many these are."""
        words, read, bound = self.words, [], None
        for number, source in enumerate(sources):
            at = number * each * words
            size = source.peek(merged[at : at + each * words])
            read.append(size)
            if size < source.left:
                last = tuple(merged[at + (size - 1) * words : at + size * words])
                bound = last if bound is None else min(bound, last)
        count = 0
        for number, (source, size) in enumerate(zip(sources, read, strict=True)):
            states = merged[number * each * words :]
            taken = size if bound is None else up_to(self.shape, states, size, np.array(bound, np.uint64))
            merged[count * words : (count + taken) * words] = states[: taken * words]
            source.skip(taken)
            count += taken
        return count

    def _strike(self, states: Words, count: int, known: _Reader, buffer: Words, struck: Marks) -> None:
        """Marks the states that a file has; leaves it where later ones may be."""
        at = 0
        with known:
            while at < count and known.left:
                size = known.peek(buffer)
                at, done = strike(self.shape, states, at, count, buffer, size, struck)
                known.skip(done)


class _Reader:
    """Where in a file of states one is; open while it is used as a context, or else for each look."""

    def __init__(self, folder: Folder, states: States, words: int) -> None:
        self.path = folder.path / states.name
        self.words = words
        self.at = 0
        self.left = states.states
        self._file: BinaryIO | None = None

    def __enter__(self) -> _Reader:
        self._file = self.path.open("rb", buffering=0)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def peek(self, into: Words) -> int:
        """Reads the next states, as many as there is room for, and stays where it is; how many these are."""
        if self._file is None:
            with self:
                return self.peek(into)
        size = min(into.size // self.words, self.left)
        view = into[: size * self.words].data.cast("B")
        self._file.seek(self.at * self.words * 8)
        while view:
            got = self._file.readinto(view)  # type: ignore[attr-defined]
            if not got:
                raise Damaged(f"{self.path} is shorter than it was written")
            view = view[got:]
        return size

    def skip(self, number: int) -> None:
        """Goes on by so many states."""
        self.at += number
        self.left -= number
