"""Statements: bodies of actions, initial states and the procedures they call."""

from __future__ import annotations

import ast
from collections.abc import Callable
from types import FunctionType
from typing import Any

from checker import ir
from checker.reading.arguments import helper_arguments, result_of
from checker.reading.bind import is_plain
from checker.reading.calls import CALLS, called, loop_variable, new_name, unannotated
from checker.reading.errors import must
from checker.reading.expressions import condition, expression, meaning, typed
from checker.reading.kinds import INT, same, shown
from checker.reading.scope import Scope, Whole
from checker.reading.sources import definition
from model import language

STATEMENTS = (
    "statements are: require(...), s.variable[key] = ..., += and -=, name = ..., if/elif/else, for x in Domain, "
    "pass, a call of a procedure (a helper annotated -> None)"
)


def block(statements: list[ast.stmt], scope: Scope) -> tuple[ir.Statement, ...]:
    """A block of statements, in order.  What it names, the scope knows afterwards."""
    made: list[ir.Statement] = []
    for statement in statements:
        reader = _readers.get(type(statement))
        if reader is None:
            text = ast.unparse(statement).splitlines()[0]
            raise scope.error(statement, f"`{text}` is not in the language", _instead(statement))
        made += reader(statement, scope)
    return tuple(made)


def _instead(node: ast.stmt) -> str:
    special = {
        ast.Return: "an action returns nothing: `return` belongs to helpers and properties; guard with if/else",
        ast.Assert: "write require(...) for a guard; a property for what must hold",
        ast.While: "write `for x in Domain`: loops run over a sort, an enumeration or a range",
        ast.AnnAssign: "a local name gets its value where it stands: name = value; a place of the state has its type",
    }
    return special.get(type(node), STATEMENTS)


def _pass(node: ast.Pass, scope: Scope) -> list[ir.Statement]:
    return []


def _expression(node: ast.Expr, scope: Scope) -> list[ir.Statement]:
    value = node.value
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return []
    if not isinstance(value, ast.Call):
        raise scope.error(node, f"`{ast.unparse(node)}` does nothing", "write require(...) for a guard")
    found = called(value, scope)
    if found is language.require:
        if len(value.args) != 1 or value.keywords:
            raise scope.error(node, "`require` takes one condition", "write require(a and b), or two of them")
        return [ir.Require(scope.at(node), condition(value.args[0], scope))]
    if not isinstance(found, FunctionType):
        raise scope.error(node, f"`{ast.unparse(node)}` does nothing", CALLS)
    if result_of(found, scope.at(node)) is not None:
        hint = "only a procedure (a helper annotated -> None) stands on a line of its own"
        raise scope.error(node, f"`{ast.unparse(node)}` returns a value that nothing uses", hint)
    return _procedure(value, found, scope)


def _procedure(node: ast.Call, function: FunctionType, scope: Scope) -> list[ir.Statement]:
    """The statements of a procedure, after definitions of those arguments that a later assignment could change."""
    made = helper_arguments(node, function, scope)
    before: list[ir.Statement] = []
    for name, value in made.values.items():
        bound, defined = _held(name, value, scope)
        made.scope.names[name] = bound
        before += defined
    body = block(definition(function).body, made.scope)
    return [*before, *body]


def _held(name: str, value: ir.Expr, scope: Scope) -> tuple[ir.Expr, list[ir.Statement]]:
    """A value as it is now: the definitions that hold it, and what to use instead of it.  A place stays a place."""
    if isinstance(value.type, ir.RecordType):
        parts = _parts(value)
        if parts is None:
            hint = "pass a place, s.variable[key], or a record made here"
            raise scope.error(definition(scope.function), f"`{name}` is a record that is chosen or computed", hint)
        held = [_held(f"{name}_{word}", part, scope) for word, part in parts]
        values = tuple(v for v, _ in held)
        defined = [statement for _, more in held for statement in more]
        if isinstance(value, ir.Read):
            place = ir.Read(value.type, value.at, value.variable, values, None)
            scope.step.records.append(place)
            return place, defined
        return ir.Make(value.type, value.at, values), defined
    if is_plain(value):
        return value, []
    made = scope.step.fresh(name)
    return ir.Local(value.type, value.at, made), [ir.Define(value.at, made, value)]


def _parts(value: ir.Expr) -> list[tuple[str, ir.Expr]] | None:
    if isinstance(value, ir.Read):
        return [("key", key) for key in value.keys]
    if isinstance(value, ir.Make) and isinstance(value.type, ir.RecordType):
        return [(field, part) for (field, _), part in zip(value.type.fields, value.values, strict=True)]
    return None


def _assign(node: ast.Assign, scope: Scope) -> list[ir.Statement]:
    target = node.targets[0]
    if len(node.targets) > 1 or not isinstance(target, ast.Name | ast.Attribute | ast.Subscript):
        raise scope.error(node, f"`{ast.unparse(node)}` assigns to several places", "write one assignment a line")
    if isinstance(target, ast.Name):
        return _define(node, target, scope)
    place = _place(target, scope)
    value = expression(node.value, scope)
    _must_fit(node, place, value, scope)
    _assigned(node, place, scope)
    return [ir.Assign(scope.at(node), place, value)]


