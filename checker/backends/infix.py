"""Terms of the grounded form as expressions of a language with the operators of C, whose division rounds to zero."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from checker import ir
from checker.grounding.grounded import Cell, Term

LARGEST = 200_000
"""Nodes of an expression written out as a tree.  Terms share their parts, expressions of these languages cannot."""

_TRUTHS = {"not", "and", "or", "==", "!=", "<", "<="}


class TooLarge(Exception):
    """An expression of the model has no text of a sensible length."""


@dataclass(frozen=True)
class Spelling:
    """How a language writes what C writes `&&`, `||`, `==` and `c ? a : b`; `booleans`: truth values are no numbers."""

    conjunction: str
    disjunction: str
    equal: str
    choice: str
    booleans: bool


class Infix:
    """Writes terms over cells: `names` by the cell's index; a cell that cannot vary is its value.

    Every text is a constant, a name, or in parentheses.
    """

    def __init__(self, spelling: Spelling, cells: tuple[Cell, ...], names: Mapping[int, str]) -> None:
        self.spelling, self.cells, self.names = spelling, cells, names
        self._sizes: dict[Term, int] = {}

    def renamed(self, names: Mapping[int, str]) -> Infix:
        """The same, with other names for some cells."""
        return Infix(self.spelling, self.cells, {**self.names, **names})

    def truth(self, term: Term) -> str:
        """The text of a truth value.  Raises `TooLarge`."""
        self._measure(term)
        return self._truth(term)

    def number(self, term: Term) -> str:
        """The text of a number.  Raises `TooLarge`."""
        self._measure(term)
        return self._number(term)

    def assigned(self, cell: Cell, term: Term) -> str:
        """The text of a value for a cell.  Raises `TooLarge`."""
        return self.truth(term) if self._is_boolean(cell) else self.number(term)

    def value(self, cell: Cell, number: int) -> str:
        """The text of one value of a cell."""
        return ("true" if number else "false") if self._is_boolean(cell) else str(number)

    def _measure(self, term: Term) -> int:
        if term not in self._sizes:
            self._sizes[term] = 1 + sum(self._measure(part) for part in term.arguments)
            if self._sizes[term] > LARGEST:
                raise TooLarge(f"an expression has more than {LARGEST:,} parts when it is written out")
        return self._sizes[term]

    def _is_boolean(self, cell: Cell) -> bool:
        return self.spelling.booleans and isinstance(cell.type, ir.BoolType)

    def _truth(self, term: Term) -> str:
        spelling, operator, parts = self.spelling, term.operator, term.arguments
        if operator == "const":
            return "true" if term.value else "false"
        if operator == "not":
            return f"(!{self._truth(parts[0])})"
        if operator in ("and", "or"):
            joined = f" {spelling.conjunction if operator == 'and' else spelling.disjunction} "
            return f"({joined.join(map(self._truth, parts))})" if len(parts) > 1 else self._truth(parts[0])
        if operator == "if":
            return spelling.choice.format(*map(self._truth, parts))
        if operator in ("==", "!="):
            sides = [self._truth(p) if self._is_truth(p) else self._number(p) for p in parts]
            if self._is_truth(parts[0]) != self._is_truth(parts[1]):
                sides = list(map(self._number, parts))
            return f"({sides[0]} {spelling.equal if operator == '==' else '!='} {sides[1]})"
        if operator in ("<", "<=", ">", ">="):
            return f"({self._number(parts[0])} {operator} {self._number(parts[1])})"
        shown = self._number(term) if operator != "cell" else self._cell(term)
        return shown if operator == "cell" and self._is_truth(term) else f"({shown} != 0)"

    def _is_truth(self, term: Term) -> bool:
        """Whether a term is a truth value by itself."""
        if term.operator == "cell":
            return self._is_boolean(self.cells[term.value])
        if term.operator == "if":
            return self._is_truth(term.arguments[1]) and self._is_truth(term.arguments[2])
        return term.operator in _TRUTHS

    def _cell(self, term: Term) -> str:
        cell = self.cells[term.value]
        return self.value(cell, cell.low) if cell.low == cell.high else self.names[cell.index]

    def _number(self, term: Term) -> str:
        operator = term.operator
        if operator == "const":
            return str(term.value) if term.value >= 0 else f"(0 - {-term.value})"
        if operator == "cell" and not self._is_truth(term):
            return self._cell(term) if self.cells[term.value].low >= 0 else f"({self._cell(term)})"
        if operator in _NUMBERS:
            return _NUMBERS[operator](self, *term.arguments)
        return self.spelling.choice.format(self._truth(term), "1", "0")

    def _choice(self, condition: Term, then: Term, otherwise: Term) -> str:
        return self.spelling.choice.format(self._truth(condition), self._number(then), self._number(otherwise))

    def _arithmetic(self, operator: str, left: Term, right: Term) -> str:
        return f"({self._number(left)} {operator} {self._number(right)})"

    def _opposite(self, term: Term) -> str:
        return f"(0 - {self._number(term)})"

    def _extreme(self, operator: str, left: Term, right: Term) -> str:
        return self.spelling.choice.format(
            self._arithmetic(operator, left, right), self._number(left), self._number(right)
        )

    def _divided(self, operator: str, left: Term, right: Term) -> str:
        """A quotient rounded down, or a remainder with the divisor's sign; 0 where the divisor is 0."""
        plain = self._arithmetic(operator, left, right)
        if left.low >= 0 and right.low > 0:
            return plain
        a, b, equal = self._number(left), self._number(right), self.spelling.equal
        unlike = f"(({a} < 0) != ({b} < 0))"
        corrected = f"({plain} - 1)" if operator == "/" else f"({plain} + {b})"
        inexact = f"((({a} % {b}) != 0) {self.spelling.conjunction} {unlike})"
        rounded = self.spelling.choice.format(inexact, corrected, plain)
        return self.spelling.choice.format(f"({b} {equal} 0)", "0", rounded)


_NUMBERS: dict[str, Callable[..., str]] = {
    "if": Infix._choice,
    "+": lambda text, *parts: text._arithmetic("+", *parts),
    "-": lambda text, *parts: text._arithmetic("-", *parts),
    "*": lambda text, *parts: text._arithmetic("*", *parts),
    "neg": Infix._opposite,
    "//": lambda text, *parts: text._divided("/", *parts),
    "%": lambda text, *parts: text._divided("%", *parts),
    "min": lambda text, *parts: text._extreme("<=", *parts),
    "max": lambda text, *parts: text._extreme(">=", *parts),
}
