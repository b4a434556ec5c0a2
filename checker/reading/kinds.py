"""Types: from the annotations of a model to the types of the intermediate form."""

from __future__ import annotations

import dataclasses
import enum
from functools import lru_cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from checker import ir
from checker.reading.errors import ModelError, meant
from checker.reading.sources import class_place
from model import language

BOOL = ir.BoolType()
INT = ir.IntType()
SCALARS = "bool, Annotated[int, Range(low, high)], an Enum class, a Sort class"


def type_of(annotation: Any, place: ir.Place | None, what: str, bounds: Any) -> ir.Type:
    """The type an annotation means.  Raises `ModelError`, at `place` and about `what`, for one the language has not."""
    if get_origin(annotation) is language.Map:
        if len(get_args(annotation)) != 2:
            raise ModelError(f"{what} is a map without keys or value", place, "write Map[Key, Value]")
        key, value = get_args(annotation)
        parts = get_args(key) if get_origin(key) is tuple else (key,)
        keys = tuple(scalar_of(part, place, f"a key of {what}", bounds) for part in parts)
        inner = type_of(value, place, f"the value of {what}", bounds)
        if isinstance(inner, ir.MapType):
            raise ModelError(
                f"the value of {what} is a map", place, "use one map with several keys: Map[tuple[K1, K2], V]"
            )
        return ir.MapType(keys, inner)
    if is_record(annotation):
        fields = hints(annotation)
        where = class_place(annotation) or place
        kinds = [(n, scalar_of(k, where, f"`{annotation.__name__}.{n}`", bounds)) for n, k in fields.items()]
        return ir.RecordType(annotation.__name__, tuple(kinds), annotation)
    return scalar_of(annotation, place, what, bounds)


def scalar_of(annotation: Any, place: ir.Place | None, what: str, bounds: Any) -> ir.ScalarType:
    """The scalar type an annotation means; `what` is what has the type.  Raises `ModelError` for any other."""
    if annotation is bool:
        return BOOL
    if get_origin(annotation) is Annotated:
        base, *rest = get_args(annotation)
        if base is int and rest and isinstance(rest[0], language.Range):
            return ir.IntType(*(_limit(v, place, what, bounds) for v in (rest[0].low, rest[0].high)))
    if isinstance(annotation, type) and issubclass(annotation, language.Sort):
        _check_names(annotation)
        return ir.SortType(annotation.__name__, _limit(annotation.size, place, what, bounds), annotation)
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return ir.EnumType(annotation.__name__, tuple(m.name for m in annotation), annotation)
    shown = getattr(annotation, "__name__", None) or str(annotation)
    hint = f"{'give it limits; ' if annotation is int else ''}types are {SCALARS}"
    if annotation is dict or get_origin(annotation) is dict:
        hint = "a value for each is Map[Key, Value]"
    raise ModelError(f"{what} has the type {shown}, which the language has not", place, hint)


def _check_names(sort: type[language.Sort]) -> None:
    """Raises `ModelError` where the elements of a sort have names that are none."""
    names: object = sort.names
    if not isinstance(names, str) and not (isinstance(names, tuple) and all(isinstance(one, str) for one in names)):
        hint = 'a prefix, capitals such as "ABC", or a tuple of names'
        raise ModelError(f"`{sort.__name__}` has the names {names!r}", class_place(sort), hint)


def _limit(limit: object, place: ir.Place | None, what: str, bounds: Any) -> int | str:
    if isinstance(limit, int):
        return limit
    known = bound_names(bounds)
    if not isinstance(limit, str):
        raise ModelError(f"{what} is limited by {limit!r}", place, "a limit is a whole number or the name of a bound")
    if limit not in known:
        raise ModelError(f"{what} is limited by {limit!r}, which is no bound", place, meant(limit, known, "bounds"))
    return limit


def loose_type_of(annotation: Any, place: ir.Place | None, what: str, bounds: Any) -> ir.Type:
    """The type of a helper's parameter or result: an int there needs no limits."""
    return INT if annotation is int else type_of(annotation, place, what, bounds)


def is_record(annotation: Any) -> bool:
    """Whether it is a class marked `@record`."""
    return isinstance(annotation, type) and "__model_record__" in vars(annotation)


def hints(cls: Any) -> dict[str, Any]:
    """The annotations of a class or function, resolved.  Raises `ModelError` for a name that means nothing."""
    try:
        return language.hints(cls) if isinstance(cls, type) else _of_function(cls)
    except Exception as error:
        raise ModelError(
            f"an annotation of `{getattr(cls, '__name__', 'a property')}` cannot be resolved: {error}",
            class_place(cls),
            f"types are {SCALARS}",
        ) from None


@lru_cache(maxsize=1024)  # a helper is inlined wherever it is called
def _of_function(function: Any) -> dict[str, Any]:
    return get_type_hints(function, include_extras=True)


def bound_names(bounds: Any) -> list[str]:
    """The bounds of a bounds class, derived ones included."""
    return attribute_names(bounds)


def attribute_names(cls: Any) -> list[str]:
    """The fields and properties of a settings or bounds class; none for None."""
    if cls is None:
        return []
    derived = [name for name, value in vars(cls).items() if isinstance(value, property)]
    return [field.name for field in dataclasses.fields(cls)] + derived


def attribute_type(cls: Any, name: str, place: ir.Place, bounds: Any) -> ir.Type:
    """The type of a field or property of a settings or bounds class."""
    derived = vars(cls).get(name)
    annotations = hints(derived.fget) if isinstance(derived, property) else hints(cls)
    annotation = annotations.get("return" if isinstance(derived, property) else name)
    return loose_type_of(annotation, place, f"`{cls.__name__}.{name}`", bounds)


def constant(value: Any, place: ir.Place) -> ir.Literal | None:
    """A Python value as a literal: a bool, an int, a member of an enumeration, an element of a sort; else None."""
    if isinstance(value, bool):
        return ir.Literal(BOOL, place, int(value))
    if isinstance(value, language.Sort):
        kind = type(value)
        return ir.Literal(ir.SortType(kind.__name__, kind.size, kind), place, int(value))
    if isinstance(value, enum.Enum):
        cls = type(value)
        members = tuple(member.name for member in cls)
        return ir.Literal(ir.EnumType(cls.__name__, members, cls), place, list(cls).index(value))
    if isinstance(value, int):
        return ir.Literal(INT, place, value)
    return None


def same(expected: ir.Type, got: ir.Type) -> bool:
    """Whether a value of one type may stand where the other is wanted: integers mix, all else is itself."""
    if isinstance(expected, ir.IntType):
        return isinstance(got, ir.IntType)
    if isinstance(expected, ir.EnumType | ir.SortType | ir.RecordType):
        return isinstance(got, type(expected)) and got.python is expected.python
    return expected == got


def shown(kind: ir.Type) -> str:
    """A type in an error text: its kind and name."""
    if isinstance(kind, ir.IntType):
        return "int"
    return f"a {kind}" if isinstance(kind, ir.RecordType | ir.SortType | ir.EnumType) else str(kind)
