"""The guards of a model, one by one: every conjunct of every `require`, and the action without it.

`require(a and b)` is two guards, and so is `require(f(s))` where the helper f returns a conjunction: what was written
as one condition each can be taken away alone.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from types import FunctionType
from typing import Any, TypeGuard

from checker import ir
from checker.reading.sources import definition, function_place, place


@dataclass(frozen=True)
class Guard:
    """One conjunct of a `require` of an action: where it stands, and its text there."""

    action: str
    at: ir.Place
    text: str


@dataclass(frozen=True)
class Without:
    """A guard, the action that is left without it, and what is taken away: the condition, and those it stands under."""

    guard: Guard
    step: ir.Step
    condition: ir.Expr
    under: tuple[ir.Expr, ...]


def ablations(step: ir.Step) -> Iterator[Without]:
    """Every guard of an action, in the order of the source, with what is left of the action."""
    for statement, conjunct, body in _in_block(step.body):
        text, at = _authored(step, statement)[conjunct]
        condition = _conjuncts(statement.condition)[conjunct]
        left = dataclasses.replace(step, body=body)
        yield Without(Guard(step.name, at, text), left, condition, _under(step.body, statement) or ())


# --- taking one away ----------------------------------------------------------------------------------------

Left = tuple[ir.Require, int, tuple[ir.Statement, ...]]
"""A `require`, the number of one of its conjuncts, and the statements without that one."""


def _in_block(block: tuple[ir.Statement, ...]) -> Iterator[Left]:
    for index, statement in enumerate(block):
        for required, conjunct, left in _in_statement(statement):
            yield required, conjunct, (*block[:index], *left, *block[index + 1 :])


def _in_statement(statement: ir.Statement) -> Iterator[Left]:
    if isinstance(statement, ir.Require):
        for conjunct, rest in enumerate(_rests(statement.condition)):
            kept = [] if rest is None else [dataclasses.replace(statement, condition=rest)]
            yield statement, conjunct, tuple(kept)
    elif isinstance(statement, ir.Branch):
        for required, conjunct, left in _in_block(statement.then):
            yield required, conjunct, (dataclasses.replace(statement, then=left),)
        for required, conjunct, left in _in_block(statement.otherwise):
            yield required, conjunct, (dataclasses.replace(statement, otherwise=left),)
    elif isinstance(statement, ir.Loop):
        for required, conjunct, left in _in_block(statement.body):
            yield required, conjunct, (dataclasses.replace(statement, body=left),)


def _rests(condition: ir.Expr) -> Iterator[ir.Expr | None]:
    """A condition without each of its conjuncts in turn; None where nothing is left."""
    if isinstance(condition, ir.Let):
        for rest in _rests(condition.body):
            yield None if rest is None else dataclasses.replace(condition, body=rest)
    elif _is_conjunction(condition):
        parts = condition.arguments
        for index, part in enumerate(parts):
            for rest in _rests(part):
                kept = (*parts[:index], *(() if rest is None else (rest,)), *parts[index + 1 :])
                yield kept[0] if len(kept) == 1 else dataclasses.replace(condition, arguments=kept)
    else:
        yield None


def _under(block: tuple[ir.Statement, ...], wanted: ir.Statement) -> tuple[ir.Expr, ...] | None:
    """The conditions of the branches around a statement; None where it is not in the block."""
    for statement in block:
        if statement is wanted:
            return ()
        if isinstance(statement, ir.Branch):
            for inner in (statement.then, statement.otherwise):
                above = _under(inner, wanted)
                if above is not None:
                    return (statement.condition, *above)
        if isinstance(statement, ir.Loop):
            above = _under(statement.body, wanted)
            if above is not None:
                return above
    return None


def _conjuncts(condition: ir.Expr) -> list[ir.Expr]:
    """The conjuncts of a condition, in the order of `_rests`."""
    if isinstance(condition, ir.Let):
        return _conjuncts(condition.body)
    if _is_conjunction(condition):
        return [inner for part in condition.arguments for inner in _conjuncts(part)]
    return [condition]


def _is_conjunction(condition: ir.Expr) -> TypeGuard[ir.Apply]:
    return isinstance(condition, ir.Apply) and condition.operator == "and"


# --- what was written ---------------------------------------------------------------------------------------

Written = tuple[str, ir.Place]


def _authored(step: ir.Step, statement: ir.Require) -> list[Written]:
    """The text and place of each conjunct of a `require`, in the order of `_rests`."""
    node = _argument(step.python, statement.at)
    return list(_texts(node, statement.condition, step.python.__globals__, statement.at))


def _argument(function: FunctionType, at: ir.Place) -> ast.expr | None:
    """What is required at a place, if the action itself says it there and no procedure that it calls."""
    if function_place(function).file != at.file:
        return None
    for node in ast.walk(definition(function)):
        if isinstance(node, ast.Expr) and node.lineno == at.line and isinstance(node.value, ast.Call):
            return node.value.args[0] if node.value.args else None
    return None


def _texts(node: ast.expr | None, condition: ir.Expr, names: dict[str, Any], at: ir.Place) -> Iterator[Written]:
    """Walks a condition as it was written beside the form it was read into, where helpers are inlined."""
    if isinstance(condition, ir.Let):
        yield from _texts(node, condition.body, names, at)
    elif not _is_conjunction(condition):
        yield _text(node, condition, at)
    elif isinstance(node, ast.BoolOp) and len(node.values) == len(condition.arguments):
        for written, part in zip(node.values, condition.arguments, strict=True):
            yield from _texts(written, part, names, at)
    else:
        helper = names.get(node.func.id) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None
        if isinstance(helper, FunctionType):
            yield from _texts(_returned(helper), condition, helper.__globals__, function_place(helper))
        else:
            for part in condition.arguments:
                yield from _texts(None, part, names, part.at)


def _text(node: ast.expr | None, condition: ir.Expr, at: ir.Place) -> Written:
    if node is None:
        return condition.at.text.strip(), condition.at
    return ast.unparse(node), place(at.file, node.lineno)


def _returned(helper: FunctionType) -> ast.expr | None:
    last = definition(helper).body[-1]
    return last.value if isinstance(last, ast.Return) else None
