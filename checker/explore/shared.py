"""The inner loops of several threads that search one level together: all take states from it, and all put new ones into
the one table.

Nothing is locked to look a state up.  The last lane of a bucket counts its slots in use, which only grow; what a slot
holds was written before it was counted.  To add, a thread takes the bucket by swapping the count it looked at for the
same count with a mark: if that succeeds, nothing was added since, and nothing will be before it writes the count anew.
A state has one chain of buckets, whichever thread looks, and a bucket is left for the next only when it is full, which
it stays; so two threads that find the same state meet in the same bucket, and the second sees what the first wrote.
(Laarman, van de Pol, Weber, "Boosting multi-core reachability performance with shared hash tables", 2010, with the lock
of a bucket for theirs of a slot.)

Each thread has numbers of its own for the states it adds, some at a time.  What is left of them when all stop are
gaps in the states, which `close` fills with the last states.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from checker.explore.intrinsics import acquire, add, call_expand, lowest, matching, prefetch, release, replace
from checker.explore.kernel import BLOCK, LAG, LANES, SLOTS, bucket_of, hash_of, prefetch_candidate, same

APART = 16
"""Words between what several threads write, so that they do not write to the same cache line."""

# Indexes into the array that all threads share.  Of the states to expand, those from NEXT on are not dealt out, DEALT
# at a time; RESERVED numbers are taken, CHUNK at a time; FOUND states were added; STOP ends all threads soon.  The
# others say how far to go: END states to expand, UNTIL numbers taken, MOST states found.
NEXT, RESERVED, FOUND, STOP, END, DEALT, CHUNK, UNTIL, MOST = (APART * place for place in range(9))
SHARED = APART * 9

# Indexes into the array of one thread: what is left of its share, and of its numbers; what it counted; a stuck state,
# or -1; 1 + the mistake that the first state of what is left shows, or 0.
AT, OWN_END, NUMBER, LAST, TRANSITIONS, DEADLOCKS, STUCK, WRONG = range(8)
OWN = 8

_COUNT = np.int64(15)
_TAKEN = np.int64(16)
_BYTE = np.uint64(0xFF)


@njit(inline="always")
def _insert(shape: Any, table: Any, bytes_: Any, states: Any, out: Any, at: Any, hashed: Any, number: Any) -> Any:
    """Takes a state in by a number unless it is known; 1 if it was new."""
    words = len(shape)
    buckets = table.size // LANES
    bucket = bucket_of(hashed, buckets)
    tag = np.int64(hashed & _BYTE)
    while True:
        line = table.ctypes.data + bucket * 64
        seen = acquire(line + 60)
        used = seen & _COUNT
        mask = matching(line + 48, tag) & ((np.int64(1) << used) - 1)
        while mask:
            other = np.int64(table[bucket * LANES + lowest(mask)])
            if same(shape, states, other * words, out, at):
                return 0
            mask &= mask - 1
        if used == SLOTS:
            bucket += 1
            if bucket == buckets:
                bucket = 0
        elif seen == used and replace(line + 60, used, used | _TAKEN):
            for word in range(words):
                states[number * words + word] = out[at + word]
            table[bucket * LANES + used] = np.uint32(number)
            bytes_[bucket * 64 + 48 + used] = np.uint8(tag)
            release(line + 60, used + 1)
            return 1


@njit(inline="always")
def _insert_all(
    shape: Any, table: Any, bytes_: Any, states: Any, out: Any, count: Any, hashes: Any, shared: Any, own: Any
) -> None:
    """Takes the first `count` states of `out` in, those that are new."""
    words = len(shape)
    buckets = table.size // LANES
    here = table.ctypes.data
    there = states.ctypes.data
    found = 0
    number = own[NUMBER]
    for step in range(count + 2 * LAG):
        if step < count:
            hashed = hash_of(shape, out, step * words)
            hashes[step] = hashed
            prefetch(here + bucket_of(hashed, buckets) * 64)
        second = step - LAG
        if 0 <= second < count:
            hashed = hashes[second]
            prefetch_candidate(table, bucket_of(hashed, buckets), hashed, there, words)
        third = step - 2 * LAG
        if third >= 0:
            if number == own[LAST]:
                number = add(shared.ctypes.data + RESERVED * 8, shared[CHUNK])
                own[LAST] = number + shared[CHUNK]
            new = _insert(shape, table, bytes_, states, out, third * words, hashes[third], number)
            number += new
            found += new
    own[NUMBER] = number
    add(shared.ctypes.data + FOUND * 8, found)


@njit(inline="always")
def _read(shared: Any, field: Any) -> Any:
    return add(shared.ctypes.data + field * 8, 0)


@njit(cache=True, nogil=True)
def advance(
    shape: Any,
    expand: Any,
    table: Any,
    bytes_: Any,
    states: Any,
    source: Any,
    out: Any,
    hashes: Any,
    fired: Any,
    report: Any,
    shared: Any,
    own: Any,
) -> None:
    """Expands states of `source`, while other threads do the same, until none are left or all have to stop.

    They stop where the numbers taken, or the states found, are as many as they may be, or one shows a mistake.
    """
    width = len(shape) * 8
    room = out.size // len(shape)
    base = shared.ctypes.data
    while True:
        if _read(shared, STOP) or _read(shared, RESERVED) > shared[UNTIL] or _read(shared, FOUND) >= shared[MOST]:
            return
        if own[AT] == own[OWN_END]:
            start = add(base + NEXT * 8, shared[DEALT])
            if start >= shared[END]:
                return
            own[AT] = start
            own[OWN_END] = min(start + shared[DEALT], shared[END])
        report[1] = 0
        report[2] = -1
        report[3] = 0
        place = source.ctypes.data + own[AT] * width
        block = min(BLOCK, own[OWN_END] - own[AT])
        done = call_expand(expand, place, block, out.ctypes.data, room, fired.ctypes.data, report.ctypes.data)
        if report[2] >= 0 and own[STUCK] < 0:
            own[STUCK] = own[AT] + report[2]
        own[DEADLOCKS] += report[3]
        own[TRANSITIONS] += report[0]
        own[AT] += done
        if report[1] != 0:
            own[WRONG] = report[1]
            add(base + STOP * 8, 1)
            return
        _insert_all(shape, table, bytes_, states, out, report[0], hashes, shared, own)


@njit(cache=True, nogil=True)
def close(shape: Any, table: Any, states: Any, starts: Any, ends: Any, reserved: Any) -> Any:
    """Fills gaps in the first `reserved` states with the last ones of them; how many states there are then.

    The gaps go from `starts` up to `ends`; none is empty, and they are in order.
    """
    words = len(shape)
    buckets = table.size // LANES
    count = reserved
    for gap in range(starts.size):
        count -= ends[gap] - starts[gap]
    source = reserved
    last = starts.size - 1
    for gap in range(starts.size):
        for number in range(starts[gap], min(ends[gap], count)):
            source -= 1
            while last >= 0 and source == ends[last] - 1:
                source = starts[last] - 1
                last -= 1
            for word in range(words):
                states[number * words + word] = states[source * words + word]
            bucket = bucket_of(hash_of(shape, states, source * words), buckets)
            slot = 0
            while table[bucket * LANES + slot] != source or slot >= table[bucket * LANES + 15]:
                slot += 1
                if slot >= SLOTS:
                    slot = 0
                    bucket = bucket + 1 if bucket + 1 < buckets else 0
            table[bucket * LANES + slot] = np.uint32(number)
    return count


@njit(cache=True, nogil=True)
def rebuild(shape: Any, table: Any, bytes_: Any, states: Any, start: Any, end: Any) -> None:
    """Fills a table with the numbers of the states from `start` up to `end`, while other threads do so with others.

    All states differ from each other.
    """
    words = len(shape)
    buckets = table.size // LANES
    here = table.ctypes.data
    for step in range(start, end + LAG):
        if step < end:
            prefetch(here + bucket_of(hash_of(shape, states, step * words), buckets) * 64)
        number = step - LAG
        if number >= start:
            hashed = hash_of(shape, states, number * words)
            bucket = bucket_of(hashed, buckets)
            while True:
                line = here + bucket * 64
                used = acquire(line + 60)
                if used == SLOTS:
                    bucket = bucket + 1 if bucket + 1 < buckets else 0
                elif used < SLOTS and replace(line + 60, used, used | _TAKEN):
                    table[bucket * LANES + used] = np.uint32(number)
                    bytes_[bucket * 64 + 48 + used] = np.uint8(hashed & _BYTE)
                    release(line + 60, used + 1)
                    break
