"""Calls in expressions: the language's own functions, records, elements of sorts, and helpers, which are inlined."""

from __future__ import annotations

import ast
import dataclasses
import enum
from collections.abc import Callable
from types import FunctionType
from typing import Any

from checker import ir
from checker.reading import kinds
from checker.reading.arguments import Arguments, helper_arguments, result_of
from checker.reading.bind import bind_all
from checker.reading.errors import meant
from checker.reading.expressions import condition, expression, joined, reads, typed
from checker.reading.kinds import BOOL, INT, same, shown
from checker.reading.scope import MISSING, Meaning, Scope, Step, Vocabulary, Whole
from checker.reading.sources import definition, doc, function_place
from model import language

CALLS = "calls are: min, max, all, any, sum, a record class, a sort with a number, a helper function of the model"
HELPER = (
    "a helper is: local definitions, `if` blocks that return, loops that may `return True` or `return False`, "
    "and a last `return`; for the rest use all/any/sum"
)


def called(node: ast.Call, scope: Scope) -> Any:
    """The Python object a call calls.  Raises `ModelError` where the name resolves to nothing."""
    found = scope.python(node.func)
    if found is MISSING:
        if isinstance(node.func, ast.Name) and node.func.id not in scope.names:
            scope.lookup(node.func)
        raise scope.error(node, f"`{ast.unparse(node.func)}` cannot be called", CALLS)
    return found


@reads(ast.Call)
def _call(node: ast.Call, scope: Scope) -> Meaning:
    found = called(node, scope)
    if found in (min, max):
        return _extreme(node, "min" if found is min else "max", scope)
    if found in (all, any, sum):
        return _fold(node, found.__name__, scope)
    if isinstance(found, type) and issubclass(found, language.Sort):
        return _element(node, found, scope)
    if kinds.is_record(found):
        return _record(node, found, scope)
    if found is language.require:
        raise scope.error(node, "`require` is a statement, not a value", "write it on a line of its own")
    if found is range:
        raise scope.error(node, "`range` is only a domain", "use it after `in`: for i in range(a, b)")
    if isinstance(found, FunctionType):
        return _helper(node, found, scope)
    if isinstance(found, type) and issubclass(found, enum.Enum):
        raise scope.error(node, f"`{ast.unparse(node)}` calls an enumeration", f"name a member: {found.__name__}.NAME")
    raise scope.error(node, f"`{ast.unparse(node.func)}` is not in the language", CALLS)


def _extreme(node: ast.Call, operator: str, scope: Scope) -> ir.Expr:
    if len(node.args) < 2 or node.keywords:
        hint = f"write {operator}(a, b); over a domain, say it with all/any"
        raise scope.error(node, f"`{operator}` takes two or more values", hint)
    return ir.Apply(INT, scope.at(node), operator, tuple(typed(part, scope, INT) for part in node.args))


def _fold(node: ast.Call, operator: str, scope: Scope) -> ir.Expr:
    if len(node.args) != 1 or node.keywords or not isinstance(node.args[0], ast.GeneratorExp):
        hint = f"write {operator}(... for x in Domain if ...)"
        raise scope.error(node, f"`{operator}` takes one generator", hint)
    made = node.args[0]
    return _generated(node, operator, made.elt, made.generators, scope.inner())


def _generated(node: ast.Call, operator: str, body: ast.expr, parts: list[ast.comprehension], scope: Scope) -> ir.Expr:
    """One fold for the `for`s up to the first `if`, another inside it for what follows: as Python evaluates them."""
    variables: list[tuple[str, ir.Domain]] = []
    where: list[ir.Expr] = []
    while parts and not where:
        part, *parts = parts
        if part.is_async or not isinstance(part.target, ast.Name):
            raise scope.error(part.target, "a quantifier has one name a `for`", "write: for x in X for y in Y")
        variables.append(loop_variable(part.target, part.iter, scope))
        where = [condition(test, scope) for test in part.ifs]
    expected = INT if operator == "sum" else BOOL
    hint = "count with sum(1 for ... if ...)" if operator == "sum" else ""
    what = f"what `{operator}` runs over, `{ast.unparse(body)}`,"
    inner = _generated(node, operator, body, parts, scope) if parts else typed(body, scope, expected, what, hint)
    at = scope.at(node)
    guard = None if not where else where[0] if len(where) == 1 else ir.Apply(BOOL, at, "and", tuple(where))
    return ir.Fold(expected, at, operator, tuple(variables), guard, inner)


