"""Python text of expressions over a packed state `s`: cells are cut out of it, or are locals by then.

Expressions are total here: a division by zero is 0, since the `Check` that goes with it tells of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from checker.backends.literals import OPPOSITE, Facts, Literal, decided, resolved, value_test
from checker.backends.packing import Layout
from checker.grounding.grounded import Term

DEEPEST = 16
"""How deep an expression may nest before a part of it becomes a local: Python's parser has a limit, readers too."""


@dataclass
class Scope:
    """What holds at one place of the program: the locals that are assigned there, and the values that are known."""

    layout: Layout
    facts: Facts
    names: dict[Term, str] = field(default_factory=dict)

    def inner(self, facts: Facts) -> Scope:
        """The scope of a block below a test that adds these facts."""
        return Scope(self.layout, {**self.facts, **facts}, dict(self.names))

    def is_name(self, term: Term) -> bool:
        """Whether the term needs no work: a local or a number."""
        return term in self.names or decided(term, self.facts) is not None


def text(term: Term, scope: Scope) -> str:
    """The text of a term, in parentheses unless it is a name or a number."""
    name = scope.names.get(term)
    if name is not None:
        return name
    value = decided(term, scope.facts)
    if value is not None:
        return str(value) if value >= 0 else f"({value})"
    chosen = resolved(term, scope.facts)
    return text(chosen, scope) if chosen is not term else f"({_bare(term, scope)})"


def _bare(term: Term, scope: Scope) -> str:
    operator, arguments = term.operator, term.arguments
    if operator == "cell":
        return _cut(term, scope)
    if operator in ("and", "or"):
        return _joined(term, scope, exact=True)
    if operator == "not":
        return test(Literal(arguments[0], False), scope, exact=True)
    if operator == "if":
        return _conditional(term, scope)
    if operator == "neg":
        return f"-{text(arguments[0], scope)}"
    if operator in ("min", "max"):
        return _extreme(term, scope)
    if operator in ("+", "*"):
        return f" {operator} ".join(text(argument, scope) for argument in _flat(term, scope))
    left, right = (text(argument, scope) for argument in arguments)
    if operator in ("//", "%") and arguments[1].low <= 0 <= arguments[1].high:
        return f"{left} {operator} {right} if {right} else 0"
    return f"{left} {operator} {right}"


def _flat(term: Term, scope: Scope) -> list[Term]:
    """The arguments of an associative operator, those of the same operator among them replaced by theirs."""
    flat: list[Term] = []
    pending = list(reversed(term.arguments))
    while pending:
        argument = pending.pop()
        if argument.operator == term.operator and argument not in scope.names:
            pending.extend(reversed(argument.arguments))
        else:
            flat.append(argument)
    return flat


def _cut(cell: Term, scope: Scope) -> str:
    slot = scope.layout.slots[cell.value]
    cut = f"s >> {slot.offset}" if slot.offset else "s"
    if slot.offset + slot.width < scope.layout.bits:
        cut += f" & {(1 << slot.width) - 1}"
    if slot.low:
        return f"({cut}) + {slot.low}" if slot.low > 0 else f"({cut}) - {-slot.low}"
    return cut


def _conditional(term: Term, scope: Scope) -> str:
    """Conditions one after the other, not one inside the other, since that is how reads of a map at a variable look."""
    parts = []
    while term.operator == "if" and term not in scope.names:
        condition, then, otherwise = term.arguments
        value = decided(condition, scope.facts)
        if value is None:
            parts.append(f"{text(then, scope)} if {test(Literal(condition), scope)} else ")
        term = otherwise if not value else then
    return "".join(parts) + text(term, scope)


def _extreme(term: Term, scope: Scope) -> str:
    arguments = _flat(term, scope)
    shown = [text(argument, scope) for argument in arguments]
    if len(shown) == 2 and all(scope.is_name(argument) for argument in arguments):
        return f"{shown[0]} if {shown[0]} {'<' if term.operator == 'min' else '>'} {shown[1]} else {shown[1]}"
    return f"{term.operator}({', '.join(shown)})"


