"""The structured form in Z3, for any size: its expressions.

A quantifier stays one; only enumerations are spelled out.  What is read where the model would make a mistake (a key
that its map does not have, a division by zero) is an unknown value: whatever is shown holds no matter what it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import z3

from checker import ir
from checker.backends.z3_logic import (
    TRUE,
    Expr,
    at_most,
    choice,
    conjunction,
    disjunction,
    equal,
    every,
    implication,
    negation,
    some,
)
from checker.backends.z3_universe import Store, Universe, Unsupported
from checker.plain import number


class Values:
    """Evaluates structured expressions in a state, with values for the names in force."""

    def __init__(self, universe: Universe, store: Store, names: dict[str, Expr] | None = None) -> None:
        self.universe, self.store = universe, store
        self.names: dict[str, Expr] = dict(names or {})

    def value(self, expression: ir.Expr) -> Expr:
        """The value of a scalar expression.  Raises `Unsupported`."""
        return _EXPRESSIONS[type(expression)](self, expression)

    def record(self, expression: ir.Expr) -> tuple[Expr, ...]:
        """The values of a record's fields, in the order of its type."""
        kind = expression.type
        assert isinstance(kind, ir.RecordType)
        if isinstance(expression, ir.Make):
            return tuple(self.value(part) for part in expression.values)
        if isinstance(expression, ir.Let):
            self.names[expression.name] = self.value(expression.value)
            return self.record(expression.body)
        if isinstance(expression, ir.If):
            condition = self.value(expression.condition)
            then, other = self.record(expression.then), self.record(expression.otherwise)
            return tuple(choice(condition, a, b) for a, b in zip(then, other, strict=True))
        assert isinstance(expression, ir.Read)
        keys = self.keys(expression)
        self.note(expression.variable, keys)
        return tuple(self.store[expression.variable, name](keys) for name, _ in kind.fields)

    def note(self, variable: str, keys: tuple[Expr, ...]) -> None:
        """Called for each item that is read."""

    def bound(self, fold: ir.Fold, name: str, domain: ir.Domain) -> Expr:
        """The variable of a quantifier."""
        return self.universe.fresh(domain, name)

    def keys(self, read: ir.Read) -> tuple[Expr, ...]:
        """The values of the keys of a place."""
        return tuple(self.value(key) for key in read.keys)

    def domain(self, domain: ir.Domain, value: Expr) -> Expr:
        """That a value is in a domain."""
        if isinstance(domain, ir.Span):
            return conjunction((at_most(self.value(domain.low), value), value < self.value(domain.high)))
        return self.universe.within(domain, value)

    def _literal(self, expression: ir.Literal) -> Expr:
        return self.universe.literal(scalar(expression.type), expression.value)

    def _local(self, expression: ir.Local) -> Expr:
        return self.names[expression.name]

    def _setting(self, expression: ir.Setting) -> Expr:
        kind = scalar(expression.type)
        return self.universe.literal(kind, number(kind, getattr(self.universe.settings, expression.name)))

    def _bound(self, expression: ir.Bound) -> Expr:
        return self.universe.limit(expression.name)

    def _read(self, expression: ir.Read) -> Expr:
        keys = self.keys(expression)
        self.note(expression.variable, keys)
        return self.store[expression.variable, expression.part](keys)

    def _field(self, expression: ir.Field) -> Expr:
        kind = expression.of.type
        assert isinstance(kind, ir.RecordType)
        return self.record(expression.of)[[name for name, _ in kind.fields].index(expression.name)]

    def _if(self, expression: ir.If) -> Expr:
        condition = self.value(expression.condition)
        if z3.is_true(condition) or z3.is_false(condition):
            return self.value(expression.then if z3.is_true(condition) else expression.otherwise)
        return choice(condition, self.value(expression.then), self.value(expression.otherwise))

    def _let(self, expression: ir.Let) -> Expr:
        self.names[expression.name] = self.value(expression.value)
        return self.value(expression.body)

    def _apply(self, expression: ir.Apply) -> Expr:
        operator, arguments = expression.operator, expression.arguments
        if operator in ("and", "or"):
            return self._junction(operator, arguments)
        found = [self.value(part) for part in arguments]
        if operator in ("==", "!="):
            same = equal(found[0], found[1], self.universe.distinct)
            return same if operator == "==" else negation(same)
        if operator in ("//", "%"):
            return self.universe.quotient(found[0], found[1])[operator == "%"]
        return _OPERATORS[operator](*found) if len(found) < 3 else self._many(operator, found)

    def _junction(self, operator: str, arguments: tuple[ir.Expr, ...]) -> Expr:
        """Ends where one part decides it, so that what the settings rule out is not even read."""
        found: list[Expr] = []
        for part in arguments:
            found.append(self.value(part))
            if z3.is_false(found[-1]) if operator == "and" else z3.is_true(found[-1]):
                break
        return conjunction(found) if operator == "and" else disjunction(found)

    def _many(self, operator: str, found: list[Expr]) -> Expr:
        first, *others = found
        for value in others:
            first = _OPERATORS[operator](first, value)
        return first

    def _fold(self, expression: ir.Fold) -> Expr:
        if expression.operator == "sum":
            return self._sum(expression)
        return self._folded(expression, expression.variables)

    def _sum(self, expression: ir.Fold) -> Expr:
        """A sum over the one value that its condition leaves: what is there, or 0 where that is none of the domain."""
        (name, domain), *others = expression.variables
        one = None if expression.where is None or others else _only_value(expression.where, name)
        if one is None:
            raise Unsupported(f"{expression.at}: a sum over a number of things that is not known")
        self.names[name] = value = self.value(one)
        assert expression.where is not None
        there = conjunction((self.domain(domain, value), self.value(expression.where)))
        return choice(there, self.value(expression.body), z3.IntVal(0))

    def _folded(self, expression: ir.Fold, variables: tuple[tuple[str, ir.Domain], ...]) -> Expr:
        """Where integers are few, they are spelled out, and one quantifier has all variables of unknown number."""
        is_all = expression.operator == "all"
        bound: list[Expr] = []
        limits: list[Expr] = []
        for index, (name, domain) in enumerate(variables):
            elements = self._elements(domain)
            if elements is not None:
                each = self._each(expression, name, elements, variables[index + 1 :])
                body = (conjunction if is_all else disjunction)(each)
                break
            self.names[name] = variable = self.bound(expression, name, domain)
            bound.append(variable)
            limits.append(self.domain(domain, variable))
            if not self.universe.few:
                body = self._folded(expression, variables[index + 1 :])
                break
        else:
            where = TRUE if expression.where is None else self.value(expression.where)
            body = self.value(expression.body) if not z3.is_false(where) else TRUE
            limits.append(where)
        inside = conjunction(limits)
        if is_all:
            return every(bound, implication(inside, body), self.universe.few)
        return some(bound, conjunction((inside, body)))

    def _elements(self, domain: ir.Domain) -> list[Expr] | None:
        """The values of a domain that are few and known."""
        if not isinstance(domain, ir.Span):
            return self.universe.elements(domain)
        if not self.universe.few:
            return None
        low, high = z3.simplify(self.value(domain.low)), z3.simplify(self.value(domain.high))
        if not (z3.is_int_value(low) and z3.is_int_value(high)):
            return None
        return [z3.IntVal(value) for value in range(low.as_long(), high.as_long())]

    def _each(self, expression: ir.Fold, name: str, elements: list[Expr], rest: Any) -> list[Expr]:
        found = []
        for element in elements:
            self.names[name] = element
            found.append(self._folded(expression, rest))
        return found


