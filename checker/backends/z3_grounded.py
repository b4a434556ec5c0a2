"""The grounded form in Z3: cells as bit-vectors, a step as one relation between the state before and after.

Everything is finite, so a solver for finite domains decides it: this is what bounded model checking and the search for
a counterexample to induction run on.  Numbers share one width, wide enough for every term; cells are as narrow as
their limits allow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import z3

from checker import ir
from checker.grounding.grounded import Cell, Grounded, State, Term

Expr: TypeAlias = Any
"""A Z3 expression: a truth value or a bit-vector."""

COMPARISONS = ("==", "!=", "<", "<=")


@dataclass(frozen=True)
class Relation:
    """The steps of a grounded model: `holds` where action number `choice` leads from `before` to `after`.

    `before` and `after` have one constant for each cell whose limits leave more than one value.
    """

    grounded: Grounded
    cells: tuple[Cell, ...]
    before: tuple[Expr, ...]
    after: tuple[Expr, ...]
    choice: Expr
    holds: Expr
    writer: Writer

    def at(self, moment: str) -> tuple[Expr, ...]:
        """Constants for the cells at another moment."""
        return tuple(_constant(cell, moment) for cell in self.cells)

    def is_state(self, constants: Sequence[Expr], state: State) -> Expr:
        """That the cells have the values of a state."""
        values = zip(self.cells, constants, strict=True)
        return z3.And([constant == _value(constant, state[cell.index]) for cell, constant in values])

    def on(self, expression: Expr, constants: Sequence[Expr]) -> Expr:
        """An expression over `before`, said of another moment."""
        return z3.substitute(expression, *zip(self.before, constants, strict=True))

    def between(self, first: Sequence[Expr], second: Sequence[Expr], choice: Expr) -> Expr:
        """The relation between two other moments."""
        pairs = [*zip(self.before, first, strict=True), *zip(self.after, second, strict=True)]
        return z3.substitute(self.holds, *pairs, (self.choice, choice))

    def within_limits(self, constants: Sequence[Expr]) -> Expr:
        """That every cell is within its limits, for a moment that no step led to."""
        return z3.And([_within(cell, constant) for cell, constant in zip(self.cells, constants, strict=True)])

    def state(self, model: Any, constants: Sequence[Expr]) -> State:
        """The values of all cells at a moment, in a solution."""
        values = [cell.low for cell in self.grounded.cells]
        for cell, constant in zip(self.cells, constants, strict=True):
            found = model.eval(constant, model_completion=True)
            values[cell.index] = _number(cell, found)
        return tuple(values)


def relation(grounded: Grounded, names: Iterable[str] | None = None) -> Relation:
    """The step relation of a grounded model; `names`: only of these actions."""
    cells = tuple(cell for cell in grounded.cells if cell.low < cell.high)
    before = tuple(_constant(cell, "before") for cell in cells)
    after = tuple(_constant(cell, "after") for cell in cells)
    writer = Writer(grounded, {cell.index: constant for cell, constant in zip(cells, before, strict=True)})
    width = max(1, (len(grounded.actions) - 1).bit_length())
    choice = z3.BitVec("choice", width)
    chosen = [choice == z3.BitVecVal(number, width) for number in range(len(grounded.actions))]
    wanted = None if names is None else set(names)
    numbers = [n for n, action in enumerate(grounded.actions) if wanted is None or action.name in wanted]
    parts = [z3.Or([chosen[n] for n in numbers])]
    parts += [z3.Implies(chosen[n], writer.truth(grounded.actions[n].guard)) for n in numbers]
    writes: dict[int, dict[Term, list[Expr]]] = {}
    for n in numbers:
        for index, term in grounded.actions[n].updates:
            writes.setdefault(index, {}).setdefault(term, []).append(chosen[n])
    for cell, old, new in zip(cells, before, after, strict=True):
        value = old
        for term, choices in writes.get(cell.index, {}).items():
            value = z3.If(z3.Or(choices), writer.cell_value(cell, term), value)
        parts.append(new == value)
    return Relation(grounded, cells, before, after, choice, z3.And(parts), writer)


def _constant(cell: Cell, moment: str) -> Expr:
    name = f"{cell.name}@{moment}"
    return z3.Bool(name) if isinstance(cell.type, ir.BoolType) else z3.BitVec(name, _width(cell.low, cell.high))


def _width(low: int, high: int) -> int:
    """Bits for numbers within limits, with a sign where there are negative ones."""
    return max(1, high.bit_length()) if low >= 0 else max(high.bit_length(), (-low - 1).bit_length()) + 1


def _value(constant: Expr, value: int) -> Expr:
    return z3.BoolVal(bool(value)) if z3.is_bool(constant) else z3.BitVecVal(value, constant.size())


def _number(cell: Cell, found: Expr) -> int:
    if z3.is_bool(found):
        return int(z3.is_true(found))
    number: int = found.as_signed_long() if cell.low < 0 else found.as_long()
    return number


def _within(cell: Cell, constant: Expr) -> Expr:
    if z3.is_bool(constant):
        return z3.BoolVal(True)
    low, high = _value(constant, cell.low), _value(constant, cell.high)
    if cell.low < 0:
        return z3.And(low <= constant, constant <= high)
    return z3.And(z3.ULE(low, constant), z3.ULE(constant, high))


class Writer:
    """Writes the terms of one grounded model as expressions over its cells before the step, each term once."""

    def __init__(self, grounded: Grounded, constants: dict[int, Expr]) -> None:
        self.constants = constants
        self.cells = grounded.cells
        lows, highs = _limits(grounded)
        self.signed = lows < 0
        # One more bit where there is a sign: rounding a quotient down passes through numbers beyond the limits.
        self.width = _width(lows, highs) + self.signed
        self.truths: dict[Term, Expr] = {}
        self.numbers: dict[Term, Expr] = {}

    def truth(self, term: Term) -> Expr:
        """A truth value."""
        if term not in self.truths:
            self.truths[term] = self._truth(term)
        return self.truths[term]

    def number(self, term: Term) -> Expr:
        """A number, in the common width."""
        if term not in self.numbers:
            self.numbers[term] = self._number(term)
        return self.numbers[term]

    def cell_value(self, cell: Cell, term: Term) -> Expr:
        """A term as a value of a cell, in the cell's width."""
        if isinstance(cell.type, ir.BoolType):
            return self.truth(term)
        width = _width(cell.low, cell.high)
        number = self.number(term)
        return z3.Extract(width - 1, 0, number) if width < self.width else number

    def _is_truth(self, term: Term) -> bool:
        if term.operator == "cell":
            return isinstance(self.cells[term.value].type, ir.BoolType)
        if term.operator == "if":
            return any(self._is_truth(branch) for branch in term.arguments[1:])
        return term.operator in ("and", "or", "not", *COMPARISONS)

    def _truth(self, term: Term) -> Expr:
        operator, arguments = term.operator, term.arguments
        if operator == "const":
            return z3.BoolVal(bool(term.value))
        if operator == "cell":
            return self.constants[term.value]
        if operator in COMPARISONS:
            return self._comparison(operator, *arguments)
        parts = [self.truth(part) for part in arguments]
        if operator == "and":
            return z3.And(parts)
        if operator == "or":
            return z3.Or(parts)
        return z3.Not(parts[0]) if operator == "not" else z3.If(*parts)

    def _comparison(self, operator: str, left: Term, right: Term) -> Expr:
        truths = self._is_truth(left) or self._is_truth(right)
        one, other = (self.truth(part) if truths else self.number(part) for part in (left, right))
        if operator == "==":
            return one == other
        if operator == "!=":
            return one != other
        if self.signed:
            return one < other if operator == "<" else one <= other
        return z3.ULT(one, other) if operator == "<" else z3.ULE(one, other)

    def _number(self, term: Term) -> Expr:
        operator, arguments = term.operator, term.arguments
        if operator == "const":
            return z3.BitVecVal(term.value, self.width)
        if operator == "cell":
            return self._widened(self.constants[term.value], self.cells[term.value].low < 0)
        if operator == "if":
            return z3.If(self.truth(arguments[0]), self.number(arguments[1]), self.number(arguments[2]))
        return self._computed(operator, *(self.number(part) for part in arguments))

    def _widened(self, constant: Expr, signed: bool) -> Expr:
        if z3.is_bool(constant):
            return z3.If(constant, z3.BitVecVal(1, self.width), z3.BitVecVal(0, self.width))
        missing = self.width - constant.size()
        if not missing:
            return constant
        return z3.SignExt(missing, constant) if signed else z3.ZeroExt(missing, constant)

    def _computed(self, operator: str, left: Expr, right: Expr | None = None) -> Expr:
        if right is None:
            return -left
        if operator in ("+", "-", "*"):
            return left + right if operator == "+" else left - right if operator == "-" else left * right
        if operator in ("//", "%"):
            return z3.If(right == 0, z3.BitVecVal(0, self.width), self._division(operator, left, right))
        at_most = left <= right if self.signed else z3.ULE(left, right)
        return z3.If(at_most, left, right) if operator == "min" else z3.If(at_most, right, left)

    def _division(self, operator: str, left: Expr, right: Expr) -> Expr:
        if not self.signed:
            return z3.UDiv(left, right) if operator == "//" else z3.URem(left, right)
        # bvsmod has the sign of the divisor, as Python's remainder; without the rest, the quotient is exact.
        rest = left % right
        return rest if operator == "%" else (left - rest) / right


def _limits(grounded: Grounded) -> tuple[int, int]:
    """The least and the greatest value of any term of a model, and of any cell."""
    waiting: list[Term] = [grounded.end]
    for action in grounded.actions:
        waiting += [action.guard, *(term for _, term in action.updates), *(check.wrong for check in action.checks)]
    for item in grounded.properties:
        waiting += [item.body, *(check.wrong for check in item.checks)]
    seen: set[Term] = set()
    low, high = min(c.low for c in grounded.cells), max(c.high for c in grounded.cells)
    while waiting:
        term = waiting.pop()
        if term not in seen:
            seen.add(term)
            low, high = min(low, term.low), max(high, term.high)
            waiting += term.arguments
    return min(low, 0), max(high, 1)
