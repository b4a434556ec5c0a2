"""The inner loops of the compiled search, the same machine code for every model: a table of states, and the search of
a level.

Compiled once per machine and number of words, and kept on disk by Numba.  What belongs to a model is called through the
addresses of its two functions (see `checker.backends.native_writer`).

States lie one after the other in the order in which they were found, so a level is a range of them and a
counterexample can be walked back (`checker.explore.looking`).  The table holds their numbers: buckets of one cache
line, `SLOTS` numbers of 32 bits
each with 8 bits of its state's hash, and how many are in use.  A state is looked up in three stages, `LAG` apart, so
that memory is asked for long before it is needed: the bucket, the state whose hash agrees, the comparison.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from checker.explore.intrinsics import call_expand, lowest, matching, prefetch

SLOTS = 12
"""States in a bucket."""

LANES = 16
"""32-bit lanes of a bucket: its slots, then twelve tags of 8 bits, then the number of slots in use."""

LAG = 24
"""States between two stages of a look-up."""

BLOCK = 256
"""States expanded at once, as in the search by generated Python: their successors stay in the caches."""

# Indexes into the array by which `advance` and its caller speak.
NEXT, END, COUNT, CAPACITY, MOST, TRANSITIONS, DEADLOCKS, DEADLOCK, BLOCKS, WRONG = range(10)
FIELDS = 10

# What `advance` returns.
DONE, PAUSED, FULL, ENOUGH, WRONG_STEP = range(5)

_U = np.uint64
_FACTOR = _U(0x9E3779B97F4A7C15)
_FACTOR2 = _U(0xD6E8FEB86659FD93)
_HALF = _U(32)
_BYTE = _U(0xFF)
_SHIFT = _U(29)
_SEED = _U(0x2545F4914F6CDD1D)


@njit(inline="always")
def hash_of(shape: Any, states: Any, at: Any) -> Any:
    """64 bits that depend on all of a state: the upper ones choose its bucket, the lowest eight are its tag."""
    value = _SEED
    for word in range(len(shape)):
        value = (value ^ states[at + word]) * _FACTOR
        value ^= value >> _SHIFT
    value *= _FACTOR2
    return value ^ (value >> _HALF)


@njit(inline="always")
def bucket_of(hashed: Any, buckets: Any) -> Any:
    return np.int64(((hashed >> _HALF) * _U(buckets)) >> _HALF)


@njit(inline="always")
def same(shape: Any, left: Any, at: Any, right: Any, other: Any) -> Any:
    equal = True
    for word in range(len(shape)):
        equal &= left[at + word] == right[other + word]
    return equal


@njit(inline="always")
def candidates(table: Any, bucket: Any, hashed: Any) -> Any:
    """A bit for each slot in use of a bucket whose tag agrees."""
    used = np.int64(table[bucket * LANES + 15])
    tags = table.ctypes.data + bucket * 64 + 48
    return matching(tags, np.int64(hashed & _BYTE)) & ((np.int64(1) << used) - 1)


@njit(inline="always")
def _put(table: Any, bytes_: Any, bucket: Any, used: Any, hashed: Any, number: Any) -> None:
    table[bucket * LANES + used] = np.uint32(number)
    bytes_[bucket * 64 + 48 + used] = np.uint8(hashed & _BYTE)
    table[bucket * LANES + 15] = np.uint32(used + 1)


@njit(inline="always")
def insert(shape: Any, table: Any, bytes_: Any, states: Any, count: Any, out: Any, at: Any, hashed: Any) -> Any:
    """Takes a state in unless it is known; the number of states after that."""
    words = len(shape)
    buckets = table.size // LANES
    bucket = bucket_of(hashed, buckets)
    while True:
        mask = candidates(table, bucket, hashed)
        while mask:
            number = np.int64(table[bucket * LANES + lowest(mask)])
            if same(shape, states, number * words, out, at):
                return count
            mask &= mask - 1
        used = np.int64(table[bucket * LANES + 15])
        if used < SLOTS:
            _put(table, bytes_, bucket, used, hashed, count)
            for word in range(words):
                states[count * words + word] = out[at + word]
            return count + 1
        bucket += 1
        if bucket == buckets:
            bucket = 0


@njit(inline="always")
def prefetch_candidate(table: Any, bucket: Any, hashed: Any, there: Any, words: Any) -> None:
    """Asks for the memory of the first state that a bucket may have under a hash; states begin at address `there`."""
    mask = candidates(table, bucket, hashed)
    if mask:
        place = there + np.int64(table[bucket * LANES + lowest(mask)]) * words * 8
        prefetch(place)
        if words > 1:
            prefetch(place + words * 8 - 8)


@njit(cache=True, nogil=True)
def insert_all(shape: Any, table: Any, bytes_: Any, states: Any, count: Any, out: Any, number: Any, hashes: Any) -> Any:
    """Takes the first `number` states of `out` in, those that are new; the number of states after that.

    The table must have room for all of them.
    """
    words = len(shape)
    buckets = table.size // LANES
    here = table.ctypes.data
    there = states.ctypes.data
    for step in range(number + 2 * LAG):
        if step < number:
            hashed = hash_of(shape, out, step * words)
            hashes[step] = hashed
            prefetch(here + bucket_of(hashed, buckets) * 64)
        second = step - LAG
        if 0 <= second < number:
            hashed = hashes[second]
            prefetch_candidate(table, bucket_of(hashed, buckets), hashed, there, words)
        third = step - 2 * LAG
        if third >= 0:
            count = insert(shape, table, bytes_, states, count, out, third * words, hashes[third])
    return count


@njit(cache=True, nogil=True)
def rebuild(shape: Any, table: Any, bytes_: Any, states: Any, count: Any) -> None:
    """Fills an empty table with the numbers of all states, which differ from each other."""
    words = len(shape)
    buckets = table.size // LANES
    here = table.ctypes.data
    for step in range(count + LAG):
        if step < count:
            prefetch(here + bucket_of(hash_of(shape, states, step * words), buckets) * 64)
        number = step - LAG
        if number >= 0:
            hashed = hash_of(shape, states, number * words)
            bucket = bucket_of(hashed, buckets)
            used = np.int64(table[bucket * LANES + 15])
            while used == SLOTS:
                bucket += 1
                if bucket == buckets:
                    bucket = 0
                used = np.int64(table[bucket * LANES + 15])
            _put(table, bytes_, bucket, used, hashed, number)


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
    search: Any,
) -> Any:
    """Expands the states of `source` until something has to be done about it: one of the constants above.

    `search` has its fields.  The states of `source` from NEXT up to END are left to expand; COUNT is the number of
    `states`, to which the new ones are added.  CAPACITY is the number of states that the table takes, MOST that after
    which to stop, BLOCKS the blocks to do at most.  TRANSITIONS and DEADLOCKS are added to, DEADLOCK becomes the first
    stuck state unless it has one.  WRONG becomes the number of a mistake, which NEXT shows.
    """
    width = len(shape) * 8
    room = out.size // len(shape)
    while True:
        if search[COUNT] >= search[MOST]:
            return ENOUGH
        if search[NEXT] == search[END]:
            return DONE
        if search[BLOCKS] == 0:
            return PAUSED
        if search[COUNT] + room > search[CAPACITY]:
            return FULL
        search[BLOCKS] -= 1
        report[1] = 0
        report[2] = -1
        report[3] = 0
        place = source.ctypes.data + search[NEXT] * width
        block = min(BLOCK, search[END] - search[NEXT])
        done = call_expand(expand, place, block, out.ctypes.data, room, fired.ctypes.data, report.ctypes.data)
        if report[2] >= 0 and search[DEADLOCK] < 0:
            search[DEADLOCK] = search[NEXT] + report[2]
        search[DEADLOCKS] += report[3]
        search[TRANSITIONS] += report[0]
        search[NEXT] += done
        if report[1] != 0:
            search[WRONG] = report[1] - 1
            return WRONG_STEP
        search[COUNT] = insert_all(shape, table, bytes_, states, search[COUNT], out, report[0], hashes)
