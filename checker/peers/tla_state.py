"""Reading TLC's text of a state: TLA+ values, and the cells of the model that they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from checker import ir
from checker.backends.tla import Exported
from checker.grounding.grounded import Cell, Grounded, State
from checker.labels import key_types, value_label
from checker.peers.running import ToolFailed

TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|<<|>>|\|->|:>|@@|[\[\](){},]|-?\d+|\w+|/\\|=)')


MOST = 64
"""More elements than a sort of a model that TLC can exhaust has."""


class Model(str):
    """A model value."""


def values_of(text: str) -> dict[str, Any]:
    """The variables of a state by name.

    Functions and records become dictionaries, tuples stay tuples (a function of 1..n is printed as one), model values
    become `Model`.  Raises `ToolFailed` where the text is no state.
    """
    start = text.find("/\\ ")
    if start < 0:  # a module of one variable: no conjunction
        start = text.rfind("\n", 0, text.find(" = ")) + 1
    reader = _Reader(TOKEN.findall(text[start:]))
    found: dict[str, Any] = {}
    while reader.more():
        if reader.peek() == "/\\":
            reader.take()
        name = reader.take()
        reader.expect("=")
        found[name] = reader.value()
    return found


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.at = tokens, 0

    def more(self) -> bool:
        return self.at < len(self.tokens)

    def peek(self) -> str:
        return self.tokens[self.at] if self.more() else ""

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1] if self.at <= len(self.tokens) else ""

    def expect(self, token: str) -> None:
        if self.take() != token:
            raise ToolFailed(
                f"TLC's state cannot be read at {' '.join(self.tokens[max(0, self.at - 5) : self.at + 3])}"
            )

    def value(self) -> Any:
        token = self.take()
        if token in ("TRUE", "FALSE"):
            return token == "TRUE"
        if re.fullmatch(r"-?\d+", token):
            return int(token)
        if token.startswith('"'):
            return token[1:-1]
        if token == "<<":
            return tuple(self._listed(">>"))
        if token == "[":
            return self._pairs("|->", ",", "]")
        if token == "(":
            return self._pairs(":>", "@@", ")")
        return Model(token)

    def _listed(self, end: str) -> list[Any]:
        found = []
        while self.peek() != end:
            found.append(self.value())
            if self.peek() == ",":
                self.take()
        self.expect(end)
        return found

    def _pairs(self, arrow: str, comma: str, end: str) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        while True:
            key = self.value()
            self.expect(arrow)
            found[str(key) if isinstance(key, Model) and arrow == "|->" else key] = self.value()
            if self.peek() != comma:
                break
            self.take()
        self.expect(end)
        return found


def cells_of(grounded: Grounded, made: Exported, values: Mapping[str, Any]) -> State:
    """The values of the cells.  Raises `ToolFailed` where a variable or key is missing or means nothing."""
    return tuple(_cell(grounded, made, values, cell) for cell in grounded.cells)


def _cell(grounded: Grounded, made: Exported, values: Mapping[str, Any], cell: Cell) -> int:
    try:
        value = values[made.variables[cell.variable]]
        kinds = key_types(grounded, cell.variable)
        if cell.keys:
            keys = tuple(_written(made, kind, key) for kind, key in zip(kinds, cell.keys, strict=True))
            value = _item(value, keys if len(keys) > 1 else keys[0])
        if cell.part is not None:
            value = value[cell.part]
        return _number(made, cell.type, value)
    except (KeyError, IndexError, TypeError, ValueError):
        raise ToolFailed(f"TLC's state has no {cell.name} that could be read") from None


def _item(value: Any, key: Any) -> Any:
    """An item of a function; one of 1..n is a tuple, one of strings a record."""
    return value[key - 1] if isinstance(value, tuple) else value[key]


def _written(made: Exported, kind: ir.ScalarType, value: int) -> Any:
    """A value as TLC has it."""
    if isinstance(kind, ir.BoolType):
        return bool(value)
    if isinstance(kind, ir.EnumType):
        return kind.members[value]
    if isinstance(kind, ir.SortType):
        return Model(made.elements.get((kind.name, value), value_label(kind, value)))
    return value


def _number(made: Exported, kind: ir.ScalarType, value: Any) -> int:
    """A value of TLC's as a number.  Raises ValueError for none of the type."""
    if isinstance(kind, ir.EnumType):
        return kind.members.index(value)
    if isinstance(kind, ir.SortType):
        known = [_written(made, kind, number) for number in range(MOST)]
        return known.index(value)
    return int(value)
