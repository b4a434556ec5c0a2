"""Small grounded models built by hand, so that searches and back ends are tested without the reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from checker import ir
from checker.grounding.grounded import Action, Cell, Check, Grounded, Property, State, Term

HERE = ir.Place("model.py", 1, "")
BOOLEAN = {"not", "and", "or", "==", "!=", "<", "<=", ">", ">="}


class Builder:
    """Collects the parts of a grounded model; terms are shared, as the grounded form wants them."""

    def __init__(self, **ranges: tuple[int, int]) -> None:
        self.cells = tuple(
            Cell(i, name, (), None, ir.IntType(low, high), low, high, name)
            for i, (name, (low, high)) in enumerate(ranges.items())
        )
        self.numbers = {cell.name: cell.index for cell in self.cells}
        self.terms: dict[tuple[object, ...], Term] = {}
        self.actions: list[Action] = []
        self.properties: list[Property] = []
        self.end = self.const(0)
        self.off: tuple[str, ...] = ()

    def _term(self, operator: str, arguments: tuple[Term, ...], value: int, low: int, high: int) -> Term:
        key = (operator, arguments, value)
        if key not in self.terms:
            self.terms[key] = Term(operator, arguments, value, low, high)
        return self.terms[key]

    def const(self, value: int) -> Term:
        return self._term("const", (), value, value, value)

    def __getitem__(self, name: str) -> Term:
        cell = self.cells[self.numbers[name]]
        return self._term("cell", (), cell.index, cell.low, cell.high)

    def op(self, operator: str, *parts: Term | int) -> Term:
        """A term; its limits are those of a truth value, or too wide to say anything."""
        arguments = tuple(self.const(part) if isinstance(part, int) else part for part in parts)
        low, high = (0, 1) if operator in BOOLEAN else (-(10**9), 10**9)
        return self._term(operator, arguments, 0, low, high)

    def eq(self, left: Term | int, right: Term | int) -> Term:
        return self.op("==", left, right)

    def all(self, *parts: Term) -> Term:
        return self.op("and", *parts) if parts else self.const(1)

    def action(
        self,
        name: str,
        guard: Term,
        updates: Mapping[str, Term | int],
        arguments: tuple[int, ...] = (),
        checks: Iterable[Check] = (),
    ) -> None:
        made = tuple(
            (self.numbers[cell], self.const(term) if isinstance(term, int) else term) for cell, term in updates.items()
        )
        label = f"{name}({', '.join(map(str, arguments))})"
        self.actions.append(Action(name, arguments, label, guard, made, tuple(checks)))

    def invariant(self, name: str, body: Term, checks: Iterable[Check] = ()) -> None:
        self.properties.append(Property(name, "invariant", "", body, tuple(checks)))

    def reachable(self, name: str, body: Term) -> None:
        self.properties.append(Property(name, "reachable", "", body, ()))

    def grounded(self, *initials: State) -> Grounded:
        names = tuple(dict.fromkeys(action.name for action in self.actions)) + self.off
        steps = tuple(ir.Step(name, "", (), (), HERE, None) for name in names)
        model = ir.Model("small", "", (), (), steps, (), (), None, None, None, None)
        return Grounded(
            model, None, None, self.cells, tuple(initials), tuple(self.actions), tuple(self.properties), self.end,
            self.off, self.numbers,
        )  # fmt: skip


def bits(count: int) -> Builder:
    """Bits that start at 0 and flip, each on its own: 2^n states, n transitions from each, depth n."""
    b = Builder(**{f"bit{i}": (0, 1) for i in range(count)})
    for i in range(count):
        b.action("flip", b.const(1), {f"bit{i}": b.op("not", b[f"bit{i}"])}, (i,))
    return b


def counter(high: int) -> Builder:
    """One number from 0 up to `high`, where it stops: high + 1 states in a row."""
    b = Builder(n=(0, high))
    b.action("up", b.op("<", b["n"], high), {"n": b.op("+", b["n"], 1)})
    return b


def die() -> Builder:
    """A die that is rolled again and again; 0 is before the first roll."""
    b = Builder(face=(0, 6))
    for face in range(1, 7):
        b.action("roll", b.const(1), {"face": face}, (face,))
    return b
