"""The forms of a model as what JSON can say, and back: frozen dataclasses with common parts, and Python's names.

The whole is a list of nodes, each after its parts: a number of a kind, then the numbers of the parts.  So what is
shared stays shared, depth costs no recursion, and reading it makes nothing but tuples, these dataclasses and what the
model's own modules already have under a name.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Sequence
from types import FunctionType, ModuleType
from typing import Any, TypeAlias

from checker import ir
from checker.grounding import grounded, terms

Nodes: TypeAlias = list[list[Any]]

LITERAL, TUPLE, NAMED = range(3)
"""Kinds of nodes: a number, text or None; a tuple; what a module has.  A dataclass has its place among `_CLASSES`."""

_CLASSES: tuple[type, ...] = tuple(
    item
    for module in (ir, grounded)
    for _, item in sorted(vars(module).items())
    if dataclasses.is_dataclass(item) and isinstance(item, type) and item.__module__ == module.__name__
)

_FIELDS = [tuple(field.name for field in dataclasses.fields(cls)) for cls in _CLASSES]

_KINDS = {cls: kind for kind, cls in enumerate(_CLASSES, start=NAMED + 1)}


class NotEncodable(Exception):
    """Something that has no such form: the text says what."""


def encoded(root: Any) -> Nodes:
    """The nodes of a value, the last of them its own.  Raises `NotEncodable`."""
    nodes: Nodes = []
    same: dict[tuple[Any, ...], int] = {}
    places: dict[Any, int] = {}
    pending = [root]
    while pending:
        value = pending[-1]
        if _key(value) in places:
            pending.pop()
            continue
        kind, parts = _parts(value)
        missing = [part for part in parts if _key(part) not in places]
        if missing:
            pending += reversed(missing)
            continue
        pending.pop()
        node = (kind, *(places[_key(part)] for part in parts)) if kind != LITERAL else (kind, type(value), value)
        if node not in same:
            same[node] = len(nodes)
            nodes.append([kind, value] if kind == LITERAL else list(node))
        places[_key(value)] = same[node]
    return nodes


def decoded(nodes: Sequence[Sequence[Any]]) -> Any:
    """The value of which these are the nodes.  Raises `NotEncodable` for what is no longer there to be named."""
    made: list[Any] = []
    at = made.__getitem__
    for kind, *parts in nodes:
        if kind == LITERAL:
            made.append(parts[0])
        elif kind == TUPLE:
            made.append(tuple(map(at, parts)))
        elif kind == NAMED:
            made.append(_named(*map(at, parts)))
        else:
            cls = _CLASSES[kind - NAMED - 1]
            make = _MAKERS.get(cls)
            if make is not None:
                made.append(make(*map(at, parts)))
            else:
                value = object.__new__(cls)
                value.__dict__.update(zip(_FIELDS[kind - NAMED - 1], map(at, parts), strict=True))
                made.append(value)
    return made[-1]


_MAKERS: dict[type, Callable[..., Any]] = {grounded.Term: terms.unfolded}
"""Of those that are not simply made: equal terms are one object."""


def _key(value: Any) -> Any:
    return (type(value), value) if isinstance(value, (int, str)) and not isinstance(value, type) else id(value)


def _parts(value: Any) -> tuple[int, Sequence[Any]]:
    """The kind of a value, and its parts."""
    if value is None or type(value) in (int, str, bool):
        return LITERAL, ()
    if type(value) is tuple:
        return TUPLE, value
    kind = _KINDS.get(type(value))
    if kind is not None:
        return kind, [getattr(value, name) for name in _FIELDS[kind - NAMED - 1]]
    if isinstance(value, ModuleType):
        return NAMED, (value.__name__, "")
    if isinstance(value, (type, FunctionType)) and _named(value.__module__, value.__qualname__) is value:
        return NAMED, (value.__module__, value.__qualname__)
    raise NotEncodable(f"{type(value).__name__} {value!r}")


def _named(module: str, name: str) -> Any:
    found: Any = sys.modules.get(module)
    for part in name.split(".") if name else ():
        found = getattr(found, part, None)
    if found is None:
        raise NotEncodable(f"{module} has no {name}")
    return found
