"""The parts of a grounded model as languages want them whose assignments take effect one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from checker.grounding.grounded import Action, Cell, Grounded, Property, Term
from checker.labels import value_label


@dataclass(frozen=True)
class Assignments:
    """The updates of an action in an order in which none changes what a later one reads.

    Where there is no such order, the values of the `saved` cells before the step have to be kept and read instead.
    """

    saved: tuple[Cell, ...]
    updates: tuple[tuple[Cell, Term], ...]


def assignments(action: Action, cells: Sequence[Cell]) -> Assignments:
    """The updates of an action, put in order; those of cells that cannot vary are left out."""
    pending = {index: term for index, term in action.updates if cells[index].low < cells[index].high}
    reads = {index: _cells_of(term) for index, term in pending.items()}
    saved: list[int] = []
    ordered: list[int] = []
    while pending:
        safe = next((i for i in pending if not any(i in reads[j] for j in pending if j != i)), None)
        if safe is None:
            safe = max(pending, key=lambda i: sum(i in reads[j] for j in pending if j != i))
            saved.append(safe)
            reads = {index: found - {safe} for index, found in reads.items()}
        ordered.append(safe)
        del pending[safe]
    updates = dict(action.updates)
    return Assignments(tuple(cells[i] for i in saved), tuple((cells[i], updates[i]) for i in ordered))


def _cells_of(term: Term) -> set[int]:
    found: set[int] = set()
    seen: set[Term] = set()
    todo = [term]
    while todo:
        one = todo.pop()
        if one not in seen:
            seen.add(one)
            todo += one.arguments
            if one.operator == "cell":
                found.add(one.value)
    return found


@dataclass(frozen=True)
class Mistake:
    """A mistake that a reachable state can show: where all of `conditions` hold."""

    name: str
    conditions: tuple[Term, ...]


def mistakes(grounded: Grounded, properties: Sequence[Property]) -> Iterator[Mistake]:
    """The mistakes of every action and of these properties, each once."""
    seen: set[tuple[Term, ...]] = set()
    items: tuple[Action | Property, ...] = (*grounded.actions, *properties)
    for item in items:
        for check in item.checks:
            late = isinstance(item, Action) and not check.early
            conditions = (item.guard, check.wrong) if isinstance(item, Action) and late else (check.wrong,)
            if conditions not in seen:
                seen.add(conditions)
                yield Mistake(f"mistake {len(seen)}, {check.at}: {check.message}", conditions)


def varying(grounded: Grounded) -> list[Cell]:
    """The cells that a state of another tool needs: those with more than one value."""
    return [cell for cell in grounded.cells if cell.low < cell.high]


def legend(cell: Cell) -> str:
    """What the numbers of a cell stand for, where they are not meant as numbers; empty otherwise."""
    words = [value_label(cell.type, value) for value in range(cell.low, cell.high + 1)]
    numbers = [str(value) for value in range(cell.low, cell.high + 1)]
    if words == numbers or words == ["false", "true"]:
        return ""
    return ", ".join(f"{number} {word}" for number, word in zip(numbers, words, strict=True))


def chosen(grounded: Grounded, names: Sequence[str] | None) -> tuple[Property, ...]:
    """The named properties, or (None) all that one state decides."""
    return tuple(
        item
        for item in grounded.properties
        if item.kind in ("invariant", "reachable") and (names is None or item.name in names)
    )
