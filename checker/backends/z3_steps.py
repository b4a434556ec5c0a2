"""The structured form in Z3, for any size: its statements.

The store is threaded through as Python does, as functions of keys, so an assignment to one key is a choice at the next
read.  A loop whose iterations touch different keys is not run: what it leaves at a key is what the one iteration
leaves there that has this key.  Where that they do is no matter of its text, it becomes a condition to be shown.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import z3

from checker import ir
from checker.backends.z3 import Values
from checker.backends.z3_logic import TRUE, Expr, choice, conjunction, disjunction, equal, every, implication, negation
from checker.backends.z3_loops import has_loop, own_keys, possible_keys
from checker.backends.z3_universe import Place, Reader, Store, Universe, Unsupported


class RuledOut(Exception):
    """A `require` is false whatever the state: nothing that follows it is ever done."""


class Effect(Values):
    """Runs the statements of a step: `store` is the state it leaves, `guard` what it required.

    `store` is that only where the `conditions` hold, which are to be shown.  `seen` is what was read, on which path.
    """

    def __init__(self, universe: Universe, store: Store, names: dict[str, Expr], path: Expr = TRUE) -> None:
        super().__init__(universe, dict(store), names)
        self.guard: list[Expr] = []
        self.conditions: list[Expr] = []
        self.late = False
        self.path = path
        self.seen: list[tuple[str, tuple[Expr, ...], Expr]] = []

    def note(self, variable: str, keys: tuple[Expr, ...]) -> None:
        """Keeps what is read."""
        self.seen.append((variable, keys, self.path))

    def run(self, statements: tuple[ir.Statement, ...]) -> None:
        """Runs a block, up to a `require` that the settings rule out.  Raises `Unsupported`."""
        with suppress(RuledOut):
            self._block(statements)

    def _block(self, statements: tuple[ir.Statement, ...]) -> None:
        for statement in statements:
            _STATEMENTS[type(statement)](self, statement)

    def _require(self, statement: ir.Require) -> None:
        if self.late or self.conditions:  # what it reads would be right only where the conditions hold
            raise Unsupported(f"{statement.at}: a require behind a loop whose iterations may meet")
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
        first = self._side(statement.then, condition)
        second = self._side(statement.otherwise, negation(condition))
        for place, before in self.store.items():
            one, other = first.store[place], second.store[place]
            if one is not before or other is not before:
                self.store[place] = _either(condition, one, other)

    def _side(self, statements: tuple[ir.Statement, ...], condition: Expr) -> Effect:
        side = Effect(self.universe, self.store, self.names, conjunction((self.path, condition)))
        side.late = self.late or bool(self.conditions)
        side.run(statements)
        self.guard += [implication(condition, part) for part in side.guard]
        self.conditions += [implication(condition, part) for part in side.conditions]
        self.seen += side.seen
        return side

    def _loop(self, statement: ir.Loop) -> None:
        domain = statement.domain
        elements = None if isinstance(domain, ir.Span) else self.universe.elements(domain)
        positions, possible = own_keys(statement), possible_keys(statement)
        if positions is not None:
            self._at_once(statement, positions)
        elif possible is not None and not has_loop(statement.body):
            self._at_once(statement, possible, conditional=True)
        elif elements is not None:
            for element in elements:
                self.names[statement.name] = element
                self._block(statement.body)
        else:
            raise Unsupported(f"{statement.at}: a loop whose iterations touch the same place, of unknown number")

    def _at_once(self, statement: ir.Loop, positions: dict[str, list[int]], conditional: bool = False) -> None:
        """Leaves at each key what the iterations leave there that may have it: those of the keys at these positions."""
        loop = _Loop(self, statement)
        variable = self.universe.fresh(statement.domain, statement.name)
        inside, one = loop.inside(variable), loop.iteration(variable)
        self.guard += [every((variable,), implication(inside, part)) for part in one.guard]
        self.conditions += [every((variable,), implication(inside, part)) for part in one.conditions]
        self.seen += one.seen
        changed = {place: positions[place[0]] for place in loop.before if place[0] in positions}
        if conditional:
            self.conditions += loop.apart(variable, changed)
        for place, where in changed.items():
            if one.store[place] is not loop.before[place]:
                self.store[place] = loop.afterwards(place, where)


class _Loop:
    """A loop whose iterations are looked at one by one, each from the state before the loop."""

    def __init__(self, effect: Effect, statement: ir.Loop) -> None:
        self.universe, self.statement, self.path = effect.universe, statement, effect.path
        self.late = effect.late or bool(effect.conditions)
        self.before, self.names = dict(effect.store), dict(effect.names)
        self._scope = Values(effect.universe, self.before, self.names)
        self._iterations: dict[int, tuple[Expr, Effect]] = {}

    def inside(self, value: Expr) -> Expr:
        """That there is an iteration of this value."""
        return self._scope.domain(self.statement.domain, value)

    def iteration(self, value: Expr) -> Effect:
        """What the iteration of this value does."""
        if value.get_id() not in self._iterations:
            run = Effect(self.universe, self.before, {**self.names, self.statement.name: value}, self.path)
            run.late = self.late
            run.run(self.statement.body)
            self._iterations[value.get_id()] = value, run  # the value is kept, so its number is not used again
        return self._iterations[value.get_id()][1]

    def afterwards(self, place: Place, positions: list[int]) -> Reader:
        """What the loop leaves at a place; where several iterations may write, whichever of them changes it."""
        before, (first, *others) = self.before[place], positions

        def read(asked: tuple[Expr, ...]) -> Expr:
            old = before(asked)
            value = choice(self.inside(asked[first]), self.iteration(asked[first]).store[place](asked), old)
            for position in others:
                other = choice(self.inside(asked[position]), self.iteration(asked[position]).store[place](asked), old)
                value = choice(equal(other, old), value, other)
            return value

        return kept(read)

    def apart(self, variable: Expr, changed: dict[Place, list[int]]) -> list[Expr]:
        """That no iteration changes what another reads, nor do two change the same differently."""
        other = self.universe.fresh(self.statement.domain, self.statement.name)
        both = conjunction((self.inside(variable), self.inside(other), negation(equal(variable, other))))
        run = self.iteration(other)
        found = []
        for name, keys, path in self.iteration(variable).seen:
            for place in [place for place in changed if place[0] == name]:
                same = equal(run.store[place](keys), self.before[place](keys))
                found.append(implication(conjunction((both, path)), same))
        for place, positions in changed.items():
            kind = self.universe.variables[place[0]]
            assert isinstance(kind, ir.MapType)
            keys = tuple(self.universe.fresh(of, "key") for of in kind.keys)
            found += self._agree(place, keys, positions)
        return found

    def _agree(self, place: Place, keys: tuple[Expr, ...], positions: list[int]) -> list[Expr]:
        old = self.before[place](keys)
        found = []
        for number, first in enumerate(positions):
            for second in positions[number + 1 :]:
                both = conjunction((self.inside(keys[first]), self.inside(keys[second])))
                one, other = (self.iteration(keys[position]).store[place](keys) for position in (first, second))
                agreed = disjunction((equal(one, other), equal(one, old), equal(other, old)))
                found.append(implication(both, agreed))
        return found


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


_STATEMENTS: dict[type[ir.Statement], Callable[[Effect, Any], None]] = {
    ir.Require: Effect._require,
    ir.Define: Effect._define,
    ir.Branch: Effect._branch,
    ir.Loop: Effect._loop,
    ir.Assign: Effect._assign,
}
