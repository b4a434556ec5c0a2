"""Values and cells in the words of the model: `PRIMARY`, `A`, `true`, `3`; and the texts that describe its items."""

from __future__ import annotations

import re

from checker import ir
from checker.grounding.grounded import Action, Cell, Grounded


def value_label(kind: ir.ScalarType, value: int) -> str:
    """A value as the model writes it: a member's name, an element's label, `true` or `false`, or the number."""
    if isinstance(kind, ir.BoolType):
        return "true" if value else "false"
    if isinstance(kind, ir.EnumType):
        return kind.members[value]
    if isinstance(kind, ir.SortType):
        return str(kind.python.label(value))
    return str(value)


def cell_label(cell: Cell, value: int) -> str:
    """The value of a cell as the model writes it."""
    return value_label(cell.type, value)


def key_types(grounded: Grounded, variable: str) -> tuple[ir.ScalarType, ...]:
    """The types of a variable's keys; empty for a variable that is no map."""
    kind = dict(grounded.model.variables).get(variable)
    return kind.keys if isinstance(kind, ir.MapType) else ()


def key_labels(grounded: Grounded, cell: Cell) -> tuple[str, ...]:
    """The keys of a cell as the model writes them."""
    kinds = key_types(grounded, cell.variable)
    return tuple(value_label(kind, key) for kind, key in zip(kinds, cell.keys, strict=True))


def parameters(grounded: Grounded, action: Action) -> list[tuple[str, ir.ScalarType, int]]:
    """Name, type and value of each parameter of an instance of an action."""
    step = next(step for step in grounded.model.actions if step.name == action.name)
    return [(name, kind, value) for (name, kind), value in zip(step.parameters, action.arguments, strict=True)]


def action_sentence(grounded: Grounded, name: str) -> str:
    """The first sentence of an action's docstring; empty for an action that has none."""
    return next((first_sentence(step.doc) for step in grounded.model.actions if step.name == name), "")


def property_sentence(grounded: Grounded, name: str) -> str:
    """The first sentence of a property's docstring; empty for one that has none, and for no property at all."""
    return next((first_sentence(item.doc) for item in grounded.properties if item.name == name), "")


def first_sentence(text: str) -> str:
    """The first sentence of the first paragraph, on one line.  `e.g.` and `i.e.` end no sentence."""
    paragraph = " ".join(re.split(r"\n\s*\n", text.strip(), maxsplit=1)[0].split())
    for end in re.finditer(r"[.!?](?=\s+[\"'(`]?[A-Z])", paragraph):
        if not re.search(r"\b(e\.g|i\.e|cf|vs)$", paragraph[: end.start()]):
            return paragraph[: end.end()]
    return paragraph