def loop_variable(target: ast.Name, domain: ast.expr, scope: Scope) -> tuple[str, ir.Domain]:
    """The unique name and the domain of a loop's or quantifier's variable, which the scope knows from here on."""
    over = _domain(domain, scope)
    if target.id in scope.names:
        hint = "choose another name: a name has one meaning in a function"
        raise scope.error(target, f"`{target.id}` is already a name here", hint)
    name = scope.step.fresh(target.id)
    scope.names[target.id] = ir.Local(INT if isinstance(over, ir.Span) else over, scope.at(target), name)
    return name, over


def _domain(node: ast.expr, scope: Scope) -> ir.Domain:
    found = scope.python(node) if isinstance(node, ast.Name | ast.Attribute) else MISSING
    if isinstance(found, type) and issubclass(found, language.Sort | enum.Enum):
        return kinds.scalar_of(found, scope.at(node), f"`{found.__name__}`", scope.vocabulary.bounds)
    if isinstance(node, ast.Call):
        function = called(node, scope)
        if function is range:
            return ir.Span(_range_end(node, scope, 0), _range_end(node, scope, 1))
        if isinstance(function, FunctionType) and result_of(function, scope.at(node)) is range:
            low, high = (_range_helper(node, function, scope, end) for end in (0, 1))
            return ir.Span(low, high, call=low.call)
    if isinstance(node, ast.Name) and found is MISSING:
        scope.lookup(node)
    hint = "domains are: a Sort class, an Enum class, range(a, b), a helper that returns a range"
    if isinstance(node, ast.Tuple | ast.List | ast.Set) or isinstance(found, tuple | list | set | frozenset):
        hint += f"; of some values only: for x in Domain, and `if x in {ast.unparse(node)}`"
    raise scope.error(node, f"`{ast.unparse(node)}` is no domain", hint)


def _range_end(node: ast.Call, scope: Scope, end: int) -> ir.Expr:
    if not 1 <= len(node.args) <= 2 or node.keywords:
        raise scope.error(
            node, f"`{ast.unparse(node)}`: a range has a start and an end", "write range(a, b) or range(b)"
        )
    if len(node.args) == 1:
        return typed(node.args[0], scope, INT) if end else ir.Literal(INT, scope.at(node), 0)
    return typed(node.args[end], scope, INT)


def _range_helper(node: ast.Call, function: FunctionType, scope: Scope, end: int) -> ir.Expr:
    def finish(value: ast.expr, inner: Scope) -> ir.Expr:
        if not isinstance(value, ast.Call) or called(value, inner) is not range:
            raise inner.error(
                value, f"`{function.__name__}` must return range(a, b)", "the range is written in its `return`"
            )
        return _range_end(value, inner, end)

    return _inlined(node, function, scope, finish)


def _element(node: ast.Call, sort: type[language.Sort], scope: Scope) -> ir.Expr:
    value = node.args[0] if len(node.args) == 1 and not node.keywords else None
    if not isinstance(value, ast.Constant) or type(value.value) is not int or value.value < 0:
        hint = (
            f"an element is written {sort.__name__}(0), with a number; for things in an order, such as a ring, "
            "use Annotated[int, Range(0, 2)] in place of a sort"
        )
        raise scope.error(node, f"`{ast.unparse(node)}` is no element of a sort", hint)
    kind = kinds.scalar_of(sort, scope.at(node), f"`{sort.__name__}`", scope.vocabulary.bounds)
    if isinstance(sort.size, int) and value.value >= sort.size:
        raise scope.error(node, f"`{sort.__name__}` has {sort.size} elements", "they are numbered from 0")
    return ir.Literal(kind, scope.at(node), value.value)


def _record(node: ast.Call, cls: Any, scope: Scope) -> ir.Expr:
    at = scope.at(node)
    kind = kinds.type_of(cls, at, f"`{cls.__name__}`", scope.vocabulary.bounds)
    assert isinstance(kind, ir.RecordType)
    fields = dict(kind.fields)
    given: dict[str, ast.expr] = {}
    if len(node.args) > len(fields):
        raise scope.error(node, f"`{cls.__name__}` has {len(fields)} fields, got {len(node.args)}")
    named = [*zip(fields, node.args, strict=False), *((k.arg or "**", k.value) for k in node.keywords)]
    for name, value in named:
        if name not in fields:
            raise scope.error(value, f"`{cls.__name__}` has no field `{name}`", meant(name, fields, "fields"))
        if name in given:
            raise scope.error(value, f"`{cls.__name__}` is given `{name}` twice", "give each field once")
        given[name] = value
    values = []
    for name, wanted in kind.fields:
        if name in given:
            values.append(typed(given[name], scope, wanted, f"the field `{name}` of `{cls.__name__}`"))
        else:
            values.append(_default(node, cls, name, scope))
    return ir.Make(kind, at, tuple(values))


