"""The structured form in Z3, for any size: its expressions.

Positions and timelines are integers without a limit of their own, a sort whose size is a bound is a sort of unknown
size with at least the elements that the model names, bounds are unknown numbers, and a variable is a function of its
keys.  So what is shown of these is shown for every scope.  A quantifier stays one; only enumerations are spelled out.

What is read where the model would make a mistake (a key that its map does not have, a division by zero) is an unknown
value: whatever is shown holds no matter what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeAlias

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
    truth,
)
from checker.plain import number

Place: TypeAlias = tuple[str, str | None]
"""A variable, and the field of its record where it has such."""

Reader: TypeAlias = Callable[[tuple[Expr, ...]], Expr]
"""The value at given keys."""

Store: TypeAlias = dict[Place, Reader]
"""A state: what every place holds."""


class Unsupported(Exception):
    """A construct that cannot be said for any size; the message says which, and where it stands."""


class Universe:
    """Sorts and constants of one model under one choice of settings.  `axioms` hold in every state.

    `fixed` bounds have a value, and a sort whose size they are has so many elements; every other bound is unknown.
    """

    def __init__(self, model: ir.Model, settings: Any, fixed: Mapping[str, int] | None = None) -> None:
        self.model, self.settings, self.fixed = model, settings, dict(fixed or {})
        self.variables = dict(model.variables)
        self.axioms: list[Expr] = []
        self.distinct: list[Expr] = []
        self._sorts: dict[str, tuple[Expr, list[Expr]]] = {}
        self._division: tuple[Expr, Expr] | None = None
        self.bounds: Any = None
        if model.bounds is not None:
            names = [item.name for item in fields(model.bounds)]
            free = {name: z3.Int(f"bounds.{name}") for name in names if name not in self.fixed}
            self.axioms += [limit >= 0 for limit in free.values()]
            self.bounds = model.bounds(**free, **{name: z3.IntVal(value) for name, value in self.fixed.items()})

    def sort(self, kind: ir.ScalarType) -> Expr:
        """The Z3 sort of a scalar type."""
        if isinstance(kind, ir.BoolType):
            return z3.BoolSort()
        if isinstance(kind, ir.IntType):
            return z3.IntSort()
        return self._named(kind)[0]

    def elements(self, kind: ir.ScalarType) -> list[Expr] | None:
        """Every value of a type that has few and known ones; None where their number is unknown."""
        if isinstance(kind, ir.BoolType):
            return [truth(False), truth(True)]
        if isinstance(kind, ir.IntType) or (isinstance(kind, ir.SortType) and self._size(kind) is None):
            return None
        return self._named(kind)[1]

    def _size(self, kind: ir.SortType) -> int | None:
        return kind.size if isinstance(kind.size, int) else self.fixed.get(kind.size)

    def least(self) -> dict[str, int]:
        """How many elements the sorts of unknown size have at least: those that the model names, and one."""
        sorts = {name: len(members) for name, (sort, members) in self._sorts.items()}
        kinds = [kind for _, keys, value in self.places() for kind in (*keys, value)]
        open_ = {kind.name for kind in kinds if isinstance(kind, ir.SortType) and self._size(kind) is None}
        return {name: max(1, sorts.get(name, 0)) for name in sorted(open_)}

    def _named(self, kind: ir.EnumType | ir.SortType) -> tuple[Expr, list[Expr]]:
        if kind.name not in self._sorts:
            names = kind.members if isinstance(kind, ir.EnumType) else [str(i) for i in range(self._size(kind) or 0)]
            if names:
                made, members = z3.EnumSort(kind.name, [f"{kind.name}.{name}" for name in names])
                self._sorts[kind.name] = made, members
            else:
                self._sorts[kind.name] = z3.DeclareSort(kind.name), []
        return self._sorts[kind.name]

    def literal(self, kind: ir.ScalarType, value: int) -> Expr:
        """A number as the value of a type that it stands for."""
        if isinstance(kind, ir.BoolType):
            return truth(bool(value))
        if isinstance(kind, ir.IntType):
            return z3.IntVal(value)
        sort, members = self._named(kind)
        if isinstance(kind, ir.SortType) and self._size(kind) is None:
            while len(members) <= value:
                fresh = z3.Const(f"{kind.name}({len(members)})", sort)
                self.axioms += [fresh != other for other in members]
                self.distinct.append(fresh)
                members.append(fresh)
        if value >= len(members):
            raise Unsupported(f"{kind.name}({value}) is named, and there are {len(members)}")
        return members[value]

    def limit(self, limit: int | str) -> Expr:
        """A limit that is a number or the name of a bound; a derived bound is computed from the others."""
        if isinstance(limit, int):
            return z3.IntVal(limit)
        try:
            found = getattr(self.bounds, limit)
        except z3.Z3Exception as error:
            raise Unsupported(f"the bound {limit} is computed in a way that needs its value: {error}") from None
        return z3.IntVal(found) if isinstance(found, int) else found

    def within(self, kind: ir.ScalarType, value: Expr) -> Expr:
        """That a value is one of its type."""
        if not isinstance(kind, ir.IntType):
            return TRUE
        low = TRUE if kind.low is None else at_most(self.limit(kind.low), value)
        return conjunction((low, TRUE if kind.high is None else at_most(value, self.limit(kind.high))))

    def quotient(self, left: Expr, right: Expr) -> tuple[Expr, Expr]:
        """Quotient and remainder as Python has them.

        By a divisor that is no number, the product is beyond what solvers decide: of these two, only their limits are
        known then.
        """
        if z3.is_int_value(right) and right.as_long() > 0:
            return left / right, left % right
        quotients = z3.Function("//", z3.IntSort(), z3.IntSort(), z3.IntSort())
        remainders = z3.Function("%", z3.IntSort(), z3.IntSort(), z3.IntSort())
        if self._division is None:
            self._division = quotients, remainders
            a, b = z3.Ints("a b")
            rest, whole = remainders(a, b), quotients(a, b)
            limits = z3.And(0 <= rest, rest < b, z3.Implies(a >= 0, z3.And(rest <= a, 0 <= whole, whole <= a)))
            self.axioms.append(z3.ForAll([a, b], z3.Implies(b > 0, limits), patterns=[rest, whole]))
        return quotients(left, right), remainders(left, right)

    def places(self) -> list[tuple[Place, tuple[ir.ScalarType, ...], ir.ScalarType]]:
        """Every place of the state, with the types of its keys and of its value."""
        found: list[tuple[Place, tuple[ir.ScalarType, ...], ir.ScalarType]] = []
        for name, kind in self.model.variables:
            keys = kind.keys if isinstance(kind, ir.MapType) else ()
            value = kind.value if isinstance(kind, ir.MapType) else kind
            if isinstance(value, ir.RecordType):
                found += [((name, part), keys, of) for part, of in value.fields]
            else:
                assert not isinstance(value, ir.MapType)
                found.append(((name, None), keys, value))
        return found

    def unknown(self, moment: str = "") -> Store:
        """A state of which nothing is known: each place a function of its keys."""
        return {place: self._reader(place, keys, value, moment) for place, keys, value in self.places()}

    def _reader(self, place: Place, keys: tuple[ir.ScalarType, ...], value: ir.ScalarType, moment: str) -> Reader:
        name = (place[0] if place[1] is None else f"{place[0]}.{place[1]}") + moment
        if not keys:
            constant = z3.Const(name, self.sort(value))
            return lambda _: constant
        function = z3.Function(name, *map(self.sort, keys), self.sort(value))
        return lambda found: function(*found)

    def fresh(self, kind: ir.ScalarType | ir.Span, name: str) -> Expr:
        """An unknown value of a type, or an integer of a span."""
        return z3.FreshConst(z3.IntSort() if isinstance(kind, ir.Span) else self.sort(kind), name)


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
        return tuple(self.store[expression.variable, name](keys) for name, _ in kind.fields)

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
        return self.store[expression.variable, expression.part](self.keys(expression))

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
            raise Unsupported(f"{expression.at}: a sum over a number of things that is not known")
        return self._folded(expression, expression.variables)

    def _folded(self, expression: ir.Fold, variables: tuple[tuple[str, ir.Domain], ...]) -> Expr:
        is_all = expression.operator == "all"
        if not variables:
            where = TRUE if expression.where is None else self.value(expression.where)
            body = self.value(expression.body) if not z3.is_false(where) else TRUE
            return implication(where, body) if is_all else conjunction((where, body))
        (name, domain), rest = variables[0], variables[1:]
        elements = None if isinstance(domain, ir.Span) else self.universe.elements(domain)
        if elements is not None:
            return (conjunction if is_all else disjunction)(self._each(expression, name, elements, rest))
        self.names[name] = variable = self.universe.fresh(domain, name)
        inside = self.domain(domain, variable)
        body = self._folded(expression, rest)
        if is_all:
            return every((variable,), implication(inside, body))
        return some((variable,), conjunction((inside, body)))

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
