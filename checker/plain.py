"""Plain execution: the functions of a model run as the ordinary Python they are.  What they do is what is meant.

Everything else is held against it.  Only the standard library and the language of models are used, besides the
forms a model is read into.  A value that ends outside its range raises `OutOfModel`, as a wrong key does at once.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Annotated, Any, get_args, get_origin

from checker import ir
from checker.grounding.grounded import Grounded
from checker.grounding.grounded import State as Values
from model import language
from model.language import Disabled, OutOfModel


def initial_states(model: ir.Model, settings: Any = None, bounds: Any = None) -> list[Any]:
    """Every initial state, each once.  Raises `OutOfModel` for one that is none."""
    settings = settings if settings is not None or model.settings is None else model.settings()
    bounds = bounds if bounds is not None or model.bounds is None else model.bounds()
    found: list[Any] = []
    with language.within(bounds):
        for initial in model.initials:
            for arguments in choices(initial):
                state = _run(initial, model.state.blank(settings, bounds), arguments)
                if state is not None and state not in found:
                    found.append(state)
    return found


def choices(item: ir.Step) -> list[tuple[Any, ...]]:
    """Every choice of arguments for an action or initial state, in the scope in force."""
    return list(itertools.product(*(language.values_of(annotation(kind)) for _, kind in item.parameters)))


def annotation(kind: ir.ScalarType) -> Any:
    """The annotation that a scalar type came from."""
    if isinstance(kind, ir.BoolType):
        return bool
    if isinstance(kind, ir.IntType):
        assert kind.low is not None and kind.high is not None, "an integer that ranges over its values has limits"
        return Annotated[int, language.Range(kind.low, kind.high)]
    return kind.python


def step(action: ir.Step, state: Any, arguments: tuple[Any, ...]) -> Any | None:
    """The state after an action, the given one left as it is; None where the action is disabled.

    Raises `OutOfModel` where the action reads or writes what is not there, or leaves a value outside its range.
    """
    with _scope_of(state):
        return _run(action, state.copy(), arguments)


def enabled(action: ir.Step, state: Any, arguments: tuple[Any, ...]) -> bool:
    """Whether an action can be taken.  Raises `OutOfModel` as `step` does."""
    return step(action, state, arguments) is not None


def successors(model: ir.Model, state: Any) -> Iterator[tuple[ir.Step, tuple[Any, ...], Any]]:
    """Every action that can be taken, with its arguments and the state after it, in the order of the model."""
    with _scope_of(state):
        instances = [(action, arguments) for action in model.actions for arguments in choices(action)]
    for action, arguments in instances:
        after = step(action, state, arguments)
        if after is not None:
            yield action, arguments, after


def holds(item: ir.Property, state: Any) -> bool:
    """Whether a property or end state holds in a state.  Raises `OutOfModel` where it reads what is not there."""
    with _scope_of(state):
        try:
            return bool(item.python(state))
        except ZeroDivisionError as error:
            raise OutOfModel(f"{item.name}: {error}") from None


def _run(item: ir.Step, state: Any, arguments: tuple[Any, ...]) -> Any | None:
    try:
        item.python(state, *arguments)
    except Disabled:
        return None
    except ZeroDivisionError as error:
        raise OutOfModel(f"{item.name}: {error}") from None
    validate(state)
    return state


def _scope_of(state: Any) -> Any:
    """The scope a state is within, where its class says so; else the one in force."""
    for name, kind in language.hints(type(state)).items():
        if getattr(kind, "__model_bounds__", False):
            return language.within(getattr(state, name))
    return nullcontext()


def validate(state: Any) -> None:
    """Raises `OutOfModel` where a value of the state is none of its type, in the scope in force."""
    for name, kind in language.hints(type(state)).items():
        value = getattr(state, name)
        if get_origin(kind) is language.Map:
            inner = get_args(kind)[1]
            for key, item in value.items():
                _validate(f"{name}[{key}]", inner, item)
        elif not getattr(kind, "__model_settings__", False) and not getattr(kind, "__model_bounds__", False):
            _validate(name, kind, value)


def _validate(name: str, kind: Any, value: Any) -> None:
    if getattr(kind, "__model_record__", False):
        for part, inner in language.hints(kind).items():
            _validate(f"{name}.{part}", inner, getattr(value, part))
        return
    known = language.values_of(kind)
    if value not in known:
        raise OutOfModel(f"{name} is {value!r}, which is none of {known[0]!r}..{known[-1]!r}")


def encode(grounded: Grounded, state: Any) -> Values:
    """A state as the values of the cells."""
    return tuple(number(cell.type, _owner(grounded, cell, state)) for cell in grounded.cells)


def _owner(grounded: Grounded, cell: Any, state: Any) -> Any:
    value = getattr(state, cell.variable)
    if cell.keys:
        value = value[_key(grounded, cell)]
    return value if cell.part is None else getattr(value, cell.part)


def _key(grounded: Grounded, cell: Any) -> Any:
    kind = dict(grounded.model.variables)[cell.variable]
    assert isinstance(kind, ir.MapType)
    keys = tuple(python_value(of, key) for of, key in zip(kind.keys, cell.keys, strict=True))
    return keys if len(keys) > 1 else keys[0]


def decode(grounded: Grounded, values: Values) -> Any:
    """The state that the values of the cells stand for."""
    with language.within(grounded.bounds):
        state = grounded.model.state.blank(grounded.settings, grounded.bounds)
    for cell, value in zip(grounded.cells, values, strict=True):
        _put(grounded, cell, state, python_value(cell.type, value))
    return state


def _put(grounded: Grounded, cell: Any, state: Any, value: Any) -> None:
    owner = getattr(state, cell.variable)
    if cell.part is not None:
        setattr(owner[_key(grounded, cell)] if cell.keys else owner, cell.part, value)
    elif cell.keys:
        owner[_key(grounded, cell)] = value
    else:
        setattr(state, cell.variable, value)


def number(kind: ir.ScalarType, value: Any) -> int:
    """A Python value of a type as a number."""
    return list(kind.python).index(value) if isinstance(kind, ir.EnumType) else int(value)


def python_value(kind: ir.ScalarType, value: int) -> Any:
    """A number as the Python value it stands for."""
    if isinstance(kind, ir.BoolType):
        return bool(value)
    if isinstance(kind, ir.EnumType):
        return list(kind.python)[value]
    return kind.python(value) if isinstance(kind, ir.SortType) else value
