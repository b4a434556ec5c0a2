"""The inner loops of the compiled search, the same machine code for every model: a table of states, and the search of
a level.

Compiled once per machine and number of words, and kept on disk by Numba.  What belongs to a model is called through the
addresses of its two functions (see `checker.backends.native_writer`).

States lie one after the other in the order in which they were found, so a level is a range of them and a
counterexample can be walked back.  The table holds their numbers: buckets of one cache line, `SLOTS` numbers of 32 bits
each with 8 bits of its state's hash, and how many are in use.  A state is looked up in three stages, `LAG` apart, so
that memory is asked for long before it is needed: the bucket, the state whose hash agrees, the comparison.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from checker.explore.intrinsics import call_expand, call_notice, lowest, matching, prefetch

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

# Indexes into the array in which `sift` tells of its states.
KEPT, TOLD_TRANSITIONS, TOLD_DEADLOCKS, TOLD_DEADLOCK, TOLD_WRONG, TOLD_NEXT = range(6)
TOLD = 6

_U = np.uint64
_FACTOR = _U(0x9E3779B97F4A7C15)
_FACTOR2 = _U(0xD6E8FEB86659FD93)
_HALF = _U(32)
_BYTE = _U(0xFF)
_SHIFT = _U(29)
_SEED = _U(0x2545F4914F6CDD1D)


@njit(inline="always")
def _hashed(shape: Any, states: Any, at: Any) -> Any:
    value = _SEED
    for word in range(len(shape)):
        value = (value ^ states[at + word]) * _FACTOR
        value ^= value >> _SHIFT
    value *= _FACTOR2
    return value ^ (value >> _HALF)


@njit(inline="always")
def _bucket(hashed: Any, buckets: Any) -> Any:
    return np.int64(((hashed >> _HALF) * _U(buckets)) >> _HALF)


@njit(inline="always")
def _same(shape: Any, left: Any, at: Any, right: Any, other: Any) -> Any:
    same = True
    for word in range(len(shape)):
        same &= left[at + word] == right[other + word]
    return same


@njit(inline="always")
def _candidates(table: Any, bucket: Any, hashed: Any) -> Any:
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
def _insert(shape: Any, table: Any, bytes_: Any, states: Any, count: Any, out: Any, at: Any, hashed: Any) -> Any:
    """Takes a state in unless it is known; the number of states after that."""
    words = len(shape)
    buckets = table.size // LANES
    bucket = _bucket(hashed, buckets)
    while True:
        mask = _candidates(table, bucket, hashed)
        while mask:
            number = np.int64(table[bucket * LANES + lowest(mask)])
            if _same(shape, states, number * words, out, at):
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
            hashed = _hashed(shape, out, step * words)
            hashes[step] = hashed
            prefetch(here + _bucket(hashed, buckets) * 64)
        second = step - LAG
        if 0 <= second < number:
            hashed = hashes[second]
            bucket = _bucket(hashed, buckets)
            mask = _candidates(table, bucket, hashed)
            if mask:
                place = there + np.int64(table[bucket * LANES + lowest(mask)]) * words * 8
                prefetch(place)
                if words > 1:
                    prefetch(place + words * 8 - 8)
        third = step - 2 * LAG
        if third >= 0:
            count = _insert(shape, table, bytes_, states, count, out, third * words, hashes[third])
    return count


@njit(cache=True, nogil=True)
def rebuild(shape: Any, table: Any, bytes_: Any, states: Any, count: Any) -> None:
    """Fills an empty table with the numbers of all states, which differ from each other."""
    words = len(shape)
    buckets = table.size // LANES
    here = table.ctypes.data
    for step in range(count + LAG):
        if step < count:
            prefetch(here + _bucket(_hashed(shape, states, step * words), buckets) * 64)
        number = step - LAG
        if number >= 0:
            hashed = _hashed(shape, states, number * words)
            bucket = _bucket(hashed, buckets)
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


@njit(inline="always")
def _known(shape: Any, table: Any, states: Any, known: Any, out: Any, at: Any, hashed: Any) -> Any:
    """Whether a state is among the first `known` ones.

    Another thread may be adding to the table.  What is read half-written can only hide a state, never make one up:
    a number counts if it is one of those that were complete before, and the whole state is compared.
    """
    buckets = table.size // LANES
    bucket = _bucket(hashed, buckets)
    while True:
        mask = _candidates(table, bucket, hashed)
        while mask:
            number = np.int64(table[bucket * LANES + lowest(mask)])
            if number < known and _same(shape, states, number * len(shape), out, at):
                return True
            mask &= mask - 1
        if table[bucket * LANES + 15] < SLOTS:
            return False
        bucket += 1
        if bucket == buckets:
            bucket = 0


@njit(cache=True, nogil=True)
def sift(
    shape: Any,
    expand: Any,
    table: Any,
    states: Any,
    known: Any,
    source: Any,
    start: Any,
    end: Any,
    out: Any,
    hashes: Any,
    kept: Any,
    fired: Any,
    report: Any,
    told: Any,
) -> None:
    """Expands the states of `source` from `start` up to `end`, and puts those successors into `kept` that are not for
    sure among the first `known` states of the table, in their order; `told` has its fields.

    Reads the table only, so several threads can do this at once, while another inserts what came out before.
    """
    words = len(shape)
    buckets = table.size // LANES
    here = table.ctypes.data
    there = states.ctypes.data
    room = out.size // words
    told[:] = 0
    told[TOLD_DEADLOCK] = -1
    told[TOLD_NEXT] = start
    left = 0
    while told[TOLD_NEXT] < end:
        report[1] = 0
        report[2] = -1
        report[3] = 0
        place = source.ctypes.data + told[TOLD_NEXT] * words * 8
        block = min(BLOCK, end - told[TOLD_NEXT])
        done = call_expand(expand, place, block, out.ctypes.data, room, fired.ctypes.data, report.ctypes.data)
        if report[2] >= 0 and told[TOLD_DEADLOCK] < 0:
            told[TOLD_DEADLOCK] = told[TOLD_NEXT] + report[2]
        told[TOLD_DEADLOCKS] += report[3]
        told[TOLD_TRANSITIONS] += report[0]
        told[TOLD_NEXT] += done
        number = report[0]
        for step in range(number + 2 * LAG):
            if step < number:
                hashed = _hashed(shape, out, step * words)
                hashes[step] = hashed
                prefetch(here + _bucket(hashed, buckets) * 64)
            second = step - LAG
            if 0 <= second < number:
                hashed = hashes[second]
                bucket = _bucket(hashed, buckets)
                mask = _candidates(table, bucket, hashed)
                if mask:
                    place = there + np.int64(table[bucket * LANES + lowest(mask)]) * words * 8
                    prefetch(place)
                    if words > 1:
                        prefetch(place + words * 8 - 8)
            third = step - 2 * LAG
            if third >= 0 and not _known(shape, table, states, known, out, third * words, hashes[third]):
                for word in range(words):
                    kept[left * words + word] = out[third * words + word]
                left += 1
        if report[1] != 0:
            told[TOLD_WRONG] = report[1]
            break
    told[KEPT] = left


@njit(cache=True, nogil=True)
def look(shape: Any, notice: Any, states: Any, start: Any, end: Any, found: Any, report: Any) -> Any:
    """The first state from `start` up to `end` that `notice` stops at, `end` if there is none."""
    place = states.ctypes.data + start * len(shape) * 8
    return start + call_notice(notice, place, end - start, found.ctypes.data, report.ctypes.data)


@njit(cache=True, nogil=True)
def predecessors(shape: Any, expand: Any, source: Any, wanted: Any, found: Any, out: Any, scratch: Any) -> None:
    """For each wanted state the number of the first state of `source` that leads to it, into `found`.

    Those that have one there already are not looked for; what is not found stays negative.
    """
    words = len(shape)
    room = out.size // words
    left = 0
    for number in found:
        left += number < 0
    for state in range(source.size // words):
        if left == 0:
            return
        place = source.ctypes.data + state * words * 8
        fired = scratch.ctypes.data + 64
        call_expand(expand, place, 1, out.ctypes.data, room, fired, scratch.ctypes.data)
        for successor in range(scratch[0]):
            for target in range(found.size):
                if found[target] < 0 and _same(shape, out, successor * words, wanted, target * words):
                    found[target] = state
                    left -= 1
