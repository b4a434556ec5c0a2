"""The levels of a search by machine code, where they are kept in memory.

States lie one after the other in the order in which they were found, so a level is a range of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker.explore.files import States
from checker.explore.table import OutOfMemory, Store, Words

AT_ONCE = 1 << 20
"""States of a level that are handed out at once."""


class InMemory:
    """Levels in one array; the `store` also takes the states of the level in making."""

    bytes = 0
    peak = 0

    def __init__(self, words: int, memory: int, room: int, capacity: int) -> None:
        self.store = Store(words, memory, room, capacity)
        self.starts = [0]
        self.files: list[States] = []

    @property
    def sizes(self) -> list[int]:
        """States of each finished level."""
        return [end - start for start, end in zip(self.starts, self.starts[1:], strict=False)]

    @property
    def found(self) -> int:
        """States found so far."""
        return self.store.count

    def chunks(self, depth: int) -> Iterator[Words]:
        """The states of a level, some at a time; of that in making, those there are."""
        words = self.store.words
        ends = [*self.starts[1:], self.store.count]
        for start in range(self.starts[depth], ends[depth], AT_ONCE):
            yield self.store.states[start * words : min(start + AT_ONCE, ends[depth]) * words]

    def make_room(self) -> None:
        """Room for more states.  Raises `OutOfMemory`."""
        self.store.grow()

    def close(self) -> int:
        """Finishes a level; how many states it has."""
        self.starts.append(self.store.count)
        return self.starts[-1] - self.starts[-2]

    def reopen(self) -> None:
        """Forgets the level in making.  The table still knows its states: nothing can be added after this."""
        self.store.count = self.starts[-1]

    def restore(self, sizes: Sequence[int], words: Iterator[Words]) -> None:
        """Takes in levels that were written.  Raises `OutOfMemory`."""
        store = self.store
        if sum(sizes) + 2 * store.room > store.largest():
            raise OutOfMemory
        for some in words:
            store.states[store.count * store.words :][: some.size] = some
            store.count += some.size // store.words
        for size in sizes:
            self.starts.append(self.starts[-1] + size)
        store.refill()