def _define(node: ast.Assign, target: ast.Name, scope: Scope) -> list[ir.Statement]:
    new_name(target, scope)
    value = expression(node.value, scope)
    if isinstance(value.type, ir.RecordType):
        bound, defined = _held(target.id, value, scope)
        scope.names[target.id] = bound
        return defined
    made = scope.step.fresh(target.id)
    scope.names[target.id] = ir.Local(value.type, scope.at(node), made)
    return [ir.Define(scope.at(node), made, value)]


def _annotated(node: ast.AnnAssign, scope: Scope) -> list[ir.Statement]:
    """A local name with a type for type checkers: it is read as one without, as Python runs it."""
    plain = unannotated(node)
    if plain is None:
        raise scope.error(node, f"`{ast.unparse(node)}` is not in the language", _instead(node))
    return _assign(plain, scope)


def _augmented(node: ast.AugAssign, scope: Scope) -> list[ir.Statement]:
    if not isinstance(node.op, ast.Add | ast.Sub):
        raise scope.error(node, f"`{ast.unparse(node)}`: only += and -= are in the language", STATEMENTS)
    if isinstance(node.target, ast.Name):
        hint = "a local name gets one value: choose another name"
        raise scope.error(node, f"`{node.target.id}` already has a value", hint)
    place = _place(node.target, scope)
    text = ast.unparse(node.target)
    if not same(INT, place.type):
        raise must(f"`{text}`", "int", shown(place.type), scope.at(node), "+= and -= are for integers")
    _assigned(node, place, scope)
    by = typed(node.value, scope, INT)
    operator = "+" if isinstance(node.op, ast.Add) else "-"
    return [ir.Assign(scope.at(node), place, ir.Apply(INT, scope.at(node), operator, (place, by)))]


def _place(target: ast.expr, scope: Scope) -> ir.Read:
    """The place of the state an assignment goes to.  Raises `ModelError` for all else."""
    root = target
    while isinstance(root, ast.Attribute | ast.Subscript):
        root = root.value
    text = ast.unparse(target)
    if isinstance(root, ast.Name) and isinstance(scope.names.get(root.id), ir.Expr):
        hint = "assign to the place itself: s.variable[key].field = ..."
        raise scope.error(target, f"`{text}` assigns through a local name", hint)
    found = meaning(target, scope)
    if isinstance(found, ir.Read):
        return found
    if isinstance(found, Whole) and found.type:
        hint = "assign to its items: for k in Key: s.variable[k] = ..."
        raise scope.error(target, f"`{text}` is {found}, which is not assigned as a whole", hint)
    hint = "settings and bounds are fixed for a whole run; only variables of the state change"
    raise scope.error(target, f"`{text}` is no variable of the state", hint)


def _must_fit(node: ast.Assign, place: ir.Read, value: ir.Expr, scope: Scope) -> None:
    if not same(place.type, value.type):
        what = f"`{ast.unparse(node.value)}`, assigned to `{ast.unparse(node.targets[0])}`,"
        raise must(what, shown(place.type), shown(value.type), scope.at(node))


def _assigned(node: ast.stmt, place: ir.Read, scope: Scope) -> None:
    """Refuses a second assignment to a place on one path; notes which named records a whole one replaces."""
    text = f"s.{place.variable}"
    for earlier in scope.step.assigned:
        whole = earlier.part is None or place.part is None or earlier.part == place.part
        if earlier.variable == place.variable and earlier.keys == place.keys and whole:
            hint = "a step gives each place one value: join the assignments, or use if/else"
            raise scope.error(node, f"a place of `{text}` is assigned twice, first at line {earlier.at.line}", hint)
    if isinstance(place.type, ir.RecordType):
        scope.step.stale |= {id(named) for named in scope.step.records if named.variable == place.variable}
    scope.step.assigned.append(place)


def _branch(node: ast.If, scope: Scope) -> list[ir.Statement]:
    test = condition(node.test, scope)
    step = scope.step
    assigned, stale = list(step.assigned), set(step.stale)
    then = _inner(node.body, scope)
    after_then, stale_then, step.assigned, step.stale = step.assigned, step.stale, assigned, stale
    otherwise = _inner(node.orelse, scope)
    step.assigned = [target for target in step.assigned if target in after_then]
    step.stale |= stale_then
    return [ir.Branch(scope.at(node), test, then, otherwise)]


def _inner(statements: list[ast.stmt], scope: Scope, inner: Scope | None = None) -> tuple[ir.Statement, ...]:
    """A block whose names end with it."""
    inner = inner or scope.inner()
    made = block(statements, inner)
    scope.hidden |= inner.names.keys() - scope.names.keys()
    return made


def _loop(node: ast.For, scope: Scope) -> list[ir.Statement]:
    """A loop.  A record replaced in one round is stale in the next, so such a body is read once more."""
    if node.orelse or not isinstance(node.target, ast.Name):
        raise scope.error(node, f"`{ast.unparse(node).splitlines()[0]}`: a loop has one name, no else", STATEMENTS)
    step = scope.step
    assigned, used, stale = list(step.assigned), set(step.used), set(step.stale)
    outer = {id(named) for named in step.records}
    while True:
        inner = scope.inner()
        name, domain = loop_variable(node.target, node.iter, inner)
        body = _inner(node.body, scope, inner)
        step.assigned = assigned[:]
        if step.stale & outer <= stale:
            return [ir.Loop(scope.at(node), name, domain, body)]
        stale |= step.stale
        step.used = set(used)


_readers: dict[type[ast.stmt], Callable[[Any, Scope], list[ir.Statement]]] = {
    ast.Pass: _pass,
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.If: _branch,
    ast.For: _loop,
}
