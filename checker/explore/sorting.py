"""States in order: the loops of the search on disk, the same machine code for every model.

The order is that of the words of a state, the first word first; any other would do as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

SHORT = 24
"""States that are sorted by insertion."""

STACK = 128
"""Open ends of the sort: it goes on with the shorter part first, so there are never more than the bits of a number."""


@njit(inline="always")
def _less(shape: Any, left: Any, at: Any, right: Any, other: Any) -> Any:
    for word in range(len(shape)):
        if left[at + word] != right[other + word]:
            return left[at + word] < right[other + word]
    return False


@njit(inline="always")
def _swap(shape: Any, states: Any, one: Any, other: Any) -> None:
    for word in range(len(shape)):
        held = states[one + word]
        states[one + word] = states[other + word]
        states[other + word] = held


@njit(cache=True, nogil=True)
def sort(shape: Any, states: Any, count: Any) -> None:
    """Sorts the first `count` states in place: quicksort, its pivots drawn, so that no order of states is a bad one."""
    words = len(shape)
    low = np.empty(STACK, np.int64)
    high = np.empty(STACK, np.int64)
    pivot = np.empty(words, np.uint64)
    drawn = np.uint64(0x9E3779B97F4A7C15)
    low[0], high[0], top = 0, count, 1
    while top:
        top -= 1
        first, end = low[top], high[top]
        while end - first > SHORT:
            drawn ^= drawn << np.uint64(13)
            drawn ^= drawn >> np.uint64(7)
            drawn ^= drawn << np.uint64(17)
            chosen = first + np.int64(drawn % np.uint64(end - first))
            for word in range(words):
                pivot[word] = states[chosen * words + word]
            left, right = first, end - 1
            while left <= right:
                while _less(shape, states, left * words, pivot, 0):
                    left += 1
                while _less(shape, pivot, 0, states, right * words):
                    right -= 1
                if left <= right:
                    _swap(shape, states, left * words, right * words)
                    left += 1
                    right -= 1
            if right + 1 - first < end - left:
                low[top], high[top] = left, end
                end = right + 1
            else:
                low[top], high[top] = first, right + 1
                first = left
            top += 1
        for place in range(first + 1, end):
            here = place
            while here > first and _less(shape, states, here * words, states, (here - 1) * words):
                _swap(shape, states, here * words, (here - 1) * words)
                here -= 1


@njit(cache=True, nogil=True)
def distinct(shape: Any, states: Any, count: Any) -> Any:
    """Keeps each of the first `count` states, which are sorted, once; how many there are."""
    words = len(shape)
    left = 0
    for place in range(count):
        if left == 0 or _less(shape, states, (left - 1) * words, states, place * words):
            for word in range(words):
                states[left * words + word] = states[place * words + word]
            left += 1
    return left


@njit(cache=True, nogil=True)
def up_to(shape: Any, states: Any, count: Any, bound: Any) -> Any:
    """How many of the first `count` states, which are sorted, do not lie beyond a state."""
    first, end = 0, count
    while first < end:
        middle = (first + end) // 2
        if _less(shape, bound, 0, states, middle * len(shape)):
            end = middle
        else:
            first = middle + 1
    return first


@njit(cache=True, nogil=True)
def strike(shape: Any, states: Any, start: Any, count: Any, known: Any, size: Any, struck: Any) -> Any:
    """Marks those of the sorted states from `start` up to `count` that are among `size` sorted known ones.

    Returns the first state that is not decided, since what it may be equal to comes later, and how many of the known
    ones are done with.
    """
    words = len(shape)
    place, other = start, 0
    while place < count and other < size:
        if _less(shape, known, other * words, states, place * words):
            other += 1
        elif _less(shape, states, place * words, known, other * words):
            place += 1
        else:
            struck[place] = 1
            place += 1
            other += 1
    return place, other


@njit(cache=True, nogil=True)
def without(shape: Any, states: Any, count: Any, struck: Any) -> Any:
    """Drops the states that are marked; how many are left."""
    words = len(shape)
    left = 0
    for place in range(count):
        if not struck[place]:
            for word in range(words):
                states[left * words + word] = states[place * words + word]
            left += 1
    return left
