"""Conditions as lists of literals, and what a literal says about the value of one cell."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from checker.grounding.grounded import Term

Facts: TypeAlias = Mapping[int, int]
"""Cells whose value is known where one stands, by index."""

COMPARED: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", "<=": ">", ">": "<="}


@dataclass(frozen=True)
class Literal:
    """A condition that is no conjunction: `term` where `positive`, else its negation."""

    term: Term
    positive: bool = True

    @cached_property
    def topic(self) -> tuple[Any, ...]:
        """What it asks for: the value of a cell, whichever is wanted, or else its own truth."""
        value = value_test(self)
        return ("cell", value[0]) if value is not None else self.key

    @cached_property
    def key(self) -> tuple[Any, ...]:
        """Equal for literals that say the same however they were written."""
        sign, arguments = self.term.operator, self.term.arguments
        value = value_test(self)
        if value is not None:
            return ("value", *value)
        if sign not in OPPOSITE:
            return (self.term, self.positive)
        if not self.positive:
            sign = OPPOSITE[sign]
        if sign in (">", ">="):
            sign, arguments = {">": "<", ">=": "<="}[sign], arguments[::-1]
        elif sign in ("==", "!="):
            arguments = tuple(sorted(arguments, key=id))
        return (sign, *arguments)


def conjuncts(term: Term, positive: bool = True) -> list[Literal] | None:
    """The literals whose conjunction is the term (or its negation), each once, in order; None if plainly false."""
    found: dict[tuple[Any, ...], Literal] = {}
    pending = [Literal(term, positive)]
    while pending:
        literal = pending.pop()
        term, positive = literal.term, literal.positive
        if term.operator == "const":
            if bool(term.value) is not positive:
                return None
        elif term.operator == "not":
            pending.append(Literal(term.arguments[0], not positive))
        elif term.operator == ("and" if positive else "or"):
            pending.extend(Literal(argument, positive) for argument in reversed(term.arguments))
        else:
            found.setdefault(literal.key, literal)
    return list(found.values())


def _cell_and_number(term: Term) -> tuple[Term, int] | None:
    left, right = term.arguments
    if left.operator == "const":
        left, right = right, left
    return (left, right.value) if left.operator == "cell" and right.operator == "const" else None


def value_test(literal: Literal) -> tuple[int, int] | None:
    """The cell and the value it must have, if that is what the literal says."""
    term, positive = literal.term, literal.positive
    if term.operator == "cell" and (term.low, term.high) == (0, 1):
        return term.value, int(positive)
    if term.operator not in ("==", "!="):
        return None
    pair = _cell_and_number(term)
    if pair is None:
        return None
    cell, number = pair
    if not cell.low <= number <= cell.high:
        return None
    if positive is (term.operator == "=="):
        return cell.value, number
    if cell.high - cell.low == 1:
        return cell.value, cell.low + cell.high - number
    return None


def decided(term: Term, facts: Facts) -> int | None:
    """The value of a term, as far as it plainly follows from what is known of single cells."""
    sign, arguments = term.operator, term.arguments
    if sign == "const":
        return term.value
    if sign == "cell":
        return facts.get(term.value)
    if sign == "not":
        inner = decided(arguments[0], facts)
        return None if inner is None else int(not inner)
    if sign in COMPARED and all(argument.operator in ("cell", "const") for argument in arguments):
        left, right = decided(arguments[0], facts), decided(arguments[1], facts)
        return None if left is None or right is None else int(COMPARED[sign](left, right))
    if sign in ("and", "or"):
        absorbing = int(sign == "or")
        parts = [decided(part, facts) for part in arguments if part.operator not in ("and", "or", "not")]
        if absorbing in parts:
            return absorbing
        return 1 - absorbing if len(parts) == len(arguments) and None not in parts else None
    return None


def simplified(literals: Iterable[Literal], facts: Facts) -> list[Literal] | None:
    """The literals that are still open under the facts; None if one is false."""
    left = []
    for literal in literals:
        value = decided(literal.term, facts)
        if value is None:
            left.append(literal)
        elif bool(value) is not literal.positive:
            return None
    return left


def resolved(term: Term, facts: Facts) -> Term:
    """The branch of a conditional expression that the facts choose, the term itself otherwise."""
    while term.operator == "if":
        value = decided(term.arguments[0], facts)
        if value is None:
            break
        term = term.arguments[1 if value else 2]
    return term
