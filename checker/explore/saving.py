"""The checkpoint of a search by generated Python: its packed states as numbers of so many bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from checker.explore.checkpoint import Numbers, refused
from checker.explore.digest import digest
from checker.explore.files import Damaged, States

if TYPE_CHECKING:
    from checker.explore.search import Search

AT_ONCE = 1 << 14
"""States written at once."""


class Saving:
    """The finished levels of a search as its checkpoint has them, if it has one."""

    files: tuple[States, ...] = ()

    def __init__(self, search: Search) -> None:
        self.search = search
        self.checkpoint = search.terms.checkpoint
        self.width = max(1, -(-search.program.bits // 8))

    @property
    def levels(self) -> tuple[int, ...]:
        """States of each level."""
        return tuple(len(level) for level in self.search.levels if level)

    def bytes_of(self, depth: int) -> Iterator[bytes]:
        """The states of a level."""
        level = self.search.levels[depth]
        for start in range(0, len(level), AT_ONCE):
            yield b"".join(state.to_bytes(self.width, "little") for state in level[start : start + AT_ONCE])

    def numbers(self) -> Numbers:
        """What was counted and found."""
        return self.search.numbers()

    def begin(self) -> bool:
        """Takes over what was written; whether there was anything.

        Raises `UsageError` where that is of another search, or damaged; `DiskFull`.
        """
        if self.checkpoint is None:
            return False
        self.checkpoint.begin("python", self.width, digest(self.search.program))
        self.folder = self.checkpoint.folder(self.search.terms.disk or None)
        for states in self.checkpoint.files:
            self.search.take(self._read(states))
        if self.checkpoint.files:
            self.search.restore(self.checkpoint.numbers)
        if self.checkpoint.ended:
            self.search.levels.append([])
        return bool(self.checkpoint.files)

    def save(self, ended: bool) -> None:
        """Writes the finished levels, if there is a checkpoint and it is time to.  Raises `DiskFull`."""
        if self.checkpoint is not None:
            self.checkpoint.save(self, self.folder, ended)

    def _read(self, states: States) -> list[int]:
        level: list[int] = []
        try:
            for data in self.folder.read(states):
                starts = range(0, len(data), self.width)
                level += [int.from_bytes(data[start : start + self.width], "little") for start in starts]
        except Damaged as damaged:
            raise refused(damaged) from None
        return level
