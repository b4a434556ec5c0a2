"""Which state of a level stands for what was found there, where several would do.

The first; or the least, as numbers, where several threads made the level, since the order of its states is then that in
which they happened to be found.  So what is shown does not depend on how fast each thread was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from checker.explore import looking

if TYPE_CHECKING:
    from checker.explore.compiled import CompiledSearch

State: TypeAlias = tuple[int, ...]
"""The words of a state."""


def ending(search: CompiledSearch, depth: int, stuck: bool) -> State:
    """A state of a level that is stuck, or else one whose expansion shows a mistake, which the report then tells.

    Raises RuntimeError if there is none.
    """
    by_size, words = depth >= search.ordered, search.program.words
    out, fired = np.empty(search.room * words, np.uint64), np.zeros_like(search.fired)

    def at(states: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> int:
        address = search.program.addresses[0]
        return int(looking.ending(search.kept.shape, address, states, stuck, by_size, out, fired, search.report))

    found: list[State] = []
    for states in search.chunks(depth):
        place = at(states)
        if place >= 0:
            found.append(search.state(states, place))
            if not by_size:
                break
    if not found:
        raise RuntimeError(f"level {depth} has no state at which the search could have ended")
    at(np.array(min(found), np.uint64))
    return min(found)


def least_noticed(search: CompiledSearch, depth: int) -> list[State]:
    """Of the states of a level that show something new, the least for each property, and last the least mistaken."""
    mistake = len(search.program.properties)
    best = np.empty(mistake + 1, np.int64)
    found: dict[int, State] = {}
    for states in search.chunks(depth):
        looking.least(search.kept.shape, search.program.addresses[1], states, search.found, search.report, best)
        for number in map(int, np.flatnonzero(best >= 0)):
            state = search.state(states, int(best[number]))
            found[number] = min(state, found.get(number, state))
    return [state for _, state in sorted(found.items())]
