"""The inner loop of a partition: states expanded, their successors dealt out by whom they belong to.

It reads no table of states.  What it leaves out is what it sent before: a cache of full states, compared whole, so
nothing is lost by it; and what it lets through twice, the owner's table finds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from checker.explore.intrinsics import call_expand, prefetch

BLOCK = 256
"""States expanded at once: their successors stay in the caches."""

LAG = 24
"""Successors between asking for a line of the cache and looking at it."""

# Indexes into the array by which `scatter` and its caller speak.
NEXT, END, TRANSITIONS, DEADLOCKS, WRONG, REPEATED = range(6)
FIELDS = 6

_U = np.uint64
_SEED = _U(0x6A09E667F3BCC909)
_FACTOR = _U(0xBF58476D1CE4E5B9)
_LAST = _U(0x94D049BB133111EB)
_SHIFT = _U(31)
_TOP = _U(40)
_REST = _U(24)


@njit(inline="always")
def _mixed(shape: Any, states: Any, at: Any) -> Any:
    """A hash that has nothing to do with that of the table: else each owner would fill a part of its buckets only."""
    value = _SEED
    for word in range(len(shape)):
        value = (value ^ states[at + word]) * _FACTOR
        value ^= value >> _SHIFT
    value *= _LAST
    return value ^ (value >> _SHIFT)


@njit(inline="always")
def _owner(mixed: Any, parts: Any) -> Any:
    """By the highest 24 bits; the cache goes by the lowest."""
    return np.int64(((mixed >> _TOP) * _U(parts)) >> _REST)


@njit(cache=True, nogil=True)
def scatter(
    shape: Any,
    parts: Any,
    own: Any,
    expand: Any,
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
    """Expands the states of `source` from NEXT up to END, until that is done or a buffer might overflow.

    Successors that belong to partition number n of `parts` are put behind the first `used[n]` states of `buffers[n]`.
    TRANSITIONS, DEADLOCKS and REPEATED (those that were left out) are added to; WRONG becomes 1 more than the number of
    a mistake, which the state at NEXT shows.  `sent` has an entry for each slot of the cache: the `age` it is of, and a
    state; those of another age count for nothing.
    """
    words = len(shape)
    width = words + 1
    room = out.size // words
    capacity = buffers.shape[1] // words
    mask = _U(sent.size // width - 1)
    there = sent.ctypes.data
    while search[NEXT] < search[END]:
        for part in range(parts):
            if used[part] + room > capacity:
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
        for step in range(number + LAG):
            if step < number:
                mixed = _mixed(shape, out, step * words)
                hashes[step] = mixed
                slot = there + np.int64(mixed & mask) * width * 8
                prefetch(slot)
                prefetch(slot + words * 8)
            at = step - LAG
            if at < 0:
                continue
            mixed = hashes[at]
            part = _owner(mixed, parts)
            if part != own:
                slot = np.int64(mixed & mask) * width
                same = sent[slot] == age
                for word in range(words):
                    same &= sent[slot + 1 + word] == out[at * words + word]
                if same:
                    search[REPEATED] += 1
                    continue
                sent[slot] = age
                for word in range(words):
                    sent[slot + 1 + word] = out[at * words + word]
            for word in range(words):
                buffers[part, used[part] * words + word] = out[at * words + word]
            used[part] += 1


@njit(cache=True, nogil=True)
def select(shape: Any, parts: Any, own: Any, states: Any, chosen: Any) -> Any:
    """Puts those of `states` that belong to partition `own` into `chosen`, in their order; how many there are."""
    words = len(shape)
    count = 0
    for state in range(states.size // words):
        if _owner(_mixed(shape, states, state * words), parts) == own:
            for word in range(words):
                chosen[count * words + word] = states[state * words + word]
            count += 1
    return count
