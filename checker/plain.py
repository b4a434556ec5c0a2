"""Plain execution: the functions of a model run as the ordinary Python they are.  What they do is what is meant.

Everything else is held against it.  Only the standard library and the language of models are used, besides the
forms a model is read into.  A value that ends outside its range raises `OutOfModel`, as a wrong key does at once.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from checker import ir
from model import language
from model.language import Disabled, OutOfModel

if TYPE_CHECKING:
    from checker.grounding.grounded import Grounded
    from checker.grounding.grounded import State as Values


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
            _validate(get_args(kind)[1], ((f"{name}[{{}}]", key, item) for key, item in value.items()))
        elif not getattr(kind, "__model_settings__", False) and not getattr(kind, "__model_bounds__", False):
            _validate(kind, [(name, None, value)])


def _validate(kind: Any, places: Iterable[tuple[str, Any, Any]]) -> None:
    """Values of one type, each with its name, and the key that belongs into it."""
    if getattr(kind, "__model_record__", False):
        known = list(places)
        for part, inner in language.hints(kind).items():
            _validate(inner, [(f"{name}.{part}", key, getattr(value, part)) for name, key, value in known])
        return
    allowed = language.values_of(kind)
    for name, key, value in places:
        if value not in allowed:
            raise OutOfModel(f"{name.format(key)} is {value!r}, which is none of {allowed[0]!r}..{allowed[-1]!r}")


def encode(grounded: Grounded, state: Any) -> Values:
    """A state as the values of the cells."""
    found = []
    for cell, key in zip(grounded.cells, grounded.keys, strict=True):
        value = getattr(state, cell.variable)
        if key is not None:
            value = value[key]
        found.append(number(cell.type, value if cell.part is None else getattr(value, cell.part)))
    return tuple(found)


def decode(grounded: Grounded, values: Values) -> Any:
    """The state that the values of the cells stand for."""
    state = grounded.blank.copy()
    for cell, key, value in zip(grounded.cells, grounded.keys, values, strict=True):
        owner, meant = getattr(state, cell.variable), python_value(cell.type, value)
        if cell.part is not None:
            setattr(owner if key is None else owner[key], cell.part, meant)
        elif key is not None:
            owner[key] = meant
        else:
            setattr(state, cell.variable, meant)
    return state


def key_in_map(kind: ir.Type, keys: tuple[int, ...]) -> Any:
    """The key of a cell in its map; None for a variable that is no map."""
    if not isinstance(kind, ir.MapType):
        return None
    found = tuple(python_value(of, key) for of, key in zip(kind.keys, keys, strict=True))
    return found if len(found) > 1 else found[0]


def number(kind: ir.ScalarType, value: Any) -> int:
    """A Python value of a type as a number."""
    return _members(kind.python).index(value) if isinstance(kind, ir.EnumType) else int(value)


def python_value(kind: ir.ScalarType, value: int) -> Any:
    """A number as the Python value it stands for."""
    if isinstance(kind, ir.BoolType):
        return bool(value)
    if isinstance(kind, ir.EnumType):
        return _members(kind.python)[value]
    return kind.python(value) if isinstance(kind, ir.SortType) else value


@cache
def _members(enumeration: Any) -> tuple[Any, ...]:
    return tuple(enumeration)
