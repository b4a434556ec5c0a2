"""A level in making, as the driver sees it: what is left to expand, what is on its way, what waits to be taken in."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from checker.explore.cluster.fleet import Fleet
from checker.explore.cluster.partition import Told, When

SHARE = 1 << 16
"""States in a share: a tenth of a second of work, and some megabytes of successors."""

FEW = 16
"""Workers up to which a share is that large: with more of them it is larger in proportion, since it has an answer for
each of them that goes through the driver's hands."""

AHEAD = 2
"""Calls on the way to a partition."""

WAITING = 1 << 23
"""Successors found and not yet taken in, at most: beyond that nobody gets a share until some are."""


def share(parts: int) -> int:
    """States in a share where there are so many partitions."""
    return SHARE * max(FEW, parts) // FEW


class Exchange:
    """The level that comes of one that has so many states in each partition; `when` names it in every call.

    `asked` has what is on its way, by the reference of what will be told: the partition, references to what it finds,
    and where its share ends.  `waiting` has references to states that are to be taken in, `found` their number, by
    partition.
    """

    def __init__(self, when: When, sizes: Sequence[int]) -> None:
        self.when = when
        step = share(len(sizes))
        self.shares = [deque((start, min(start + step, size)) for start in range(0, size, step)) for size in sizes]
        self.waiting: list[list[Any]] = [[] for _ in sizes]
        self.found = [0] * len(sizes)
        self.asked: dict[Any, tuple[int, list[Any], int]] = {}
        self._busy = [0] * len(sizes)

    @property
    def left(self) -> int:
        """States that are in no share handed out yet."""
        return sum(end - start for shares in self.shares for start, end in shares)

    def hand_out(self, fleet: Fleet) -> None:
        """Gives each partition what there is to do for it, unless it has enough."""
        full = sum(self.found) >= WAITING
        for part, shares in enumerate(self.shares):
            while self._busy[part] < AHEAD:
                share = shares.popleft() if shares and not full else None
                if share is None and (self._busy[part] or not self.waiting[part]):
                    break
                start, end = share or (0, 0)
                arrived, self.waiting[part], self.found[part] = self.waiting[part], [], 0
                told, *found = fleet.ask(part, "work", self.when, start, end, *arrived, answers=1 + len(self.shares))
                self.asked[told] = part, found, end
                self._busy[part] += 1

    def answered(self, reference: Any) -> tuple[int, list[Any], int]:
        """Whose answer that is, references to what it found, and where its share ended."""
        part, found, end = self.asked.pop(reference)
        self._busy[part] -= 1
        return part, found, end

    def came(self, part: int, told: Told, found: Sequence[Any], end: int) -> int:
        """Takes note of what a partition found; how many states that were for others."""
        if told.next < end:
            self.shares[part].appendleft((told.next, end))
        for other, number in enumerate(told.counts):
            if number:
                self.waiting[other].append(found[other])
                self.found[other] += number
        return sum(told.counts)
