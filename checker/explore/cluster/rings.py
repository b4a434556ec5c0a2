"""Parcels between partitions of one machine, through memory that both have mapped: no call, no message, one copy.

Each partition has a ring of slots for each of the others, which one process fills and one empties, so there is no lock:
each writes its own count of slots, and reads that of the other.  (Lamport, "Proving the correctness of multiprocess
programs", 1977, has the proof.)  The memory has no name in any folder, so nothing of it is left when its processes are
gone, whatever ended them; another process opens it through its owner.
"""

from __future__ import annotations

import mmap
import os
import secrets
import stat
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from checker.explore.cluster.messages import Ended, Parcel
from checker.explore.intrinsics import acquire, release
from checker.explore.table import Words

SLOTS = 16
"""Parcels that a ring holds."""

LARGEST = 1 << 12
"""States of a slot, at most: what is sent and received is in the caches still."""

APART = 16
"""Words between the two counts: two processes do not write to one cache line."""

FRONT = 2 * APART
"""Words before the first slot."""

HEAD = 8
"""Words of a slot before its states: their number, attempt and level, 1 if it is the last, and what the last says."""

WRITTEN, READ = 0, APART * 8


@njit(cache=True)
def _count(memory: Any, place: Any) -> Any:
    """Slots written, or read, so far; what was done to them before is seen after this."""
    return acquire(memory.ctypes.data + place)


@njit(cache=True)
def _count_on(memory: Any, place: Any) -> None:
    """One slot more."""
    release(memory.ctypes.data + place, acquire(memory.ctypes.data + place) + 1)


def slot(rings: int, words: int, memory: int) -> int:
    """States of a slot, where so many rings together may take so many bytes."""
    return max(1, min(LARGEST, memory // (8 * words * SLOTS * rings)))


class Ring:
    """Slots from one partition to another, over so many words as `size` tells."""

    def __init__(self, memory: Words, sender: int, states: int, words: int) -> None:
        self.memory, self.sender, self.states, self.words = memory, sender, states, words
        self._slots = memory[FRONT:].reshape(SLOTS, -1)
        self._heads: Any = self._slots[:, :HEAD].view(np.int64)

    @staticmethod
    def size(states: int, words: int) -> int:
        """Words that a ring takes, a whole number of cache lines."""
        return FRONT + SLOTS * (HEAD + -(-states * words // 8) * 8)

    def put(self, parcel: Parcel) -> bool:
        """Puts a parcel in, for its sender; False where all slots are full."""
        written = _count(self.memory, WRITTEN)
        if (written - _count(self.memory, READ)) & _MASK >= SLOTS:
            return False
        at, number, ended = written % SLOTS, parcel.states.size, parcel.ended
        last = (0, 0, 0, 0, 0) if ended is None else (1, ended.parcels, ended.finished, ended.willing, ended.some)
        self._heads[at] = (number, *parcel.when, *last)
        self._slots[at, HEAD : HEAD + number] = parcel.states
        _count_on(self.memory, WRITTEN)
        return True

    def first(self) -> Parcel | None:
        """The parcel that was put in first, for its receiver; its states may be read until it is dropped."""
        read = _count(self.memory, READ)
        if read == _count(self.memory, WRITTEN):
            return None
        at = read % SLOTS
        number, attempt, level, last, parcels, finished, willing, some = self._heads[at].tolist()
        ended = Ended(parcels, bool(finished), bool(willing), bool(some)) if last else None
        return Parcel((attempt, level), self.sender, self._slots[at, HEAD : HEAD + number], ended)

    def drop(self) -> None:
        """Frees the slot of the first parcel."""
        _count_on(self.memory, READ)


_MASK = (1 << 32) - 1


@dataclass(frozen=True)
class Offer:
    """Memory with a ring from each of some partitions to one: where it is, and how it is known when it is seen."""

    process: int
    descriptor: int
    token: int
    senders: tuple[int, ...]
    states: int
    words: int

    @property
    def bytes(self) -> int:
        """Its size."""
        return 8 * (APART + len(self.senders) * Ring.size(self.states, self.words))

    def divided(self, memory: Words) -> dict[int, Ring]:
        """The rings in it, by sender."""
        size = Ring.size(self.states, self.words)
        starts = range(APART, memory.size, size)
        return {
            sender: Ring(memory[start : start + size], sender, self.states, self.words)
            for sender, start in zip(self.senders, starts, strict=True)
        }


class Rings:
    """The memory of rings to one partition, from these senders; others may open it until it is closed.

    Raises OSError where the system has no such memory.
    """

    def __init__(self, senders: Sequence[int], words: int, memory: int) -> None:
        token, states = secrets.randbits(63), slot(len(senders), words, memory)
        descriptor = os.memfd_create("checker-rings", os.MFD_CLOEXEC)
        self.close = weakref.finalize(self, os.close, descriptor)
        self.offer = Offer(os.getpid(), descriptor, token, tuple(senders), states, words)
        os.posix_fallocate(descriptor, 0, self.offer.bytes)  # else what is missing is missed when it is written
        shared = np.frombuffer(mmap.mmap(descriptor, self.offer.bytes), np.uint64)
        shared[0] = token
        self.near = list(self.offer.divided(shared).values())


def made(senders: Sequence[int], words: int, memory: int) -> Rings | None:
    """Rings in at most so many bytes, or None where the system has no such memory."""
    if not senders or not hasattr(os, "memfd_create") or not hasattr(os, "posix_fallocate"):
        return None
    try:
        return Rings(senders, words, memory)
    except OSError:
        return None


def opened(offer: Offer, own: int) -> Ring | None:
    """The ring from partition `own`; None where it is out of reach.

    Processes may have one address and not see each other, or others under the same numbers (containers).
    """
    path = Path(f"/proc/{offer.process}/fd/{offer.descriptor}")
    try:
        # looked at first, as to open a device or a pipe of somebody else's may do something
        if not _may_be(path.stat(), offer):
            return None
        descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if not _may_be(os.fstat(descriptor), offer):
            return None
        memory = np.frombuffer(mmap.mmap(descriptor, offer.bytes), np.uint64)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return offer.divided(memory)[own] if int(memory[0]) == offer.token else None


def _may_be(found: os.stat_result, offer: Offer) -> bool:
    """Whether a file can be the memory that is offered."""
    return stat.S_ISREG(found.st_mode) and found.st_size == offer.bytes
