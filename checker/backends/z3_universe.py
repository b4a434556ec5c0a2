"""What any size means to Z3: the sorts, constants and unknown states of a model.

Positions and timelines are integers without a limit of their own, a sort whose size is a bound is a sort of unknown
size with at least the elements that the model names, bounds are unknown numbers, and a variable is a function of its
keys.  So what is shown of these is shown for every scope.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cached_property
from typing import Any, TypeAlias

import z3

from checker import ir
from checker.backends.z3_logic import TRUE, Expr, at_most, conjunction, truth

Place: TypeAlias = tuple[str, str | None]
"""A variable, and the field of its record where it has such."""

Reader: TypeAlias = Callable[[tuple[Expr, ...]], Expr]
"""The value at given keys."""

Store: TypeAlias = dict[Place, Reader]
"""A state: what every place holds."""


FEW = 4
"""An integer that is no larger is spelled out value by value."""


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
        self._unknown: dict[str, Store] = {}
        self._fresh = 0
        self.bounds: Any = None
        if model.bounds is not None:
            names = [item.name for item in fields(model.bounds)]
            free = {name: z3.Int(f"bounds.{name}") for name in names if name not in self.fixed}
            self.axioms += [limit >= 0 for limit in free.values()]
            known = {name: z3.IntVal(value) for name, value in self.fixed.items()}
            self.bounds = _unchecked(model.bounds, {**free, **known})

    @cached_property
    def few(self) -> bool:
        """Whether the bounds that are fixed leave few values to every integer of the state."""
        integers = [kind for _, keys, value in self.places() for kind in (*keys, value) if isinstance(kind, ir.IntType)]
        limits = [self.limit(limit) for kind in integers for limit in (kind.low, kind.high) if limit is not None]
        return bool(self.fixed and limits) and all(z3.is_int_value(one) and one.as_long() <= FEW for one in limits)

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

    def may_have(self, least: Mapping[str, int]) -> bool:
        """Whether no bound that is fixed leaves a sort fewer elements than these."""
        sorts = [kind for _, keys, value in self.places() for kind in (*keys, value) if isinstance(kind, ir.SortType)]
        sizes = {kind.name: self._size(kind) for kind in sorts}
        return all(size is None or size >= least.get(name, 0) for name, size in sizes.items())

    def _named(self, kind: ir.EnumType | ir.SortType) -> tuple[Expr, list[Expr]]:
        if kind.name not in self._sorts:
            names = kind.members if isinstance(kind, ir.EnumType) else [str(i) for i in range(self._size(kind) or 0)]
            if names:
                self._sorts[kind.name] = _enumeration(kind.name, tuple(names))
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
        if isinstance(found, int):
            return z3.IntVal(found)
        value = z3.simplify(found)
        return value if z3.is_int_value(value) else found

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
            limits = z3.And(rest >= 0, rest < b, z3.Implies(a >= 0, z3.And(rest <= a, whole >= 0, whole <= a)))
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
        """A state of which nothing is known: each place a function of its keys, the same whenever asked for."""
        if moment not in self._unknown:
            readers = {place: self._reader(place, keys, value, moment) for place, keys, value in self.places()}
            self._unknown[moment] = readers
        return dict(self._unknown[moment])

    def _reader(self, place: Place, keys: tuple[ir.ScalarType, ...], value: ir.ScalarType, moment: str) -> Reader:
        name = (place[0] if place[1] is None else f"{place[0]}.{place[1]}") + moment
        if not keys:
            constant = z3.Const(name, self.sort(value))
            return lambda _: constant
        function = z3.Function(name, *map(self.sort, keys), self.sort(value))
        return lambda found: function(*found)

    def fresh(self, kind: ir.ScalarType | ir.Span, name: str) -> Expr:
        """An unknown value of a type, or an integer of a span; its name is the same in every run."""
        self._fresh += 1
        return z3.Const(f"{name}!{self._fresh}", z3.IntSort() if isinstance(kind, ir.Span) else self.sort(kind))


def _unchecked(bounds: type, values: Mapping[str, Expr]) -> Any:
    """An instance made past its own checks: what it asks of a scope is for searches, and needs numbers."""
    made: Any = object.__new__(bounds)
    for name, value in values.items():
        object.__setattr__(made, name, value)
    return made


_enumerations: dict[tuple[str, tuple[str, ...]], tuple[Expr, list[Expr]]] = {}


def _enumeration(name: str, members: tuple[str, ...]) -> tuple[Expr, list[Expr]]:
    """A sort with these elements.  A name can be declared once only, so another model's has a number behind it."""
    if (name, members) not in _enumerations:
        others = sum(known == name for known, _ in _enumerations)
        unique = f"{name}#{others}" if others else name
        _enumerations[name, members] = z3.EnumSort(unique, [f"{unique}.{member}" for member in members])
    return _enumerations[name, members]