def _default(node: ast.Call, cls: Any, name: str, scope: Scope) -> ir.Expr:
    value = next(field.default for field in dataclasses.fields(cls) if field.name == name)
    made = kinds.constant(value, scope.at(node))
    if made is None:
        hint = f"give it a value here, or a default in `{cls.__name__}`"
        raise scope.error(node, f"`{cls.__name__}` needs the field `{name}`", hint)
    return made


def _helper(node: ast.Call, function: FunctionType, scope: Scope) -> ir.Expr:
    at = scope.at(node)
    annotation = result_of(function, at)
    if annotation is None:
        hint = "a helper that returns None is a procedure: call it on a line of its own"
        raise scope.error(node, f"`{function.__name__}` returns nothing", hint)
    if annotation is range:
        raise scope.error(node, f"`{function.__name__}` returns a range, which is only a domain", "use it after `in`")
    what = f"the result of `{function.__name__}`"
    wanted = kinds.loose_type_of(annotation, at, what, scope.vocabulary.bounds)

    def finish(value: ast.expr, inner: Scope) -> ir.Expr:
        return typed(value, inner, wanted, f"{what}, `{ast.unparse(value)}`,")

    return _inlined(node, function, scope, finish)


Finish = Callable[[ast.expr, Scope], ir.Expr]


def _inlined(node: ast.Call, function: FunctionType, scope: Scope, finish: Finish) -> ir.Expr:
    """The body of a helper with its arguments bound; `finish` reads what it returns."""
    made: Arguments = helper_arguments(node, function, scope)

    def body(values: list[ir.Expr]) -> ir.Expr:
        inner = made.scope.inner()
        inner.names.update(zip(made.values, values, strict=True))
        return _block(definition(function).body, inner, finish)

    inlined = bind_all(list(made.values.items()), scope.step, body)
    return dataclasses.replace(inlined, call=ir.Call(function, tuple(made.values.items())))


def _block(statements: list[ast.stmt], scope: Scope, finish: Finish) -> ir.Expr:
    """What a block of a helper returns, as an expression."""
    if not statements:
        node = definition(scope.function)
        raise scope.error(node, f"`{scope.function.__name__}` may end without `return`", HELPER)
    first, *rest = statements
    if isinstance(first, ast.AnnAssign):
        first = unannotated(first) or first
    if isinstance(first, ast.Return) and first.value is not None:
        return finish(first.value, scope)
    if isinstance(first, ast.If):
        return _branches(first, rest, scope, finish)
    if isinstance(first, ast.For) and isinstance(first.target, ast.Name) and not first.orelse:
        return _search(first, first.target, rest, scope, finish)
    if isinstance(first, ast.Assign) and len(first.targets) == 1 and isinstance(first.targets[0], ast.Name):
        return _local(first, first.targets[0], rest, scope, finish)
    if isinstance(first, ast.Pass) or (isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)):
        return _block(rest, scope, finish)
    text = ast.unparse(first).splitlines()[0]
    raise scope.error(first, f"`{text}` cannot stand in a helper that returns a value", HELPER)


def _branches(node: ast.If, rest: list[ast.stmt], scope: Scope, finish: Finish) -> ir.Expr:
    test = condition(node.test, scope)
    then = _block(node.body if _returns(node.body) else [*node.body, *rest], scope.inner(), finish)
    other = _block(node.orelse if _returns(node.orelse) else [*node.orelse, *rest], scope.inner(), finish)
    if not same(then.type, other.type):
        raise scope.error(node, f"`{scope.function.__name__}` returns {shown(then.type)} or {shown(other.type)}")
    return ir.If(joined(then.type, other.type), scope.at(node), test, then, other)


