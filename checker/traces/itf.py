"""Traces in the Informal Trace Format (ITF), which Apalache, Quint and their viewers read and write.

Integers are `{"#bigint": "3"}`, maps `{"#map": [[key, value], ...]}`, keys of several parts `{"#tup": [...]}`, records
JSON objects; members of enumerations and elements of sorts are strings.  See apalache-mc.org, ADR 015.
"""

from __future__ import annotations

import dataclasses
import enum
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from checker import ir
from checker.grounding.grounded import Action, Cell, Grounded, State
from checker.labels import key_types, parameters, value_label
from checker.traces.trace import Trace

Json: TypeAlias = Any
"""What the json module reads and writes."""

TAKEN = "mbt::actionTaken"
PICKS = "mbt::nondetPicks"
MOST_BYTES = 256 * 2**20
"""Of a file with a trace: more than a million steps of a small model."""

INIT = "init"
"""The action of the initial state, as Quint calls it."""


class ItfError(ValueError):
    """A document is no ITF trace of this model; the message says where and what was expected."""


def trace_to_itf(trace: Trace) -> dict[str, Json]:
    """A trace as an ITF document.

    The picks of a step are the arguments of its action by parameter, as plain values: the `Some` that Quint wraps
    them in would make numbers unreadable for itf-py.
    """
    grounded = trace.grounded
    variables = list(dict.fromkeys(cell.variable for cell in grounded.cells))
    taken: list[Action | None] = [None, *trace.actions]
    return {
        "#meta": _meta(trace),
        "params": [],
        "vars": [*variables, TAKEN, PICKS],
        "states": [
            _state(grounded, variables, state, action, index)
            for index, (state, action) in enumerate(zip(trace.states, taken, strict=True))
        ],
        **({} if trace.loop is None else {"loop": trace.loop}),
    }


