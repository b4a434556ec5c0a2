"""Runs the statements of a structured model on terms: one instance of an action, or an initial state.

The store is threaded through as Python does: a read after an assignment sees what was assigned.  The branches of an
`if` are run side by side and their stores joined, so the work grows with the text and not with the paths through it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from checker import ir
from checker.grounding import terms
from checker.grounding.grounded import Check, Term
from checker.grounding.layout import Layout
from checker.grounding.terms import FALSE, conjunction, conjuncts, disjunction, negation
from checker.grounding.values import Values, chosen, outside


class Ruled(Exception):
    """A `require` is false whatever the state: this instance can never be taken."""


@dataclass(frozen=True)
class _Side:
    store: dict[int, Term]
    assigned: dict[int, Term]
    guard: list[Term]


class Instance(Values):
    """One run on terms.  `guard` has the conjuncts required so far, `assigned` where each cell was given a value."""

    def __init__(self, layout: Layout, names: dict[str, Term], store: dict[int, Term] | None = None) -> None:
        super().__init__(layout, names, store or {})
        self.guard: list[Term] = []
        self.assigned: dict[int, Term] = {}

    def run(self, statements: tuple[ir.Statement, ...]) -> None:
        """Runs a block.  Raises `Ruled` where a `require` on this path is false."""
        for statement in statements:
            _STATEMENTS[type(statement)](self, statement)

    def _require(self, statement: ir.Require) -> None:
        condition = self.path.simplified(self.value(statement.condition))
        if condition is FALSE:
            raise Ruled
        for part in conjuncts(condition):
            self._guard(part)

    def _guard(self, part: Term) -> None:
        self.guard.append(part)
        self.requires += 1
        self.path = self.path.assume(part, guard=True)

    def _define(self, statement: ir.Define) -> None:
        self.names[statement.name] = self.value(statement.value)

    def _branch(self, statement: ir.Branch) -> None:
        condition = self.decided(self.value(statement.condition))
        self._fork(condition, lambda: self.run(statement.then), lambda: self.run(statement.otherwise))

    def _loop(self, statement: ir.Loop) -> None:
        for value, condition in self._domain(statement.domain, statement.at):
            self.names[statement.name] = value
            self._fork(condition, lambda: self.run(statement.body), lambda: None)

    def _fork(self, condition: Term, then: Callable[[], None], otherwise: Callable[[], None]) -> None:
        if condition.operator == "const":
            (then if condition.value else otherwise)()
            return
        before = (self.store, self.assigned, self.guard, self.path)
        first, second = self._side(condition, then), self._side(negation(condition), otherwise)
        self.store, self.assigned, self.guard, self.path = before
        if first is None and second is None:
            raise Ruled
        for side, excluded in ((first, negation(condition)), (second, condition)):
            for part in (FALSE,) if side is None else side.guard:
                joined = self.path.simplified(disjunction((excluded, part)))
                for conjunct in conjuncts(joined):
                    self._guard(conjunct)
        self._join(condition, first or second, second or first)

    def _side(self, condition: Term, run: Callable[[], None]) -> _Side | None:
        """The outcome of one branch, None where it requires what cannot be; the instance itself is put back."""
        before = (self.store, self.assigned, self.guard, self.path)
        self.store, self.assigned, self.guard = dict(self.store), dict(self.assigned), []
        self.path = self.path.assume(condition)
        try:
            run()
            return _Side(self.store, self.assigned, self.guard)
        except Ruled:
            return None
        finally:
            self.store, self.assigned, self.guard, self.path = before

    def _join(self, condition: Term, first: _Side | None, second: _Side | None) -> None:
        assert first is not None and second is not None
        for index in {**first.store, **second.store}:
            old = self.layout.terms[index]
            one, other = first.store.get(index, old), second.store.get(index, old)
            self.store[index] = chosen(self.layout.cells[index].type, condition, one, other)
            assigned = first.assigned.get(index, FALSE), second.assigned.get(index, FALSE)
            self.assigned[index] = terms.either(condition, *assigned)

    def _assign(self, statement: ir.Assign) -> None:
        target, kind = statement.target, statement.target.type
        if isinstance(kind, ir.RecordType):
            values = self.record(statement.value)
            parts: list[tuple[str | None, Term]] = list(zip((name for name, _ in kind.fields), values, strict=True))
        else:
            parts = [(target.part, self.value(statement.value))]
        for condition, keys in self.places(target):
            for part, value in parts:
                self._set(self.layout.numbers[target.variable, keys, part], value, condition, statement.at)

    def _set(self, index: int, value: Term, condition: Term, at: ir.Place) -> None:
        cell = self.layout.cells[index]
        path = self.path.assume(condition)
        value = path.chosen(value)
        twice = conjunction((condition, self.assigned.get(index, FALSE)))
        if path.decide(twice) is not False:
            self.mistake(twice, f"{cell.name} is assigned twice in one step", at, late=True)
        wrong = path.simplified(outside(path, value, cell.low, cell.high))
        if wrong is not FALSE:
            message = f"{cell.name} gets a value outside {cell.low}..{cell.high}"
            self.mistake(conjunction((condition, wrong)), message, at, late=True)
        old = self.store.get(index, self.layout.terms[index])
        self.store[index] = chosen(cell.type, condition, value, old)
        self.assigned[index] = disjunction((self.assigned.get(index, FALSE), condition))

    def checks(self) -> tuple[Check, ...]:
        """The mistakes a state may show.  One made after the last `require` counts only where the guard holds."""
        found: dict[tuple[Term, str, ir.Place], Check] = {}
        for mistake in self.mistakes:
            early = not mistake.late and mistake.requires < self.requires
            wrong = conjunction((mistake.path.condition(guards=early), mistake.wrong))
            if wrong is not FALSE:
                key = wrong, mistake.message, mistake.at
                # Made again in a later round, behind the guard, it was made before the guard all the same.
                early = early or (key in found and found[key].early)
                found[key] = Check(*key, early)
        return tuple(found.values())


_STATEMENTS: dict[type[ir.Statement], Callable[[Instance, Any], None]] = {
    ir.Require: Instance._require,
    ir.Define: Instance._define,
    ir.Branch: Instance._branch,
    ir.Loop: Instance._loop,
    ir.Assign: Instance._assign,
}
