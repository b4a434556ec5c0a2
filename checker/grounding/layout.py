"""The cells of a grounded model: one for each scalar place of the state, with its limits and its name."""

from __future__ import annotations

import itertools
import math
from typing import Any

from checker import ir
from checker.grounding.grounded import Cell, Term
from checker.grounding.terms import cell as cell_term
from checker.labels import value_label
from checker.reading import ModelError

Where = tuple[str, tuple[int, ...], str | None]
"""A variable, its keys and the field of its record: what names a cell."""

MOST_VALUES = 1_000_000
"""Of one place: many more than any search visits."""

MOST_CELLS = 100_000
"""Of a state: what follows makes terms for each, several times over."""

SMALLER = "choose smaller bounds: --bound NAME=N"


class Layout:
    """Cells of one model in one scope, found by where they are; `terms` are their values before a step."""

    def __init__(self, model: ir.Model, settings: Any, bounds: Any) -> None:
        self.model, self.settings, self.bounds = model, settings, bounds
        self.variables = dict(model.variables)
        self._check_extent()
        self.cells: list[Cell] = []
        self.numbers: dict[Where, int] = {}
        for name, kind in model.variables:
            self._add(name, kind)
        self.terms: list[Term] = [cell_term(c.index, c.low, c.high) for c in self.cells]

    def _check_extent(self) -> None:
        """Raises `ModelError` where a scope is out of all proportion, before anything of its size is made."""
        total = 0
        for name, kind in self.model.variables:
            value = kind.value if isinstance(kind, ir.MapType) else kind
            keys = kind.keys if isinstance(kind, ir.MapType) else ()
            fields = [of for _, of in value.fields] if isinstance(value, ir.RecordType) else [scalar(value)]
            total += len(fields) * math.prod(self._count(of) for of in keys)
            most = max(self._count(of) for of in (*keys, *fields))
            if most > MOST_VALUES:
                message = f"`{name}` has {most:,} values in this scope: more than {MOST_VALUES:,}"
                raise ModelError(message, None, SMALLER)
        if total > MOST_CELLS:
            raise ModelError(f"a state has {total:,} places in this scope: more than {MOST_CELLS:,}", None, SMALLER)

    def _count(self, kind: ir.ScalarType) -> int:
        low, high = self.limits(kind)
        return max(0, high - low + 1)

    def _add(self, name: str, kind: ir.Type) -> None:
        types = kind.keys if isinstance(kind, ir.MapType) else ()
        value = kind.value if isinstance(kind, ir.MapType) else kind
        fields: tuple[tuple[str | None, ir.ScalarType], ...]
        fields = value.fields if isinstance(value, ir.RecordType) else ((None, scalar(value)),)
        for keys in itertools.product(*(range(low, high + 1) for low, high in map(self.limits, types))):
            shown = ", ".join(value_label(of, key) for of, key in zip(types, keys, strict=True))
            for part, of in fields:
                text = name + (f"[{shown}]" if types else "") + (f".{part}" if part else "")
                index = len(self.cells)
                self.cells.append(Cell(index, name, keys, part, of, *self.limits(of), text))
                self.numbers[name, keys, part] = index

    def limits(self, kind: ir.ScalarType) -> tuple[int, int]:
        """The least and greatest value of a type, as numbers."""
        if isinstance(kind, ir.BoolType):
            return 0, 1
        if isinstance(kind, ir.EnumType):
            return 0, len(kind.members) - 1
        if isinstance(kind, ir.SortType):
            return 0, self.limit(kind.size) - 1
        assert kind.low is not None and kind.high is not None, "a variable's integers have limits"
        return self.limit(kind.low), self.limit(kind.high)

    def limit(self, limit: int | str) -> int:
        """A limit that is a number or the name of a bound."""
        return limit if isinstance(limit, int) else int(getattr(self.bounds, limit))

    def values(self, kind: ir.ScalarType) -> range:
        """Every value of a type, as numbers."""
        low, high = self.limits(kind)
        return range(low, high + 1)

    def blank(self) -> list[int]:
        """The value of each cell before an initial state assigns it."""
        return [0 if isinstance(c.type, ir.IntType) and c.low <= 0 <= c.high else c.low for c in self.cells]


def scalar(kind: ir.Type) -> ir.ScalarType:
    """The type, which is a scalar one."""
    assert not isinstance(kind, ir.RecordType | ir.MapType), f"{kind} is no scalar type"
    return kind