def _search(node: ast.For, target: ast.Name, rest: list[ast.stmt], scope: Scope, finish: Finish) -> ir.Expr:
    """A loop that returns True, or False, from some round on: whether any round does, else what follows."""
    inner = scope.inner()
    variable = loop_variable(target, node.iter, inner)
    ends: list[ast.Constant] = []

    def ended(value: ast.expr, at: Scope) -> ir.Expr:
        if value is through:
            return ir.Literal(BOOL, scope.at(node), 0)
        if not isinstance(value, ast.Constant) or not isinstance(value.value, bool):
            raise at.error(value, f"`return {ast.unparse(value)}` stands in a loop", HELPER)
        ends.append(value)
        return ir.Literal(BOOL, scope.at(node), 1)

    through = ast.copy_location(ast.Constant(False), node)
    body = _block([*node.body, ast.copy_location(ast.Return(through), node)], inner, ended)
    if len({end.value for end in ends}) != 1:
        hint = "write what is looked for with all/any"
        raise scope.error(node, f"`{ast.unparse(node).splitlines()[0]}` returns both True and False, or never", hint)
    found = ir.Fold(BOOL, scope.at(node), "any", (variable,), None, body)
    then = finish(ends[0], scope)
    other = _block(rest, scope.inner(), finish)
    if not same(then.type, other.type):
        raise scope.error(node, f"`{scope.function.__name__}` returns {shown(then.type)} or {shown(other.type)}")
    return ir.If(then.type, scope.at(node), found, then, other)


def unannotated(node: ast.AnnAssign) -> ast.Assign | None:
    """A definition of a local name without its type; None for what defines none."""
    if node.value is None or not isinstance(node.target, ast.Name):
        return None
    return ast.copy_location(ast.Assign([node.target], node.value), node)


def _returns(block: list[ast.stmt]) -> bool:
    """Whether every way through a block ends in a `return`."""
    if not block:
        return False
    last = block[-1]
    if isinstance(last, ast.If):
        return any(_returns([s]) for s in block[:-1]) or (_returns(last.body) and _returns(last.orelse))
    return isinstance(last, ast.Return)


def _local(node: ast.Assign, target: ast.Name, rest: list[ast.stmt], scope: Scope, finish: Finish) -> ir.Expr:
    new_name(target, scope)
    value = expression(node.value, scope)
    if isinstance(value.type, ir.RecordType):

        def record(bound: list[ir.Expr]) -> ir.Expr:
            inner = scope.inner()
            inner.names[target.id] = bound[0]
            return _block(rest, inner, finish)

        return bind_all([(target.id, value)], scope.step, record)
    name = scope.step.fresh(target.id)
    inner = scope.inner()
    inner.names[target.id] = ir.Local(value.type, scope.at(node), name)
    body = _block(rest, inner, finish)
    return ir.Let(body.type, scope.at(node), name, value, body)


def new_name(target: ast.Name, scope: Scope) -> None:
    """Raises `ModelError` where a name already has a value: locals get one value and keep it."""
    if target.id in scope.names:
        hint = "a local name gets one value: choose another name, or write `a if condition else b`"
        raise scope.error(target, f"`{target.id}` already has a value", hint)


def helper(function: FunctionType, words: Vocabulary) -> ir.Helper | None:
    """A helper by itself, its parameters left open; None for one that takes a record, whose fields are what it takes.

    Raises `ModelError` for one that is not in the language.
    """
    at, annotations = function_place(function), kinds.hints(function)
    described = definition(function).args
    scope = Scope(function, words, Step())
    parameters: list[tuple[str, ir.Type]] = []
    for name in (a.arg for a in (*described.posonlyargs, *described.args, *described.kwonlyargs)):
        what = next((w for w in ("state", "settings", "bounds") if words.takes(w, annotations[name])), None)
        if what is not None:
            scope.names[name] = Whole(what)
            continue
        kind = kinds.loose_type_of(annotations[name], at, f"`{name}`", words.bounds)
        if isinstance(kind, ir.RecordType):
            return None
        parameters.append((name, kind))
        scope.names[name] = ir.Local(kind, at, scope.step.fresh(name))
    annotation = result_of(function, at)

    def end(number: int) -> ir.Expr:
        def finish(value: ast.expr, inner: Scope) -> ir.Expr:
            assert isinstance(value, ast.Call), "its calls were read before, so it returns a range"
            return _range_end(value, inner, number)

        return _block(definition(function).body, scope.inner(), finish)

    if annotation is range:
        body: ir.Expr | ir.Span = ir.Span(end(0), end(1))
    else:
        body = _block(definition(function).body, scope, expression)
    return ir.Helper(function.__name__, doc(function), tuple(parameters), body)


def returned(scope: Scope) -> ir.Expr:
    """What a property returns: the body of its function as one expression of type bool."""
    what = f"what `{scope.function.__name__}` returns"

    def finish(value: ast.expr, inner: Scope) -> ir.Expr:
        return typed(value, inner, BOOL, f"{what}, `{ast.unparse(value)}`,")

    return _block(definition(scope.function).body, scope, finish)
