"""Threads that search together over one table, with the same result as one: to the order of the states.

The states of a level are dealt out in order.  Each thread expands its share, and of the successors keeps those that
the table did not have when it began: that is most of the work, and only reads.  One thread, the caller's, takes what
is left share by share in that order, and finds the duplicates among it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

import numpy as np
from numpy.typing import NDArray

from checker.backends.native import NativeProgram
from checker.explore import kernel
from checker.explore.disk import OnDisk
from checker.explore.levels import InMemory
from checker.explore.table import Words

DEALT = 4096
"""States in a share: some milliseconds of work, and what comes out of it fits a cache."""

KEPT = 1 << 20
"""Successors that there may be in a share; it is made smaller where a model has more actions than that allows."""


class _Share:
    """The buffers of one share.  `kept` is address space for the worst case, of which little is ever used."""

    def __init__(self, program: NativeProgram, room: int, dealt: int) -> None:
        words, actions = program.words, len(program.grounded.actions)
        self.out = np.empty(room * words, np.uint64)
        self.hashes = np.empty(room, np.uint64)
        self.kept = np.empty(max(1, dealt * actions) * words, np.uint64)
        self.fired = np.zeros(max(1, actions), np.int64)
        self.report = np.zeros(4, np.int64)
        self.told = np.zeros(kernel.TOLD, np.int64)

    def sift(self, address: int, levels: InMemory | OnDisk, source: Words, start: int, end: int) -> None:
        """Expands the states of `source` from `start` up to `end`."""
        store = levels.store
        self.fired[:] = 0
        self._arguments = (store.shape, address, store.table, store.states, store.count, source, start, end)

    def run(self) -> None:
        """Does what was asked; needs no lock of the interpreter."""
        kernel.sift(*self._arguments, self.out, self.hashes, self.kept, self.fired, self.report, self.told)


class Workers:
    """So many threads for one program."""

    def __init__(self, program: NativeProgram, number: int, room: int) -> None:
        self.program = program
        self.number = number
        self.dealt = max(1, min(DEALT, KEPT // max(1, len(program.grounded.actions))))
        self.pool = ThreadPoolExecutor(number, thread_name_prefix="search")
        self.free = [_Share(program, room, self.dealt) for _ in range(number + 2)]
        self.ahead: deque[tuple[_Share, Future[None]]] = deque()

    @property
    def bytes(self) -> int:
        """Memory in use, when no more is kept of a share than fits the successors of a block."""
        return sum(2 * share.out.nbytes + share.hashes.nbytes for share in self.free)

    def stop(self) -> None:
        """Ends the threads."""
        self.pool.shutdown(cancel_futures=True)

    def worth(self, states: int) -> bool:
        """Whether there is enough for all to do."""
        return states >= 2 * self.dealt

    def expand(
        self,
        levels: InMemory | OnDisk,
        source: Words,
        fired: NDArray[np.int64],
        search: NDArray[np.int64],
        tell: Callable[[], None],
    ) -> int:
        """Expands the states of `source` as `kernel.advance` does, but for FULL and PAUSED, which are handled here."""
        following = int(search[kernel.NEXT])
        try:
            while True:
                while self.free and following < search[kernel.END]:
                    following = self._deal(levels, source, following, int(search[kernel.END]))
                if not self.ahead:
                    return kernel.DONE
                share, done = self.ahead.popleft()
                self.free.append(share)
                done.result()
                status = self._take(share, levels, fired, search)
                tell()
                if status != kernel.DONE:
                    return status
        finally:
            self._drain()
            self.free += [share for share, _ in self.ahead]
            self.ahead.clear()

    def _deal(self, levels: InMemory | OnDisk, source: Words, start: int, end: int) -> int:
        share, until = self.free.pop(), min(start + self.dealt, end)
        share.sift(self.program.addresses[0], levels, source, start, until)
        self.ahead.append((share, self.pool.submit(share.run)))
        return until

    def _drain(self) -> None:
        wait([done for _, done in self.ahead])

    def _take(
        self, share: _Share, levels: InMemory | OnDisk, fired: NDArray[np.int64], search: NDArray[np.int64]
    ) -> int:
        """Counts what a share came to, and inserts what is left of it."""
        told = share.told
        fired += share.fired
        search[kernel.TRANSITIONS] += told[kernel.TOLD_TRANSITIONS]
        search[kernel.DEADLOCKS] += told[kernel.TOLD_DEADLOCKS]
        if search[kernel.DEADLOCK] < 0:
            search[kernel.DEADLOCK] = told[kernel.TOLD_DEADLOCK]
        search[kernel.NEXT] = told[kernel.TOLD_NEXT]
        if told[kernel.TOLD_WRONG]:
            search[kernel.WRONG] = told[kernel.TOLD_WRONG] - 1
            return kernel.WRONG_STEP
        words, kept = self.program.words, int(told[kernel.KEPT])
        for start in range(0, kept, levels.store.room):
            if levels.store.count + levels.store.room > levels.store.capacity:
                self._drain()  # the table is made anew, so nobody may be reading it
                levels.make_room()
            some = share.kept[start * words : min(start + levels.store.room, kept) * words]
            levels.store.insert(some)
        search[kernel.COUNT] = levels.store.count
        return kernel.ENOUGH if levels.store.count >= search[kernel.MOST] else kernel.DONE

    def look(self, notice: int, states: Words, start: int, end: int, found: NDArray[np.int64], size: int) -> int:
        """The first state from `start` up to `end` that `notice` stops at, `end` if there is none."""
        shape = (0,) * self.program.words
        ends = [start + (end - start) * part // self.number for part in range(self.number + 1)]

        def looked(part: int) -> int:
            report = np.zeros(size, np.int64)
            return int(kernel.look(shape, notice, states, ends[part], ends[part + 1], found, report))

        reached = self.pool.map(looked, range(self.number))
        return next((at for at, until in zip(reached, ends[1:], strict=True) if at < until), end)
