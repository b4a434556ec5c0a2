"""A behaviour as far as an ITF document says it: some values of each state, and which action led to it, if named.

Other tools and people write less than `checker.traces.itf` does: without variables that do not matter, without
actions, with the name of an action and no arguments.  What they do write must be of the model: a name nobody knows is a
mistake in the document, and to pass over it would be to check less than was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from checker.grounding.grounded import Cell, Grounded
from checker.labels import key_types
from checker.refusal import unknown
from checker.requirements import Guarded
from checker.traces.itf import (
    INIT,
    PICKS,
    TAKEN,
    ItfError,
    Json,
    key_json,
    member,
    pick,
    read_scalar,
    scalar,
    spelled,
    table,
)

TAKEN_NAMES = (TAKEN, "action_taken")
"""Where the name of an action may stand: as Quint writes it, and as it did before."""


@dataclass(frozen=True)
class Sketch:
    """`states` are values by index of the cell; `steps[i]` are the instances that may lead from state i to i + 1.

    `named[i]` is what the document calls that step, empty where it names none and every instance may.  `others` are
    variables of the document that the model does not have.
    """

    states: tuple[Mapping[int, int], ...]
    steps: tuple[tuple[Guarded, ...], ...]
    named: tuple[str, ...]
    property: str | None
    loop: int | None
    others: tuple[str, ...]


def sketch(document: Json, grounded: Grounded, instances: Iterable[Guarded]) -> Sketch:
    """Reads a document; `instances` are all of the model's.  Raises `ItfError` where it is none of this model."""
    written = member(document, "states", list, "the document")
    if not written:
        raise ItfError("the trace has no states")
    states = tuple(_values(grounded, state, index) for index, state in enumerate(written))
    if not any(states):
        known = dict.fromkeys(cell.variable for cell in grounded.cells)
        raise ItfError(f"it has none of the variables of the model, which are: {', '.join(known)}")
    every = tuple(instances)
    steps, named = [], []
    for index, state in enumerate(written[1:], 1):
        name, chosen = _chosen(grounded, every, state, index)
        named.append(name)
        steps.append(chosen)
    meta = document.get("#meta")
    shown = meta.get("property") if isinstance(meta, Mapping) else None
    loop = document.get("loop")
    if loop is not None and (type(loop) is not int or not 0 <= loop < len(states)):
        raise ItfError(f"`loop` is {loop!r}, and must be the number of a state")
    variables = {cell.variable for cell in grounded.cells}
    others = [name for state in written for name in state if name not in variables and not _is_meta(name)]
    claimed = shown if isinstance(shown, str) else None
    return Sketch(states, tuple(steps), tuple(named), claimed, loop, tuple(dict.fromkeys(others)))


def _is_meta(name: str) -> bool:
    return name.startswith(("#", "mbt::")) or name in TAKEN_NAMES


def _values(grounded: Grounded, written: Json, index: int) -> dict[int, int]:
    if not isinstance(written, Mapping):
        raise ItfError(f"state {index} must be a JSON object")
    cells: dict[str, list[Cell]] = {}
    for cell in grounded.cells:
        if cell.variable in written:
            cells.setdefault(cell.variable, []).append(cell)
    found: dict[int, int] = {}
    for variable, rows in cells.items():
        where = f"state {index}, {variable}"
        for cell, value in _rows(grounded, rows, written[variable], where):
            found[cell.index] = read_scalar(cell, _untagged(value), f"state {index}, {cell.name}")
    return found


def _rows(grounded: Grounded, cells: list[Cell], value: Json, where: str) -> list[tuple[Cell, Json]]:
    """The cells of one variable that are written, with what is written of each."""
    kinds = key_types(grounded, cells[0].variable)
    if not kinds:
        return _parts(cells, value, where)
    entries = table(value, where)
    rows: dict[str, list[Cell]] = {}
    for cell in cells:
        rows.setdefault(spelled(key_json(kinds, cell.keys)), []).append(cell)
    for key in entries:
        if key not in rows:
            raise ItfError(f"{where}: {key} is no key of it; its keys are {', '.join(rows)}")
    return [pair for key, item in entries.items() for pair in _parts(rows[key], item, f"{where}[{key}]")]


def _parts(cells: list[Cell], value: Json, where: str) -> list[tuple[Cell, Json]]:
    if cells[0].part is None:
        return [(cells[0], value)]
    parts = {str(cell.part): cell for cell in cells}
    if not isinstance(value, Mapping):
        raise ItfError(f"{where} must be a record with fields of {', '.join(parts)}")
    for name in value:
        if name not in parts:
            raise ItfError(f"{where}: {unknown('field', name, list(parts))}")
    return [(parts[name], item) for name, item in value.items()]


def _untagged(value: Json) -> Json:
    """The member of an enumeration, which Quint writes as a variant that holds nothing."""
    return value["tag"] if isinstance(value, Mapping) and isinstance(value.get("tag"), str) else value


def _chosen(
    grounded: Grounded, every: tuple[Guarded, ...], written: Mapping[str, Json], index: int
) -> tuple[str, tuple[Guarded, ...]]:
    """What a step is called, and the instances that this may mean."""
    meta = written.get("#meta")
    label = meta.get("action") if isinstance(meta, Mapping) else None
    name = label or next((written[key] for key in TAKEN_NAMES if written.get(key)), None)
    if name is None:
        return "", every
    if not isinstance(name, str) or name == INIT:
        raise ItfError(f"state {index}: {name!r} is no action of the model")
    exact = tuple(one for one in every if _short(one.label) == _short(name))
    if exact:
        return exact[0].label, exact
    found = tuple(one for one in every if one.name == name)
    if not found:
        known = [step.name for step in grounded.model.actions]
        if name.partition("(")[0] in known:
            raise ItfError(f"state {index}: {name} is no step of the model in this scope")
        raise ItfError(f"state {index}: {unknown('action', name, known)}")
    picks = written.get(PICKS)
    if not isinstance(picks, Mapping) or not picks:
        return name, found
    given = [(key, pick(value)) for key, value in picks.items() if not _is_none(value)]
    fitting = tuple(one for one in found if set(given) <= set(_arguments(grounded, one)))
    if not fitting:
        said = ", ".join(f"{key}={value}" for key, value in given)
        raise ItfError(f"state {index}: {name} has no instance with {said}")
    return fitting[0].label if len(fitting) == 1 else name, fitting


def _short(label: str) -> str:
    return label.replace(" ", "")


def _is_none(value: Json) -> bool:
    """A choice that other actions make: Quint lists those of all of them."""
    return isinstance(value, Mapping) and value.get("tag") == "None"


def _arguments(grounded: Grounded, instance: Guarded) -> list[tuple[str, str]]:
    step = next(step for step in grounded.model.actions if step.name == instance.name)
    return [
        (name, pick(scalar(kind, value)))
        for (name, kind), value in zip(step.parameters, instance.arguments, strict=True)
    ]
