"""The structured reading in Z3 on one concrete state, so that it can be held against plain execution."""

from __future__ import annotations

import dataclasses
import itertools

import z3

from checker import ir
from checker.backends.z3 import Values
from checker.backends.z3_logic import choice, conjunction, equal
from checker.backends.z3_shared import Memory, Shared
from checker.backends.z3_steps import Effect
from checker.backends.z3_universe import Universe, Unsupported
from tests.ground.agreement import WRONG

INTEGERS = range(-1, 10)
"""Wider than any range of the small scopes compared here; a quantifier over integers speaks of no others."""


class Concrete:
    """A grounded model and its structured form with every bound fixed, so that both have the same states."""

    def __init__(self, grounded):
        self.grounded = grounded
        fixed = {} if grounded.bounds is None else dataclasses.asdict(grounded.bounds)
        self.universe = Universe(grounded.model, grounded.settings, fixed)
        self.memory = Memory()
        self.keys = {place: keys for place, keys, _ in self.universe.places()}
        self.numbers = {(cell.variable, cell.part, cell.keys): cell.index for cell in grounded.cells}

    def literal(self, kind, value):
        return self.universe.literal(kind, value)

    def store(self, values):
        """A state as the structured form has it: each place a function, here a known one."""
        held = {place: {} for place in self.keys}
        for cell in self.grounded.cells:
            place = cell.variable, cell.part
            key = tuple(self.literal(k, v) for k, v in zip(self.keys[place], cell.keys, strict=True))
            held[place][tuple(str(part) for part in key)] = key, self.literal(cell.type, values[cell.index])
        return {place: self._reader(found) for place, found in held.items()}

    @staticmethod
    def _reader(found):
        def read(asked):
            asked = tuple(z3.simplify(key) for key in asked)
            known = found.get(tuple(map(str, asked)))
            if known is not None:
                return known[1]
            *others, (_, value) = found.values()
            for key, other in others:
                value = choice(conjunction(equal(a, k) for a, k in zip(asked, key, strict=True)), other, value)
            return value

        return read

    def step(self, step, numbers, values):
        """The state after a step as numbers, None where it is disabled; raises where its iterations meet."""
        names = {name: self.literal(kind, n) for (name, kind), n in zip(step.parameters, numbers, strict=True)}
        effect = Effect(self.universe, self.store(values), names)
        effect.run(step.body)
        if not all(z3.is_true(evaluated(part)) for part in effect.guard):
            return None
        if not all(z3.is_true(evaluated(_for_all(part))) for part in effect.conditions):
            raise Unsupported(f"{step.name}{numbers}: iterations of a loop meet")
        return tuple(self._value(cell, effect.store) for cell in self.grounded.cells)

    def _value(self, cell, store):
        place = cell.variable, cell.part
        key = tuple(self.literal(k, v) for k, v in zip(self.keys[place], cell.keys, strict=True))
        return number(cell.type, evaluated(store[place](key)))

    def holds(self, item, values):
        """Whether a property holds; said of states one after the other, it is said as of each alone."""
        store = self.store(values)
        alone, shared = Values(self.universe, store), Shared(self.universe, store, self.memory)
        answers = {z3.is_true(evaluated(reading.value(item.body))) for reading in (alone, shared)}
        (answer,) = answers
        return answer


def _for_all(condition):
    """A condition for all values of its unknowns."""
    found, waiting = {}, [condition]
    while waiting:
        part = waiting.pop()
        if z3.is_const(part) and part.decl().kind() == z3.Z3_OP_UNINTERPRETED:
            found[str(part)] = part
        waiting += [part.body()] if z3.is_quantifier(part) else part.children()
    return z3.ForAll(list(found.values()), condition) if found else condition


def number(kind, value):
    """A literal of Z3 as the number it stands for."""
    if isinstance(kind, ir.BoolType):
        assert z3.is_true(value) or z3.is_false(value), value
        return int(z3.is_true(value))
    if isinstance(kind, ir.IntType):
        return value.as_long()
    return [str(value.sort().constructor(i)()) for i in range(value.sort().num_constructors())].index(str(value))


def evaluated(expression):
    """An expression without unknowns as a literal; quantifiers are spelled out."""
    return z3.simplify(_spelled(z3.simplify(expression), {}))


def _spelled(expression, done):
    if z3.is_quantifier(expression):
        sorts = [expression.var_sort(i) for i in range(expression.num_vars())]
        found = []
        for values in itertools.product(*map(_values, sorts)):
            body = z3.simplify(z3.substitute_vars(expression.body(), *reversed(values)))
            found.append(_spelled(body, {}))
        return z3.And(found) if expression.is_forall() else z3.Or(found)
    name = expression.get_id()
    if name not in done:
        children = [_spelled(child, done) for child in expression.children()]
        done[name] = expression, expression.decl()(*children) if children else expression
    return done[name][1]


def _values(sort):
    if sort == z3.IntSort():
        return [z3.IntVal(value) for value in INTEGERS]
    if sort == z3.BoolSort():
        return [z3.BoolVal(False), z3.BoolVal(True)]
    return [sort.constructor(i)() for i in range(sort.num_constructors())]


def compare(concrete, step, arguments, expected, values):
    """Asserts that a step does as plain execution does; where that is a mistake of the model, nothing is said."""
    if expected is not WRONG:
        found = concrete.step(step, arguments, values)
        assert found == expected, f"{step.name}{arguments} in {values}"
