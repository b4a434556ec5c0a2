"""A trace taken again by plain execution: the last word on whether it is a behaviour and shows what it says.

An engine may be wrong; the model's own functions, run on plain values, cannot be: they are the meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from checker import ir, plain
from checker.grounding.grounded import Action
from checker.traces.trace import Trace
from model.language import OutOfModel


class NotReplayed(Exception):
    """Plain execution does not do what the trace says; the message says where."""


def replay(trace: Trace) -> None:
    """Takes every step of a trace again, and looks whether its end shows what it is named for.

    Raises `NotReplayed`.  The end of a trace that is named for no property and no deadlock is not judged.
    """
    state = _start(trace)
    states = [state]
    for number, action in enumerate(trace.actions, 1):
        try:
            state = _taken(trace, action, state)
        except OutOfModel as error:
            raise NotReplayed(f"step {number}, {action.label}: {error}") from None
        if state is None:
            raise NotReplayed(f"step {number}, {action.label}, cannot be taken")
        if plain.encode(trace.grounded, state) != trace.states[number]:
            raise NotReplayed(f"step {number}, {action.label}, leads elsewhere")
        states.append(state)
    if trace.loop is None:
        _judge(trace, state)
    else:
        _judge_loop(trace, states[trace.loop :], trace.actions[trace.loop :])


def _start(trace: Trace) -> Any:
    grounded = trace.grounded
    for state in plain.initial_states(grounded.model, grounded.settings, grounded.bounds):
        if plain.encode(grounded, state) == trace.states[0]:
            return state
    raise NotReplayed("it does not begin in an initial state")


def _taken(trace: Trace, action: Action, state: Any) -> Any:
    step = next(step for step in trace.grounded.model.actions if step.name == action.name)
    pairs = zip(step.parameters, action.arguments, strict=True)
    return plain.step(step, state, tuple(plain.python_value(kind, value) for (_, kind), value in pairs))


def _judge(trace: Trace, state: Any) -> None:
    model = trace.grounded.model
    for item in model.properties:
        if item.name == trace.property and plain.holds(item, state) != (item.kind == "reachable"):
            shown = "does not hold" if item.kind == "reachable" else "holds"
            raise NotReplayed(f"{item.name} {shown} in its last state")
    if trace.property != "deadlock":
        return
    if next(plain.successors(model, state), None) is not None:
        raise NotReplayed("an action can be taken in its last state")
    if any(plain.holds(item, state) for item in model.end_states):
        raise NotReplayed("its last state is a declared end")


def _judge_loop(trace: Trace, states: Sequence[Any], taken: Sequence[Action]) -> None:
    """Whether the property is false all through the loop, and the loop fair to every action of the model."""
    model = trace.grounded.model
    for item in model.properties:
        if item.name == trace.property and any(plain.holds(item, state) for state in states):
            raise NotReplayed(f"{item.name} holds in its loop")
    if states[0] != states[-1]:
        raise NotReplayed("its loop does not come back to where it began")
    outside = {step.name for step in model.actions if step.outside}
    if any(action.name in outside for action in taken):
        raise NotReplayed("its loop has a step from outside, which does not happen for ever")
    done = {(action.name, action.arguments) for action in taken}
    owed = set.intersection(*(_possible(model, state) for state in states)) - done
    if owed:
        name, _ = min(owed)
        raise NotReplayed(f"all through its loop {name} is possible, which must happen and does not")


def _possible(model: ir.Model, state: Any) -> set[tuple[str, tuple[int, ...]]]:
    """The fair actions that can be taken in a state, by name and arguments."""
    return {
        (step.name, tuple(plain.number(kind, value) for (_, kind), value in zip(step.parameters, chosen, strict=True)))
        for step, chosen, _ in plain.successors(model, state)
        if step.fair
    }
