"""The language of models: what a protocol is written with.

A model is ordinary typed Python.  Its state is a class, its actions and properties are functions over that
state, and running those functions on concrete values *is* their meaning: nothing here is symbolic.  The checker
reads the same functions through `ast`; what it reads is held against plain execution.

    class Node(Sort, size="nodes", names="ABC"): ...         a finite sort; its size is a bound of the scope
    class Role(Enum): PRIMARY = "primary"; ...               an enumeration (the standard library's)
    Lsn = Annotated[int, Range(0, "last_lsn")]               integers; a limit may be named after a bound

    @record
    class Page: lsn: Lsn = 0                                 a group of scalar fields

    @settings                                                one named value each, fixed for a whole run
    class Settings: mode: Mode = Mode.COMMIT
    @bounds                                                  what a scope limits
    class Bounds: nodes: int = 2

    class State(Variables):                                  the state: its attributes are the variables
        settings: Settings
        bounds: Bounds
        role: Map[Node, Role]
        page: Map[tuple[Node, Lsn], Page]

    @initial / @action / @end_state                functions whose first parameter is the state, and properties of it:
    @invariant / @reachable / @eventually

Only the standard library is used, so a model runs anywhere Python does.
"""

from __future__ import annotations

import dataclasses
import enum
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import (
    Annotated,
    Any,
    Generic,
    NoReturn,
    Self,
    TypeVar,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

K = TypeVar("K")
V = TypeVar("V")
C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., Any])


class OutOfModel(Exception):
    """A model did what its own declarations forbid: a value outside its range, a key outside its map."""


class Disabled(Exception):
    """A `require` did not hold: the action cannot be taken in this state.  Never seen outside plain execution."""


def require(condition: bool) -> None:
    """Guard of an action: the action can be taken only where `condition` holds."""
    if not condition:
        raise Disabled


# --- sorts and ranges ---------------------------------------------------------------------------------------

_current: list[Any] = []


@contextmanager
def within(limits: Any) -> Iterator[None]:
    """While it is open, sorts and ranges have the sizes that `limits`, an instance of a `@bounds` class, gives."""
    _current.append(limits)
    try:
        yield
    finally:
        _current.pop()


def bound(name: str) -> int:
    """The value of one bound of the scope in force.  Raises `OutOfModel` when there is none of that name."""
    if not _current or not hasattr(_current[-1], name):
        raise OutOfModel(f"no scope in force that bounds {name!r}: open one with `within(Bounds(...))`")
    return int(getattr(_current[-1], name))


class SortType(type):
    """Lets a sort be iterated: `for n in Node`, `all(... for n in Node)`."""

    size: int | str
    names: str | tuple[str, ...]

    def __iter__(cls: type[K]) -> Iterator[K]:
        return (cls(i) for i in range(cls.cardinality()))  # type: ignore[attr-defined, call-arg]


class Sort(int, metaclass=SortType):
    """A finite sort of interchangeable things, numbered from 0.

    `size` is a number or the name of a bound; `names` is a tuple of names or a prefix: "p" gives p1, p2, ...,
    a string of capitals such as "ABC" gives A, B, C.
    """

    size: int | str = 0
    names: str | tuple[str, ...] = ""

    def __init_subclass__(cls, *, size: int | str, names: str | tuple[str, ...] = "") -> None:
        cls.size, cls.names = size, names or cls.__name__[0].lower()

    @classmethod
    def cardinality(cls) -> int:
        return cls.size if isinstance(cls.size, int) else bound(cls.size)

    @classmethod
    def label(cls, index: int) -> str:
        if isinstance(cls.names, str) and not (cls.names.isupper() and len(cls.names) > 1):
            return f"{cls.names}{index + 1}"
        return cls.names[index] if index < len(cls.names) else f"{cls.__name__}{index + 1}"

    def __repr__(self) -> str:
        return self.label(int(self))

    __str__ = __repr__


@dataclasses.dataclass(frozen=True)
class Range:
    """Limits of an integer, both included; a limit given as a string is a bound of the scope."""

    low: int | str
    high: int | str

    def limits(self) -> tuple[int, int]:
        low, high = (v if isinstance(v, int) else bound(v) for v in (self.low, self.high))
        return low, high


# --- state --------------------------------------------------------------------------------------------------


class Map(dict[K, V], Generic[K, V]):
    """A total map over sorts, enumerations or ranges: it always has exactly the keys of its type."""

    def __setitem__(self, key: K, value: V) -> None:
        if key not in self:
            raise OutOfModel(f"no key {key!r}: the keys are {', '.join(map(str, self))}")
        super().__setitem__(key, _copied(value))

    def __missing__(self, key: K) -> NoReturn:
        raise OutOfModel(f"no key {key!r}: the keys are {', '.join(map(str, self))}")


def _copied(value: Any) -> Any:
    """Records have value semantics: assigning one copies it."""
    if not getattr(value, "__model_record__", False):
        return value
    made = object.__new__(type(value))
    vars(made).update(vars(value))
    return made


@dataclass_transform()
def record(cls: C) -> C:
    """Declares a group of scalar fields (bool, integer range, sort or enumeration); assigning one copies it."""
    dataclasses.dataclass(cls)
    cls.__model_record__ = True  # type: ignore[attr-defined]
    return cls


@dataclass_transform(frozen_default=True)
def settings(cls: C) -> C:
    """Declares the knobs of a model: enumerations and booleans, each with a default and a docstring below it."""
    dataclasses.dataclass(frozen=True)(cls)
    cls.__model_settings__ = True  # type: ignore[attr-defined]
    return cls


