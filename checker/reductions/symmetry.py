"""Symmetry of a grounded model: permutations of the elements of sorts that lead from behaviours to behaviours.

States that differ only in which elements are called what are one orbit.  A search of one state an orbit sees all there
is to see: from states of one orbit the same steps lead to the same orbits, and a property that names no element holds
in all of them or in none.  `checker.reductions.uniformity` says of which sorts that is so.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from checker import ir
from checker.grounding.grounded import Cell, Grounded, State
from checker.labels import value_label
from checker.reductions.uniformity import NotUniform, Uniform, uniform
from checker.refusal import UsageError, listed, unknown

ALL = "all"
"""Stands for every sort of which two elements at least can change places."""

MOST = 120
"""Permutations at most: each is tried on each state that is found."""

Permutation: TypeAlias = dict[str, tuple[int, ...]]
"""Of each sort, by name, which element stands in the place of which."""


@dataclass(frozen=True)
class Moved:
    """What a permutation makes of a cell: `target` has its value afterwards.

    `elements`: the value is an element, and becomes the one that this has in its place; where the cells `siblings` have
    one of the `silent` combinations of values it is none and stays.
    """

    cell: int
    target: int
    elements: tuple[int, ...] | None = None
    siblings: tuple[int, ...] = ()
    silent: frozenset[tuple[int, ...]] = frozenset()

    def renamed(self, value: int, said: tuple[int, ...]) -> int:
        """The value afterwards, given those of the siblings; any for a number that is no element."""
        if self.elements is None or said in self.silent or value >= len(self.elements):
            return value
        return self.elements[value]


@dataclass(frozen=True)
class Image:
    """One permutation, as what it makes of each cell, in their order."""

    moved: tuple[Moved, ...]

    def of(self, state: State) -> State:
        """The state with the elements' names changed."""
        made = list(state)
        for move in self.moved:
            said = tuple(state[sibling] for sibling in move.siblings)
            made[move.target] = move.renamed(state[move.cell], said)
        return tuple(made)


@dataclass(frozen=True)
class Symmetry:
    """The permutations of a model that were asked for.

    `elements` has those that change places, by sort; `images` are those of all permutations but the one that changes
    nothing.  `exact`: all states of an orbit are reachable if one is; otherwise but for something that nobody can tell.
    """

    grounded: Grounded
    elements: dict[str, tuple[int, ...]]
    images: tuple[Image, ...]
    exact: bool

    def canonical(self, state: State) -> State:
        """The same state for all of an orbit: the least."""
        return min([state, *(image.of(state) for image in self.images)])

    def orbit(self, state: State) -> set[State]:
        """The states that differ from this one in names only."""
        return {state, *(image.of(state) for image in self.images)}

    @cached_property
    def shown(self) -> list[str]:
        """The sorts with their elements that change places: `Page p1 p2`."""
        kinds = sorts_of(self.grounded.model)
        return [
            f"{name} {' '.join(value_label(kinds[name], element) for element in elements)}"
            for name, elements in self.elements.items()
        ]

    def on(self, grounded: Grounded) -> Symmetry:
        """The same permutations of a part of the model, or of one with tighter limits.

        Cells that change places get equal limits, so that states of one orbit are packed alike, and those that hold
        elements can hold any, unless they are constant.
        """
        low, high = [c.low for c in grounded.cells], [c.high for c in grounded.cells]
        moves = [move for image in self.images for move in image.moved]
        for move in moves:
            low[move.target] = min(low[move.target], grounded.cells[move.cell].low)
            high[move.target] = max(high[move.target], grounded.cells[move.cell].high)
        for move in moves:
            if move.elements is not None and low[move.target] < high[move.target]:
                low[move.target], high[move.target] = 0, len(move.elements) - 1
        cells = tuple(replace(c, low=low[c.index], high=high[c.index]) for c in grounded.cells)
        fixed = {cell.index for cell in cells if cell.low == cell.high}
        images = tuple(
            Image(tuple(Moved(m.cell, m.target) if m.cell in fixed else m for m in image.moved))
            for image in self.images
        )
        return replace(self, grounded=replace(grounded, cells=cells), images=images)

    def closed(self, cells: set[int]) -> set[int]:
        """These cells, those that they change places with, and those that say whether one of them holds an element."""
        found = set(cells)
        for move in (move for image in self.images for move in image.moved if move.cell in cells):
            found |= {move.target, *move.siblings}
        return found


def symmetry(grounded: Grounded, asked: Sequence[str], properties: Collection[str] | None = None) -> Symmetry:
    """The permutations of the sorts asked for, of which the named properties (None: all) know nothing.

    Raises `UsageError` for a sort that the model does not have, of which no two elements can change places, or whose
    elements it does not treat alike: with the place where.
    """
    kinds = sorts_of(grounded.model)
    for name in asked:
        if name not in kinds and name != ALL:
            raise UsageError(f"--symmetry: {unknown('sort', name, [*kinds, ALL])}")
    chosen: dict[str, Uniform] = {}
    for name in kinds if ALL in asked else dict.fromkeys(asked):
        try:
            chosen[name] = _checked(grounded, kinds[name], properties)
        except UsageError:
            if ALL not in asked or name in asked:
                raise
    if not chosen:
        raise UsageError(f"--symmetry {ALL}: of no sort can two elements change places; ask for one to see why")
    elements = {name: _free(grounded, found) for name, found in chosen.items()}
    size = math.prod(math.factorial(len(free)) for free in elements.values())
    if size > MOST:
        told = listed(f"{len(free)} of {name}" for name, free in elements.items())
        raise UsageError(f"--symmetry: {told} have {size:,} permutations; at most {MOST} are tried: name fewer sorts")
    images = [_image(grounded, chosen, permutation) for permutation in _permutations(grounded, elements)]
    exact = all(padding.exact for found in chosen.values() for padding in found.padded.values())
    made = Symmetry(grounded, elements, tuple(images[1:]), exact)
    _check_initials(made, chosen)
    return made


