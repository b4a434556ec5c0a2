"""How many states the least states of orbits stand for, counted over the levels of a compiled search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from checker.backends.images import Lookup, Plan, plan
from checker.backends.native import NativeProgram
from checker.backends.words import Slot
from checker.reductions.symmetry import Symmetry

Words: TypeAlias = NDArray[np.uint64]

ROWS = 1 << 16
"""States looked at together: their images stay in the caches."""


class Searched(Protocol):
    """A search by machine code that came to its end."""

    program: NativeProgram

    def orbits(self, plans: Sequence[Plan]) -> int:
        """The number of states in the orbits of those found."""


def states_of_orbits(search: Searched, same: Symmetry) -> int:
    """The number of states in the orbits of those found.

    An orbit has as many states as there are permutations, divided by the number of those that leave its state alone.
    """
    program = search.program
    return search.orbits([plan(program.layout, image) for image in same.on(program.grounded).images])


def in_orbits(plans: Sequence[Plan], chunks: Iterable[Words], words: int) -> int:
    """The number of states in the orbits of some, each of so many words; `plans` are of all permutations but one."""
    total = 0
    for chunk in chunks:
        states = chunk.reshape(-1, words)
        for start in range(0, len(states), ROWS):
            total += _in_orbits(plans, states[start : start + ROWS])
    return total


def _in_orbits(plans: Sequence[Plan], states: Words) -> int:
    alone = np.ones(len(states), np.int64)
    for made in plans:
        alone += _unchanged(made, states)
    return int(((len(plans) + 1) // alone).sum())


def _unchanged(made: Plan, states: Words) -> NDArray[np.bool_]:
    """Whether each state is its own image."""
    image = np.zeros_like(states)
    for shift in made.shifts:
        bits = states[:, shift.source] & np.uint64(shift.mask)
        by = np.uint64(abs(shift.distance))
        image[:, shift.target] |= bits << by if shift.distance > 0 else bits >> by
    for look in made.lookups:
        image[:, look.target.word] |= _looked_up(look, states) << np.uint64(look.target.offset)
    found: NDArray[np.bool_] = (image == states).all(axis=1)
    return found


def _looked_up(look: Lookup, states: Words) -> Words:
    old = _code(look.source, states)
    new = np.array(look.codes, np.uint64)[old.astype(np.intp)]
    said, offset = np.zeros(len(states), np.uint64), 0
    for slot in look.siblings:
        said |= _code(slot, states) << np.uint64(offset)
        offset += slot.width
    silent = np.array([code in look.silent for code in range(1 << look.width)])
    return np.where(silent[said.astype(np.intp)], old, new)


def _code(slot: Slot, states: Words) -> Words:
    found: Words = states[:, slot.word] >> np.uint64(slot.offset) & np.uint64((1 << slot.width) - 1)
    return found
