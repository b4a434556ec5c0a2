"""How the pictures see a model: which things are lifelines, what colours them, what are positions and messages.

A model says so in its `VIEW` (`model.drawing.View`); a model without one is seen in a general way: a lifeline for each
element of the first sort that keys a variable, coloured by the first enumeration that only that sort keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from checker import ir
from checker.grounding.grounded import Action, Cell, Grounded, State
from checker.labels import cell_label, key_labels, key_types, parameters, value_label
from checker.plain import decode
from checker.refusal import UsageError, listed, unknown
from model.drawing import Mark, View
from model.language import within

COLORS = ("blue", "green", "amber", "violet", "pink", "grey")
"""The colours a `View` may name, in the order in which a model without one gets them."""


class ViewError(UsageError):
    """A `VIEW` names what the model does not have."""


@dataclass(frozen=True)
class Role:
    """What a lifeline is at a moment: the label of its role and the colour of that."""

    label: str
    color: str


@dataclass(frozen=True)
class Spot:
    """A labelled position."""

    label: str
    position: int
    ahead: bool = False
    """Beyond the lifeline's horizon."""


@dataclass(frozen=True)
class Arrow:
    """A message from one lifeline to another, by their numbers."""

    sender: int
    receiver: int
    label: str


class Sight:
    """A grounded model as its view has it.  `lifelines` are elements of the lifelines' sort, or 0 alone without one."""

    def __init__(self, grounded: Grounded, view: View | None = None) -> None:
        """`view` None: the model's own, or the general one.  Raises `ViewError` for a name the model does not have."""
        self.grounded = grounded
        self.view = view or getattr(grounded.model.module, "VIEW", None)
        self.sort = _lifeline_sort(grounded, self.view)
        self.cells: dict[tuple[str, str | None], list[Cell]] = {}
        for cell in grounded.cells:
            self.cells.setdefault((cell.variable, cell.part), []).append(cell)
        if self.view is None:
            self._role = _first_enumeration(grounded, self.sort)
        else:
            _check(grounded, self.view)
            self._role = self.view.role
        self.lifelines = self._elements()
        self._plain: tuple[State, Any] | None = None  # the state that was asked for last, and what it stands for

    def _elements(self) -> tuple[int, ...]:
        if self.sort is None:
            return (0,)
        found = {
            key
            for cell in self.grounded.cells
            for kind, key in zip(key_types(self.grounded, cell.variable), cell.keys, strict=True)
            if kind == self.sort
        }
        return tuple(sorted(found)) or (0,)

    # --- lifelines

    def name(self, lifeline: int) -> str:
        """The lifeline's label."""
        return "state" if self.sort is None else value_label(self.sort, lifeline)

    def role(self, state: State, lifeline: int) -> Role | None:
        """What the lifeline is in this state; None where nothing says so."""
        cell = self._cell(self._role, lifeline)
        if cell is None:
            return None
        label = cell_label(cell, state[cell.index])
        return Role(label, self._color(cell, label))

    def roles(self) -> list[Role]:
        """Every role with its colour, in order."""
        cell = self._cell(self._role, self.lifelines[0])
        if cell is None:
            return []
        labels = [value_label(cell.type, value) for value in range(cell.low, cell.high + 1)]
        return [Role(label, self._color(cell, label)) for label in labels]

    def role_cells(self) -> list[Cell]:
        """The cells that say the lifelines' roles."""
        return [cell for lifeline in self.lifelines if (cell := self._cell(self._role, lifeline))]

    def _color(self, cell: Cell, label: str) -> str:
        chosen = {} if self.view is None else self.view.colors
        if label in chosen:
            return chosen[label]
        free = [color for color in COLORS if color not in chosen.values()] or ["ink"]
        others = [value_label(cell.type, value) for value in range(cell.low, cell.high + 1)]
        return free[[other for other in others if other not in chosen].index(label) % len(free)]

    def taking_part(self, action: Action) -> list[int]:
        """The lifelines that an action has as arguments, the first of them the one that acts."""
        if self.sort is None:
            return [0]
        return list(dict.fromkeys(v for _, kind, v in parameters(self.grounded, action) if kind == self.sort))

    # --- rulers

    def beside(self, state: State, lifeline: int) -> list[str]:
        """What is written beside the lifeline's name: `timeline 2`.  An enumeration's first member says nothing."""
        places = {} if self.view is None else self.view.beside
        found = [(label, self._cell(place, lifeline)) for label, place in places.items()]
        return [
            f"{label} {cell_label(cell, state[cell.index])}"
            for label, cell in found
            if cell and not (isinstance(cell.type, ir.EnumType) and state[cell.index] == cell.low)
        ]

    def positions(self, state: State, lifeline: int) -> list[Spot]:
        """The positions above a lifeline's ruler, in the order of the view; position 0 is none."""
        return [] if self.view is None else self._spots(self.view.ruler.items(), state, lifeline)

    def position(self, state: State, lifeline: int, label: str) -> int:
        """A position of the view's ruler by its label; 0 is none."""
        cell = None if self.view is None else self._cell(self.view.ruler[label], lifeline)
        return state[cell.index] if cell else 0

    def extent(self, state: State, lifeline: int) -> int:
        """How far the bar of a lifeline's ruler reaches: the first place of the view's ruler."""
        labels = [] if self.view is None else list(self.view.ruler)
        return self.position(state, lifeline, labels[0]) if labels else 0

    def records(self, state: State) -> dict[int, list[str]]:
        """What the bar of each lifeline holds, position by position from 1; empty where the view does not say."""
        if self.view is None or self.view.records is None or self.sort is None:
            return {}
        held = self.view.records
        return {
            one: [str(self._plainly(held, state, one, at)) for at in range(1, self.extent(state, one) + 1)]
            for one in self.lifelines
        }

    def ticks(self, state: State, lifeline: int) -> list[Spot]:
        """The positions below a lifeline's ruler; position 0 is none."""
        if self.view is None or self.sort is None:
            return []
        found: list[Spot] = []
        for label, place in self.view.ticks.items():
            if isinstance(place, str):
                found += self._spots([(label, place)], state, lifeline)
            else:
                said = self._plainly(place, state, lifeline)
                found += [Spot(f"{label} {behind}".strip(), at) for behind, at in said.items() if at > 0]
        limit = self.horizon(state, lifeline)
        return [replace(spot, ahead=limit is not None and spot.position > limit) for spot in found]

    def horizon(self, state: State, lifeline: int) -> int | None:
        """The position beyond which ticks of this lifeline are ahead; None where there is no such limit."""
        if self.view is None or self.view.horizon is None or self.sort is None:
            return None
        limit: int | None = self._plainly(self.view.horizon, state, lifeline)
        return limit

    def _plainly(self, function: Callable[..., Any], state: State, lifeline: int, *more: Any) -> Any:
        """A function of the view, run as plain Python on a state and a lifeline."""
        assert self.sort is not None
        if self._plain is None or self._plain[0] != state:
            self._plain = state, decode(self.grounded, state)
        with within(self.grounded.bounds):
            return function(self._plain[1], self.sort.python(lifeline), *more)

    def marks(self, start: State, state: State) -> list[Spot]:
        """The positions across all rulers that count in this state, of a behaviour that began at `start`."""
        marks = {} if self.view is None else self.view.marks
        return [
            Spot(_labelled(label, key_labels(self.grounded, cell)), state[cell.index])
            for label, mark in marks.items()
            for cell in self.cells.get(_place(mark.place), [])
            if self._counts(mark, cell, start, state)
        ]

    def _counts(self, mark: Mark, cell: Cell, start: State, state: State) -> bool:
        if not mark.once:
            return state[cell.index] != start[cell.index]
        found = self.cells.get(_place(mark.once), [])
        keyed = next((other for other in found if other.keys == cell.keys and cell.keys), None)
        if keyed is not None:
            return bool(state[keyed.index])
        if not found or not cell.keys:
            return bool(found) and state[found[0].index] != start[found[0].index]
        return start[found[0].index] < cell.keys[-1] <= state[found[0].index]

    def _spots(self, places: Iterable[tuple[str, str]], state: State, lifeline: int) -> list[Spot]:
        return [
            Spot(_labelled(label, key_labels(self.grounded, cell)[1:]), state[cell.index])
            for label, place in places
            for cell in self.cells.get(_place(place), [])
            if cell.keys[:1] == (lifeline,) and state[cell.index] > 0
        ]

    def _cell(self, place: str, lifeline: int) -> Cell | None:
        keys = () if self.sort is None else (lifeline,)
        found = self.cells.get(_place(place), []) if place else []
        return next((cell for cell in found if cell.keys == keys), None)

    # --- messages

    def arrow(self, action: Action, before: State, after: State) -> Arrow | None:
        """The message that a step is, if the view says it is one and its ends are two different lifelines."""
        message = None if self.view is None else self.view.messages.get(action.name)
        if message is None:
            return None
        ends = [self._end(name, action, before) for name in (message.sender, message.receiver)]
        if ends[0] is None or ends[1] is None or ends[0] == ends[1]:
            return None
        carried = self._cell(message.carries, ends[1])
        label = message.label or action.name
        return Arrow(ends[0], ends[1], f"{label} {cell_label(carried, after[carried.index])}" if carried else label)

    def _end(self, name: str, action: Action, before: State) -> int | None:
        given = {parameter: value for parameter, kind, value in parameters(self.grounded, action) if kind == self.sort}
        if name in given:
            return given[name]
        cell = self._cell(name, next(iter(given.values()), 0))
        return before[cell.index] if cell and before[cell.index] in self.lifelines else None


