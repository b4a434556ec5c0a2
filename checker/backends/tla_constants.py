"""The constants of a TLA+ module: settings, bounds, sorts and enumerations, and what one configuration gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

from checker import ir
from checker.backends.tla_text import ATOM, SUM, WIDTH, Text, bracket, comment, hang, headed
from checker.grounding.grounded import Grounded
from checker.grounding.layout import scalar
from checker.labels import value_label
from checker.plain import number
from checker.reading.sources import attribute_docs, integer_types

_LOWEST, _HIGHEST = -(10**6), 10**6


class Constants:
    """Collects what the module mentions; only that is declared and configured."""

    def __init__(self, grounded: Grounded, identifier: Callable[..., str]) -> None:
        self.grounded, self.identifier = grounded, identifier
        self._settings: dict[str, tuple[str, str]] = {}
        self._bounds: dict[str, str] = {}
        self._sorts: dict[str, tuple[str, ir.SortType]] = {}
        self.elements: dict[tuple[str, int], str] = {}
        self._sets: dict[str, tuple[str, Text, str]] = {}
        self._derived: dict[str, str] = {}
        self._integers = _named_integers(grounded.model)

    # --- in expressions -----------------------------------------------------------------------------------------

    def text(self, expression: ir.Literal | ir.Setting | ir.Bound) -> str:
        """A literal, a setting or a bound."""
        if isinstance(expression, ir.Setting):
            value = number(scalar(expression.type), getattr(self.grounded.settings, expression.name))
            if expression.name not in self._settings:
                shown = self._value(scalar(expression.type), value)
                self._settings[expression.name] = (self.identifier(expression.name, "setting"), shown)
            return self._settings[expression.name][0]
        if isinstance(expression, ir.Bound):
            return self.bound(expression.name)
        return self._value(scalar(expression.type), expression.value)

    def _value(self, kind: ir.ScalarType, value: int) -> str:
        if isinstance(kind, ir.BoolType):
            return "TRUE" if value else "FALSE"
        if isinstance(kind, ir.EnumType):
            return f'"{kind.members[value]}"'
        if isinstance(kind, ir.SortType):
            self._sort(kind)
            key = (kind.name, value)
            if key not in self.elements:
                self.elements[key] = self.identifier(value_label(kind, value))
            return self.elements[key]
        return str(value)

    def bound(self, name: str) -> str:
        """A bound of the scope; one that follows from others is defined by them where that is arithmetic."""
        if name not in self._bounds:
            shown = self._follows(name)
            self._bounds[name] = self.identifier(name, "bound")
            if shown is not None:
                self._derived[name] = shown
        return self._bounds[name]

    def _follows(self, name: str) -> str | None:
        kind = type(self.grounded.bounds)
        derived = vars(kind).get(name)
        if not isinstance(derived, property) or derived.fget is None:
            return None
        given = {f.name: _Arithmetic(f.name, ATOM) for f in fields(kind)}
        try:
            found = derived.fget(SimpleNamespace(**given))
        except Exception:  # whatever Python may do that is no arithmetic: then it is a constant
            return None
        if not isinstance(found, _Arithmetic):
            return None
        for other in found.mentions:
            self.bound(other)
        return found.shown({other: self._bounds[other] for other in found.mentions})

    def members(self, kind: ir.ScalarType) -> Text:
        """The set of a type's values."""
        if isinstance(kind, ir.BoolType):
            return Text("BOOLEAN")
        if isinstance(kind, ir.SortType):
            return Text(self._sort(kind))
        if isinstance(kind, ir.EnumType):
            shown = bracket("{", [Text(f'"{member}"') for member in kind.members], "}")
            return Text(self._set(kind.name, shown, kind.python.__doc__))
        low, high = (str(v) if isinstance(v, int) else self.bound(v) for v in (kind.low or 0, kind.high or 0))
        shown = Text(f"{low}..{high}", SUM)
        name, said = self._integers.get((kind.low, kind.high), ("", ""))
        return Text(self._set(name, shown, said)) if name else shown

    def record(self, kind: ir.RecordType) -> Text:
        """The set of a record's values."""
        parts = [headed(f"{name} : ", self.members(of)) for name, of in kind.fields]
        return Text(self._set(kind.name, bracket("[", parts, "]"), kind.python.__doc__))

    def _set(self, name: str, shown: Text, said: str | None) -> str:
        if name not in self._sets:
            # What Python writes for a record without a docstring says no more than the definition.
            made_up = (said or "").startswith(f"{name}(")
            self._sets[name] = (self.identifier(name), shown, "" if made_up else said or "")
        return self._sets[name][0]

    def _sort(self, kind: ir.SortType) -> str:
        if kind.name not in self._sorts:
            self._sorts[kind.name] = (self.identifier(kind.name), kind)
        return self._sorts[kind.name][0]

    # --- in the scope at hand -----------------------------------------------------------------------------------

    def limits(self, kind: ir.ScalarType) -> tuple[int, int]:
        """The least and greatest value of a type."""
        if isinstance(kind, ir.BoolType):
            return 0, 1
        if isinstance(kind, ir.EnumType):
            return 0, len(kind.members) - 1
        if isinstance(kind, ir.SortType):
            return 0, self._limit(kind.size) - 1
        low, high = _LOWEST if kind.low is None else self._limit(kind.low), self._limit(kind.high or 0)
        return low, high if kind.low is not None else _HIGHEST

    def _limit(self, limit: int | str) -> int:
        return limit if isinstance(limit, int) else int(getattr(self.grounded.bounds, limit))

    def interval(self, expression: ir.Expr) -> tuple[int, int]:
        """The least and greatest value a number may have, as far as types tell."""
        if isinstance(expression, ir.Literal):
            return expression.value, expression.value
        if isinstance(expression, ir.Bound):
            return self._limit(expression.name), self._limit(expression.name)
        if isinstance(expression, ir.If):
            (low, high), (low2, high2) = self.interval(expression.then), self.interval(expression.otherwise)
            return min(low, low2), max(high, high2)
        if isinstance(expression, ir.Apply) and expression.operator in ("+", "-", "min", "max"):
            (low, high), (low2, high2) = map(self.interval, expression.arguments[:2])
            if expression.operator == "+":
                return low + low2, high + high2
            if expression.operator == "-":
                return low - high2, high - low2
            pick = min if expression.operator == "min" else max
            return pick(low, low2), pick(high, high2)
        return self.limits(scalar(expression.type))

    # --- in the module's head and the configuration -------------------------------------------------------------

    def declarations(self) -> Iterator[str]:
        """The constants with what they are, then the sets and bounds that follow from them."""
        said = {**attribute_docs(type(self.grounded.bounds)), **attribute_docs(type(self.grounded.settings))}
        rows = [(shown, said.get(name, "")) for name, (shown, _) in self._settings.items()]
        rows += [(shown, said.get(name, "")) for name, shown in self._bounds.items() if name not in self._derived]
        rows += [(shown, (kind.python.__doc__ or "").strip()) for shown, kind in self._sorts.values()]
        rows += [(shown, f"an element of {sort}") for (sort, _), shown in self.elements.items()]
        if rows:
            yield "CONSTANTS"
            for position, (shown, text) in enumerate(rows):
                yield from (f"    {line}" for line in comment(text))
                yield f"    {shown}" + ("," if position < len(rows) - 1 else "")
            yield ""
        for name, shown in self._derived.items():
            yield f"{self._bounds[name]} == {shown}"
        for shown, made, text in self._sets.values():
            if text:
                yield from ("", *comment(text))
            yield from hang(f"{shown} == ", made.lines(WIDTH - len(shown) - 4))
        if self._derived or self._sets:
            yield ""

    def assignments(self) -> Iterator[str]:
        """What this configuration gives the constants."""
        rows = [(shown, value) for shown, value in self._settings.values()]
        rows += [
            (shown, str(getattr(self.grounded.bounds, name)))
            for name, shown in self._bounds.items()
            if name not in self._derived
        ]
        for shown, kind in self._sorts.values():
            size = self._limit(kind.size)
            elements = [self.elements.get((kind.name, i), value_label(kind, i)) for i in range(size)]
            rows.append((shown, "{" + ", ".join(elements) + "}"))
        rows += [(shown, shown) for shown in self.elements.values()]
        if rows:
            yield "CONSTANTS"
            for shown, value in rows:
                yield f"    {shown} = {value}"


