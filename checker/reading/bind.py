"""Giving a name to a value, where Python would compute it once: arguments of helpers, middles of comparison chains."""

from __future__ import annotations

from collections.abc import Callable

from checker import ir
from checker.reading.scope import Step


def is_plain(value: ir.Expr) -> bool:
    """Whether repeating the expression costs nothing and cannot fail."""
    return isinstance(value, ir.Literal | ir.Local | ir.Setting | ir.Bound)


def is_total(value: ir.Expr) -> bool:
    """Whether the expression is plain, or a read whose keys certainly exist."""
    if isinstance(value, ir.Read):
        return all(is_plain(key) and _within(key) for key in value.keys)
    return is_plain(value)


def _within(key: ir.Expr) -> bool:
    """Whether a plain key is one by its type: an integer may lie outside the limits of its map."""
    if isinstance(key.type, ir.IntType):
        return False
    return not (isinstance(key, ir.Literal) and isinstance(key.type, ir.SortType))


def bind(value: ir.Expr, name: str, step: Step, body: Callable[[ir.Expr], ir.Expr]) -> ir.Expr:
    """`body` of the value, which is computed once and before it: substituted where that is the same, else by `Let`.

    A record is bound field by field, or as the place it is.
    """
    if isinstance(value.type, ir.RecordType):
        return _bind_record(value, name, step, body)
    if is_total(value):
        return body(value)
    made = step.fresh(name)
    inner = body(ir.Local(value.type, value.at, made))
    return ir.Let(inner.type, value.at, made, value, inner)


def _bind_record(value: ir.Expr, name: str, step: Step, body: Callable[[ir.Expr], ir.Expr]) -> ir.Expr:
    if isinstance(value, ir.Read):
        read = value
        keys = [(f"{name}_key", key) for key in read.keys]
        return bind_all(keys, step, lambda made: body(ir.Read(read.type, read.at, read.variable, tuple(made), None)))
    if isinstance(value, ir.Make):
        make = value
        assert isinstance(make.type, ir.RecordType)
        parts = [(f"{name}_{field}", part) for (field, _), part in zip(make.type.fields, make.values, strict=True)]
        return bind_all(parts, step, lambda values: body(ir.Make(make.type, make.at, tuple(values))))
    if isinstance(value, ir.Let):
        inner = _bind_record(value.body, name, step, body)
        return ir.Let(inner.type, value.at, value.name, value.value, inner)
    assert isinstance(value, ir.If), "a record is a place, made, chosen or bound"
    then, otherwise = value.then, value.otherwise

    def choose(condition: ir.Expr) -> ir.Expr:
        left, right = _bind_record(then, name, step, body), _bind_record(otherwise, name, step, body)
        kind = left.type if left.type == right.type else ir.IntType()
        return ir.If(kind, value.at, condition, left, right)

    return bind(value.condition, f"{name}_case", step, choose)


def bind_all(values: list[tuple[str, ir.Expr]], step: Step, body: Callable[[list[ir.Expr]], ir.Expr]) -> ir.Expr:
    """Binds several values, in order."""
    if not values:
        return body([])
    (name, value), *rest = values
    return bind(value, name, step, lambda first: bind_all(rest, step, lambda more: body([first, *more])))
