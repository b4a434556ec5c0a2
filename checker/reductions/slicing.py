"""The cone of influence: what of a grounded model can bear on the properties asked, and nothing else.

Two things go.  Behaviour after the properties are settled: `came_back[P] or ...` holds for good once `came_back[P]`
does, if no action makes that false again, so nothing is taken from there on.  Then what cannot reach a property: a cell
that no property reads, nor a guard or value of an action that changes a cell that is kept; and an action that changes
no such cell.  A state of the rest stands for all states that agree on the cells kept.  An action kept is enabled in all
of them or in none and leads from each to one that agrees with its successor; one that is dropped changes nothing that
is kept.  So what the rest shows of the properties, and after how many steps first, is what the whole shows.

What a slice cannot show: deadlocks, actions that never fire, and mistakes of the model in what was dropped.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from checker.grounding import terms
from checker.grounding.grounded import Action, Cell, Grounded, Property, State, Term
from checker.grounding.narrow import narrowed
from checker.grounding.path import Path
from checker.grounding.rewriting import Rewriting, reads
from checker.grounding.terms import FALSE, TRUE, conjunction, disjunction, negation
from checker.reductions.symmetry import Symmetry


@dataclass(frozen=True)
class Slice:
    """A part of a model that decides some of its properties.

    `grounded` has all cells, those that bear on nothing constant 0, and some actions: `actions` has the numbers that
    the whole gives them.  `settled` says where nothing is taken any more.  Dropped are cells that vary in the whole,
    and actions that seem possible there.
    """

    whole: Grounded
    grounded: Grounded
    actions: tuple[int, ...]
    settled: Term
    dropped_cells: tuple[Cell, ...]
    dropped_actions: tuple[Action, ...]

    def project(self, state: State) -> State:
        """What is kept of a state of the whole."""
        return tuple(0 if _gone(cell) else value for cell, value in zip(self.grounded.cells, state, strict=True))


def _gone(cell: Cell) -> bool:
    return cell.low == cell.high == 0


def sliced(whole: Grounded, names: Collection[str], symmetry: Symmetry | None = None) -> Slice:
    """What bears on the named properties, which one state each decides.

    With a symmetry, of cells that change places all are kept or none.
    """
    same = Rewriting(lambda term: terms.cell(term.value, whole.cells[term.value].low, whole.cells[term.value].high))
    asked = [same.property(prop) for prop in whole.properties if prop.name in names]
    actions = [same.action(action) for action in whole.actions]
    settled = conjunction(_settled(prop, actions) for prop in asked) if asked else FALSE
    tight = narrowed(replace(whole, actions=tuple(_until(settled, actions)), properties=tuple(asked), end=TRUE))
    kept = _cone(tight, asked, symmetry)
    numbers = [number for number, action in enumerate(tight.actions) if _bears(action, kept)]
    cells = tuple(cell if cell.index in kept else replace(cell, low=0, high=0) for cell in tight.cells)
    made = replace(
        whole,
        cells=cells,
        actions=tuple(_cut(tight.actions[number], kept) for number in numbers),
        properties=tuple(asked),
        end=TRUE,
    )
    names_kept = {action.name for action in made.actions}
    made = replace(made, off=tuple(step.name for step in whole.model.actions if step.name not in names_kept))
    possible = narrowed(whole)
    cells_dropped = tuple(c for c in possible.cells if c.low < c.high and c.index not in kept)
    actions_dropped = tuple(
        action for n, action in enumerate(whole.actions) if n not in numbers and possible.actions[n].guard is not FALSE
    )
    found = Slice(whole, made, tuple(numbers), settled, cells_dropped, actions_dropped)
    return replace(found, grounded=replace(made, initials=tuple(dict.fromkeys(map(found.project, whole.initials)))))


# --- settled for good ---------------------------------------------------------------------------------------


def _settled(prop: Property, actions: Sequence[Action]) -> Term:
    """Where the property can be seen to hold for good; of a witness, where it can be seen to be out of reach."""
    body = negation(prop.body) if prop.kind == "reachable" else prop.body
    parts = body.arguments if body.operator == "or" else (body,)
    return disjunction(part for part in parts if _lasts(part, actions))


def _lasts(condition: Term, actions: Sequence[Action]) -> bool:
    """Whether no action can make the condition false."""
    read = reads(condition)
    for action in actions:
        updates = dict(action.updates)
        if action.guard is FALSE or read.isdisjoint(updates):
            continue
        after = Rewriting(functools.partial(_after, updates))(condition)
        if Path().assume(condition).assume(action.guard).decide(after) is not True:
            return False
    return True


def _after(updates: Mapping[int, Term], cell: Term) -> Term:
    """The value of a cell after a step."""
    return updates.get(cell.value, cell)


def _until(settled: Term, actions: Sequence[Action]) -> Iterator[Action]:
    """The actions, each as long as not all is settled."""
    open_ = negation(settled)
    if open_.operator == "const":
        yield from actions if open_ is TRUE else (replace(action, guard=FALSE) for action in actions)
        return
    path = Path().assume(open_)
    known = Rewriting(lambda term: path.chosen(term))
    for action in actions:
        made = known.action(action)
        checks = tuple(replace(check, wrong=conjunction((open_, check.wrong))) for check in made.checks)
        yield replace(made, guard=conjunction((open_, made.guard)), checks=checks)


# --- what bears on what -------------------------------------------------------------------------------------


def _cone(grounded: Grounded, asked: Sequence[Property], symmetry: Symmetry | None) -> set[int]:
    """The cells that the properties read, and all that bear on those."""
    kept = reads(*(term for prop in asked for term in (prop.body, *(check.wrong for check in prop.checks))))
    size = -1
    while size < len(kept):
        size = len(kept)
        for action in grounded.actions:
            if _bears(action, kept):
                values = [term for cell, term in action.updates if cell in kept]
                kept |= reads(action.guard, *values, *(check.wrong for check in action.checks))
        kept = kept if symmetry is None else symmetry.closed(kept)
    return kept


def _bears(action: Action, kept: Collection[int]) -> bool:
    return action.guard is not FALSE and any(cell in kept for cell, _ in action.updates)


def _cut(action: Action, kept: Collection[int]) -> Action:
    return replace(action, updates=tuple((cell, term) for cell, term in action.updates if cell in kept))
