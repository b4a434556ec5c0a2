"""A trace from the labels of its steps: taken again by plain execution, so what it says is what the model does."""

from __future__ import annotations

from collections.abc import Sequence

from checker import plain
from checker.grounding.grounded import Grounded
from checker.traces.replay import NotReplayed
from checker.traces.trace import Trace


def retrace(
    grounded: Grounded, steps: Sequence[str], *, start: int = 0, shows: str | None = None, loop: int | None = None
) -> Trace:
    """The behaviour from an initial state, by its number, that takes these steps.  Raises `NotReplayed`."""
    actions = {action.label: action for action in grounded.actions}
    kinds = {step.name: step for step in grounded.model.actions}
    begin = grounded.initials[start]
    state = plain.decode(grounded, begin)
    states, taken = [begin], []
    for number, label in enumerate(steps, 1):
        action = actions.get(label)
        if action is None:
            raise NotReplayed(f"step {number}, {label}, is no step under these settings and bounds")
        step = kinds[action.name]
        pairs = zip(step.parameters, action.arguments, strict=True)
        state = plain.step(step, state, tuple(plain.python_value(kind, value) for (_, kind), value in pairs))
        if state is None:
            raise NotReplayed(f"step {number}, {label}, cannot be taken")
        states.append(plain.encode(grounded, state))
        taken.append(action)
    return Trace(grounded, tuple(states), tuple(taken), shows, loop)
