"""What a model's structured form mentions: places of the state, settings, bounds; and what nothing depends on."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from checker import ir

Place: TypeAlias = tuple[str, str | None]
"""A variable, and the field of its records; None for one that holds no records, or for all fields."""


@dataclass(frozen=True)
class Reads:
    """What an expression or statement reads: places of the state, and whether a setting or bound."""

    places: frozenset[Place]
    configuration: bool


def parts(item: Any) -> Iterator[Any]:
    """An expression or statement and everything inside it."""
    if isinstance(item, tuple):
        for inner in item:
            yield from parts(inner)
    elif isinstance(item, ir.Expr | ir.Statement | ir.Span):
        yield item
        for field in dataclasses.fields(item):
            if field.name not in ("at", "type"):
                yield from parts(getattr(item, field.name))


def reads(item: Any) -> Reads:
    """What an expression reads."""
    found = list(parts(item))
    places = frozenset((part.variable, part.part) for part in found if isinstance(part, ir.Read))
    return Reads(places, any(isinstance(part, ir.Setting | ir.Bound) for part in found))


def unread(model: ir.Model) -> dict[str, str]:
    """Variables, and fields of their records, that no guard, property or end state depends on; and why each."""
    flows = [flow for step in model.actions for flow in _flows(step.body, frozenset())]
    read = {place for step in model.actions for place in _guarded(step.body)}
    for item in (*model.properties, *model.lemmas, *model.end_states):
        read |= reads(item.body).places
    needed = _closed(read, flows)
    anywhere = read | {place for _, sources in flows for place in sources}
    found = {}
    for variable, kind in model.variables:
        for place in _places(variable, kind):
            if not _covers(needed, place):
                name = variable if place[1] is None else f"{variable}.{place[1]}"
                only = "only values that nothing depends on are made of it"
                found[name] = only if _covers(anywhere, place) else "nobody reads it"
    return found


def _places(variable: str, kind: ir.Type) -> Iterator[Place]:
    value = kind.value if isinstance(kind, ir.MapType) else kind
    if isinstance(value, ir.RecordType):
        yield from ((variable, name) for name, _ in value.fields)
    else:
        yield variable, None


def _covers(places: set[Place], place: Place) -> bool:
    return place in places or (place[0], None) in places or (place[1] is None and any(p[0] == place[0] for p in places))


Flow: TypeAlias = tuple[Place, frozenset[Place]]
"""A place that is assigned, and all that its new value, and whether it gets one, depend on."""


def _flows(block: tuple[ir.Statement, ...], under: frozenset[Place]) -> Iterator[Flow]:
    for statement in block:
        if isinstance(statement, ir.Assign):
            target = (statement.target.variable, statement.target.part)
            yield target, under | reads((statement.value, statement.target.keys)).places
        elif isinstance(statement, ir.Define):
            under |= reads(statement.value).places  # whoever uses the name; coarse, and on the safe side
        elif isinstance(statement, ir.Branch):
            inner = under | reads(statement.condition).places
            yield from _flows(statement.then, inner)
            yield from _flows(statement.otherwise, inner)
        elif isinstance(statement, ir.Loop):
            yield from _flows(statement.body, under | _domain(statement.domain))


def _guarded(block: tuple[ir.Statement, ...], under: frozenset[Place] = frozenset()) -> Iterator[Place]:
    """What decides whether an action can be taken."""
    for statement in block:
        if isinstance(statement, ir.Require):
            yield from under | reads(statement.condition).places
        elif isinstance(statement, ir.Define):
            under |= reads(statement.value).places
        elif isinstance(statement, ir.Branch):
            inner = under | reads(statement.condition).places
            yield from _guarded(statement.then, inner)
            yield from _guarded(statement.otherwise, inner)
        elif isinstance(statement, ir.Loop):
            yield from _guarded(statement.body, under | _domain(statement.domain))


def _domain(domain: ir.Domain) -> frozenset[Place]:
    return reads((domain.low, domain.high)).places if isinstance(domain, ir.Span) else frozenset()


def _closed(read: set[Place], flows: list[Flow]) -> set[Place]:
    """The places read, and those that what is assigned to one of them depends on."""
    needed, grown = set(read), True
    while grown:
        before = len(needed)
        for target, sources in flows:
            if _covers(needed, target):
                needed |= sources
        grown = len(needed) > before
    return needed
