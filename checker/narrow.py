"""Tighter limits of cells: values that no behaviour can give a cell need no bits, and conditions on them fold.

The values a cell can take are found by following constants and copies from cell to cell, every action taken as
possible in every state.  So some values that are kept may never occur, but none that occurs is lost.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from typing import TypeAlias

from checker import terms
from checker.grounded import Action, Cell, Check, Grounded, Property, Term

Limits: TypeAlias = tuple[int, int]

ROUNDS = 4
"""At most so often: folding conditions can rule actions out, which can tighten limits again."""


def narrowed(grounded: Grounded) -> Grounded:
    """The same model with tighter limits; cells, actions and properties keep their numbers.

    An action that turns out impossible has a guard that is false.
    """
    for _ in range(ROUNDS):
        limits = _limits(grounded)
        if all((cell.low, cell.high) == limits[cell.index] for cell in grounded.cells):
            break
        grounded = _rebuilt(grounded, limits)
    return grounded


def _limits(grounded: Grounded) -> list[Limits]:
    """Least and greatest value that each cell can take."""
    cells = grounded.cells
    found: list[Limits | None] = [None] * len(cells)
    for state in grounded.initials:
        for cell in cells:
            value = state[cell.index]
            found[cell.index] = _joined(found[cell.index], (value, value), cell)
    flows: dict[int, set[int]] = {}
    for action in grounded.actions:
        if not _is_false(action.guard):
            for target, term in action.updates:
                for leaf in _leaves(term):
                    if leaf.operator == "cell":
                        flows.setdefault(leaf.value, set()).add(target)
                    else:
                        found[target] = _joined(found[target], (leaf.low, leaf.high), cells[target])
    pending = list(flows)
    while pending:
        source = pending.pop()
        for target in flows.get(source, ()):
            wider = _joined(found[target], found[source], cells[target])
            if wider != found[target]:
                found[target] = wider
                pending.append(target)
    return [(cell.low, cell.high) if limits is None else limits for limits, cell in zip(found, cells, strict=True)]


def _joined(known: Limits | None, more: Limits | None, cell: Cell) -> Limits | None:
    """Limits that include others, as far as the cell can take them: a check tells of all other values."""
    if more is None or more[1] < cell.low or more[0] > cell.high:
        return known
    low, high = max(more[0], cell.low), min(more[1], cell.high)
    return (low, high) if known is None else (min(known[0], low), max(known[1], high))


def _is_false(term: Term) -> bool:
    return term.operator == "const" and not term.value


def _leaves(term: Term) -> Iterator[Term]:
    """What a chain of choices can give."""
    seen: set[Term] = set()
    pending = [term]
    while pending:
        term = pending.pop()
        if term.operator == "if":
            pending += [branch for branch in term.arguments[1:] if branch not in seen]
            seen.update(term.arguments[1:])
        else:
            yield term


def _rebuilt(grounded: Grounded, limits: Sequence[Limits]) -> Grounded:
    cells = tuple(
        dataclasses.replace(cell, low=limits[cell.index][0], high=limits[cell.index][1]) for cell in grounded.cells
    )
    fold = _Folding(cells)

    def checks(made: Iterable[Check]) -> tuple[Check, ...]:
        return tuple(dataclasses.replace(check, wrong=fold(check.wrong)) for check in made)

    def action(made: Action) -> Action:
        updates = tuple((cell, fold(term)) for cell, term in made.updates)
        return dataclasses.replace(made, guard=fold(made.guard), updates=updates, checks=checks(made.checks))

    def prop(made: Property) -> Property:
        return dataclasses.replace(made, body=fold(made.body), checks=checks(made.checks))

    return dataclasses.replace(
        grounded,
        cells=cells,
        actions=tuple(map(action, grounded.actions)),
        properties=tuple(map(prop, grounded.properties)),
        end=fold(grounded.end),
    )


class _Folding:
    """Makes terms anew over cells with other limits."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.cells = cells
        self.done: dict[Term, Term] = {}

    def __call__(self, root: Term) -> Term:
        pending = [root]
        while pending:
            term = pending[-1]
            missing = [argument for argument in term.arguments if argument not in self.done]
            if missing:
                pending += missing
            else:
                pending.pop()
                if term not in self.done:
                    self.done[term] = self._made(term, [self.done[argument] for argument in term.arguments])
        return self.done[root]

    def _made(self, term: Term, arguments: list[Term]) -> Term:
        if term.operator == "const":
            return terms.constant(term.value)
        if term.operator == "cell":
            cell = self.cells[term.value]
            return terms.cell(cell.index, cell.low, cell.high)
        if term.operator in ("and", "or"):
            return (terms.conjunction if term.operator == "and" else terms.disjunction)(arguments)
        if term.operator in _UNARY:
            return _UNARY[term.operator](arguments[0])
        if term.operator == "if":
            return terms.choose(*arguments)
        return reduce(terms.BINARY[term.operator], arguments)


_UNARY: dict[str, Callable[[Term], Term]] = {
    "not": terms.negation,
    "neg": lambda term: terms.subtract(terms.constant(0), term),
}
