"""Changed cells as few lines: one a record, one for many cells of a map that changed alike.  Nothing is left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from checker.grounding.grounded import Cell, Grounded, State
from checker.labels import cell_label, key_types, value_label
from checker.traces.trace import Change

ARROW = "->"
"""Between the value before a step and the value after it."""

MANY_CHANGES = 6
"""A variable of which more changed than this many lines can say is written as one paragraph."""

Signature: TypeAlias = tuple[tuple[str | None, str], ...]
"""What is said of one key: a text for each part."""
Box: TypeAlias = tuple[frozenset[int], ...]
"""Keys that are a product: one set for each position."""


@dataclass(frozen=True)
class Line:
    """A place, or several alike, and what is said of it: `disk[A, p1].lsn` and `0 -> 1`."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}  {self.text}"


def change_lines(grounded: Grounded, changes: Iterable[Change]) -> list[Line]:
    """What a step changed, as lines `place  before -> after`, in the order of the variables."""
    said = [
        (change.cell, f"{cell_label(change.cell, change.before)} {ARROW} {cell_label(change.cell, change.after)}")
        for change in changes
    ]
    return _lines(grounded, said, MANY_CHANGES)


def value_lines(grounded: Grounded, state: State, cells: Iterable[Cell] | None = None) -> list[Line]:
    """What a state holds in these cells (None: in all), as lines `place  value`, one for each variable."""
    chosen = grounded.cells if cells is None else cells
    return _lines(grounded, [(cell, cell_label(cell, state[cell.index])) for cell in chosen], 1)


def telling_cells(grounded: Grounded, state: State) -> list[Cell]:
    """The cells of an initial state that say something: those of enumerations, and whatever is not false or zero."""
    telling = {
        (cell.variable, cell.part)
        for cell in grounded.cells
        if value_label(cell.type, state[cell.index]) not in ("false", "0") and not _is_default(cell, state)
    }
    return [cell for cell in grounded.cells if (cell.variable, cell.part) in telling]


def _is_default(cell: Cell, state: State) -> bool:
    """Inside a record even the first member of an enumeration says nothing: an empty slot of the log has a kind."""
    return cell.part is not None and state[cell.index] == cell.low


def _lines(grounded: Grounded, said: Sequence[tuple[Cell, str]], most: int) -> list[Line]:
    by_variable: dict[str, dict[tuple[int, ...], list[tuple[str | None, str]]]] = {}
    for cell, text in said:
        by_variable.setdefault(cell.variable, {}).setdefault(cell.keys, []).append((cell.part, text))
    lines: list[Line] = []
    for variable, rows in by_variable.items():
        signed = {keys: tuple(parts) for keys, parts in rows.items()}
        lines += _variable_lines(grounded, variable, signed, most)
    return lines


def _variable_lines(grounded: Grounded, variable: str, rows: dict[tuple[int, ...], Signature], most: int) -> list[Line]:
    """One line a row, two rows that changed alike stay two; no more than `most` lines, else a paragraph."""
    boxes = [(_box(keys), signature) for keys, signature in rows.items()]
    if len(rows) > min(most, 2):
        alike: dict[Signature, list[Box]] = {}
        for box, signature in boxes:
            alike.setdefault(signature, []).append(box)
        boxes = [(box, signature) for signature, group in alike.items() for box in _merged(group)]
        boxes.sort(key=lambda item: [sorted(keys) for keys in item[0]])
    named = [(_box_label(grounded, variable, box), signature) for box, signature in boxes]
    if len(named) > most:
        return [Line(variable, ", ".join(_in_paragraph(keys, signature) for keys, signature in named))]
    return [_line(variable + keys, signature) for keys, signature in named]


def _line(place: str, signature: Signature) -> Line:
    if len(signature) == 1:
        part, text = signature[0]
        return Line(place if part is None else f"{place}.{part}", text)
    return Line(place, ", ".join(f"{part} {text}" for part, text in signature))


def _in_paragraph(keys: str, signature: Signature) -> str:
    return f"{keys} " + " ".join(text if part is None else f"{part} {text}" for part, text in signature)


# --- keys that are products ---------------------------------------------------------------------------------


def _box(keys: tuple[int, ...]) -> Box:
    return tuple(frozenset([key]) for key in keys)


def _merged(boxes: list[Box]) -> list[Box]:
    """The same keys in fewer boxes: boxes that differ in one position only become one, the last position first."""
    for position in reversed(range(len(boxes[0]))):
        others: dict[Box, frozenset[int]] = {}
        for box in boxes:
            rest = box[:position] + box[position + 1 :]
            others[rest] = others.get(rest, frozenset()) | box[position]
        boxes = [(*rest[:position], keys, *rest[position:]) for rest, keys in others.items()]
    return boxes


def _box_label(grounded: Grounded, variable: str, box: Box) -> str:
    if not box:
        return ""
    kinds = key_types(grounded, variable)
    every = [{cell.keys[i] for cell in grounded.cells if cell.variable == variable} for i in range(len(box))]
    parts = []
    for kind, keys, all_keys in zip(kinds, box, every, strict=True):
        labels = [value_label(kind, key) for key in sorted(keys)]
        if len(keys) == 1:
            parts.append(labels[0])
        elif keys == all_keys:
            parts.append("*")
        elif len(keys) > 2 and max(keys) - min(keys) == len(keys) - 1:
            parts.append(f"{labels[0]}..{labels[-1]}")
        else:
            parts.append("{" + ", ".join(labels) + "}")
    return f"[{', '.join(parts)}]"
