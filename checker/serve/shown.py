"""What the page shows of one state, as a document of plain values for JSON."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from checker import ir, plain
from checker.configuration import preset_names, scope_names, spelled
from checker.draw.changes import change_lines, value_lines
from checker.draw.explain import facts
from checker.draw.spacetime import spacetime
from checker.grounding.grounded import Grounded, State
from checker.labels import action_sentence, first_sentence
from checker.reading.sources import attribute_docs
from checker.requirements import Guarded, Requirement
from checker.serve.address import Address, short
from checker.serve.walk import Walk, World, arguments, step_of
from checker.traces.trace import Trace
from model.language import OutOfModel, hints

MOST_FACTS = 3

Document = dict[str, Any]


def choices(model: ir.Model) -> Document:
    """What can be chosen in the page: settings with their values and texts, presets, scopes, bounds, properties."""
    notes = getattr(model.module, "PRESET_NOTES", None) or {}
    defaults = (
        {} if model.settings is None else {name: getattr(model.settings(), name) for name in hints(model.settings)}
    )
    kinds = {} if model.settings is None else hints(model.settings)
    docs = attribute_docs(model.settings)
    return {
        "name": model.name,
        "title": first_sentence(model.doc) or model.name,
        "settings": [
            {
                "name": name,
                "values": [spelled(value) for value in ([False, True] if kind is bool else kind)],
                "default": spelled(defaults[name]),
                "text": " ".join(docs.get(name, "").split()),
            }
            for name, kind in kinds.items()
        ],
        "presets": [{"name": name, "text": notes.get(name, "")} for name in preset_names(model)],
        "scopes": scope_names(model),
        "questions": [
            {"text": one.text, "query": Address(sets=tuple(one.settings.items())).query(), "goal": one.goal}
            for one in getattr(model.module, "QUESTIONS", ())
        ],
        "properties": [
            {"name": item.name, "kind": item.kind, "text": first_sentence(item.doc)}
            for item in model.properties
            if item.kind != "eventually"
        ],
    }


def document(walk: Walk, address: Address, other: Walk | None = None) -> Document:
    """Everything the page shows at an address; `other` is the behaviour this one is compared with."""
    length = len(walk.trace)
    at = length if address.at is None else min(address.at, length)
    here = _cut(walk.trace, at)
    world = walk.world
    return {
        "query": address.query(),
        "settings": {name: spelled(value) for name, value in world.configuration.setting_values().items()},
        "changed": {name: spelled(value) for name, value in world.configuration.changed_settings().items()},
        "scope": world.configuration.scope,
        "bounds": world.configuration.bound_values(),
        "initials": len(world.grounded.initials),
        "start": address.start,
        "at": at,
        "steps": [_taken(walk.trace, number) for number in range(length)],
        "rest": list(address.path[length:]),
        "stop": None if walk.stop is None else _stop(walk, walk.stop.step),
        "enabled": _enabled(walk, at),
        "disabled": _disabled(world, here.states[-1]),
        "properties": _properties(world, walk.states[at], here.states[-1]),
        "state": [[line.place, line.text] for line in value_lines(world.grounded, here.states[-1])],
        "picture": spacetime(replace(here, property=_shown_by(world, walk.states[at]))),
        "other": None if other is None else _compared(walk, other),
    }


def _cut(trace: Trace, at: int) -> Trace:
    return Trace(trace.grounded, trace.states[: at + 1], trace.actions[:at])


def _taken(trace: Trace, number: int) -> Document:
    action = trace.actions[number]
    return {
        "label": action.label,
        "path": short(action.label),
        "text": action_sentence(trace.grounded, action.name),
        "changes": _changes(_cut(trace, number + 1)),
    }


def _changes(trace: Trace) -> list[list[str]]:
    """What the last step changed."""
    return [[line.place, line.text] for line in change_lines(trace.grounded, trace.changes(len(trace) - 1))]


def _stop(walk: Walk, step: int) -> Document:
    assert walk.stop is not None
    said: Document = {"step": step, "label": walk.stop.label, "why": walk.stop.why}
    if walk.stop.requirement is not None:
        said |= _guard(walk.world, walk.stop.requirement, walk.trace.states[-1])
    return said


# --- what can happen ----------------------------------------------------------------------------------------


def _enabled(walk: Walk, at: int) -> list[Document]:
    """Every step that can be taken, with what it would change; the path's own next one is marked."""
    world, state = walk.world, walk.states[at]
    cells = walk.trace.states[at]
    following = short(walk.trace.actions[at].label) if at < len(walk.trace) else ""
    found = []
    for instance in world.instances.values():
        label = short(instance.label)
        if label not in world.actions or instance.stopped_by(cells) is not None:
            continue
        said: Document = {
            "label": instance.label,
            "path": label,
            "text": action_sentence(world.grounded, instance.name),
            "next": label == following,
        }
        try:
            after = plain.step(step_of(world.model, instance.name), state, arguments(world, instance))
        except OutOfModel as error:
            found.append({**said, "changes": [], "mistake": str(error)})
            continue
        if after is None:
            continue
        step = Trace(world.grounded, (cells, plain.encode(world.grounded, after)), (world.actions[label],))
        found.append({**said, "changes": _changes(step)})
    return found


