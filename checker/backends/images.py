"""How a packed state becomes its image under a permutation: what is moved together, and what is looked up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from checker.backends import packing
from checker.backends.words import Slot, WordLayout
from checker.reductions.symmetry import Image, Moved


@dataclass(frozen=True)
class Shift:
    """The bits under `mask` of one word, moved `distance` up into another; down where it is negative."""

    source: int
    target: int
    distance: int
    mask: int


@dataclass(frozen=True)
class Lookup:
    """The code of one slot, made another by `codes` and put into a slot; unless the code of the siblings together, the
    first lowest, is one of the `silent`."""

    source: Slot
    target: Slot
    codes: tuple[int, ...]
    siblings: tuple[Slot, ...]
    silent: frozenset[int]

    @property
    def width(self) -> int:
        """The bits of the siblings' code."""
        return sum(sibling.width for sibling in self.siblings)

    @property
    def mask(self) -> int:
        """A bit for each code that is silent."""
        return sum(1 << code for code in self.silent)


@dataclass(frozen=True)
class Plan:
    """What makes the image of a packed state: all of it joined by `or`."""

    shifts: tuple[Shift, ...]
    lookups: tuple[Lookup, ...]


def plan(layout: WordLayout, image: Image) -> Plan:
    """The plan of an image; cells that change places must have equal limits."""
    masks: dict[tuple[int, int, int], int] = {}
    lookups = []
    for move in image.moved:
        source, target = layout.slots[move.cell], layout.slots[move.target]
        if not source.width:
            continue
        if move.elements is not None:
            lookups.append(_lookup(layout, move, source, target))
        else:
            key = (source.word, target.word, target.offset - source.offset)
            masks[key] = masks.get(key, 0) | source.mask
    return Plan(tuple(Shift(*key, mask) for key, mask in masks.items()), tuple(lookups))


def _lookup(layout: WordLayout, move: Moved, source: Slot, target: Slot) -> Lookup:
    codes = tuple(move.renamed(code + source.low, ()) - source.low for code in range(1 << source.width))
    siblings = tuple(layout.slots[sibling] for sibling in move.siblings)
    silent = set()
    for values in move.silent:
        code, offset = 0, 0
        for slot, value in zip(siblings, values, strict=True):
            if not 0 <= value - slot.low < 1 << slot.width:
                break
            code |= value - slot.low << offset
            offset += slot.width
        else:
            silent.add(code)
    return Lookup(source, target, codes, siblings, frozenset(silent))


def one_word(layout: packing.Layout) -> WordLayout:
    """The layout of a state that is one number of any size."""
    return WordLayout(tuple(Slot(0, slot.offset, slot.width, slot.low) for slot in layout.slots), 1)


# --- generated Python ---------------------------------------------------------------------------------------


def compiled_images(layout: packing.Layout, images: Sequence[Image]) -> Callable[[int], tuple[int, ...]]:
    """From a packed state to all states of its orbit, itself first; as generated Python."""
    whole = one_word(layout)
    parts = ["s", *(_expression(plan(whole, image)) for image in images)]
    names: dict[str, Any] = {}
    exec(compile(f"def images(s): return ({', '.join(parts)},)", "<images>", "exec"), names)
    found: Callable[[int], tuple[int, ...]] = names["images"]
    return found


def _expression(made: Plan) -> str:
    parts = []
    for shift in made.shifts:
        by = f" << {shift.distance}" if shift.distance > 0 else f" >> {-shift.distance}" if shift.distance else ""
        parts.append(f"((s & {shift.mask:#x}){by})")
    for look in made.lookups:
        code = _code(look.source)
        new = tuple(code << look.target.offset for code in look.codes)
        old = tuple(code << look.target.offset for code in range(len(look.codes)))
        if not look.silent:
            parts.append(f"{new}[{code}]")
        else:
            parts.append(f"{(new, old)}[{look.mask:#x} >> ({_together(look)}) & 1][{code}]")
    return " | ".join(parts) or "0"


def _together(look: Lookup) -> str:
    """The code of the siblings."""
    offset, parts = 0, []
    for slot in look.siblings:
        parts.append(f"({_code(slot)}) << {offset}")
        offset += slot.width
    return " | ".join(parts) or "0"


def _code(slot: Slot) -> str:
    return f"s >> {slot.offset} & {(1 << slot.width) - 1}"
