"""The arguments of a helper's call, matched with its parameters and checked against their types."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from checker import ir
from checker.reading import kinds
from checker.reading.errors import ModelError, meant, must
from checker.reading.expressions import meaning
from checker.reading.kinds import same, shown
from checker.reading.scope import Meaning, Scope, Whole
from checker.reading.sources import definition, function_place

MOST_INLINED = 10_000
"""Calls of helpers in one action or property: two in each helper and twenty helpers deep would be a million."""


@dataclass(frozen=True)
class Arguments:
    """A scope for a helper's body, which knows the state, settings and bounds; the other arguments by name."""

    scope: Scope
    values: dict[str, ir.Expr]


def result_of(function: FunctionType, at: ir.Place) -> Any:
    """The annotation of what a function returns.  Raises `ModelError` where there is none, and for an action."""
    kind = getattr(function, "__model_kind__", None)
    if kind in ("action", "initial"):
        hint = "put what they share into a procedure: a helper that is annotated -> None"
        raise ModelError(f"`{function.__name__}` is an {kind}, which nothing calls", at, hint)
    found = kinds.hints(function)
    if "return" not in found:
        if kind is not None:
            return bool
        hint = "write `-> bool`, another type, or `-> None` for a procedure"
        raise ModelError(f"`{function.__name__}` says not what it returns", function_place(function), hint)
    return None if found["return"] is type(None) else found["return"]


def helper_arguments(node: ast.Call, function: FunctionType, scope: Scope) -> Arguments:
    """Matches a call with the helper's parameters.  Raises `ModelError` for wrong ones, and for recursion."""
    if function in scope.calls or function is scope.function:
        chain = " -> ".join(f.__name__ for f in (*scope.calls, function))
        hint = "helpers are inlined: say it with all/any/sum over a domain"
        raise scope.error(node, f"`{function.__name__}` calls itself ({chain})", hint)
    scope.step.inlined += 1
    if scope.step.inlined > MOST_INLINED:
        hint = "each call is inlined: call a helper once and give what it returns a name"
        raise scope.error(node, f"helpers that call helpers come to more than {MOST_INLINED:,} calls", hint)
    given = _matched(node, function, scope)
    inner = Scope(function, scope.vocabulary, scope.step, {}, (*(scope.calls or (scope.function,)), function))
    annotations = kinds.hints(function)
    values: dict[str, ir.Expr] = {}
    for name, (value, where) in given.items():
        found = _checked(name, value, where, function, annotations.get(name), scope)
        if isinstance(found, Whole):
            inner.names[name] = found
        else:
            values[name] = found
    return Arguments(inner, values)


def _matched(node: ast.Call, function: FunctionType, scope: Scope) -> dict[str, tuple[Meaning, ast.expr]]:
    """The meaning of each parameter, in the order in which Python evaluates the arguments, defaults last."""
    described = definition(function).args
    positional = [a.arg for a in (*described.posonlyargs, *described.args)]
    names = [*positional, *(a.arg for a in described.kwonlyargs)]
    if described.vararg or described.kwarg:
        raise ModelError(f"`{function.__name__}` takes * or **", function_place(function), "name its parameters")
    if len(node.args) > len(positional):
        raise scope.error(node, f"`{function.__name__}` takes {len(positional)} arguments, got {len(node.args)}")
    given: dict[str, tuple[Meaning, ast.expr]] = {}
    for name, value in [*zip(positional, node.args, strict=False), *((k.arg or "**", k.value) for k in node.keywords)]:
        if name not in names:
            hint = meant(name, names, "parameters")
            raise scope.error(node, f"`{function.__name__}` has no parameter `{name}`", hint)
        if name in given:
            raise scope.error(node, f"`{function.__name__}` is given `{name}` twice", "give each argument once")
        given[name] = (meaning(value, scope), value)
    defaults = dict(zip(reversed(positional), reversed(described.defaults), strict=False))
    defaults |= {a.arg: d for a, d in zip(described.kwonlyargs, described.kw_defaults, strict=True) if d is not None}
    outside = Scope(function, scope.vocabulary, scope.step)
    for name in names:
        if name not in given:
            if name not in defaults:
                raise scope.error(node, f"`{function.__name__}` needs `{name}`", f"its parameters: {', '.join(names)}")
            given[name] = (meaning(defaults[name], outside), defaults[name])
    return given


def _checked(
    name: str, value: Meaning, node: ast.expr, function: FunctionType, annotation: Any, scope: Scope
) -> Meaning:
    what = f"`{name}` of `{function.__name__}`"
    if annotation is None:
        raise ModelError(f"{what} has no type", function_place(function), f"annotate it: {kinds.SCALARS}, a record")
    words = scope.vocabulary
    wanted = next((word for word in ("state", "settings", "bounds") if words.takes(word, annotation)), None)
    if wanted is not None:
        if not isinstance(value, Whole) or value.what != wanted:
            got = value if isinstance(value, Whole) else shown(value.type)
            raise must(what, f"the {wanted}", got, scope.at(node))
        return value
    kind = kinds.loose_type_of(annotation, function_place(function), what, words.bounds)
    if isinstance(value, Whole):
        raise must(what, shown(kind), value, scope.at(node), "pass the state, and read it in the helper")
    if not same(kind, value.type):
        raise must(what, shown(kind), shown(value.type), scope.at(node))
    return value
