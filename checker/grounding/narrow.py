"""Tighter limits of cells: values that no behaviour can give a cell need no bits, and conditions on them fold.

The values a cell can take are found by following constants and copies from cell to cell, every action taken as
possible in every state.  So some values that are kept may never occur, but none that occurs is lost.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from checker.grounding import terms
from checker.grounding.grounded import Cell, Grounded, Term
from checker.grounding.rewriting import Rewriting

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
    fold = Rewriting(lambda term: terms.cell(term.value, cells[term.value].low, cells[term.value].high))
    return dataclasses.replace(
        grounded,
        cells=cells,
        actions=tuple(map(fold.action, grounded.actions)),
        properties=tuple(map(fold.property, grounded.properties)),
        end=fold(grounded.end),
    )