def _disabled(world: World, state: State) -> list[Document]:
    """For each action of which nothing can be taken, the instance that comes nearest to it, and what stops that."""
    by_name: dict[str, list[tuple[int, Guarded]]] = {}
    possible = set()
    for instance in world.instances.values():
        stopped = instance.stopped_by(state)
        if stopped is None:
            possible.add(instance.name)
        else:
            by_name.setdefault(instance.name, []).append((stopped, instance))
    found = []
    for name, blocked in by_name.items():
        if name in possible:
            continue
        number, nearest = max(blocked, key=lambda item: (not _constant(item[1].requirements[item[0]]), item[0]))
        guard = _guard(world, nearest.requirements[number], state)
        text = action_sentence(world.grounded, name)
        found.append({"name": name, "label": nearest.label, "text": text, "of": len(blocked), **guard})
    return sorted(found, key=lambda said: bool(said["off"]))


def _constant(requirement: Requirement) -> bool:
    return requirement.condition.operator == "const"


def _guard(world: World, requirement: Requirement, state: State) -> Document:
    """The `require` that stops a step, where it stands, and the values that make it false."""
    values = world.configuration.setting_values()
    named = dict.fromkeys(name for name in re.findall(r"settings\.(\w+)", requirement.text) if name in values)
    said = facts(world.grounded, requirement.condition, state)
    return {
        "guard": requirement.text,
        "line": str(requirement.at),
        "facts": said[:MOST_FACTS],
        "more": max(0, len(said) - MOST_FACTS),
        "off": _constant(requirement),
        "set": [f"{name}={spelled(values[name])}" for name in named],
    }


# --- what holds ---------------------------------------------------------------------------------------------


def _properties(world: World, state: Any, cells: State) -> list[Document]:
    """Every property that one state decides, whether it holds here, and why."""
    bodies = {item.name: item.body for item in world.grounded.properties}
    found = []
    for item in world.model.properties:
        if item.kind == "eventually":
            continue
        holds = plain.holds(item, state)
        said: list[str] = facts(world.grounded, bodies[item.name], cells) if _tells(item, holds) else []
        found.append(
            {
                "name": item.name,
                "kind": item.kind,
                "text": first_sentence(item.doc),
                "holds": holds,
                "facts": said[:MOST_FACTS],
                "constant": bodies[item.name].operator == "const",
            }
        )
    return found


def _tells(item: ir.Property, holds: bool) -> bool:
    """A violated invariant, or an example of what is reachable."""
    return holds == (item.kind == "reachable")


def _shown_by(world: World, state: Any) -> str | None:
    """The first invariant that is violated in a state: what its picture says at the end."""
    return next(
        (item.name for item in world.model.properties if item.kind == "invariant" and not plain.holds(item, state)),
        None,
    )


# --- two behaviours -----------------------------------------------------------------------------------------


def _compared(one: Walk, other: Walk) -> Document:
    """The steps of both, how far they agree, and where their last states differ."""
    labels, others = ([action.label for action in walk.trace.actions] for walk in (one, other))
    common = next(
        (n for n, (a, b) in enumerate(zip(labels, others, strict=False)) if a != b), min(len(labels), len(others))
    )
    return {
        "steps": others,
        "common": common,
        "changed": {n: spelled(v) for n, v in other.world.configuration.changed_settings().items()},
        "scope": other.world.configuration.scope,
        "different": _different(one, other),
        "violated": [_shown_by(walk.world, walk.states[-1]) for walk in (one, other)],
    }


def _different(one: Walk, other: Walk) -> list[list[str]]:
    """Places of both last states whose values differ, with both values; cells that one scope lacks are left out."""
    mine, theirs = (_by_name(walk.world.grounded, walk.trace.states[-1]) for walk in (one, other))
    return [[name, value, theirs[name]] for name, value in mine.items() if name in theirs and theirs[name] != value]


def _by_name(grounded: Grounded, state: State) -> dict[str, str]:
    return {line.place: line.text for cell in grounded.cells for line in value_lines(grounded, state, [cell])}
