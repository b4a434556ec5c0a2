"""The inner loop of a partition: states expanded, their successors put into its table or dealt out to whom they belong.

Of those of others it leaves out what it sent before: a cache of full states, compared whole, so nothing is lost by it;
and what it lets through twice, the owner's table finds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from checker.explore.intrinsics import call_expand, prefetch
from checker.explore.kernel import BLOCK, LANES, bucket_of, hash_of, insert, prefetch_candidate

# Indexes into the array by which `scatter` and its caller speak.
NEXT, END, COUNT, CAPACITY, TRANSITIONS, DEADLOCKS, WRONG, REPEATED = range(8)
FIELDS = 8

_U = np.uint64
_MIDDLE = _U(8)
_BITS = _U(24)
_MASK = _U((1 << 24) - 1)


@njit(inline="always")
def _owner(hashed: Any, parts: Any) -> Any:
    """By the 24 bits of a hash that neither choose the bucket nor are the tag: else each owner would fill a part of its
    buckets only."""
    return np.int64((((hashed >> _MIDDLE) & _MASK) * _U(parts)) >> _BITS)


@njit(cache=True, nogil=True)
def scatter(
    shape: Any,
    parts: Any,
    own: Any,
    expand: Any,
    table: Any,
    bytes_: Any,
    states: Any,
    source: Any,
    search: Any,
    out: Any,
    hashes: Any,
    fired: Any,
    report: Any,
    buffers: Any,
    used: Any,
    sent: Any,
    age: Any,
) -> None:
    """Expands the states of `source` from NEXT up to END, until that is done, or the table or a buffer might overflow.

    Successors that belong to partition number n of `parts` are put behind the first `used[n]` states of `buffers[n]`,
    its own into the table, which has COUNT states and room for CAPACITY.  TRANSITIONS, DEADLOCKS and REPEATED (those
    left out) are added to; WRONG becomes 1 more than the number of a mistake, which the state at NEXT shows.
    `sent` has an entry for each slot of the cache: the `age` it is of, and a state; those of another age count for
    nothing.
    """
    words = len(shape)
    width = words + 1
    room = out.size // words
    most = buffers.shape[1] // words
    mask = _U(sent.size // width - 1)
    buckets = table.size // LANES
    cached, here, there = sent.ctypes.data, table.ctypes.data, states.ctypes.data
    while search[NEXT] < search[END] and search[COUNT] + room <= search[CAPACITY]:
        for part in range(parts):
            if used[part] + room > most:
                return
        report[1] = 0
        report[2] = -1
        report[3] = 0
        place = source.ctypes.data + search[NEXT] * words * 8
        block = min(BLOCK, search[END] - search[NEXT])
        done = call_expand(expand, place, block, out.ctypes.data, room, fired.ctypes.data, report.ctypes.data)
        number = report[0]
        search[TRANSITIONS] += number
        search[DEADLOCKS] += report[3]
        search[NEXT] += done
        if report[1] != 0:
            search[WRONG] = report[1]
            return
        # Each pass asks for the memory that the next one looks at.
        for at in range(number):
            hashed = hash_of(shape, out, at * words)
            hashes[at] = hashed
            if _owner(hashed, parts) == own:
                prefetch(here + bucket_of(hashed, buckets) * 64)
            else:
                slot = cached + np.int64(hashed & mask) * width * 8
                prefetch(slot)
                prefetch(slot + words * 8)
        kept = 0
        for at in range(number):
            hashed = hashes[at]
            part = _owner(hashed, parts)
            if part == own:
                prefetch_candidate(table, bucket_of(hashed, buckets), hashed, there, words)
                for word in range(words):
                    out[kept * words + word] = out[at * words + word]
                hashes[kept] = hashed
                kept += 1
                continue
            slot = np.int64(hashed & mask) * width
            same = sent[slot] == age
            for word in range(words):
                same &= sent[slot + 1 + word] == out[at * words + word]
            if same:
                search[REPEATED] += 1
                continue
            sent[slot] = age
            for word in range(words):
                sent[slot + 1 + word] = out[at * words + word]
                buffers[part, used[part] * words + word] = out[at * words + word]
            used[part] += 1
        count = search[COUNT]
        for at in range(kept):
            count = insert(shape, table, bytes_, states, count, out, at * words, hashes[at])
        search[COUNT] = count


@njit(cache=True, nogil=True)
def select(shape: Any, parts: Any, own: Any, states: Any, chosen: Any) -> Any:
    """Puts those of `states` that belong to partition `own` into `chosen`, in their order; how many there are."""
    words = len(shape)
    count = 0
    for state in range(states.size // words):
        if _owner(hash_of(shape, states, state * words), parts) == own:
            for word in range(words):
                chosen[count * words + word] = states[state * words + word]
            count += 1
    return count
