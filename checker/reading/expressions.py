"""Expressions: from syntax trees to the intermediate form, with their types."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from checker import ir
from checker.reading import kinds
from checker.reading.bind import bind, is_total
from checker.reading.errors import ModelError, meant, must
from checker.reading.kinds import BOOL, INT, same, shown
from checker.reading.scope import MISSING, Meaning, Scope, Whole

EXPRESSIONS = (
    "expressions are: literals, names, Enum members, state reads, s.settings.x, s.bounds.x, comparisons, and/or/not, "
    "+ - * // %, `a if c else b`, min, max, all/any/sum of a generator, calls of helper functions"
)

_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}
_COMPARISON: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}

_readers: dict[type[ast.expr], Callable[[Any, Scope], Meaning]] = {}


def reads(
    kind: type[ast.expr],
) -> Callable[[Callable[[Any, Scope], Meaning]], Callable[[Any, Scope], Meaning]]:
    """Registers the reader of one kind of syntax node."""

    def register(function: Callable[[Any, Scope], Meaning]) -> Callable[[Any, Scope], Meaning]:
        _readers[kind] = function
        return function

    return register


def meaning(node: ast.expr, scope: Scope) -> Meaning:
    """What an expression stands for, which may be the state as a whole."""
    reader = _readers.get(type(node))
    if reader is None:
        raise scope.error(node, f"`{ast.unparse(node)}`: {_named(node)} is not in the language", EXPRESSIONS)
    return reader(node, scope)


def expression(node: ast.expr, scope: Scope) -> ir.Expr:
    """A value, scalar or record.  Raises `ModelError` for what is no value."""
    found = meaning(node, scope)
    if isinstance(found, Whole):
        hint = "a map is read with keys: s.variable[key]" if found.type else "read one of its attributes"
        raise scope.error(node, f"`{ast.unparse(node)}` is {found}, not a value", hint)
    return found


def typed(node: ast.expr, scope: Scope, expected: ir.Type, what: str = "", hint: str = "") -> ir.Expr:
    """A value of the type wanted.  Raises `ModelError` (must/got) for one of another type."""
    found = expression(node, scope)
    if not same(expected, found.type):
        raise must(what or f"`{ast.unparse(node)}`", shown(expected), shown(found.type), scope.at(node), hint)
    return found


def condition(node: ast.expr, scope: Scope) -> ir.Expr:
    """A value of type bool."""
    return typed(node, scope, BOOL, hint="compare it with a value: there is no truth of other types")


def _named(node: ast.expr) -> str:
    words = {
        ast.Lambda: "a lambda",
        ast.JoinedStr: "an f-string",
        ast.List: "a list",
        ast.Set: "a set",
        ast.Dict: "a dict",
        ast.Tuple: "a tuple here",
        ast.ListComp: "a list comprehension",
        ast.SetComp: "a set comprehension",
        ast.DictComp: "a dict comprehension",
        ast.GeneratorExp: "a generator outside all/any/sum",
        ast.NamedExpr: "`:=`",
        ast.Await: "await",
        ast.Yield: "yield",
        ast.Starred: "`*`",
        ast.Slice: "a slice",
    }
    return words.get(type(node), type(node).__name__)


@reads(ast.Constant)
def _constant(node: ast.Constant, scope: Scope) -> Meaning:
    made = kinds.constant(node.value, scope.at(node))
    if made is None:
        raise scope.error(
            node, f"`{ast.unparse(node)}`: a {type(node.value).__name__} is not in the language", EXPRESSIONS
        )
    return made


@reads(ast.Name)
def _name(node: ast.Name, scope: Scope) -> Meaning:
    return scope.lookup(node)


@reads(ast.Attribute)
def _attribute(node: ast.Attribute, scope: Scope) -> Meaning:
    found = scope.python(node)
    if found is not MISSING:
        return scope.literal(found, node)
    owner = meaning(node.value, scope)
    if isinstance(owner, Whole):
        return _of_whole(owner, node, scope)
    if not isinstance(owner.type, ir.RecordType):
        hint = "only the state, its settings and bounds, records, enumerations and modules have attributes"
        raise scope.error(node, f"`{ast.unparse(node.value)}` is {shown(owner.type)} and has no `{node.attr}`", hint)
    fields = dict(owner.type.fields)
    if node.attr not in fields:
        raise scope.error(node, f"`{owner.type.name}` has no field `{node.attr}`", meant(node.attr, fields, "fields"))
    return field_of(owner, node.attr, scope.at(node))


def field_of(owner: ir.Expr, name: str, at: ir.Place) -> ir.Expr:
    """One field of a record, as a read of the state where the record is a place."""
    assert isinstance(owner.type, ir.RecordType)
    kind = dict(owner.type.fields)[name]
    if isinstance(owner, ir.Read):
        return ir.Read(kind, at, owner.variable, owner.keys, name)
    return ir.Field(kind, at, owner, name)


def _of_whole(owner: Whole, node: ast.Attribute, scope: Scope) -> Meaning:
    words, name, at = scope.vocabulary, node.attr, scope.at(node)
    if owner.what == "state":
        if name in words.state_settings:
            return Whole("settings")
        if name in words.state_bounds:
            return Whole("bounds")
        kind = words.variables.get(name)
        if kind is None:
            known = [*words.variables, *words.state_settings, *words.state_bounds]
            raise ModelError(f"the state has no variable `{name}`", at, meant(name, known, "variables"))
        if isinstance(kind, ir.MapType):
            return Whole("map", ast.unparse(node), kind)
        return ir.Read(kind, at, name, (), None)
    if owner.what in ("settings", "bounds"):
        cls = words.settings if owner.what == "settings" else words.bounds
        known = kinds.attribute_names(cls)
        if name not in known:
            raise ModelError(f"there is no {owner.what.rstrip('s')} `{name}`", at, meant(name, known, owner.what))
        made = kinds.attribute_type(cls, name, at, words.bounds)
        return ir.Setting(made, at, name) if owner.what == "settings" else ir.Bound(INT, at, name)
    hint = "a map has no methods: read it with a key, quantify over its keys with all/any/sum"
    raise ModelError(f"`{ast.unparse(node)}`: {owner} has no attributes", at, hint)


@reads(ast.Subscript)
def _subscript(node: ast.Subscript, scope: Scope) -> Meaning:
    owner = meaning(node.value, scope)
    if not isinstance(owner, Whole) or owner.type is None:
        what = owner if isinstance(owner, Whole) else shown(owner.type)
        hint = "only variables declared as Map[...] have keys"
        raise scope.error(node, f"`{ast.unparse(node.value)}` is {what}, not a map", hint)
    given = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    wanted = owner.type.keys
    if len(given) != len(wanted):
        names = ", ".join(map(str, wanted))
        count = f"{len(wanted)} key{'s' * (len(wanted) != 1)}"
        raise scope.error(node, f"`{owner.variable}` takes {count}, got {len(given)}", f"its keys are: {names}")
    variable = owner.variable.rsplit(".", 1)[1]
    keys = tuple(
        typed(key, scope, kind, f"key {number} of `{owner.variable}`, `{ast.unparse(key)}`,")
        for number, (key, kind) in enumerate(zip(given, wanted, strict=True), 1)
    )
    return ir.Read(owner.type.value, scope.at(node), variable, keys, None)


@reads(ast.BoolOp)
def _junction(node: ast.BoolOp, scope: Scope) -> Meaning:
    operator = "and" if isinstance(node.op, ast.And) else "or"
    return ir.Apply(BOOL, scope.at(node), operator, tuple(condition(part, scope) for part in node.values))


@reads(ast.UnaryOp)
def _unary(node: ast.UnaryOp, scope: Scope) -> Meaning:
    at = scope.at(node)
    if isinstance(node.op, ast.Not):
        return ir.Apply(BOOL, at, "not", (condition(node.operand, scope),))
    if isinstance(node.op, ast.USub):
        operand = typed(node.operand, scope, INT)
        if isinstance(operand, ir.Literal):
            return ir.Literal(INT, at, -operand.value)
        return ir.Apply(INT, at, "neg", (operand,))
    raise scope.error(node, f"`{ast.unparse(node)}`: this operator is not in the language", EXPRESSIONS)


@reads(ast.BinOp)
def _arithmetic(node: ast.BinOp, scope: Scope) -> Meaning:
    operator = _ARITHMETIC.get(type(node.op))
    if operator is None:
        hint = "arithmetic is + - * // %; conditions are joined with and/or"
        raise scope.error(node, f"`{ast.unparse(node)}`: this operator is not in the language", hint)
    return ir.Apply(INT, scope.at(node), operator, (typed(node.left, scope, INT), typed(node.right, scope, INT)))


@reads(ast.IfExp)
def _choice(node: ast.IfExp, scope: Scope) -> Meaning:
    test, then = condition(node.test, scope), expression(node.body, scope)
    otherwise = typed(
        node.orelse, scope, then.type, f"`{ast.unparse(node.orelse)}`, beside `{ast.unparse(node.body)}`,"
    )
    return ir.If(joined(then.type, otherwise.type), scope.at(node), test, then, otherwise)


def joined(left: ir.Type, right: ir.Type) -> ir.Type:
    """The type of what may be either: an integer keeps limits only if both have the same."""
    return left if left == right else INT


@reads(ast.Compare)
def _comparison(node: ast.Compare, scope: Scope) -> Meaning:
    return _chain(node, expression(node.left, scope), node.ops, node.comparators, scope)


def _chain(
    node: ast.Compare, left: ir.Expr, operators: list[ast.cmpop], rights: list[ast.expr], scope: Scope
) -> ir.Expr:
    """A chain `a < b < c` is `a < b and b < c` with b computed once."""
    if len(operators) == 1:
        return _compared(node, left, operators[0], rights[0], scope)

    def chain(middle: ir.Expr) -> ir.Expr:
        first = _compared(node, left, operators[0], rights[0], scope, middle)
        rest = _chain(node, middle, operators[1:], rights[1:], scope)
        more = rest.arguments if isinstance(rest, ir.Apply) and rest.operator == "and" else (rest,)
        return ir.Apply(BOOL, scope.at(node), "and", (first, *more))

    return bind(expression(rights[0], scope), "middle", scope.step, chain)


def _compared(
    node: ast.Compare, left: ir.Expr, operator: ast.cmpop, right: ast.expr, scope: Scope, value: ir.Expr | None = None
) -> ir.Expr:
    """One comparison; `value` is what `right` stands for where that has been read already."""
    at = scope.at(node)
    if isinstance(operator, ast.In | ast.NotIn):
        found = _membership(node, left, right, scope)
        return found if isinstance(operator, ast.In) else ir.Apply(BOOL, at, "not", (found,))
    word = _COMPARISON.get(type(operator))
    if word is None:
        raise scope.error(node, f"`{ast.unparse(node)}`: `is` is not in the language", "compare with == or !=")
    if isinstance(left.type, ir.RecordType):
        raise scope.error(node, f"`{ast.unparse(node)}` compares records", "compare their fields")
    if word not in ("==", "!=") and not isinstance(left.type, ir.IntType):
        hint = "only integers are ordered; sorts, enumerations and bools compare with == and !="
        raise must(f"the left of `{word}`", "int", shown(left.type), at, hint)
    other = value or expression(right, scope)
    if not same(left.type, other.type):
        what = f"`{ast.unparse(right)}`, compared with {shown(left.type)},"
        raise must(what, shown(left.type), shown(other.type), at)
    return ir.Apply(BOOL, at, word, (left, other))


def _membership(node: ast.Compare, left: ir.Expr, right: ast.expr, scope: Scope) -> ir.Expr:
    if isinstance(left.type, ir.RecordType):
        raise scope.error(node, f"`{ast.unparse(node)}` compares records", "compare their fields")
    at = scope.at(node)
    elements = _elements(node, right, left.type, scope)

    def compare(value: ir.Expr) -> ir.Expr:
        equal = tuple(ir.Apply(BOOL, at, "==", (value, element)) for element in elements)
        return equal[0] if len(equal) == 1 else ir.Apply(BOOL, at, "or", equal)

    return compare(left) if len(elements) == 1 or is_total(left) else bind(left, "value", scope.step, compare)


def _elements(node: ast.Compare, right: ast.expr, kind: ir.Type, scope: Scope) -> list[ir.Expr]:
    """What stands behind `in`: a display of values, or a constant of the model's modules that holds some."""
    compared = f"compared with {shown(kind)},"
    if isinstance(right, ast.Tuple | ast.List | ast.Set) and right.elts:
        return [typed(e, scope, kind, f"`{ast.unparse(e)}`, {compared}") for e in right.elts]
    found = scope.python(right)
    if not isinstance(found, tuple | list | set | frozenset) or not found:
        hint = "write `x in (a, b, c)`, or name a constant of the module that is a tuple or a frozenset"
        raise scope.error(node, f"`{ast.unparse(right)}` holds no values to compare with", hint)
    made: list[ir.Literal] = []
    for value in found:
        literal = scope.literal(value, right)
        if not same(kind, literal.type):
            what = f"`{value}` in `{ast.unparse(right)}`, {compared}"
            raise must(what, shown(kind), shown(literal.type), scope.at(node))
        made.append(literal)
    made.sort(key=lambda one: one.value)  # a set has no order that a run could rely on
    return [*made]
