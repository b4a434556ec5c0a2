"""A model with its settings and bounds chosen: what one exploration runs on.

Names and values come as text, from a command line or a spec; each is checked against what the model declares.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from checker import ir
from checker.refusal import UsageError, listed, near, unknown
from model.language import hints


@dataclass(frozen=True)
class Configuration:
    """Instances of the model's settings and bounds classes (None where it has no such class), and their names.

    `scope` is the name of the scope the bounds started from; `changed_bounds` are those that were given apart from it.
    """

    model: ir.Model
    settings: Any
    bounds: Any
    scope: str
    preset: str | None = None
    changed_bounds: tuple[str, ...] = ()

    def setting_values(self) -> dict[str, str | bool]:
        """Every setting with its value as the command line writes it; booleans stay booleans."""
        return _values(self.settings)

    def changed_settings(self) -> dict[str, str | bool]:
        """The settings that differ from the model's defaults."""
        defaults = {} if self.settings is None else _values(type(self.settings)())
        return {name: value for name, value in self.setting_values().items() if value != defaults[name]}

    def bound_values(self) -> dict[str, int]:
        """Every bound of the scope with its value, without the derived ones."""
        return {} if self.bounds is None else {f.name: getattr(self.bounds, f.name) for f in _fields(self.bounds)}

    def options(self) -> list[str]:
        """Command line options that make this configuration again, every setting and bound spelled out."""
        options: list[str] = []
        for name, value in self.setting_values().items():
            options += ["--set", f"{name}={spelled(value)}"]
        if self.bounds is not None:
            options += ["--scope", self.scope]
        for name, limit in self.bound_values().items():
            options += ["--bound", f"{name}={limit}"]
        return options


def configure(
    model: ir.Model,
    *,
    sets: Mapping[str, str] | None = None,
    preset: str | None = None,
    scope: str | None = None,
    bounds: Mapping[str, int] | None = None,
) -> Configuration:
    """Chooses settings (a preset, then single ones over it) and bounds (a scope, then single ones over it).

    Raises `UsageError` for a name or value that the model does not have, naming what it has.
    """
    name, limits = _scope(model, scope)
    return Configuration(
        model,
        _settings(model, preset, sets or {}),
        _bounds(model, limits, bounds or {}),
        name,
        preset,
        tuple(bounds or ()),
    )


def spelled(value: Any) -> str:
    """A setting's value as the command line writes it: an enumeration's value, `true` or `false`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, enum.Enum):
        return value.value if isinstance(value.value, str) else value.name.lower()
    return str(value)


def preset_names(model: ir.Model) -> list[str]:
    """The presets of a model, in its order."""
    return list(getattr(model.module, "PRESETS", None) or {})


def scope_names(model: ir.Model) -> list[str]:
    """The scopes of a model, in its order; a model that names none has its defaults as `default`."""
    return list(getattr(model.module, "SCOPES", None) or {"default": None})


def _fields(instance: Any) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(instance)


def _values(instance: Any) -> dict[str, str | bool]:
    if instance is None:
        return {}
    values = {f.name: getattr(instance, f.name) for f in _fields(instance)}
    return {name: value if isinstance(value, bool) else spelled(value) for name, value in values.items()}


# --- settings -----------------------------------------------------------------------------------------------


def _settings(model: ir.Model, preset: str | None, sets: Mapping[str, str]) -> Any:
    if model.settings is None:
        if preset is not None or sets:
            _refuse(model, f"it has no settings, so {_asked(preset, sets)} cannot be chosen")
        return None
    start = model.settings() if preset is None else _preset(model, preset)
    known = hints(model.settings)
    names = [f.name for f in _fields(model.settings)]
    chosen = {}
    for name, text in sets.items():
        if name not in names:
            _refuse(model, unknown("setting", name, names))
        chosen[name] = _value(model, name, known[name], text)
    return dataclasses.replace(start, **chosen)


def _asked(preset: str | None, sets: Mapping[str, str]) -> str:
    asked = [f"preset {preset}"] if preset is not None else []
    return listed(asked + [f"{name}={value}" for name, value in sets.items()])


def _preset(model: ir.Model, preset: str) -> Any:
    presets = getattr(model.module, "PRESETS", None) or {}
    if preset not in presets:
        _refuse(model, unknown("preset", preset, list(presets)))
    return presets[preset]


def _value(model: ir.Model, name: str, kind: Any, text: str) -> Any:
    allowed = [True, False] if kind is bool else list(kind)
    by_text = {spelled(value): value for value in allowed}
    if text not in by_text:
        close = near(text, by_text)
        meant = f"; did you mean {listed(close, 'or')}?" if close else ""
        _refuse(model, f"setting {name} cannot be {text!r}: it is {listed(by_text, 'or')}{meant}")
    return by_text[text]


# --- bounds -------------------------------------------------------------------------------------------------


def _scope(model: ir.Model, scope: str | None) -> tuple[str, Any]:
    scopes = getattr(model.module, "SCOPES", None) or {}
    if not scopes:
        if scope not in (None, "default"):
            _refuse(model, unknown("scope", str(scope), ["default"]))
        return "default", None if model.bounds is None else model.bounds()
    name = scope if scope is not None else getattr(model.module, "DEFAULT_SCOPE", next(iter(scopes)))
    if name not in scopes:
        _refuse(model, unknown("scope", name, list(scopes)))
    return name, scopes[name]


def _bounds(model: ir.Model, limits: Any, bounds: Mapping[str, int]) -> Any:
    if limits is None:
        if bounds:
            _refuse(model, f"it has no bounds, so {listed(bounds)} cannot be chosen")
        return None
    names = [f.name for f in _fields(limits)]
    for name, value in bounds.items():
        if name not in names and isinstance(getattr(type(limits), name, None), property):
            _refuse(model, f"bound {name!r} follows from the others ({', '.join(names)}) and cannot be set")
        if name not in names:
            _refuse(model, unknown("bound", name, names))
        if value < 0:
            _refuse(model, f"bound {name} cannot be {value}: it is a whole number, 0 or more")
    try:
        return dataclasses.replace(limits, **bounds)
    except ValueError as error:
        _refuse(model, f"no such scope: {error}")


def _refuse(model: ir.Model, message: str) -> NoReturn:
    raise UsageError(f"model {model.name}: {message}")
