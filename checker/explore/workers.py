"""Threads that search together over one table: the same states, transitions, depths and verdicts as one thread finds.

All of them expand states of a level and put what is new into the table (`checker.explore.shared`), so the order of the
states within a level is as it happens.  They are stopped together when the table is to grow.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

import numpy as np
from numpy.typing import NDArray

from checker.backends.native import NativeProgram
from checker.explore import kernel, looking, shared
from checker.explore.disk import OnDisk
from checker.explore.levels import InMemory
from checker.explore.table import Store, Words

DEALT = 1024
"""States that a thread takes from a level at once: some tenths of a millisecond of work."""

CHUNK = 1024
"""Numbers for new states that a thread takes at once."""

OFTEN = 0.1
"""Seconds between two looks at how far they are."""


class _Own:
    """The buffers of one thread."""

    def __init__(self, program: NativeProgram, room: int) -> None:
        self.out = np.empty(room * program.words, np.uint64)
        self.hashes = np.empty(room, np.uint64)
        self.fired = np.zeros(max(1, len(program.grounded.actions)), np.int64)
        self.report = np.zeros(4, np.int64)
        self.told = np.zeros(shared.OWN, np.int64)


class Workers:
    """So many threads for one program."""

    def __init__(self, program: NativeProgram, number: int, room: int) -> None:
        self.program = program
        self.number = number
        self.slack = number * (room + CHUNK)
        """Numbers that may be taken by all together before one looks again whether there are any."""
        self.pool = ThreadPoolExecutor(number, thread_name_prefix="search")
        self.owns = [_Own(program, room) for _ in range(number)]
        self.shared = np.zeros(shared.SHARED, np.int64)

    @property
    def bytes(self) -> int:
        """Memory in use."""
        return sum(own.out.nbytes + own.hashes.nbytes for own in self.owns)

    def stop(self) -> None:
        """Ends the threads."""
        self.pool.shutdown(cancel_futures=True)

    def worth(self, states: int) -> bool:
        """Whether there is enough for all to do."""
        return states >= 2 * self.number * DEALT

    def fit(self, store: Store) -> bool:
        """Whether memory has room for what all may find before one looks again."""
        return store.count + self.slack < store.largest()

    def expand(
        self,
        levels: InMemory | OnDisk,
        source: Words,
        fired: NDArray[np.int64],
        search: NDArray[np.int64],
        tell: Callable[[], None],
    ) -> tuple[int, list[tuple[int, int]]]:
        """Expands the states of `source` as `kernel.advance` does; and what of them is left, as ranges.

        WRONG_STEP says that there is a mistake, but not where.
        """
        store = levels.store
        store.rebuild = self.rebuild
        while store.count + self.slack > store.capacity:
            levels.make_room()
        before, first = store.count, int(search[kernel.NEXT])
        common = self.shared
        common[:] = 0
        common[shared.NEXT], common[shared.END] = first, search[kernel.END]
        common[shared.RESERVED], common[shared.FOUND] = before, before
        common[shared.DEALT], common[shared.CHUNK], common[shared.MOST] = DEALT, CHUNK, search[kernel.MOST]
        common[shared.UNTIL] = store.capacity - self.slack
        running: list[Future[None]] = []
        try:
            running += [self.pool.submit(self._run, own, store, source) for own in self.owns]
            while wait(running, OFTEN).not_done:
                search[kernel.NEXT] = min(common[shared.NEXT], common[shared.END])
                store.count = int(common[shared.FOUND])
                tell()
        finally:
            common[shared.STOP] += 1
            wait(running)
            self._close(store)
        for one in running:
            one.result()
        return self._told(fired, search)

    def rebuild(
        self,
        shape: tuple[int, ...],
        table: NDArray[np.uint32],
        bytes_: NDArray[np.uint8],
        states: Words,
        count: int,
    ) -> None:
        """Fills an empty table with the first `count` states, as `kernel.rebuild` does."""
        ends = [count * part // self.number for part in range(self.number + 1)]

        def filled(part: int) -> None:
            shared.rebuild(shape, table, bytes_, states, ends[part], ends[part + 1])

        for _ in self.pool.map(filled, range(self.number)):
            pass

    def _run(self, own: _Own, store: Store, source: Words) -> None:
        own.told[:] = 0
        own.told[shared.STUCK] = -1
        own.fired[:] = 0
        shared.advance(
            store.shape,
            self.program.addresses[0],
            store.table,
            store.bytes_view,
            store.states,
            source,
            own.out,
            own.hashes,
            own.fired,
            own.report,
            self.shared,
            own.told,
        )

    def _close(self, store: Store) -> None:
        """Leaves no gaps between the states."""
        ends = [(int(own.told[shared.NUMBER]), int(own.told[shared.LAST])) for own in self.owns]
        gaps = np.array(sorted(gap for gap in ends if gap[0] < gap[1]), np.int64).reshape(-1, 2)
        starts, until = np.ascontiguousarray(gaps[:, 0]), np.ascontiguousarray(gaps[:, 1])
        reserved = int(self.shared[shared.RESERVED])
        store.count = int(shared.close(store.shape, store.table, store.states, starts, until, reserved))

    def _told(self, fired: NDArray[np.int64], search: NDArray[np.int64]) -> tuple[int, list[tuple[int, int]]]:
        """Adds up what the threads counted; the status, and the states that are left."""
        end, following = int(search[kernel.END]), int(self.shared[shared.NEXT])
        left = [(following, end)] if following < end else []
        status = kernel.DONE
        for own in self.owns:
            fired += own.fired
            search[kernel.TRANSITIONS] += own.told[shared.TRANSITIONS]
            search[kernel.DEADLOCKS] += own.told[shared.DEADLOCKS]
            if search[kernel.DEADLOCK] < 0:
                search[kernel.DEADLOCK] = own.told[shared.STUCK]
            if own.told[shared.AT] < own.told[shared.OWN_END]:
                left.append((int(own.told[shared.AT]), int(own.told[shared.OWN_END])))
            if own.told[shared.WRONG]:
                status = kernel.WRONG_STEP
        if status == kernel.DONE and self.shared[shared.FOUND] >= search[kernel.MOST]:
            status = kernel.ENOUGH
        return status, left

    def look(self, notice: int, states: Words, start: int, end: int, found: NDArray[np.int64], size: int) -> int:
        """The first state from `start` up to `end` that `notice` stops at, `end` if there is none."""
        shape = (0,) * self.program.words
        ends = [start + (end - start) * part // self.number for part in range(self.number + 1)]

        def looked(part: int) -> int:
            report = np.zeros(size, np.int64)
            return int(looking.look(shape, notice, states, ends[part], ends[part + 1], found, report))

        reached = self.pool.map(looked, range(self.number))
        return next((at for at, until in zip(reached, ends[1:], strict=True) if at < until), end)
