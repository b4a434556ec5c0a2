"""The structured form in Z3, for any size: its statements.

The store is threaded through as Python does, as functions of keys, so an assignment to one key is a choice at the next
read.  A loop whose iterations touch different keys is not run: what it leaves at a key is what the one iteration
leaves there that has this key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import z3

from checker import ir
from checker.backends.z3 import Values
from checker.backends.z3_logic import Expr, choice, conjunction, equal, every, implication, negation
from checker.backends.z3_universe import Place, Reader, Store, Universe, Unsupported


class RuledOut(Exception):
    """A `require` is false whatever the state: nothing that follows it is ever done."""


class Effect(Values):
    """Runs the statements of a step: `store` is the state it leaves, `guard` what it required."""

    def __init__(self, universe: Universe, store: Store, names: dict[str, Expr]) -> None:
        super().__init__(universe, dict(store), names)
        self.guard: list[Expr] = []

    def run(self, statements: tuple[ir.Statement, ...]) -> None:
        """Runs a block, up to a `require` that the settings rule out.  Raises `Unsupported`."""
        with suppress(RuledOut):
            self._block(statements)

    def _block(self, statements: tuple[ir.Statement, ...]) -> None:
        for statement in statements:
            _STATEMENTS[type(statement)](self, statement)

    def _require(self, statement: ir.Require) -> None:
        self.guard.append(self.value(statement.condition))
        if z3.is_false(self.guard[-1]):
            raise RuledOut

    def _define(self, statement: ir.Define) -> None:
        self.names[statement.name] = self.value(statement.value)

    def _assign(self, statement: ir.Assign) -> None:
        target = statement.target
        if isinstance(target.type, ir.RecordType):
            parts = [name for name, _ in target.type.fields]
            pairs = list(zip(parts, self.record(statement.value), strict=True))
        else:
            pairs = [(target.part, self.value(statement.value))]  # type: ignore[list-item]
        keys = self.keys(target)
        for part, value in pairs:
            place = (target.variable, part)
            self.store[place] = self._changed(self.store[place], keys, value)

    def _changed(self, before: Reader, keys: tuple[Expr, ...], value: Expr) -> Reader:
        distinct = self.universe.distinct

        def read(asked: tuple[Expr, ...]) -> Expr:
            here = conjunction(equal(a, k, distinct) for a, k in zip(asked, keys, strict=True))
            return choice(here, value, before(asked))

        return kept(read)

    def _branch(self, statement: ir.Branch) -> None:
        condition = self.value(statement.condition)
        if z3.is_true(condition) or z3.is_false(condition):
            self._block(statement.then if z3.is_true(condition) else statement.otherwise)
            return
        first, second = self._side(statement.then), self._side(statement.otherwise)
        self.guard += [implication(condition, part) for part in first.guard]
        self.guard += [implication(negation(condition), part) for part in second.guard]
        for place, before in self.store.items():
            one, other = first.store[place], second.store[place]
            if one is not before or other is not before:
                self.store[place] = _either(condition, one, other)

    def _side(self, statements: tuple[ir.Statement, ...]) -> Effect:
        side = Effect(self.universe, self.store, self.names)
        side.run(statements)
        return side

    def _loop(self, statement: ir.Loop) -> None:
        domain = statement.domain
        elements = None if isinstance(domain, ir.Span) else self.universe.elements(domain)
        positions = own_keys(statement)
        if positions is not None:
            self._at_once(statement, positions)
        elif elements is not None:
            for element in elements:
                self.names[statement.name] = element
                self._block(statement.body)
        else:
            raise Unsupported(f"{statement.at}: a loop whose iterations touch the same place, of unknown number")

    def _at_once(self, statement: ir.Loop, positions: dict[str, int]) -> None:
        before, names = dict(self.store), dict(self.names)
        iterations: dict[int, tuple[Expr, Effect]] = {}

        def iteration(value: Expr) -> Effect:
            if value.get_id() not in iterations:
                run = Effect(self.universe, before, {**names, statement.name: value})
                run.run(statement.body)
                iterations[value.get_id()] = value, run  # the value is kept, so its number is not used again
            return iterations[value.get_id()][1]

        variable = self.universe.fresh(statement.domain, statement.name)
        inside = self.domain(statement.domain, variable)
        self.guard += [every((variable,), implication(inside, part)) for part in iteration(variable).guard]
        for place in [place for place in before if place[0] in positions]:
            if iteration(variable).store[place] is not before[place]:
                self.store[place] = self._afterwards(statement, place, positions[place[0]], before[place], iteration)

    def _afterwards(
        self, statement: ir.Loop, place: Place, position: int, before: Reader, iteration: Callable[[Expr], Effect]
    ) -> Reader:
        scope = Values(self.universe, dict(self.store), self.names)

        def read(asked: tuple[Expr, ...]) -> Expr:
            inside = scope.domain(statement.domain, asked[position])
            return choice(inside, iteration(asked[position]).store[place](asked), before(asked))

        return kept(read)


def kept(read: Reader) -> Reader:
    """The same, each answer computed once."""
    answers: dict[tuple[int, ...], tuple[tuple[Expr, ...], Expr]] = {}

    def answer(asked: tuple[Expr, ...]) -> Expr:
        name = tuple(key.get_id() for key in asked)
        if name not in answers:
            answers[name] = asked, read(asked)
        return answers[name][1]

    return answer


def _either(condition: Expr, one: Reader, other: Reader) -> Reader:
    return kept(lambda asked: choice(condition, one(asked), other(asked)))


def blank(universe: Universe) -> Store:
    """The state before an initial state assigns to it: every place at the default of its type."""
    found: Store = {}
    for place, _, kind in universe.places():
        found[place] = _constant(_default(universe, kind))
    return found


def _constant(value: Expr) -> Reader:
    return lambda _: value


def _default(universe: Universe, kind: ir.ScalarType) -> Expr:
    if not isinstance(kind, ir.IntType):
        return universe.literal(kind, 0)
    assert kind.low is not None, "a variable's integers have limits"
    zero = z3.IntVal(0)
    return choice(universe.within(kind, zero), zero, universe.limit(kind.low))


# --- which loops can be taken at once -----------------------------------------------------------------------


def own_keys(loop: ir.Loop) -> dict[str, int] | None:
    """For each variable that a loop assigns, which of its keys is the loop's own variable, throughout the loop.

    None where there is no such key, so that one iteration may see or undo what another did.
    """
    assigned = {read.variable: set(range(len(read.keys))) for read in targets(loop.body)}
    for read in [*targets(loop.body), *reads(loop.body)]:
        if read.variable in assigned:
            own = {i for i, key in enumerate(read.keys) if isinstance(key, ir.Local) and key.name == loop.name}
            assigned[read.variable] &= own
    return {name: min(left) for name, left in assigned.items()} if all(assigned.values()) else None


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


_STATEMENTS: dict[type[ir.Statement], Callable[[Effect, Any], None]] = {
    ir.Require: Effect._require,
    ir.Define: Effect._define,
    ir.Branch: Effect._branch,
    ir.Loop: Effect._loop,
    ir.Assign: Effect._assign,
}
