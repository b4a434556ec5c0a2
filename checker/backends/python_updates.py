"""Python text of the effect of an action: from a packed state `s` the packed successor, in as few operations as can be.

Cells that get constants cost one mask and one `|` together; cells whose old value is known too, and counters, one
addition together; cells copied from others at one distance, one shift and one mask together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from checker.backends.literals import Facts, conjuncts, decided, resolved, value_test
from checker.backends.packing import Slot
from checker.backends.python_text import Scope, text
from checker.grounding.grounded import Term

Updates = Sequence[tuple[int, Term]]


@dataclass
class Plan:
    """Updates sorted by what they depend on: those always made, and for each condition those made on either side."""

    always: list[tuple[int, Term]] = field(default_factory=list)
    choices: list[tuple[Term, Plan, Plan]] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether nothing changes."""
        return not self.always and not self.choices

    def roots(self) -> Iterator[Term]:
        """The terms whose values are needed whatever the state."""
        for cell, term in self.always:
            yield from _operands(cell, term)
        for condition, _, _ in self.choices:
            yield condition

    def all_roots(self) -> Iterator[Term]:
        """The terms whose values may be needed."""
        yield from self.roots()
        for _, then, otherwise in self.choices:
            yield from then.all_roots()
            yield from otherwise.all_roots()


def plan(updates: Updates, facts: Facts) -> Plan:
    """Sorts updates, leaving out those that change nothing under the facts."""
    made = Plan()
    sides: dict[Term, tuple[list[tuple[int, Term]], list[tuple[int, Term]]]] = {}
    for cell, term in updates:
        term = resolved(term, facts)
        if term.operator == "cell" and term.value == cell:
            continue
        value = decided(term, facts)
        if value is not None and facts.get(cell) == value:
            continue
        if term.operator == "if":
            condition, then, otherwise = term.arguments
            first, second = sides.setdefault(condition, ([], []))
            first.append((cell, then))
            second.append((cell, otherwise))
        else:
            made.always.append((cell, term))
    for condition, (first, second) in sides.items():
        yes = plan(first, {**facts, **consequences(condition, True)})
        no = plan(second, {**facts, **consequences(condition, False)})
        if not (yes.empty and no.empty):
            made.choices.append((condition, yes, no))
    return made


def consequences(condition: Term, positive: bool) -> Facts:
    """The values of cells that follow from a condition, or from its negation."""
    return dict(value for literal in conjuncts(condition, positive) or [] if (value := value_test(literal)) is not None)


def _operands(cell: int, term: Term) -> list[Term]:
    """What has to be computed for an update: nothing for a constant or a copy, the difference for a counter."""
    if term.operator in ("const", "cell"):
        return []
    difference = _difference(cell, term)
    return [term] if difference is None else [difference[1]]


def _difference(cell: int, term: Term) -> tuple[int, Term] | None:
    """Sign and addend, if the update adds to the cell itself or takes from it."""
    if term.operator == "+" and len(term.arguments) == 2:
        left, right = term.arguments
        if left.operator == "cell" and left.value == cell:
            return 1, right
        if right.operator == "cell" and right.value == cell:
            return 1, left
    if term.operator == "-" and term.arguments[0].operator == "cell" and term.arguments[0].value == cell:
        return -1, term.arguments[1]
    return None


@dataclass
class _Sum:
    """A successor in the making: bits to clear, bits to set, cells to copy by distance, what to add."""

    clear: int = 0
    set: int = 0
    add: int = 0
    copies: dict[int, int] = field(default_factory=dict)
    addends: list[str] = field(default_factory=list)

    def text(self, base: str, all_bits: int) -> str:
        """The expression that makes it of the state in `base`; cells to copy are in `s`."""
        clear = self.clear & ~self.set
        parts = [f"{base} & {all_bits & ~clear:#x}" if clear else base]
        if self.set:
            parts.append(f"{self.set:#x}")
        for distance, mask in self.copies.items():
            parts.append(f"s {'>>' if distance > 0 else '<<'} {abs(distance)} & {mask:#x}")
        shown = " | ".join(parts)
        more = [*self.addends, *([f"{abs(self.add):#x}"] if self.add else [])]
        if not more:
            return shown
        if len(parts) > 1 or clear:
            shown = f"({shown})"
        if self.add < 0:
            return " + ".join([shown, *self.addends]) + f" - {-self.add:#x}"
        return " + ".join([shown, *more])


def effect(updates: Updates, base: str, scope: Scope) -> str:
    """The expression that makes the state in `base` with these updates, none of which is conditional."""
    total = _Sum()
    for cell, term in updates:
        _include(total, cell, term, scope)
    return total.text(base, (1 << scope.layout.bits) - 1)


def _moves(source: Slot, target: Slot) -> bool:
    """Whether a cell's bits, moved, hold its value: cut to fewer they do only if both count from the same limit."""
    return source.low == target.low or source.width <= target.width


def _include(total: _Sum, cell: int, term: Term, scope: Scope) -> None:
    slot = scope.layout.slots[cell]
    old, value = scope.facts.get(cell), decided(term, scope.facts)
    if not slot.width:
        return
    if value is not None and old is not None:
        total.add += value - old << slot.offset
    elif value is not None:
        total.clear |= slot.mask
        total.set |= value - slot.low << slot.offset
    elif term.operator == "cell" and _moves(source := scope.layout.slots[term.value], slot):
        width = min(source.width, slot.width)
        distance = source.offset - slot.offset
        total.clear |= slot.mask
        total.copies[distance] = total.copies.get(distance, 0) | (1 << width) - 1 << slot.offset
        total.add += source.low - slot.low << slot.offset
    elif (difference := _difference(cell, term)) is not None:
        sign, addend = difference
        value = decided(addend, scope.facts)
        if value is not None:
            total.add += sign * value << slot.offset
        else:
            total.addends.append(f"({text(addend, scope) if sign > 0 else '-' + text(addend, scope)} << {slot.offset})")
    elif old is not None:
        total.add -= old << slot.offset
        total.addends.append(f"({text(term, scope)} << {slot.offset})")
    else:
        total.clear |= slot.mask
        total.add -= slot.low << slot.offset
        total.addends.append(f"({text(term, scope)} << {slot.offset})")