def _named_integers(model: ir.Model) -> dict[tuple[int | str | None, int | str | None], tuple[str, str]]:
    """The name that a model has for the integers of some limits, and what it says of it; none where it has two."""
    found: dict[tuple[int | str | None, int | str | None], list[tuple[str, str]]] = {}
    for name, (limits, said) in integer_types(model.module).items():
        found.setdefault((limits.low, limits.high), []).append((name, said))
    return {limits: names[0] for limits, names in found.items() if len(names) == 1}


class _Arithmetic:
    """A number that remembers how it was computed, to be written as TLA+."""

    def __init__(self, text: str, level: int, mentions: frozenset[str] = frozenset()) -> None:
        self.text, self.level = text, level
        self.mentions = mentions or frozenset({text})

    def shown(self, names: dict[str, str]) -> str:
        """The text with the module's names."""
        return " ".join(names.get(word, word) for word in self.text.split())

    def _with(self, operator: str, other: Any, flipped: bool = False) -> _Arithmetic:
        if not isinstance(other, int | _Arithmetic):
            raise TypeError(f"{other!r} is no number")
        right = other if isinstance(other, _Arithmetic) else _Arithmetic(str(other), ATOM, frozenset({""}))
        first, second = (right, self) if flipped else (self, right)
        left, last = (f"( {x.text} )" if x.level > ATOM else x.text for x in (first, second))
        left = first.text if operator in "+-" and first.level <= SUM else left
        return _Arithmetic(f"{left} {operator} {last}", SUM, (first.mentions | second.mentions) - {""})

    def __add__(self, other: Any) -> _Arithmetic:
        return self._with("+", other)

    def __radd__(self, other: Any) -> _Arithmetic:
        return self._with("+", other, True)

    def __sub__(self, other: Any) -> _Arithmetic:
        return self._with("-", other)

    def __rsub__(self, other: Any) -> _Arithmetic:
        return self._with("-", other, True)

    def __mul__(self, other: Any) -> _Arithmetic:
        return self._with("*", other)

    def __rmul__(self, other: Any) -> _Arithmetic:
        return self._with("*", other, True)
