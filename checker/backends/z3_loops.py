"""Which loops can be taken at once: whose iterations touch different keys, as their text shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checker import ir


def own_keys(loop: ir.Loop) -> dict[str, list[int]] | None:
    """For each variable that a loop assigns, which of its keys is the loop's own variable, throughout the loop.

    None where there is no such key, so that one iteration may see or undo what another did.
    """
    assigned = {read.variable: set(range(len(read.keys))) for read in targets(loop.body)}
    for read in [*targets(loop.body), *reads(loop.body)]:
        if read.variable in assigned:
            assigned[read.variable] &= _own(loop, read)
    return {name: [min(left)] for name, left in assigned.items()} if all(assigned.values()) else None


def possible_keys(loop: ir.Loop) -> dict[str, list[int]] | None:
    """For each variable that a loop assigns, which of its keys may be the loop's own variable.

    None where some assignment has no such key: there, every iteration may write one and the same place.
    """
    found: dict[str, set[int]] = {}
    for target in targets(loop.body):
        own = _own(loop, target)
        if not own:
            return None
        found.setdefault(target.variable, set()).add(min(own))
    return {name: sorted(positions) for name, positions in found.items()}


def _own(loop: ir.Loop, read: ir.Read) -> set[int]:
    return {i for i, key in enumerate(read.keys) if isinstance(key, ir.Local) and key.name == loop.name}


def has_loop(statements: tuple[ir.Statement, ...]) -> bool:
    """Whether there is a loop among statements, at any depth."""
    return any(
        isinstance(statement, ir.Loop) or any(has_loop(block) for block in _blocks(statement))
        for statement in statements
    )


def targets(statements: tuple[ir.Statement, ...]) -> Iterator[ir.Read]:
    """The places that statements assign to."""
    for statement in statements:
        if isinstance(statement, ir.Assign):
            yield statement.target
        for block in _blocks(statement):
            yield from targets(block)


def reads(statements: tuple[ir.Statement, ...]) -> Iterator[ir.Read]:
    """The places that statements read."""
    for statement in statements:
        for expression in _expressions(statement):
            yield from places_in(expression)
        for block in _blocks(statement):
            yield from reads(block)


def _blocks(statement: ir.Statement) -> tuple[tuple[ir.Statement, ...], ...]:
    if isinstance(statement, ir.Branch):
        return statement.then, statement.otherwise
    return (statement.body,) if isinstance(statement, ir.Loop) else ()


def _expressions(statement: ir.Statement) -> Iterator[ir.Expr]:
    if isinstance(statement, ir.Assign):
        yield from (*statement.target.keys, statement.value)
    elif isinstance(statement, ir.Define):
        yield statement.value
    elif isinstance(statement, ir.Require | ir.Branch):
        yield statement.condition
    elif isinstance(statement, ir.Loop) and isinstance(statement.domain, ir.Span):
        yield from (statement.domain.low, statement.domain.high)


def places_in(expression: Any) -> Iterator[ir.Read]:
    """The places that an expression reads."""
    if isinstance(expression, ir.Read):
        yield expression
    if isinstance(expression, ir.Expr | ir.Span):
        for part in vars(expression).values():
            yield from places_in(part)
    elif isinstance(expression, tuple):
        for part in expression:
            yield from places_in(part)


def free_names(expression: Any) -> set[str]:
    """The names that an expression reads and does not itself bind."""
    if isinstance(expression, ir.Local):
        return {expression.name}
    if isinstance(expression, ir.Let):
        return free_names(expression.value) | free_names(expression.body) - {expression.name}
    if isinstance(expression, ir.Fold):
        found = free_names((expression.where, expression.body))
        for name, domain in reversed(expression.variables):
            found = found - {name} | free_names(domain)
        return found
    if isinstance(expression, ir.Expr | ir.Span):
        return free_names(tuple(vars(expression).values()))
    return set().union(*map(free_names, expression)) if isinstance(expression, tuple) else set()
