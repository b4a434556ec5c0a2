"""Where the levels of a search by machine code are kept: in memory as long as it holds them, then on disk, and in the
folder of a checkpoint if there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from checker.explore.checkpoint import Checkpoint
from checker.explore.disk import OnDisk
from checker.explore.files import Folder, States
from checker.explore.levels import InMemory
from checker.explore.scratch import Scratch
from checker.explore.table import OutOfMemory, Store, Words


class Kept:
    """The finished levels, and the `store` of that in making.

    `memory` in bytes; `disk` bytes may be used beyond it, 0 for none and None for as many as there are.  `tell` is
    called now and then while the disk is at work.  Raises `OutOfMemory` where memory is too little to begin with.
    """

    def __init__(
        self,
        words: int,
        memory: int,
        disk: int | None,
        room: int,
        capacity: int,
        checkpoint: Checkpoint | None,
        tell: Callable[[], None],
    ) -> None:
        self.words, self.memory, self.disk, self.room = words, memory, disk, room
        self.shape = (0,) * words
        self.checkpoint, self.tell = checkpoint, tell
        self.where: InMemory | OnDisk = InMemory(words, memory, room, capacity)
        self.folder = None if checkpoint is None else checkpoint.folder(disk or None)
        self.note = ""
        self._temporary: Scratch | None = None

    @property
    def store(self) -> Store:
        """The states of the level in making; in memory those of all levels."""
        return self.where.store

    @property
    def on_disk(self) -> bool:
        """Whether memory did not hold all."""
        return isinstance(self.where, OnDisk)

    @property
    def sizes(self) -> list[int]:
        """States of each finished level."""
        return self.where.sizes

    @property
    def levels(self) -> tuple[int, ...]:
        """States at each depth, in memory those of the level in making too."""
        sizes = self.sizes if self.on_disk else [*self.sizes, self.store.count - sum(self.sizes)]
        while sizes and not sizes[-1]:
            sizes.pop()
        return tuple(sizes)

    @property
    def files(self) -> list[States]:
        """The files of levels, where that is where they are."""
        return self.where.files

    def chunks(self, depth: int) -> Iterator[Words]:
        """The states of a level, some at a time."""
        return self.where.chunks(depth)

    def resume(self) -> None:
        """Takes over the levels of the checkpoint.  Raises `Damaged`, `DiskFull`, `OutOfMemory`."""
        assert self.checkpoint is not None and self.folder is not None and isinstance(self.where, InMemory)
        files, folder = self.checkpoint.files, self.folder
        try:
            words = (_words(data) for made in files for data in folder.read(made))
            self.where.restore([made.states for made in files], words)
            return
        except OutOfMemory:
            if self.disk == 0:
                raise
        moved = self._moved(folder)
        for made in files:
            moved.take(made, map(_words, folder.read(made)))
        self.where = moved

    def move(self) -> None:
        """Goes on with levels on disk.  Raises `OutOfMemory` where that is not allowed, or done already; `DiskFull`."""
        before = self.where
        if isinstance(before, OnDisk) or self.disk == 0:
            raise OutOfMemory
        if self.folder is None:
            self._temporary = Scratch()
            self.folder = Folder(self._temporary.path, 8 * self.words, self.disk)
        before.reopen()
        before.store.drop_table()
        moved = self._moved(self.folder)
        for depth in range(len(before.sizes)):
            moved.adopt(before.chunks(depth))
        self.where = moved

    def _moved(self, folder: Folder) -> OnDisk:
        self.note = f"memory was short: went on with sorted runs on disk, in {folder.path}"
        return OnDisk(self.words, self.memory, self.room, folder, self.tell)

    def save(self, search: Any, ended: bool) -> None:
        """Writes the finished levels, if they are to outlive the process.  Raises `DiskFull`."""
        if self.checkpoint is not None and self.folder is not None:
            self.checkpoint.save(search, self.folder, ended)

    def close(self) -> None:
        """Removes what was for this process only."""
        self.where.reopen()
        if self._temporary is not None:
            self._temporary.remove()


def _words(data: bytes) -> Words:
    return np.frombuffer(bytearray(data), np.uint64)