def test(literal: Literal, scope: Scope, exact: bool = False) -> str:
    """The text of a condition; `and`, `or` and conditional expressions are in parentheses.

    What it gives is as good as true or false; with `exact`, it is 0 or 1.
    """
    term, positive = literal.term, literal.positive
    while term.operator == "not" and term not in scope.names:
        term, positive = term.arguments[0], not positive
    value = decided(term, scope.facts)
    if value is not None:
        return str(bool(value) is positive)
    if term in scope.names:
        return scope.names[term] if positive else f"not {scope.names[term]}"
    if term.operator in OPPOSITE:
        operator = term.operator if positive else OPPOSITE[term.operator]
        left, right = (text(argument, scope) for argument in term.arguments)
        return f"{left} {operator} {right}"
    if exact and positive:
        return text(term, scope)
    if term.operator in ("and", "or"):
        shown = f"({_joined(term, scope, exact=False)})"
    else:
        shown = _bit(term, scope) if term.operator == "cell" else text(term, scope)
    return shown if positive else f"not {shown}"


def _joined(term: Term, scope: Scope, exact: bool) -> str:
    return f" {term.operator} ".join(test(Literal(argument), scope, exact) for argument in _flat(term, scope))


def _bit(cell: Term, scope: Scope) -> str:
    """Whether a cell that is a truth value is set: low in the state a mask is cheapest, high up a shift is."""
    slot = scope.layout.slots[cell.value]
    if slot.offset < 90 and slot.low == 0:
        return f"s & {slot.mask:#x}"
    return text(cell, scope)


def merged(tests: list[Literal], scope: Scope) -> str:
    """The text of tests of single cells as one comparison of a masked state."""
    mask = wanted = 0
    for literal in tests:
        cell, value = value_test(literal) or (0, 0)
        slot = scope.layout.slots[cell]
        mask |= slot.mask
        wanted |= value - slot.low << slot.offset
    low = (mask & -mask).bit_length() - 1
    return f"s >> {low} & {mask >> low:#x} == {wanted >> low:#x}"


def count(roots: Iterable[Term], scope: Scope, uses: dict[Term, int]) -> None:
    """Adds to `uses` in how many different places, seen from the roots, each term is used that takes work."""
    pending = list(roots)
    while pending:
        term = resolved(pending.pop(), scope.facts)
        if scope.is_name(term):
            continue
        uses[term] = uses.get(term, 0) + 1
        if uses[term] == 1:
            pending.extend(term.arguments)


def certain(root: Term, scope: Scope) -> Iterator[Term]:
    """The parts of a term that its evaluation needs whatever the state, the inner ones first; the term itself last."""
    done: set[Term] = set()
    pending = [(root, False)]
    while pending:
        term, left = pending.pop()
        term = resolved(term, scope.facts)
        if left:
            yield term
        elif term not in done and not scope.is_name(term):
            done.add(term)
            pending.append((term, True))
            lazy = term.operator in ("and", "or", "if")
            pending.extend((argument, False) for argument in reversed(term.arguments[: 1 if lazy else None]))


def too_deep(root: Term, scope: Scope) -> list[Term]:
    """Parts of a term to make locals of first, the innermost first, so that no text nests deeper than `DEEPEST`."""
    depths: dict[Term, int] = {}
    cuts: list[Term] = []
    pending = [(root, False)]
    while pending:
        term, left = pending.pop()
        if term in depths or scope.is_name(term):
            continue
        if not left:
            pending.append((term, True))
            pending.extend((argument, False) for argument in term.arguments)
            continue
        depth = max((depths.get(part, 0) + _deepens(term, part) for part in term.arguments), default=0)
        if depth >= DEEPEST and term is not root:
            cuts.append(term)
            depth = 0
        depths[term] = depth
    return cuts


def _deepens(term: Term, part: Term) -> int:
    """Whether a part stands in parentheses of its own: not in `a and b and c`, nor in `a if b else c if d else e`."""
    if term.operator == "if" and part is term.arguments[2]:
        return 0
    return int(part.operator != term.operator or term.operator not in ("and", "or", "+", "*"))
