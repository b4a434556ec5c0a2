"""How a state is packed into 64-bit words: no cell straddles two, one that cannot vary takes no bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from checker.grounding.grounded import Cell, State

WORD = 64
"""Bits in a word."""


@dataclass(frozen=True)
class Slot:
    """Where one cell stands: its value minus `low`, in `width` bits of a word from bit `offset` up."""

    word: int
    offset: int
    width: int
    low: int

    @property
    def mask(self) -> int:
        """The bits of the slot, in their place in the word."""
        return ((1 << self.width) - 1) << self.offset


@dataclass(frozen=True)
class WordLayout:
    """The slots of all cells, in the order of the cells; `words` is the number of words of a state, at least one."""

    slots: tuple[Slot, ...]
    words: int

    @property
    def bits(self) -> int:
        """Bits that carry information."""
        return sum(slot.width for slot in self.slots)

    def pack(self, values: Sequence[int]) -> tuple[int, ...]:
        """The words of a state.  Raises ValueError for a value that does not fit its slot."""
        packed = [0] * self.words
        for slot, value in zip(self.slots, values, strict=True):
            code = value - slot.low
            if code < 0 or code >> slot.width:
                raise ValueError(f"{value} does not fit {slot}")
            packed[slot.word] |= code << slot.offset
        return tuple(packed)

    def unpack(self, packed: Sequence[int]) -> State:
        """The values of the cells of a state."""
        words = [int(word) for word in packed]
        return tuple((words[slot.word] >> slot.offset & (1 << slot.width) - 1) + slot.low for slot in self.slots)


class TooWide(ValueError):
    """A cell or an expression of the model needs more than a machine word."""


def word_layout(cells: Sequence[Cell]) -> WordLayout:
    """The layout of a state of these cells, in as few words as possible.  Raises `TooWide`.

    Cells keep their order where that costs no word, so that the parts of a record stand side by side and a copy of
    the record is one shift and one mask.
    """
    widths = [(cell.high - cell.low).bit_length() for cell in cells]
    for cell, width in zip(cells, widths, strict=True):
        if width > WORD or not (cell.low >= -(2**62) and cell.high < 2**62):
            raise TooWide(f"{cell.name} takes values from {cell.low} to {cell.high}")
    fewest = -(-sum(widths) // WORD)
    places = _in_order(widths)
    if places and max(word for word, _ in places) + 1 > fewest:
        places = min(places, _largest_first(widths), key=lambda found: max(word for word, _ in found))
    words = max((word for word, _ in places), default=0) + 1
    slots = tuple(
        Slot(word, offset, width, cell.low) for cell, width, (word, offset) in zip(cells, widths, places, strict=True)
    )
    return WordLayout(slots, words)


def _in_order(widths: Sequence[int]) -> list[tuple[int, int]]:
    places, word, used = [], 0, 0
    for width in widths:
        if used + width > WORD:
            word, used = word + 1, 0
        places.append((word, used if width else 0))
        used += width
    return places


def _largest_first(widths: Sequence[int]) -> list[tuple[int, int]]:
    places = [(0, 0)] * len(widths)
    used: list[int] = []
    for index in sorted(range(len(widths)), key=lambda index: -widths[index]):
        if not widths[index]:
            continue
        word = next((word for word, bits in enumerate(used) if bits + widths[index] <= WORD), len(used))
        if word == len(used):
            used.append(0)
        places[index] = word, used[word]
        used[word] += widths[index]
    return places
