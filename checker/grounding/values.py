"""Expressions of a structured model as terms, under what is known where they stand."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from checker import ir
from checker.grounding import terms
from checker.grounding.grounded import Term
from checker.grounding.layout import SMALLER, Layout, scalar
from checker.grounding.path import Path
from checker.grounding.terms import FALSE, TRUE, conjunction, disjunction, negation
from checker.plain import number
from checker.reading.errors import ModelError

LONGEST_RANGE = 1000
"""Longer ranges are refused: every number of a range becomes a term, so a longer one is rather a slip."""

MOST_ROUNDS = 200_000
"""Of all loops and quantifiers of one step or property, one inside the other: each becomes a term."""


@dataclass(frozen=True)
class Mistake:
    """A possible mistake: where it is made, on which path, and after how many `require`s."""

    path: Path
    wrong: Term
    message: str
    at: ir.Place
    requires: int
    late: bool


class Values:
    """Evaluates expressions to terms: `store` has the cells assigned so far, `names` the locals, `path` what holds.

    A name stands for a term; names are unique within an action or property, so none is ever taken back.
    """

    def __init__(self, layout: Layout, names: dict[str, Term], store: dict[int, Term]) -> None:
        self.layout, self.names, self.store = layout, names, store
        self.path = Path()
        self.mistakes: list[Mistake] = []
        self.requires = 0
        self.rounds = 0

    def mistake(self, wrong: Term, message: str, at: ir.Place, late: bool = False) -> None:
        """Notes that a mistake is made here where `wrong` holds."""
        if wrong is not FALSE:
            self.mistakes.append(Mistake(self.path, wrong, message, at, self.requires, late))

    def value(self, expression: ir.Expr) -> Term:
        """The term of a scalar expression."""
        found: Term = _EXPRESSIONS[type(expression)](self, expression)
        return found

    def record(self, expression: ir.Expr) -> tuple[Term, ...]:
        """The terms of a record's fields, in the order of its type."""
        kind = expression.type
        assert isinstance(kind, ir.RecordType)
        if isinstance(expression, ir.Make):
            return tuple(self.value(part) for part in expression.values)
        if isinstance(expression, ir.Let):
            self.names[expression.name] = self.value(expression.value)
            return self.record(expression.body)
        if isinstance(expression, ir.If):
            condition = self.decided(self.value(expression.condition))
            if condition.operator == "const":
                return self.record(expression.then if condition.value else expression.otherwise)
            then = self._under(condition, lambda: self.record(expression.then))
            other = self._under(negation(condition), lambda: self.record(expression.otherwise))
            kinds = [kind for _, kind in kind.fields]
            return tuple(chosen(k, condition, a, b) for k, a, b in zip(kinds, then, other, strict=True))
        assert isinstance(expression, ir.Read)
        places = self.places(expression)
        return tuple(self._read(expression.variable, places, name, of) for name, of in kind.fields)

    def _under(self, condition: Term, work: Callable[[], Any]) -> Any:
        """What `work` gives on the path where a condition holds too."""
        before = self.path
        self.path = before.assume(condition)
        try:
            return work()
        finally:
            self.path = before

    def decided(self, condition: Term) -> Term:
        """A truth value, or the constant it certainly is on this path."""
        answer = self.path.decide(condition)
        return condition if answer is None else terms.truth(answer)

    def _literal(self, expression: ir.Literal) -> Term:
        return terms.constant(expression.value)

    def _local(self, expression: ir.Local) -> Term:
        return self.names[expression.name]

    def _setting(self, expression: ir.Setting) -> Term:
        return terms.constant(number(scalar(expression.type), getattr(self.layout.settings, expression.name)))

    def _bound(self, expression: ir.Bound) -> Term:
        return terms.constant(int(getattr(self.layout.bounds, expression.name)))

    def _cell(self, expression: ir.Read) -> Term:
        places = self.places(expression)
        return self._read(expression.variable, places, expression.part, scalar(expression.type))

    def _field(self, expression: ir.Field) -> Term:
        kind = expression.of.type
        assert isinstance(kind, ir.RecordType)
        position = [name for name, _ in kind.fields].index(expression.name)
        return self.record(expression.of)[position]

    def _choice(self, expression: ir.If) -> Term:
        condition = self.decided(self.value(expression.condition))
        if condition.operator == "const":
            return self.value(expression.then if condition.value else expression.otherwise)
        then: Term = self._under(condition, lambda: self.value(expression.then))
        other: Term = self._under(negation(condition), lambda: self.value(expression.otherwise))
        return chosen(expression.type, condition, then, other)

    def _let(self, expression: ir.Let) -> Term:
        self.names[expression.name] = self.value(expression.value)
        return self.value(expression.body)

    def _apply(self, expression: ir.Apply) -> Term:
        operator, arguments = expression.operator, expression.arguments
        if operator in ("and", "or"):
            return self._junction(operator, (lambda part=part: self.value(part) for part in arguments))  # type: ignore[misc]
        values = [self.value(part) for part in arguments]
        if operator in ("==", "!=") and isinstance(arguments[0].type, ir.BoolType):
            same = terms.iff(*values)
            return same if operator == "==" else negation(same)
        if operator in ("//", "%"):
            self._divisor(values[1], expression.at)
        return _operated(operator, values)

    def _junction(self, operator: str, parts: Iterator[Callable[[], Term]]) -> Term:
        """`and`/`or` as Python evaluates them: a later part only where the earlier ones leave it open."""
        before, found = self.path, []
        stop = FALSE if operator == "and" else TRUE
        for part in parts:
            value = part()
            if value is stop:
                found.append(stop)
                break
            found.append(value)
            self.path = self.path.assume(value if operator == "and" else negation(value))
        self.path = before
        return conjunction(found) if operator == "and" else disjunction(found)

    def _divisor(self, term: Term, at: ir.Place) -> None:
        low, high = self.path.limits(term)
        if low <= 0 <= high:
            self.mistake(terms.equal(term, terms.constant(0)), "a division by zero", at)

    def _fold(self, expression: ir.Fold) -> Term:
        if expression.operator == "sum":
            return terms.total([self._summand(expression, condition) for condition in self._bindings(expression)])
        operator = "and" if expression.operator == "all" else "or"
        return self._junction(operator, self._instances(expression))

    def _instances(self, expression: ir.Fold) -> Iterator[Callable[[], Term]]:
        is_all = expression.operator == "all"
        for condition in self._bindings(expression):

            def part(condition: Term = condition) -> Term:
                body: Term = self._under(condition, lambda: self.value(expression.body))
                return disjunction((negation(condition), body)) if is_all else conjunction((condition, body))

            yield part

    def _summand(self, expression: ir.Fold, condition: Term) -> Term:
        body: Term = self._under(condition, lambda: self.value(expression.body))
        return terms.choose(condition, body, terms.constant(0))

    def _bindings(self, expression: ir.Fold) -> Iterator[Term]:
        """Gives the variables of a fold their values, one combination after the other, each with its condition."""
        return self._bound_from(expression, 0, TRUE)

    def _bound_from(self, expression: ir.Fold, position: int, condition: Term) -> Iterator[Term]:
        if position == len(expression.variables):
            where = expression.where
            if where is not None:
                condition = conjunction((condition, self._under(condition, lambda: self.value(where))))
            if condition is not FALSE:
                yield condition
            return
        name, domain = expression.variables[position]
        for value, inside in self._under(condition, lambda: list(self._domain(domain, expression.at))):
            self.names[name] = value
            yield from self._bound_from(expression, position + 1, conjunction((condition, inside)))

    def _domain(self, domain: ir.Domain, at: ir.Place) -> Iterator[tuple[Term, Term]]:
        """The values of a domain, each with the condition on which it is one."""
        for value, inside in self._all_of(domain):
            self.rounds += 1
            if self.rounds > MOST_ROUNDS:
                raise ModelError(f"loops and quantifiers run more than {MOST_ROUNDS:,} rounds here", at, SMALLER)
            yield value, inside

    def _all_of(self, domain: ir.Domain) -> Iterator[tuple[Term, Term]]:
        if not isinstance(domain, ir.Span):
            for value in self.layout.values(domain):
                yield terms.constant(value), TRUE
            return
        low, high = self.value(domain.low), self.value(domain.high)
        if self.path.limits(high)[1] - self.path.limits(low)[0] > LONGEST_RANGE:
            message = f"the range may run over more than {LONGEST_RANGE} numbers"
            raise ModelError(message, domain.high.at, "limit its ends, with min and max or by the types of variables")
        for possible in range(self.path.limits(low)[0], self.path.limits(high)[1]):
            element = terms.constant(possible)
            inside = self.decided(conjunction((terms.at_most(low, element), terms.less(element, high))))
            if inside is not FALSE:
                yield element, inside

    # --- places -------------------------------------------------------------------------------------------------

    def places(self, read: ir.Read) -> list[tuple[Term, tuple[int, ...]]]:
        """The keys a place may have, each with its condition; notes the mistake of a key that does not exist."""
        if not read.keys:
            return [(TRUE, ())]
        kind = self.layout.variables[read.variable]
        assert isinstance(kind, ir.MapType)
        choices: list[list[tuple[Term, int]]] = []
        for key, of in zip([self.value(key) for key in read.keys], kind.keys, strict=True):
            choices.append(self._candidates(key, *self.layout.limits(of), read))
        return [
            (conjunction([condition for condition, _ in combination]), tuple(value for _, value in combination))
            for combination in itertools.product(*choices)
        ]

    def _candidates(self, key: Term, low: int, high: int, read: ir.Read) -> list[tuple[Term, int]]:
        """The values of one key within the limits of its type."""
        if key.operator == "const" and low <= key.value <= high:
            return [(TRUE, key.value)]
        first, last = self.path.limits(key)
        if first <= last and (first < low or last > high):
            self.mistake(outside(self.path, key, low, high), f"{read.variable} has no such key", read.at)
        first, last = max(first, low), min(last, high)
        if first >= last:
            return [(TRUE, min(max(first, low), high))]
        return [(terms.equal(key, terms.constant(value)), value) for value in range(first, last + 1)]

    def _read(
        self, variable: str, places: list[tuple[Term, tuple[int, ...]]], part: str | None, kind: ir.ScalarType
    ) -> Term:
        """The value at whichever of the places it is: the last one where it is none of the others."""
        found: Term | None = None
        for condition, keys in reversed(places):
            index = self.layout.numbers[variable, keys, part]
            value = self.store.get(index, self.layout.terms[index])
            if value.operator == "if":
                value = self.path.assume(condition).chosen(value)
            found = value if found is None else chosen(kind, condition, value, found)
        assert found is not None
        return found


