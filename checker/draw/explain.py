"""Why a property is true or false in a state: the few comparisons that decide it, with the values they compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from checker import ir
from checker.grounding.grounded import Cell, Grounded, State, Term
from checker.labels import cell_label, value_label

Facts: TypeAlias = tuple[str, ...]

_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b),
    "<=": lambda a, b: int(a <= b),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b if b else 0,
    "%": lambda a, b: a % b if b else 0,
}
_OTHERWISE = {"==": "!=", "!=": "==", "<": ">=", "<=": ">"}


def reads(term: Term) -> set[int]:
    """The cells, by index, on which an expression depends."""
    seen: set[int] = set()
    found: set[int] = set()
    waiting = [term]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if one.operator == "cell":
            found.add(one.value)
        waiting += one.arguments
    return found


def facts(grounded: Grounded, term: Term, state: State) -> list[str]:
    """The fewest comparisons found that make the expression what it is in this state, as sentences with values.

    `disk[A, p1].lsn (2) > flushed[B] (1)`: where all parts must be true, one false part is enough to show.
    """
    return list(dict.fromkeys(_Explanation(grounded, state).facts(term)))


class _Explanation:
    """Values and facts of the expressions of one state: expressions are shared, so each is computed once."""

    def __init__(self, grounded: Grounded, state: State) -> None:
        self.grounded = grounded
        self.state = state
        self.values: dict[int, int] = {}
        self.found: dict[int, Facts] = {}

    def value(self, term: Term) -> int:
        known = self.values.get(id(term))
        if known is None:
            known = self.values[id(term)] = self._value(term)
        return known

    def _value(self, term: Term) -> int:
        if term.operator == "const":
            return term.value
        if term.operator == "cell":
            return self.state[term.value]
        if term.operator == "if":
            condition, then, otherwise = term.arguments
            return self.value(then if self.value(condition) else otherwise)
        given = [self.value(argument) for argument in term.arguments]
        if term.operator in _ARITHMETIC:
            return _ARITHMETIC[term.operator](given[0], given[1])
        folds: dict[str, Callable[[], int]] = {
            "not": lambda: int(not given[0]),
            "neg": lambda: -given[0],
            "and": lambda: int(all(given)),
            "or": lambda: int(any(given)),
            "min": lambda: min(given),
            "max": lambda: max(given),
        }
        return folds[term.operator]()

    def facts(self, term: Term) -> Facts:
        known = self.found.get(id(term))
        if known is None:
            known = self.found[id(term)] = self._facts(term)
        return known

    def _facts(self, term: Term) -> Facts:
        arguments = term.arguments
        if term.operator == "const":
            return ()
        if term.operator == "not":
            return self.facts(arguments[0])
        if term.operator in ("and", "or"):
            deciding = 0 if term.operator == "and" else 1
            alone = [self.facts(one) for one in arguments if bool(self.value(one)) == bool(deciding)]
            if alone:
                return min(alone, key=lambda said: len(set(said)))
            return tuple(dict.fromkeys(fact for one in arguments for fact in self.facts(one)))
        if term.operator == "if":
            condition, then, otherwise = arguments
            taken = then if self.value(condition) else otherwise
            return tuple(dict.fromkeys(self.facts(condition) + self.facts(taken)))
        if term.operator in ("==", "!=") and any(_is_boolean(one) for one in arguments):
            return tuple(dict.fromkeys(self.facts(arguments[0]) + self.facts(arguments[1])))
        return tuple(dict.fromkeys((self._fact(term), *self._counted(term))))

    def _counted(self, term: Term) -> Facts:
        """What makes sums as large, or as small, as they are: of those counted, or of those that are not."""
        if term.operator not in _OTHERWISE:
            return ()
        left, right = term.arguments
        more = self.value(left) - self.value(right)
        return tuple(fact for one, sign in ((left, more), (right, -more)) for fact in self._summands(one, sign))

    def _summands(self, term: Term, more: int) -> Iterator[str]:
        """Why the `if`s among the summands are what they are: all, or only those that lead to more or to less."""
        for one in _leaves(term):
            if one.operator == "if" and one is not term:
                condition, then, otherwise = one.arguments
                taken, left = (then, otherwise) if self.value(condition) else (otherwise, then)
                if (self.value(taken) - self.value(left)) * more >= 0:
                    yield from self.facts(condition)

    def _fact(self, term: Term) -> str:
        """One comparison, in the direction in which it is true; or a cell with its value."""
        if term.operator not in _OTHERWISE:
            return self._cell_fact(term)
        left, right = term.arguments
        operator = term.operator if self.value(term) else _OTHERWISE[term.operator]
        for one, other in ((left, right), (right, left)):
            cell = self._cell(one)
            if cell is not None and other.operator == "const":
                return f"{cell.name} is {cell_label(cell, self.state[cell.index])}"
        kind = self._kind(left) or self._kind(right)
        return f"{self._shown(left, kind)} {operator} {self._shown(right, kind)}"

    def _cell_fact(self, term: Term) -> str:
        cell = self._cell(term)
        return f"{cell.name} is {cell_label(cell, self.state[cell.index])}" if cell else self._shown(term, None)

    def _cell(self, term: Term) -> Cell | None:
        return self.grounded.cells[term.value] if term.operator == "cell" else None

    def _kind(self, term: Term) -> ir.ScalarType | None:
        if term.operator == "if":
            return self._kind(term.arguments[1]) or self._kind(term.arguments[2])
        cell = self._cell(term)
        return cell.type if cell else None

    def _shown(self, term: Term, kind: ir.ScalarType | None) -> str:
        """An operand with the value it has here; `kind` is the type it is compared at."""
        cell = self._cell(term)
        if cell is not None:
            return f"{cell.name} ({cell_label(cell, self.state[cell.index])})"
        if term.operator == "const":
            return value_label(kind, term.value) if kind is not None else str(term.value)
        if term.operator == "if":
            return self._shown(term.arguments[1 if self.value(term.arguments[0]) else 2], kind)
        if term.operator == "+":
            return self._sum(term, kind)
        parts = [self._shown(one, kind) for one in term.arguments]
        if term.operator in ("min", "max"):
            return f"{term.operator}({', '.join(parts)})"
        if term.operator in ("neg", "not"):
            return f"{'-' if term.operator == 'neg' else 'not '}({parts[0]})"
        return f"({f' {term.operator} '.join(parts)})"

    def _sum(self, term: Term, kind: ir.ScalarType | None) -> str:
        """The summands side by side; those that come to plain numbers, as one number."""
        taken = [self._taken(one) for one in _leaves(term)]
        numbers = [one.value for one in taken if one.operator == "const"]
        parts = [self._shown(one, kind) for one in taken if one.operator != "const"]
        if not parts:
            return f"sum ({sum(numbers)})"
        return f"({' + '.join([*parts, *([str(sum(numbers))] if any(numbers) else [])])})"

    def _taken(self, term: Term) -> Term:
        """The branch that is taken here."""
        while term.operator == "if":
            term = term.arguments[1 if self.value(term.arguments[0]) else 2]
        return term


def _leaves(term: Term) -> Iterator[Term]:
    """The summands of a sum, however it is nested; a term that is no sum, itself."""
    if term.operator != "+":
        yield term
        return
    for one in term.arguments:
        yield from _leaves(one)


def _is_boolean(term: Term) -> bool:
    """The operand is itself a condition, whose own facts say more than its value."""
    return term.operator in ("and", "or", "not", "==", "!=", "<", "<=")