def _place(place: str) -> tuple[str, str | None]:
    variable, _, part = place.partition(".")
    return variable, part or None


def _labelled(label: str, keys: Iterable[str]) -> str:
    return " ".join([label, ", ".join(keys)]).strip()


# --- the general view ---------------------------------------------------------------------------------------


def _lifeline_sort(grounded: Grounded, view: View | None) -> ir.SortType | None:
    """The sort of the lifelines; None for a model that keys nothing by a sort: it has a single lifeline."""
    sorts = list(_sorts(grounded))
    if view is None:
        return sorts[0] if sorts else None
    found = next((kind for kind in sorts if kind.python is view.lifeline), None)
    if found is None:
        raise ViewError(f"the VIEW's lifeline {view.lifeline.__name__} keys no variable of model {grounded.model.name}")
    return found


def _sorts(grounded: Grounded) -> Iterator[ir.SortType]:
    for variable, _ in grounded.model.variables:
        yield from (kind for kind in key_types(grounded, variable) if isinstance(kind, ir.SortType))


def _first_enumeration(grounded: Grounded, sort: ir.SortType | None) -> str:
    for variable, kind in grounded.model.variables:
        keys = kind.keys if isinstance(kind, ir.MapType) else ()
        value = kind.value if isinstance(kind, ir.MapType) else kind
        if isinstance(value, ir.EnumType) and keys == (() if sort is None else (sort,)):
            return variable
    return ""


