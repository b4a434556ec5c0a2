"""How large a space will be, told from the levels so far, and whether a cluster has room for it.

Levels of most models grow ever more slowly, then shrink as they grew.  How long that takes cannot be known: the two
guesses here let growth end after a quarter, or a half, of the levels so far.  Held against the 54 spaces of more than
50,000 states among the claims of this project, some of which have two humps: the first never came to more than 0.6 of
the space while at most a tenth of it was found, and never to more than three times the space at all; the second was
0.6 to 1.8 of it when a tenth was found.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from checker.explore.kernel import SLOTS
from checker.explore.table import LINE, LOAD
from checker.memory import shown

OVER = 4
"""Levels over which growth is measured."""

SOON, LATER = 0.25, 0.5

SURE = 3.0
"""By so much the first guess may be too high."""

TOLD_FROM, TOLD_AGAIN = 100_000, 4
"""States from which on it is told how many there will be, and by how many times more until it is told again."""


def foreseen(levels: Sequence[int], ends: float) -> float:
    """States in all, if growth ends after such a part of the levels so far."""
    found, depth = float(sum(levels)), len(levels) - 1
    if depth < OVER + 2 or not levels[-1]:
        return found
    growth = math.log(levels[-1] / levels[-1 - OVER]) / OVER
    if growth <= 0:
        return found
    size, step, until = float(levels[-1]), 1, max(1.0, ends * depth)
    while size >= 1:
        size *= math.exp(growth * (1 - step / until))
        found += size
        step += 1
    return found


def least(levels: Sequence[int]) -> int:
    """States that there are for all that is known: those found, or a third of the low guess."""
    return max(sum(levels), int(foreseen(levels, SOON) / SURE))


def likely(levels: Sequence[int]) -> int:
    """States that there may be: right to a factor of two or three, if growth goes on as it did."""
    return int(foreseen(levels, LATER))


def bytes_of_state(words: int) -> float:
    """Memory of a state and its share of the table."""
    return 8 * words + LINE / (SLOTS * LOAD)


def room(memory: int, words: int) -> int:
    """States that so many bytes have room for."""
    return int(memory / bytes_of_state(words))


def needed(states: int, memory: int, words: int, nodes: int) -> str:
    """What so many states need, where so many nodes have `memory` in all: `4.2G of memory, 1 machine like this`."""
    size = int(states * bytes_of_state(words))
    machines = max(1, math.ceil(nodes * size / memory))
    like = "1 machine like this" if machines == 1 else f"{machines} machines like {'this' if nodes == 1 else 'these'}"
    return f"{shown(size)} of memory, {like}"


class Outlook:
    """What so many workers on so many machines have room for: `memory` bytes in all, None where nobody knows.

    What it has to say goes to `say`.
    """

    def __init__(self, memory: int | None, words: int, parts: int, nodes: int, say: Callable[[str], None]) -> None:
        self.memory, self.words, self.parts, self.nodes, self.say = memory, words, parts, nodes, say
        self.told = TOLD_FROM

    def offer(self) -> None:
        """Says what there is, before the search starts."""
        text = f"{workers(self.parts)} on {self.nodes} machine{'' if self.nodes == 1 else 's'}"
        if self.memory is not None:
            states = rounded(room(self.memory, self.words))
            text += f" with {shown(self.memory)}: room for {states} states of {bytes_of_state(self.words):.0f} bytes"
        self.say(text)

    def foretell(self, levels: Sequence[int], complete: bool) -> str:
        """Says before workers are started how many states there will be, by the levels that a pilot search found, or by
        `complete` all; why there is no room for them, where that is for sure."""
        if self.memory is None:
            return ""
        found = sum(levels)
        self.told = max(self.told, TOLD_AGAIN * found)
        if complete:
            size = needed(found, self.memory, self.words, self.nodes)
            self.say(f"a pilot search found all {found:,} states: they need {size}")
        else:
            self._tell(levels, "a pilot search found ")
        return self._surely(levels)

    def foresee(self, levels: Sequence[int]) -> str:
        """Says now and then how many states there will be; why there is no room for them, where that is for sure."""
        if self.memory is None:
            return ""
        if sum(levels) >= self.told:
            self.told = TOLD_AGAIN * sum(levels)
            self._tell(levels, "")
        return self._surely(levels)

    def _tell(self, levels: Sequence[int], who: str) -> None:
        assert self.memory is not None
        found, high = sum(levels), likely(levels)
        size = needed(high, self.memory, self.words, self.nodes)
        doubt = ": they may not fit" if high > room(self.memory, self.words) else ""
        self.say(f"{who}{found:,} states to depth {len(levels) - 1}: some {rounded(high)} in all need {size}{doubt}")

    def _surely(self, levels: Sequence[int]) -> str:
        assert self.memory is not None
        low = least(levels)
        return self._short(low) if low > room(self.memory, self.words) else ""

    def short(self, levels: Sequence[int]) -> str:
        """What would be needed where memory has run out."""
        return self._short(likely(levels))

    def _short(self, states: int) -> str:
        if self.memory is None:
            return ""
        size = needed(states, self.memory, self.words, self.nodes)
        return f"{shown(self.memory)} are too little: {rounded(states)} states or more need {size}"


def divided(held: Sequence[int], exchanged: int, seconds: float) -> str:
    """How states are divided among workers, their speed in so many seconds, and the bytes exchanged."""
    told = f"{workers(len(held))}, {rounded(int(sum(held) / max(seconds, 1e-6) / len(held)))} states/s each"
    if len(held) > 1 and any(held):
        skew = max(held) * len(held) / sum(held)
        told += f", the fullest {skew:.2f} times the mean, {shown(exchanged)} exchanged"
    return told


def workers(number: int) -> str:
    """`2 workers`."""
    return f"{number} worker{'' if number == 1 else 's'}"


def rounded(states: int) -> str:
    """A number of states for people: `1.2 M`."""
    for unit, size in (("T", 10**12), ("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if states >= size:
            return f"{states / size:.3g} {unit}"
    return str(states)
