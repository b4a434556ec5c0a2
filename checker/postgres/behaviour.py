"""A behaviour of the protocol's model written down as a list of its actions, and run as the plain Python they are.

update_page(A, p1, x1)    the one instance with these first arguments that can be taken; the others follow
replay(A)*                again and again, until it cannot be taken
not write_page(A)         no instance can be taken here: nothing happens, and it is an error if one can
"""

from __future__ import annotations

import linecache
import re
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from checker import ir, plain
from checker.configuration import configure
from checker.grounding.ground import ground
from checker.labels import parameters
from checker.reading import load
from checker.traces.trace import Trace
from model import language

_STEP = re.compile(r"(not )?(\w+)(?:\(([\w, ]*)\))?(\*?)")


class NotPossible(RuntimeError):
    """A step of a behaviour cannot be taken, or can where it must not; the message names step and guard."""


@dataclass(frozen=True)
class Behaviour:
    """Settings and bounds by name, as the command line takes them, and the steps from the base backup on."""

    steps: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    bounds: Mapping[str, int] = field(default_factory=dict)


@cache
def protocol() -> ir.Model:
    """The model of the protocol. Raises what reading a model raises."""
    return load("model")


Taken = tuple[ir.Step, tuple[Any, ...], Any]
"""A step that was taken: the action, its arguments, and the state after it."""


def last_state(behaviour: Behaviour) -> Any:
    """The state at the end of a behaviour. Raises NotPossible, UsageError for a setting that is none."""
    first, taken = _run(behaviour)
    return taken[-1][-1] if taken else first


def trace_of(behaviour: Behaviour) -> Trace:
    """A behaviour as a trace. Raises what `last_state` raises."""
    first, taken = _run(behaviour)
    grounded = ground(protocol(), first.settings, first.bounds)
    known = {
        (action.name, tuple(plain.python_value(kind, value) for _, kind, value in parameters(grounded, action))): action
        for action in grounded.actions
    }
    states = [plain.encode(grounded, state) for state in (first, *(after for _, _, after in taken))]
    return Trace(grounded, tuple(states), tuple(known[action.name, arguments] for action, arguments, _ in taken))


def _run(behaviour: Behaviour) -> tuple[Any, list[Taken]]:
    model = protocol()
    chosen = configure(model, sets=behaviour.settings, scope="small", bounds=behaviour.bounds)
    (first,) = plain.initial_states(model, chosen.settings, chosen.bounds)
    taken: list[Taken] = []
    for number, step in enumerate(behaviour.steps, 1):
        try:
            taken += _steps(model, taken[-1][-1] if taken else first, step)
        except NotPossible as problem:
            raise NotPossible(f"step {number}, {step}: {problem}") from None
    return first, taken


def _steps(model: ir.Model, state: Any, written: str) -> list[Taken]:
    """The steps that one line of a behaviour stands for: none where it says that one cannot be taken."""
    match = _STEP.fullmatch(written)
    if not match:
        raise NotPossible("is not written like `flush_wal(A)`, `replay(A)*` or `not write_page(A)`")
    never, name, arguments, repeated = match.groups()
    action = next((action for action in model.actions if action.name == name), None)
    if action is None:
        raise NotPossible("is no action of the model")
    given = tuple(text.strip() for text in (arguments or "").split(",") if text.strip())
    found = _taken(action, state, given)
    if never:
        if found:
            raise NotPossible("can be taken")
        return []
    if repeated:
        steps: list[Taken] = []
        while found:
            steps.append(_only(found))
            found = _taken(action, steps[-1][-1], given)
        return steps
    if not found:
        raise NotPossible(f"cannot be taken: {'; '.join(guards(action, state, given))}")
    return [_only(found)]


def _only(found: list[Taken]) -> Taken:
    if len(found) > 1:
        raise NotPossible("can be taken in several ways: give more of its arguments")
    return found[0]


def _taken(action: ir.Step, state: Any, given: tuple[str, ...]) -> list[Taken]:
    """Every instance with these first arguments that can be taken."""
    found = ((arguments, plain.step(action, state, arguments)) for arguments in _choices(action, state, given))
    return [(action, arguments, after) for arguments, after in found if after is not None]


def _choices(action: ir.Step, state: Any, given: tuple[str, ...]) -> list[tuple[Any, ...]]:
    with language.within(state.bounds):
        chosen = [one for one in plain.choices(action) if tuple(_text(value) for value in one[: len(given)]) == given]
    if not chosen:
        raise NotPossible(f"{action.name} has no arguments that begin with {', '.join(given)}")
    return chosen


def _text(value: Any) -> str:
    return repr(value) if isinstance(value, language.Sort) else str(value)


def guards(action: ir.Step, state: Any, given: Iterable[str]) -> list[str]:
    """What stands in the way: the lines of `require` that were not met, of every instance with these first arguments.

    Where several instances get that far, the ones that get furthest are nearest to what was meant.
    """
    found = []
    for arguments in _choices(action, state, tuple(given)):
        try:
            with language.within(state.bounds):
                action.python(state.copy(), *arguments)
        except language.Disabled as refusal:
            frame = traceback.extract_tb(refusal.__traceback__)[-2]
            line = linecache.getline(frame.filename, frame.lineno or 0).strip()
            found.append((frame.lineno or 0, line))
    furthest = max((number for number, _ in found), default=0)
    return sorted({line for number, line in found if number == furthest})