def chosen(kind: ir.Type, condition: Term, then: Term, otherwise: Term) -> Term:
    """One of two values of a type."""
    made = terms.either if isinstance(kind, ir.BoolType) else terms.choose
    return made(condition, then, otherwise)


def outside(path: Path, term: Term, low: int, high: int) -> Term:
    """Whether a number lies outside limits, as far as the path leaves that open."""
    first, last = path.limits(term)
    if first > last or (low <= first and last <= high):
        return FALSE
    return disjunction((terms.less(term, terms.constant(low)), terms.less(terms.constant(high), term)))


def _operated(operator: str, values: list[Term]) -> Term:
    if operator == "not":
        return negation(values[0])
    if operator == "neg":
        return terms.subtract(terms.constant(0), values[0])
    found, *others = values
    for value in others:
        found = terms.BINARY[operator](found, value)
    return found


_EXPRESSIONS: dict[type[ir.Expr], Callable[[Values, Any], Term]] = {
    ir.Literal: Values._literal,
    ir.Local: Values._local,
    ir.Setting: Values._setting,
    ir.Bound: Values._bound,
    ir.Read: Values._cell,
    ir.Field: Values._field,
    ir.Apply: Values._apply,
    ir.If: Values._choice,
    ir.Let: Values._let,
    ir.Fold: Values._fold,
}