# --- checking a view ----------------------------------------------------------------------------------------


def _check(grounded: Grounded, view: View) -> None:
    """Raises `ViewError` for a place, colour, role or action that is not there."""
    ticks = [place for place in view.ticks.values() if isinstance(place, str)]
    places = [view.role, *view.beside.values(), *view.ruler.values(), *ticks]
    places += [mark.place for mark in view.marks.values()] + [mark.once for mark in view.marks.values()]
    places += [message.carries for message in view.messages.values()]
    for place in filter(None, places):
        _check_place(grounded, place)
    for color in view.colors.values():
        if color not in COLORS:
            raise ViewError(f"VIEW: {unknown('color', color, COLORS)}")
    _check_roles(grounded, view)
    for action, message in view.messages.items():
        _check_message(grounded, action, (message.sender, message.receiver))


def _check_place(grounded: Grounded, place: str) -> None:
    variables = dict(grounded.model.variables)
    name, part = _place(place)
    if name not in variables:
        raise ViewError(f"VIEW: {unknown('variable', name, list(variables))}")
    kind = variables[name]
    value = kind.value if isinstance(kind, ir.MapType) else kind
    fields = [field for field, _ in value.fields] if isinstance(value, ir.RecordType) else []
    if part is None and fields:
        raise ViewError(f"VIEW: {name} holds records: write {listed([f'{name}.{field}' for field in fields], 'or')}")
    if part is not None and part not in fields:
        raise ViewError(f"VIEW: {unknown(f'field of {name}', part, fields, f'fields of {name}')}")


def _check_roles(grounded: Grounded, view: View) -> None:
    kind = dict(grounded.model.variables).get(view.role)
    value = kind.value if isinstance(kind, ir.MapType) else kind
    for label in view.colors:
        if isinstance(value, ir.EnumType) and label not in value.members:
            raise ViewError(f"VIEW: {unknown('role', label, value.members)}")


def _check_message(grounded: Grounded, action: str, ends: tuple[str, str]) -> None:
    steps = {step.name: step for step in grounded.model.actions}
    if action not in steps:
        raise ViewError(f"VIEW: {unknown('action', action, list(steps))}")
    known = [name for name, _ in steps[action].parameters]
    for end in ends:
        if end not in known and end not in dict(grounded.model.variables):
            raise ViewError(f"VIEW: {action}: {unknown('parameter or variable', end, known, 'parameters')}")
