"""Successors on their way from one partition to another: parcels of packed states, of which the driver hears nothing.

In a round each partition expands states of a level and sends what it finds for others as soon as it has enough of it.
Its last parcel for each of the others says how many there were.  So everyone knows when all has arrived, and whether
everyone has expanded all, which ends the level; nobody has to ask the driver.  One who is ahead may begin the next
round while others wait for somebody: what comes early is put aside.

Those on one machine reach each other through memory (`checker.explore.cluster.rings`), others by a post.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from checker.explore.cluster.messages import Ended, Parcel, When
from checker.explore.cluster.rings import Ring
from checker.explore.table import Words

LARGEST, SMALLEST = 1 << 16, 1 << 12
"""States in a parcel, about: with few partitions, and with many."""

OPEN = 1 << 20
"""States in all parcels that one partition fills, as long as none is smaller than the smallest."""

SHARED = 16
"""Parcels that are filled, and those that wait to be taken in, have a part of so many of the memory each, at most."""

AHEAD = 4
"""Parcels on the way to one partition that it has not got yet; who sends waits for it then."""

PATIENCE = 0.5
"""Seconds between two looks at whether what was sent has been lost."""

AT_ONCE, SOON = 0.00002, 0.001
"""Seconds between two looks at what those who are behind have sent: to begin with, and when they take long."""


class Post(Protocol):
    """How a partition reaches the others."""

    def send(self, part: int, parcel: Parcel) -> Any:
        """Sends a parcel whose states may change as soon as this is done; a receipt."""

    def underway(self, receipts: Sequence[Any]) -> list[Any]:
        """The receipts of parcels that are not there yet.  Raises what became of one that was lost."""


class Inbox:
    """Parcels that have come, and wait to be taken in; `room` bytes of them, then others wait to put theirs in."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.attempt = 0
        self._came: deque[Parcel] = deque()
        self._bytes = 0
        self._changed = threading.Condition()

    def put(self, parcel: Parcel) -> None:
        """Puts a parcel in, unless it is of an attempt that was given up.  May be called by any thread."""
        with self._changed:
            while self._bytes > self.room and parcel.when[0] >= self.attempt:
                self._changed.wait()
            if parcel.when[0] >= self.attempt:
                self._came.append(parcel)
                self._bytes += parcel.states.nbytes
                self._changed.notify_all()

    def take(self, patience: float = 0.0) -> list[Parcel]:
        """All that is there; where nothing is, waits so many seconds for something to come."""
        if not patience and not self._came:
            return []
        with self._changed:
            if not self._came and patience:
                self._changed.wait(patience)
            taken = list(self._came)
            self._came.clear()
            self._bytes = 0
            self._changed.notify_all()
        return taken

    def give_up(self, attempt: int) -> None:
        """Forgets all that is of attempts before that one, and takes no more of them.  Called by any thread."""
        with self._changed:
            self.attempt = max(self.attempt, attempt)
            self._came.clear()
            self._bytes = 0
            self._changed.notify_all()


