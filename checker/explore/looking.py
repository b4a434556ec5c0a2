"""What the compiled search asks of finished levels: what properties say of their states, and which state of one leads
to a state of the next.

Of several states that would do, the first is taken; or the least, as numbers, where the order of the states is that in
which several threads happened to find them.
"""

from __future__ import annotations

from typing import Any

from numba import njit

from checker.explore.intrinsics import call_expand, call_notice
from checker.explore.kernel import same


@njit(cache=True, nogil=True)
def look(shape: Any, notice: Any, states: Any, start: Any, end: Any, found: Any, report: Any) -> Any:
    """The first state from `start` up to `end` that `notice` stops at, `end` if there is none."""
    place = states.ctypes.data + start * len(shape) * 8
    return start + call_notice(notice, place, end - start, found.ctypes.data, report.ctypes.data)


@njit(inline="always")
def _less(shape: Any, states: Any, left: Any, right: Any) -> Any:
    """Whether one state is less than another, their first words counting most."""
    words = len(shape)
    for word in range(words):
        one, other = states[left * words + word], states[right * words + word]
        if one != other:
            return one < other
    return False


@njit(cache=True, nogil=True)
def least(shape: Any, notice: Any, states: Any, found: Any, report: Any, best: Any) -> None:
    """For each property not in `found` the number of the least state that is worth noting, into `best`; -1 for none.

    The last of `best` is that of the least state which shows a mistake.
    """
    words = len(shape)
    count = states.size // words
    best[:] = -1
    last = best.size - 1
    at = 0
    while at < count:
        report[0] = 0
        place = states.ctypes.data + at * words * 8
        at += call_notice(notice, place, count - at, found.ctypes.data, report.ctypes.data)
        if at < count:
            if report[0]:
                if best[last] < 0 or _less(shape, states, at, best[last]):
                    best[last] = at
            else:
                for number in range(last):
                    new = report[1 + number // 64] & ~found[number // 64]
                    if new >> (number % 64) & 1 and (best[number] < 0 or _less(shape, states, at, best[number])):
                        best[number] = at
            at += 1


@njit(cache=True, nogil=True)
def ending(shape: Any, expand: Any, source: Any, stuck: Any, by_size: Any, out: Any, fired: Any, report: Any) -> Any:
    """The first state of `source`, or the least `by_size`, that is `stuck`, or else one that shows a mistake; or -1.

    The report tells of the last state looked at.
    """
    words = len(shape)
    room = out.size // words
    best = -1
    for state in range(source.size // words):
        report[1] = 0
        report[2] = -1
        report[3] = 0
        place = source.ctypes.data + state * words * 8
        call_expand(expand, place, 1, out.ctypes.data, room, fired.ctypes.data, report.ctypes.data)
        if (report[2] >= 0) if stuck else (report[1] != 0):
            if not by_size:
                return state
            if best < 0 or _less(shape, source, state, best):
                best = state
    return best


@njit(cache=True, nogil=True)
def predecessors(
    shape: Any, expand: Any, source: Any, wanted: Any, by_size: Any, found: Any, out: Any, scratch: Any
) -> None:
    """For each wanted state the number of the first state of `source` that leads to it, or of the least, into `found`.

    Those that have one there already are not looked for, unless `by_size`; what is not found stays negative.
    """
    words = len(shape)
    room = out.size // words
    left = 0
    for number in found:
        left += number < 0
    for state in range(source.size // words):
        if left == 0 and not by_size:
            return
        place = source.ctypes.data + state * words * 8
        fired = scratch.ctypes.data + 64
        call_expand(expand, place, 1, out.ctypes.data, room, fired, scratch.ctypes.data)
        for successor in range(scratch[0]):
            for target in range(found.size):
                if same(shape, out, successor * words, wanted, target * words):
                    if found[target] < 0:
                        left -= 1
                        found[target] = state
                    elif by_size and _less(shape, source, state, found[target]):
                        found[target] = state