def write_itf(trace: Trace, path: Path) -> None:
    """Writes a trace as an ITF document; its name should end in `.itf.json`.  Raises `OSError`."""
    path.write_text(json.dumps(trace_to_itf(trace), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_itf(path: Path, grounded: Grounded) -> Trace:
    """The trace that a file holds.  Raises `OSError`, or `ItfError` when it is none of this model's."""
    return trace_from_itf(read_json(path), grounded)


def read_json(path: Path) -> Json:
    """The JSON that a file holds.  Raises `OSError`, or `ItfError` when it is none, or none that can be read."""
    if path.exists() and not path.is_file():
        raise ItfError("it is no file")
    if path.stat().st_size > MOST_BYTES:
        raise ItfError(f"it has more than {MOST_BYTES:,} bytes: too many for a trace")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ItfError(f"it is not JSON: {error}") from error
    except RecursionError:
        raise ItfError("it is not JSON that can be read: it is nested too deeply") from None


def trace_from_itf(document: Json, grounded: Grounded) -> Trace:
    """The trace of an ITF document.  Raises `ItfError` when it is none of this model's under this grounding.

    A variable, or part of one, that the document does not have is an error; one that only the document has is not:
    other tools add their own.
    """
    written = member(document, "states", list, "the document")
    if not written:
        raise ItfError("the trace has no states")
    states = tuple(_read_state(grounded, state, index) for index, state in enumerate(written))
    named = _named(grounded)
    actions = tuple(_read_action(named, state, index) for index, state in enumerate(written) if index)
    meta = document.get("#meta")
    named_property = meta.get("property") if isinstance(meta, Mapping) else None
    loop = document.get("loop")
    if loop is not None and (type(loop) is not int or not 0 <= loop < len(states) or states[loop] != states[-1]):
        raise ItfError(f"`loop` is {loop!r}, and must be the number of a state that equals the last")
    return Trace(grounded, states, actions, named_property if isinstance(named_property, str) else None, loop)


# --- writing ------------------------------------------------------------------------------------------------


def _meta(trace: Trace) -> dict[str, Json]:
    grounded = trace.grounded
    shows = f"a trace that shows {trace.property}" if trace.property else "a trace"
    meta = {
        "format": "ITF",
        "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
        "source": grounded.model.name,
        "description": f"{shows}, {len(trace)} steps",
        "settings": _fields(grounded.settings),
        "bounds": _fields(grounded.bounds),
    }
    return meta | ({"property": trace.property} if trace.property else {})


def _fields(instance: Any) -> dict[str, Json]:
    if instance is None:
        return {}
    values = {field.name: getattr(instance, field.name) for field in dataclasses.fields(instance)}
    return {name: value.value if isinstance(value, enum.Enum) else value for name, value in values.items()}


def _state(
    grounded: Grounded, variables: Iterable[str], state: State, action: Action | None, index: int
) -> dict[str, Json]:
    cells: dict[str, list[Cell]] = {variable: [] for variable in variables}
    for cell in grounded.cells:
        cells[cell.variable].append(cell)
    written = {variable: _variable(grounded, variable, found, state) for variable, found in cells.items()}
    picks = parameters(grounded, action) if action else []
    return {
        "#meta": {"index": index, "action": action.label if action else INIT},
        **written,
        TAKEN: action.name if action else INIT,
        PICKS: {name: scalar(kind, value) for name, kind, value in picks},
    }


def _variable(grounded: Grounded, variable: str, cells: list[Cell], state: State) -> Json:
    rows: dict[tuple[int, ...], list[Cell]] = {}
    for cell in cells:
        rows.setdefault(cell.keys, []).append(cell)
    kinds = key_types(grounded, variable)
    if not kinds:
        return _value(cells, state)
    return {"#map": [[key_json(kinds, keys), _value(row, state)] for keys, row in rows.items()]}


def _value(cells: list[Cell], state: State) -> Json:
    if cells[0].part is None:
        return scalar(cells[0].type, state[cells[0].index])
    return {str(cell.part): scalar(cell.type, state[cell.index]) for cell in cells}


def key_json(kinds: tuple[ir.ScalarType, ...], keys: tuple[int, ...]) -> Json:
    parts = [scalar(kind, key) for kind, key in zip(kinds, keys, strict=True)]
    return parts[0] if len(parts) == 1 else {"#tup": parts}


def scalar(kind: ir.ScalarType, value: int) -> Json:
    if isinstance(kind, ir.BoolType):
        return bool(value)
    if isinstance(kind, ir.IntType):
        return {"#bigint": str(value)}
    return value_label(kind, value)


# --- reading ------------------------------------------------------------------------------------------------


def member(value: Json, name: str, kind: type, where: str) -> Any:
    if not isinstance(value, Mapping) or not isinstance(value.get(name), kind):
        raise ItfError(f"{where} must have {name!r}, a JSON {'array' if kind is list else 'object'}")
    return value[name]


def _read_state(grounded: Grounded, written: Json, index: int) -> State:
    if not isinstance(written, Mapping):
        raise ItfError(f"state {index} must be a JSON object")
    tables: dict[str, dict[str, Json]] = {}
    values = []
    for cell in grounded.cells:
        where = f"state {index}, {cell.name}"
        if cell.variable not in written:
            raise ItfError(f"state {index} has no variable {cell.variable!r}")
        value = written[cell.variable]
        if cell.keys:
            if cell.variable not in tables:
                tables[cell.variable] = table(value, where)
            key = spelled(key_json(key_types(grounded, cell.variable), cell.keys))
            if key not in tables[cell.variable]:
                raise ItfError(f"{where}: the map has no key {key}")
            value = tables[cell.variable][key]
        if cell.part is not None:
            if not isinstance(value, Mapping) or cell.part not in value:
                raise ItfError(f"{where}: the record has no field {cell.part!r}")
            value = value[cell.part]
        values.append(read_scalar(cell, value, where))
    return tuple(values)


def table(value: Json, where: str) -> dict[str, Json]:
    """A map by the text of its keys, in which a number is the same whether written big or plain."""
    entries = member(value, "#map", list, where)
    if not all(isinstance(entry, list) and len(entry) == 2 for entry in entries):
        raise ItfError(f"{where}: every entry of a map must be a key and a value")
    return {spelled(key): item for key, item in entries}


def spelled(key: Json) -> str:
    return json.dumps(_plain(key), ensure_ascii=False)


def _plain(key: Json) -> Json:
    if isinstance(key, int) and not isinstance(key, bool):
        return {"#bigint": str(key)}
    if isinstance(key, Mapping) and isinstance(key.get("#tup"), list):
        return {"#tup": [_plain(part) for part in key["#tup"]]}
    return key


def read_scalar(cell: Cell, value: Json, where: str) -> int:
    written = spelled(value)
    if isinstance(cell.type, ir.IntType):
        number = value.get("#bigint") if isinstance(value, Mapping) else value
        try:
            found = int(str(number))
        except ValueError:
            raise ItfError(f"{where}: {written} is no integer") from None
        if not cell.low <= found <= cell.high:
            raise ItfError(f"{where}: {found} is not within {cell.low}..{cell.high}")
        return found
    by_text = {spelled(scalar(cell.type, known)): known for known in range(cell.low, cell.high + 1)}
    if written not in by_text:
        raise ItfError(f"{where}: {written} is none of {', '.join(by_text)}")
    return by_text[written]


@dataclass(frozen=True)
class _Named:
    """The instances of the actions by their labels, and by name and arguments."""

    by_label: Mapping[str, Action]
    by_picks: Mapping[tuple[str, tuple[str, ...]], Action]


def _named(grounded: Grounded) -> _Named:
    by_picks = {
        (action.name, tuple(pick(scalar(kind, value)) for _, kind, value in parameters(grounded, action))): action
        for action in grounded.actions
    }
    return _Named({action.label: action for action in grounded.actions}, by_picks)


def _read_action(named: _Named, written: Mapping[str, Json], index: int) -> Action:
    """The action that led to a state: by the label in the state's meta data, else by its name and picks."""
    meta = written.get("#meta")
    label = meta.get("action") if isinstance(meta, Mapping) else None
    taken, picks = written.get(TAKEN), written.get(PICKS)
    found = named.by_label.get(str(label))
    if label is None and isinstance(picks, Mapping):
        found = named.by_picks.get((str(taken), tuple(pick(value) for value in picks.values())))
    if found is None:
        raise ItfError(f"state {index}: {label or taken!r} is no action of the model under these settings and bounds")
    return found


def pick(value: Json) -> str:
    """An argument as text that tells it from every other; Quint wraps picks in `Some`."""
    if isinstance(value, Mapping) and value.get("tag") == "Some":
        value = value.get("value")
    return spelled(value)
