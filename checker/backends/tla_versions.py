"""A variable with what was assigned to it, as one TLA+ expression: `[v EXCEPT ![k] = e]`, or a function made anew."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from checker import ir
from checker.backends.tla_text import (
    ATOM,
    COMPARISON,
    Text,
    bracket,
    choice,
    hang,
    headed,
    junction,
    negated,
    operation,
)
from checker.backends.tla_values import Values, function


@dataclass(frozen=True, eq=False)
class Binder:
    """A loop that is being run for all values of its domain at once."""

    name: str
    over: Text
    domain: ir.Domain


@dataclass(frozen=True)
class Case:
    """One side of an `if`, which has a number of its own."""

    number: object
    condition: Text
    side: bool


Frame: TypeAlias = Binder | Case


@dataclass(frozen=True, eq=False)
class Update:
    """An assignment: the keys and field it goes to, its value, and the loops and branches around it.

    `fields` has the parts of a record that was made in place.
    """

    keys: tuple[Text, ...]
    part: str | None
    value: Text
    context: tuple[Frame, ...]
    sources: tuple[ir.Expr, ...]
    fields: dict[str, Text]

    @property
    def cases(self) -> tuple[Case, ...]:
        """The branches around it."""
        return tuple(frame for frame in self.context if isinstance(frame, Case))

    @property
    def binders(self) -> tuple[Binder, ...]:
        """The loops around it."""
        return tuple(frame for frame in self.context if isinstance(frame, Binder))

    def misses(self, place: ir.Read, context: tuple[Frame, ...]) -> bool:
        """Whether it certainly does not reach a place: another field or key, or the other side of a branch."""
        if self.part is not None and place.part is not None and self.part != place.part:
            return True
        if any(
            isinstance(one, ir.Literal) and isinstance(other, ir.Literal) and one.value != other.value
            for one, other in zip(self.sources, place.keys, strict=True)
        ):
            return True
        sides = {frame.number: frame.side for frame in context if isinstance(frame, Case)}
        return any(sides.get(case.number, case.side) != case.side for case in self.cases)

    def gives(self, place: ir.Read, keys: tuple[Text, ...], context: tuple[Frame, ...], values: Values) -> Text | None:
        """What a place certainly holds after it; None where that is not certain."""
        same = [one.flat for one in self.keys] == [other.flat for other in keys]
        if not same or self.context != context[: len(self.context)]:
            return None
        if self.part == place.part:
            return self.value
        if self.part is None and place.part is not None:
            known = self.fields.get(place.part)
            return values.field(self.value, place.part) if known is None else known
        return None


Branch: TypeAlias = tuple[tuple[Case, ...], Text]
"""A value, and the sides on which it is the one."""


def conditions(path: Sequence[Case]) -> Text:
    """All the conditions of nested branches."""
    return junction("/\\", [case.condition if case.side else negated(case.condition) for case in path])


def chosen(branches: Sequence[Branch], old: Text) -> Text:
    """The value of the branch that is taken, else the old one."""
    if not branches:
        return old
    path, value = branches[0]
    if not path:
        return value
    if len(branches) == 1:
        return choice(conditions(path), value, old)
    case = path[0]
    same = [(path, value) for path, value in branches if path and path[0].number == case.number]
    rest = chosen([branch for branch in branches if not branch[0] or branch[0][0].number != case.number], old)
    yes = chosen([(path[1:], value) for path, value in same if path[0].side], rest)
    no = chosen([(path[1:], value) for path, value in same if not path[0].side], rest)
    if no is rest or yes is rest:
        condition, inner = (case.condition, yes) if no is rest else (negated(case.condition), no)
        if inner.parts and inner.parts[2] is rest:
            return choice(junction("/\\", [condition, inner.parts[0]]), inner.parts[1], rest)
        return choice(condition, inner, rest)
    return choice(case.condition, yes, no)


class Versions:
    """Makes new versions of one variable; `named` gives an expression a name, for one that is used more than once."""

    def __init__(self, values: Values, kind: ir.Type, named: Callable[[Text], Text]) -> None:
        self.values, self.kind, self.named = values, kind, named

    def version(self, base: Text, updates: Sequence[Update]) -> Text:
        """The variable with all updates; they are of different places, so their order does not matter."""
        if not isinstance(self.kind, ir.MapType):
            return self._single(base, updates)
        groups: dict[object, list[Update]] = {}
        for update in updates:
            if update.binders:
                groups.setdefault((self._shape(update), update.part is None), []).append(update)
        for group in groups.values():
            if base.level != ATOM or base.flat.startswith("["):
                base = self.named(base)
            base = self._function(base, group)
        return self._except(base, [update for update in updates if not update.binders])

    def _single(self, base: Text, updates: Sequence[Update]) -> Text:
        """A variable that is no map."""
        whole = [(update.cases, update.value) for update in updates if update.part is None]
        value = chosen(whole, base)
        return self._parts(value, [update for update in updates if update.part is not None])

    def _parts(self, record: Text, updates: Sequence[Update]) -> Text:
        """A record with some of its fields changed."""
        if not updates:
            return record
        if record.level != ATOM:
            record = record.within(ATOM)
        changes = []
        for part in dict.fromkeys(update.part for update in updates):
            assert part is not None
            branches = [(update.cases, update.value) for update in updates if update.part == part]
            changes.append(headed(f"!.{part} = ", chosen(branches, Text("@"))))
        return self._excepted(record, changes)

    def _excepted(self, base: Text, changes: Sequence[Text]) -> Text:
        flat = f"[{base.flat} EXCEPT {', '.join(change.flat for change in changes)}]"

        def broken(width: int) -> list[str]:
            first = hang("[", base.lines(width - 10))
            inner = bracket("  ", changes, "]").lines(width - 2)
            return [*first[:-1], f"{first[-1]} EXCEPT", *(inner if len(inner) > 1 else hang("", inner))]

        return Text(flat, ATOM, broken)

    def _except(self, base: Text, updates: Sequence[Update]) -> Text:
        """Changes at single keys."""
        groups: dict[str, list[Update]] = {}
        for update in updates:
            groups.setdefault(bracket("[", update.keys, "]").flat, []).append(update)
        changes: list[Text] = []
        for keys, group in groups.items():
            whole = [(update.cases, update.value) for update in group if update.part is None]
            parts = [update for update in group if update.part is not None]
            if whole:
                value = self._parts(chosen(whole, Text("@")), parts)
                changes.append(headed(f"!{keys} = ", value))
                continue
            for part in dict.fromkeys(update.part for update in parts):
                branches = [(update.cases, update.value) for update in parts if update.part == part]
                changes.append(headed(f"!{keys}.{part} = ", chosen(branches, Text("@"))))
        return self._excepted(base, changes) if changes else base

    def _shape(self, update: Update) -> tuple[str | None, ...]:
        """By position of the keys, the name of the loop whose variable the key is."""
        names = {binder.name for binder in update.binders}
        shape: list[str | None] = []
        for key in update.keys:
            shape.append(key.flat if key.flat in names and key.flat not in shape else None)
        return tuple(shape)

    def _function(self, base: Text, updates: Sequence[Update]) -> Text:
        """A map made anew, for assignments in loops."""
        kind = self.kind
        assert isinstance(kind, ir.MapType)
        shape = self._shape(updates[0])
        texts = [text.flat for update in updates for text in (update.value, *update.keys)]
        texts += [case.condition.flat for update in updates for case in update.cases]
        inside = set(re.findall(r"\w+", " ".join(texts)))
        fresh: list[str] = []
        names: list[str] = []
        for key, of in zip(shape, kind.keys, strict=True):
            if key is None:
                wanted = of.name.lower() if isinstance(of, ir.SortType | ir.EnumType) else "i"
                fresh.append(f"key {len(names)} of {id(updates)}")
                names.append(self.values.enter(fresh[-1], wanted, avoid=inside))
            else:
                names.append(key)
        old = bracket(f"{base.flat}[", [Text(name) for name in names], "]")
        whole = [(self._path(update, names), update.value) for update in updates if update.part is None]
        value = chosen(whole, old)
        parts = [update for update in updates if update.part is not None]
        if parts:
            changes = []
            for part in dict.fromkeys(update.part for update in parts):
                branches = [(self._path(update, names), update.value) for update in parts if update.part == part]
                changes.append(headed(f"!.{part} = ", chosen(branches, Text("@"))))
            value = self._excepted(value.within(ATOM), changes)
        ranges = self.values.ranges([(name, self.values.domain(of)) for name, of in zip(names, kind.keys, strict=True)])
        self.values.leave(*fresh)
        return function(ranges, value)

    def _path(self, update: Update, names: Sequence[str]) -> tuple[Case, ...]:
        """The conditions of an update: the keys it is about, then the branches around it."""
        kind = self.kind
        assert isinstance(kind, ir.MapType)
        about: list[Text] = []
        for name, key in zip(names, update.keys, strict=True):
            if key.flat != name:
                about.append(operation("=", Text(name), key, COMPARISON))
        for binder in update.binders:
            of = kind.keys[list(names).index(binder.name)]
            if not covers(binder.domain, of):
                about.append(operation("\\in", Text(binder.name), binder.over, COMPARISON))
        condition = junction("/\\", about) if about else None
        return (*([] if condition is None else [Case(condition.flat, condition, True)]), *update.cases)


def covers(domain: ir.Domain, kind: ir.ScalarType) -> bool:
    """Whether a loop runs over all values of a type."""
    if not isinstance(domain, ir.Span):
        return domain == kind
    if not isinstance(kind, ir.IntType):
        return False
    high = domain.high
    last: int | str | None = None
    if isinstance(high, ir.Literal):
        last = high.value - 1
    elif isinstance(high, ir.Apply) and high.operator == "+" and isinstance(high.arguments[0], ir.Bound):
        one = high.arguments[1]
        last = high.arguments[0].name if isinstance(one, ir.Literal) and one.value == 1 else None
    first = domain.low.value if isinstance(domain.low, ir.Literal) else None
    return first == kind.low and last == kind.high and last is not None