@dataclass_transform(frozen_default=True)
def bounds(cls: C) -> C:
    """Declares what a scope limits: integers with defaults; a property derives one bound from others."""
    dataclasses.dataclass(frozen=True)(cls)
    cls.__model_bounds__ = True  # type: ignore[attr-defined]
    return cls


_hints: dict[type, dict[str, Any]] = {}


def hints(cls: type) -> dict[str, Any]:
    """The field types of a declared class, `Annotated` kept."""
    if cls not in _hints:
        _hints[cls] = get_type_hints(cls, include_extras=True)
    return _hints[cls]


def values_of(kind: Any) -> list[Any]:
    """Every value of a scalar type, in order, in the scope in force.  Raises `TypeError` for any other type."""
    if get_origin(kind) is Annotated:
        low, high = get_args(kind)[1].limits()
        return list(range(low, high + 1))
    if kind is bool:
        return [False, True]
    if isinstance(kind, type) and issubclass(kind, Sort | enum.Enum):
        return list(kind)
    raise TypeError(f"{kind!r} is not a scalar type of the language")


def default_of(kind: Any) -> Any:
    """The value a place has before `@initial` assigns one: 0 or the low limit, False, the first of a sort or enum."""
    if get_origin(kind) is Map:
        key, value = get_args(kind)
        parts = get_args(key) if get_origin(key) is tuple else (key,)
        keys: Iterator[Any] = itertools.product(*(values_of(part) for part in parts))
        made: Map[Any, Any] = Map()
        for k in keys:
            dict.__setitem__(made, k if len(parts) > 1 else k[0], default_of(value))
        return made
    if getattr(kind, "__model_record__", False):
        return kind(**{name: default_of(field) for name, field in hints(kind).items()})
    values = values_of(kind)
    return 0 if get_origin(kind) is Annotated and 0 in values else values[0]


class Variables:
    """The state of a model is a subclass: its annotated attributes are the variables, its docstring says of what."""

    @classmethod
    def blank(cls, settings: Any = None, bounds: Any = None) -> Self:
        made = cls.__new__(cls)
        with within(bounds):
            for name, kind in hints(cls).items():
                if getattr(kind, "__model_settings__", False):
                    value = settings if settings is not None else kind()
                elif getattr(kind, "__model_bounds__", False):
                    value = bounds if bounds is not None else kind()
                else:
                    value = default_of(kind)
                object.__setattr__(made, name, value)
        return made

    def copy(self) -> Self:
        made = type(self).__new__(type(self))
        for name, value in vars(self).items():
            if isinstance(value, Map):
                fresh: Map[Any, Any] = Map(value)
                if getattr(next(iter(value.values()), None), "__model_record__", False):  # then all its values are
                    for key, item in value.items():
                        dict.__setitem__(fresh, key, _copied(item))
                value = fresh
            object.__setattr__(made, name, _copied(value))
        return made

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in hints(type(self)):
            raise OutOfModel(f"the state has no {name!r}")
        object.__setattr__(self, name, _copied(value))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


# --- behaviour ----------------------------------------------------------------------------------------------


def _kind(kind: str, fixed: tuple[str, ...] = ()) -> Callable[[F], F]:
    def mark(function: F) -> F:
        vars(function).update(__model_kind__=kind, __model_fixed__=fixed)
        return function

    return mark


initial = _kind("initial")
"""An initial state: assigns to a blank one.  With parameters, one initial state for each choice of them."""


@overload
def action(function: F) -> F: ...


@overload
def action(*, fair: bool = True, outside: bool = False) -> Callable[[F], F]: ...


def action(function: F | None = None, *, fair: bool = True, outside: bool = False) -> F | Callable[[F], F]:
    """A step: `require` its guard, assign its effect.  Its parameters range over every value of their types.

    What `@eventually` assumes of it, for each choice of its parameters by itself:
    `@action`: it is weakly fair, taken sooner or later where it stays possible: a process that does its work.
    `@action(fair=False)`: it need never be taken, and may be taken again and again: a client, a reader.
    `@action(outside=True)`: a fault, or an operator.  It need never be taken, is taken only finitely often, and does
    not count as a way to what is waited for: what is asked is what the others do once they are left alone.
    """

    def mark(function: F) -> F:
        function.__model_kind__ = "action"  # type: ignore[attr-defined]
        function.__model_fair__ = fair and not outside  # type: ignore[attr-defined]
        function.__model_outside__ = outside  # type: ignore[attr-defined]
        return function

    return mark if function is None else mark(function)


invariant = _kind("invariant")
"""A property that must hold in every reachable state.  Returns a bool."""

reachable = _kind("reachable")
"""A property that must hold in at least one reachable state: an example of it is a success.  Returns a bool."""

eventually = _kind("eventually")
"""A property that comes true again and again: no behaviour that is fair (see `action`) is without it for ever.

Returns a bool.  Whatever a behaviour has done until then, it must come true later: "always eventually".
"""

lemma = _kind("lemma")
"""A fact that proofs rest on: it holds in every reachable state too, and nobody asks for it.  Returns a bool."""


def lemma_for(*fixed: str) -> Callable[[F], F]:
    """A lemma for proofs that fix these bounds: where one is open, nothing may rest on it."""
    return _kind("lemma", fixed)


end_state = _kind("end_state")
"""Says in which states a behaviour may stop: a state that enables nothing and is none of these is a deadlock."""
