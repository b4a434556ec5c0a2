"""Partial evaluation of the structured form: what is left of it where some of its values are known.

What is left has the same meaning there, but for mistakes of the model that only what was left out could make.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any, TypeAlias

from checker import ir

Node: TypeAlias = ir.Expr | ir.Statement | ir.Span
Known: TypeAlias = Callable[[ir.Expr], int | None]
"""The value of an expression where it is known: asked of settings and of reads of the state."""

_BOOL = ir.BoolType()


def parts(node: Any) -> tuple[Node, ...]:
    """What a node is made of, directly, in the order of the text; of a tuple, what is in it."""
    if isinstance(node, tuple):
        return tuple(part for item in node for part in (parts(item) if isinstance(item, tuple) else _node(item)))
    found: tuple[Node, ...] | None = node.__dict__.get("parts")
    if found is None:
        found = parts(tuple(getattr(node, name) for name in _fields(type(node))))
        node.__dict__["parts"] = found  # nodes never change
    return found


def _node(value: Any) -> tuple[Node, ...]:
    return (value,) if isinstance(value, ir.Expr | ir.Statement | ir.Span) else ()


_known_fields: dict[type, tuple[str, ...]] = {}


def _fields(kind: type[Any]) -> tuple[str, ...]:
    """The fields of a node that can hold nodes."""
    if kind not in _known_fields:
        names = [item.name for item in fields(kind) if item.name not in ("type", "at", "call")]
        _known_fields[kind] = tuple(names)
    return _known_fields[kind]


def nodes(root: Any) -> Iterator[Node]:
    """All nodes below a node or a tuple of nodes, itself included, in the order of the text."""
    pending = list(_node(root) or reversed(parts(root)))
    while pending:
        node = pending.pop()
        yield node
        pending += reversed(parts(node))


def locals_in(root: Any) -> set[str]:
    """The names of locals that are used."""
    return {node.name for node in nodes(root) if isinstance(node, ir.Local)}


# --- expressions --------------------------------------------------------------------------------------------


def expression(node: ir.Expr, known: Known) -> ir.Expr:
    """What is left of an expression."""
    value = known(node)
    if value is not None:
        return ir.Literal(node.type, node.at, value)
    handler = _EXPRESSIONS.get(type(node))
    return handler(node, known) if handler else node


def _read(node: ir.Read, known: Known) -> ir.Expr:
    return replace(node, keys=tuple(expression(key, known) for key in node.keys))


def _make(node: ir.Make, known: Known) -> ir.Expr:
    return replace(node, values=tuple(expression(value, known) for value in node.values))


def _field(node: ir.Field, known: Known) -> ir.Expr:
    of = expression(node.of, known)
    if isinstance(of, ir.Make) and isinstance(of.type, ir.RecordType):
        return of.values[[name for name, _ in of.type.fields].index(node.name)]
    return replace(node, of=of)


def _apply(node: ir.Apply, known: Known) -> ir.Expr:
    arguments = tuple(expression(part, known) for part in node.arguments)
    values = [part.value if isinstance(part, ir.Literal) else None for part in arguments]
    if node.operator in ("and", "or"):
        decisive = int(node.operator == "or")
        if decisive in values:
            return _truth(node, decisive)
        left = tuple(part for part, value in zip(arguments, values, strict=True) if value is None)
        return left[0] if len(left) == 1 else replace(node, arguments=left) if left else _truth(node, 1 - decisive)
    if None not in values and node.operator in ("not", "==", "!="):
        same = not values[0] if node.operator == "not" else values[0] == values[1]
        return _truth(node, int(same) if node.operator != "!=" else int(not same))
    return replace(node, arguments=arguments)


def _truth(node: ir.Expr, value: int) -> ir.Literal:
    return ir.Literal(_BOOL, node.at, value)


def _if(node: ir.If, known: Known) -> ir.Expr:
    condition = expression(node.condition, known)
    if isinstance(condition, ir.Literal):
        return expression(node.then if condition.value else node.otherwise, known)
    then, otherwise = expression(node.then, known), expression(node.otherwise, known)
    return then if then == otherwise else replace(node, condition=condition, then=then, otherwise=otherwise)


def _let(node: ir.Let, known: Known) -> ir.Expr:
    value, body = expression(node.value, known), expression(node.body, known)
    return replace(node, value=value, body=body) if node.name in locals_in(body) else body


def _fold(node: ir.Fold, known: Known) -> ir.Expr:
    where = None if node.where is None else expression(node.where, known)
    body = expression(node.body, known)
    neutral = int(node.operator == "all")
    if (isinstance(where, ir.Literal) and not where.value) or (isinstance(body, ir.Literal) and body.value == neutral):
        return ir.Literal(node.type, node.at, neutral)
    variables = tuple((name, _domain(domain, known)) for name, domain in node.variables)
    return replace(node, variables=variables, where=where, body=body)


def _domain(domain: ir.Domain, known: Known) -> ir.Domain:
    if isinstance(domain, ir.Span):
        return ir.Span(expression(domain.low, known), expression(domain.high, known))
    return domain


_EXPRESSIONS: dict[type[ir.Expr], Callable[[Any, Known], ir.Expr]] = {
    ir.Read: _read,
    ir.Make: _make,
    ir.Field: _field,
    ir.Apply: _apply,
    ir.If: _if,
    ir.Let: _let,
    ir.Fold: _fold,
}


# --- statements ---------------------------------------------------------------------------------------------


def block(statements: tuple[ir.Statement, ...], known: Known) -> tuple[ir.Statement, ...]:
    """What is left of statements in order; a single `require` that is false where they cannot be passed."""
    made: list[ir.Statement] = []
    for statement in statements:
        for left in _statement(statement, known):
            if isinstance(left, ir.Require) and isinstance(left.condition, ir.Literal):
                if not left.condition.value:
                    return (left,)
                continue
            made.append(left)
    return _used(made)


def _used(statements: list[ir.Statement]) -> tuple[ir.Statement, ...]:
    """Without definitions that nothing uses."""
    kept: list[ir.Statement] = []
    for position, statement in enumerate(statements):
        rest = tuple(statements[position + 1 :])
        if not isinstance(statement, ir.Define) or statement.name in locals_in(rest):
            kept.append(statement)
    return tuple(kept) if len(kept) == len(statements) else _used(kept)


def _statement(node: ir.Statement, known: Known) -> tuple[ir.Statement, ...]:
    if isinstance(node, ir.Require):
        return (replace(node, condition=expression(node.condition, known)),)
    if isinstance(node, ir.Define):
        return (replace(node, value=expression(node.value, known)),)
    if isinstance(node, ir.Assign):
        target = replace(node.target, keys=tuple(expression(key, known) for key in node.target.keys))
        return (replace(node, target=target, value=expression(node.value, known)),)
    if isinstance(node, ir.Loop):
        body = block(node.body, known)
        return (replace(node, domain=_domain(node.domain, known), body=body),) if body else ()
    assert isinstance(node, ir.Branch)
    condition = expression(node.condition, known)
    if isinstance(condition, ir.Literal):
        return block(node.then if condition.value else node.otherwise, known)
    then, otherwise = block(node.then, known), block(node.otherwise, known)
    return (replace(node, condition=condition, then=then, otherwise=otherwise),) if then or otherwise else ()