def scalar(kind: ir.Type) -> ir.ScalarType:
    """The type, which is a scalar one."""
    assert not isinstance(kind, ir.RecordType | ir.MapType), f"{kind} is no scalar type"
    return kind


def _only_value(where: ir.Expr, name: str) -> ir.Expr | None:
    """The one value of a variable that a condition leaves: the other side of `variable == ...`."""
    if not isinstance(where, ir.Apply) or where.operator not in ("and", "=="):
        return None
    if where.operator == "and":
        found = (_only_value(part, name) for part in where.arguments)
        return next((value for value in found if value is not None), None)
    for one, other in (where.arguments, where.arguments[::-1]):
        if isinstance(one, ir.Local) and one.name == name and not _mentions(other, name):
            return other
    return None


def _mentions(expression: Any, name: str) -> bool:
    """Whether an expression reads a name."""
    if isinstance(expression, ir.Local):
        return expression.name == name
    parts = expression if isinstance(expression, tuple) else vars(expression).values()
    return any(_mentions(part, name) for part in parts if isinstance(part, ir.Expr | ir.Span | tuple))


_OPERATORS: dict[str, Callable[..., Expr]] = {
    "not": negation,
    "neg": lambda value: -value,
    "<": lambda left, right: negation(at_most(right, left)),
    "<=": at_most,
    ">": lambda left, right: negation(at_most(left, right)),
    ">=": lambda left, right: at_most(right, left),
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "min": lambda left, right: choice(at_most(left, right), left, right),
    "max": lambda left, right: choice(at_most(left, right), right, left),
}

_EXPRESSIONS: dict[type[ir.Expr], Callable[[Values, Any], Expr]] = {
    ir.Literal: Values._literal,
    ir.Local: Values._local,
    ir.Setting: Values._setting,
    ir.Bound: Values._bound,
    ir.Read: Values._read,
    ir.Field: Values._field,
    ir.Apply: Values._apply,
    ir.If: Values._if,
    ir.Let: Values._let,
    ir.Fold: Values._fold,
}
