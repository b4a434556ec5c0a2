"""The values that a model gives its own settings and bounds: defaults, presets and scopes, each of its type."""

from __future__ import annotations

import dataclasses
from types import ModuleType
from typing import Any

from checker.reading import kinds
from checker.reading.errors import ModelError
from checker.reading.sources import class_place
from model.language import OutOfModel, values_of


def check_defaults(settings: Any, bounds: Any, module: ModuleType) -> None:
    """Raises `ModelError` for a default, a preset or a scope that is none."""
    for cls, name, what in ((settings, "PRESETS", "preset"), (bounds, "SCOPES", "scope")):
        if cls is None:
            continue
        _check(cls, _made(cls), f"`{cls.__name__}`")
        named: Any = getattr(module, name, None) or {}
        if not isinstance(named, dict):
            hint = f"write {name} = {{'name': {cls.__name__}(...)}}"
            raise ModelError(f"`{name}` is no dictionary", class_place(cls), hint)
        for key, value in named.items():
            if not isinstance(value, cls) or not isinstance(key, str):
                raise ModelError(
                    f"{what} {key!r} is no `{cls.__name__}`", class_place(cls), f"write {cls.__name__}(...)"
                )
            _check(cls, value, f"{what} {key!r}")


def _made(cls: Any) -> Any:
    try:
        return cls()
    except Exception as error:
        hint = "every field has a default"
        raise ModelError(f"`{cls.__name__}()` cannot be made: {error}", class_place(cls), hint) from None


def _check(cls: Any, instance: Any, what: str) -> None:
    """Whether each value is one of its type; a bound is a whole number, whatever limits its annotation gives it."""
    annotations = kinds.hints(cls)
    whole = "__model_bounds__" in vars(cls)
    names = kinds.attribute_names(cls) if whole else [field.name for field in dataclasses.fields(cls)]
    for name in names:
        value = _read(cls, instance, name, what)
        if whole and (not isinstance(value, int) or isinstance(value, bool)):
            raise ModelError(f"{what}: {name} is {value!r}, and must be a whole number", class_place(cls))
        if not whole and not _fits(annotations[name], value):
            hint = "a setting is true or false, or a member of an enumeration"
            raise ModelError(f"{what}: {name} is {value!r}, which is none of its type", class_place(cls), hint)


def _read(cls: Any, instance: Any, name: str, what: str) -> Any:
    try:
        return getattr(instance, name)
    except Exception as error:
        raise ModelError(f"{what}: {name} cannot be computed: {error}", class_place(cls)) from None


def _fits(annotation: Any, value: Any) -> bool:
    try:
        return any(value is one for one in values_of(annotation))
    except (TypeError, ValueError, OutOfModel):
        return False