def sorts_of(model: ir.Model) -> dict[str, ir.SortType]:
    """The sorts that the state of a model speaks of, by name."""
    found: dict[str, ir.SortType] = {}

    def collect(kind: ir.Type) -> None:
        if isinstance(kind, ir.SortType):
            found[kind.name] = kind
        elif isinstance(kind, ir.MapType):
            for part in (*kind.keys, kind.value):
                collect(part)
        elif isinstance(kind, ir.RecordType):
            for _, part in kind.fields:
                collect(part)

    for _, kind in model.variables:
        collect(kind)
    return found


def size_of(grounded: Grounded, sort: ir.SortType) -> int:
    """How many elements a sort has in the scope of a model."""
    return sort.size if isinstance(sort.size, int) else int(getattr(grounded.bounds, sort.size))


def _checked(grounded: Grounded, sort: ir.SortType, properties: Collection[str] | None) -> Uniform:
    """How the model treats a sort of which elements can change places.  Raises `UsageError`."""
    told = f"--symmetry {sort.name}: "
    if size_of(grounded, sort) < 2:
        raise UsageError(f"{told}{sort.name} has but one element in this scope")
    try:
        found = uniform(grounded.model, sort, grounded.settings, properties)
    except NotUniform as reason:
        raise UsageError(f"{told}{reason.at}: {reason}") from None
    if len(_free(grounded, found)) < 2:
        named = [f"{value_label(sort, value)} ({at})" for value, at in sorted(found.named.items())]
        why = f"the model names {listed(named)}, so in this scope no two elements can change places"
        raise UsageError(f"{told}{why}{_filled(found)}")
    checks = [check for action in grounded.actions for check in action.checks]
    for check in (*checks, *(check for prop in grounded.properties for check in prop.checks)):
        if (check.at.file, check.at.line) in found.ordered:
            why = "may be made or not, depending on the order of the elements"
            raise UsageError(f"{told}{check.at}: a mistake of the model ({check.message}) {why}")
    return found


def _filled(found: Uniform) -> str:
    """What is said of fields that may name an element only to hold something."""
    said = (
        f"; {record}.{name} is only filled with one, but {at} can tell" for (record, name), at in found.told.items()
    )
    return "".join(said)


def _free(grounded: Grounded, found: Uniform) -> tuple[int, ...]:
    """The elements that can change places."""
    return tuple(element for element in range(size_of(grounded, found.sort)) if element not in found.named)


def _permutations(grounded: Grounded, elements: dict[str, tuple[int, ...]]) -> Iterator[Permutation]:
    """All of them, first that which changes nothing."""
    kinds = sorts_of(grounded.model)
    for chosen in itertools.product(*(itertools.permutations(free) for free in elements.values())):
        made = {}
        for (name, free), order in zip(elements.items(), chosen, strict=True):
            whole = list(range(size_of(grounded, kinds[name])))
            for element, other in zip(free, order, strict=True):
                whole[element] = other
            made[name] = tuple(whole)
        yield made


def _image(grounded: Grounded, chosen: dict[str, Uniform], permutation: Permutation) -> Image:
    place = {(cell.variable, cell.keys, cell.part): cell.index for cell in grounded.cells}
    kinds = dict(grounded.model.variables)

    def moved(cell: Cell) -> Moved:
        kind = kinds[cell.variable]
        types = kind.keys if isinstance(kind, ir.MapType) else ()
        keys = tuple(
            permutation[of.name][key] if isinstance(of, ir.SortType) and of.name in permutation else key
            for of, key in zip(types, cell.keys, strict=True)
        )
        target = place[cell.variable, keys, cell.part]
        if not isinstance(cell.type, ir.SortType) or cell.type.name not in permutation:
            return Moved(cell.index, target)
        value = kind.value if isinstance(kind, ir.MapType) else kind
        padding = None
        if isinstance(value, ir.RecordType) and cell.part is not None:
            padding = chosen[cell.type.name].padded.get((value.name, cell.part))
        elements = permutation[cell.type.name]
        if padding is None:
            return Moved(cell.index, target, elements)
        siblings = tuple(place[cell.variable, cell.keys, name] for name in padding.siblings)
        return Moved(cell.index, target, elements, siblings, padding.values)

    return Image(tuple(map(moved, grounded.cells)))


def _check_initials(made: Symmetry, chosen: dict[str, Uniform]) -> None:
    """Raises `UsageError` where some initial state is none under other names."""
    known = set(made.grounded.initials)
    for state in made.grounded.initials:
        for image in made.images:
            other = image.of(state)
            if other not in known:
                names = [c.name for c in made.grounded.cells if state[c.index] != other[c.index]]
                at = made.grounded.model.initials[0].at
                told = f"{at}: with other names for the elements an initial state is none any more: {names[0]} differs"
                filled = "".join(map(_filled, chosen.values()))
                raise UsageError(f"--symmetry {listed(made.elements)}: {told}{filled}")
