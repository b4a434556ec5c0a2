"""How a state is packed into one integer: each cell gets the bits its range needs, one that cannot vary gets none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from checker.grounding.grounded import Cell, State


@dataclass(frozen=True)
class Slot:
    """Where one cell stands: its value minus `low`, in `width` bits from bit `offset` up."""

    offset: int
    width: int
    low: int

    @property
    def mask(self) -> int:
        """The bits of the slot, in their place."""
        return ((1 << self.width) - 1) << self.offset


@dataclass(frozen=True)
class Layout:
    """The slots of all cells, in the order of the cells from the lowest bit up; `bits` is the width of a state."""

    slots: tuple[Slot, ...]
    bits: int

    def pack(self, values: Sequence[int]) -> int:
        """The packed form of a state.  Raises ValueError for a value that does not fit its slot."""
        packed = 0
        for slot, value in zip(self.slots, values, strict=True):
            code = value - slot.low
            if code < 0 or code >> slot.width:
                raise ValueError(f"{value} does not fit {slot}")
            packed |= code << slot.offset
        return packed

    def unpack(self, packed: int) -> State:
        """The values of the cells of a packed state."""
        return tuple((packed >> slot.offset & (1 << slot.width) - 1) + slot.low for slot in self.slots)


def layout(cells: Sequence[Cell]) -> Layout:
    """The layout of a state of these cells.

    Cells keep their order, so the parts of a record, and the records of a map, stand side by side: a copy of a record
    is then one shift and one mask.
    """
    slots, offset = [], 0
    for cell in cells:
        slots.append(Slot(offset, (cell.high - cell.low).bit_length(), cell.low))
        offset += slots[-1].width
    return Layout(tuple(slots), offset)