def parcel(parts: int, words: int, memory: int) -> int:
    """States of a parcel, about, where each of so many partitions has so much memory."""
    return max(1, min(LARGEST, max(SMALLEST, OPEN // parts), memory // (SHARED * 8 * words * parts)))


class Exchange:
    """The parcels of partition number `own` of so many; `receive` takes in states that came.

    `buffers` has states for each partition, `used` their numbers: more than `parcel` of them are sent.  `handed` are
    states sent in a round, `waited` the seconds in which there was nothing to do but wait for others.  `finished` and
    `willing` say at the end of a round whether all are, `some` whether anyone had a state, the same for everyone.
    """

    def __init__(self, own: int, parts: int, words: int, room: int, memory: int, receive: Callable[[Words], None]):
        self.own, self.parts, self.words, self.room = own, parts, words, room
        self.parcel = parcel(parts, words, memory)
        self.buffers = np.empty((parts, (self.parcel + room) * words), np.uint64)
        self.used = np.zeros(parts, np.int64)
        self.bytes = 8 * words * (parts * self.parcel + room)
        self.inbox = Inbox(memory // SHARED)
        self.receive = receive
        self.post: Post | None = None
        self.near: Sequence[Ring] = ()
        self.beside: Mapping[int, Ring] = {}
        self.full = np.full(parts, self.parcel)
        self._early: list[Parcel] = []
        self.open((0, -1))

    def meet(self, post: Post, near: Sequence[Ring], beside: Mapping[int, Ring]) -> None:
        """From now on others are reached by a post, but those `beside` by rings; others reach this by rings `near`."""
        self.post, self.near, self.beside = post, near, beside
        self.full[:] = self.parcel
        for part, ring in beside.items():
            self.full[part] = min(self.parcel, ring.states)

    def open(self, when: When) -> None:
        """Begins a round."""
        self.when = when
        self.used[:] = 0
        self.handed, self.waited = 0, 0.0
        self.finished, self.willing, self.some = True, True, False
        self._parcels = [0] * self.parts
        self._receipts: list[list[Any]] = [[] for _ in range(self.parts)]
        self._ended = self._came = self._due = 0
        early, self._early = self._early, []
        self._taken(early)

    @property
    def given_up(self) -> bool:
        """Whether the attempt that this round is of was given up."""
        return self.inbox.attempt > self.when[0]

    def send_full(self) -> None:
        """Sends the parcels that are large enough."""
        for part in map(int, np.flatnonzero(self.used > self.full)):
            if part != self.own:
                self._send(part)

    def end(self, finished: bool, willing: bool, some: bool) -> None:
        """Sends everyone the last parcel, and takes in what others send, until that is all or the attempt given up."""
        for step in range(1, self.parts):
            part = (self.own + step) % self.parts
            self._send(part, (finished, willing, some))
        self._hear(finished, willing, some)
        while not self._complete and not self.given_up:
            if not self._wait(PATIENCE):
                for part, receipts in enumerate(self._receipts):
                    self._receipts[part] = self._underway(receipts)

    def take_in(self) -> bool:
        """Takes in what has come; whether anything has."""
        some = self._taken(self.inbox.take())
        for ring in self.near:
            # What is of a later round stays where it is, and so does all after it.
            while (parcel := ring.first()) is not None and parcel.when <= self.when:
                self._taken([parcel])
                ring.drop()
                some = True
        return some

    def _taken(self, parcels: Sequence[Parcel]) -> bool:
        """Takes in parcels; whether there are any."""
        for parcel in parcels:
            if parcel.when > self.when:
                self._early.append(parcel)
            if parcel.when != self.when:
                continue
            self._came += 1
            if parcel.ended is not None:
                self._due += parcel.ended.parcels
                self._hear(parcel.ended.finished, parcel.ended.willing, parcel.ended.some)
            self.receive(parcel.states)
        return bool(parcels)

    def _hear(self, finished: bool, willing: bool, some: bool) -> None:
        self._ended += 1
        self.finished &= finished
        self.willing &= willing
        self.some |= some

    @property
    def _complete(self) -> bool:
        return self._ended == self.parts and self._came == self._due

    def _send(self, part: int, last: tuple[bool, bool, bool] | None = None) -> None:
        """Sends what there is for a partition; where it is the last, with what that says."""
        number, ring = int(self.used[part]), self.beside.get(part)
        most = number if ring is None else ring.states
        starts = range(0, max(1, number), max(1, most))
        ended = None if last is None else Ended(self._parcels[part] + len(starts), *last)
        for start in starts:
            states = self.buffers[part, start * self.words : min(number, start + most) * self.words]
            parcel = Parcel(self.when, self.own, states, ended if start == starts[-1] else None)
            if ring is None:
                self._post(part, parcel)
            else:
                while not (ring.put(parcel) or self.given_up):
                    self._wait(SOON)
            self._parcels[part] += 1
        self.handed += number
        self.used[part] = 0

    def _post(self, part: int, parcel: Parcel) -> None:
        assert self.post is not None
        while len(self._receipts[part]) >= AHEAD and not self.given_up:
            self._receipts[part] = self._underway(self._receipts[part])
            if len(self._receipts[part]) >= AHEAD:
                self._wait(SOON)
        self._receipts[part].append(self.post.send(part, parcel))

    def _wait(self, patience: float) -> bool:
        """Waits for something to come, and takes it in; whether anything came."""
        began = time.monotonic()
        if not self.near:
            parcels = self.inbox.take(patience)
            self.waited += time.monotonic() - began
            return self._taken(parcels)
        pause, now = AT_ONCE, began
        while now - began < patience and not self.given_up:
            if self.take_in():
                return True
            time.sleep(pause)
            pause = min(2 * pause, SOON)
            self.waited += time.monotonic() - now
            now = time.monotonic()
        return False

    def _underway(self, receipts: list[Any]) -> list[Any]:
        assert self.post is not None
        return self.post.underway(receipts) if receipts else receipts
