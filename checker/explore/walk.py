"""From a state that a search found back to an initial state.

A search keeps no parents, which would cost memory for every state; it keeps its levels.  A predecessor of a state of
one level is looked for by expanding the level before it, for all wanted states in one pass, so that every
counterexample together costs less than searching once more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from checker.backends.program import Mistake, Program
from checker.traces.trace import Trace

Target: TypeAlias = int | Literal["deadlock", "error"]
"""What a path shows: the property of that number, a deadlock, or a mistake of the model."""

DEADLOCK: Literal["deadlock"] = "deadlock"
ERROR: Literal["error"] = "error"


class NotABehaviour(Exception):
    """A path is no behaviour of the model: a mistake of the engine that made it, never of the model."""


Path: TypeAlias = tuple[list[int], list[int]]
"""Packed states and, one less, the numbers of the actions between them."""


def walk_back(
    program: Program, levels: Sequence[Sequence[int]], targets: Mapping[Target, tuple[int, int]]
) -> dict[Target, Path]:
    """A shortest path to each target, which is given as its depth and packed state.

    Of several it is the one through the states found first, by the actions first in the model.
    """
    paths: dict[Target, Path] = {name: ([state], []) for name, (_, state) in targets.items()}
    deepest = max((depth for depth, _ in targets.values()), default=0)
    for depth in range(deepest, 0, -1):
        active = [name for name in paths if targets[name][0] >= depth]
        before = _predecessors(program, levels[depth - 1], {paths[name][0][-1] for name in active})
        for name in active:
            states, actions = paths[name]
            state, action = before[states[-1]]
            states.append(state)
            actions.append(action)
    return {name: (states[::-1], actions[::-1]) for name, (states, actions) in paths.items()}


def _predecessors(program: Program, level: Sequence[int], wanted: set[int]) -> dict[int, tuple[int, int]]:
    """For each wanted state the first of the level that leads to it, and the action that does."""
    found: dict[int, tuple[int, int]] = {}
    for state in level:
        actions: list[int] = []
        successors: list[int] = []
        program.step(state, actions, successors)
        if wanted.isdisjoint(successors):
            continue
        for action, successor in sorted(zip(actions, successors, strict=True)):
            if successor in wanted:
                wanted.discard(successor)
                found[successor] = (state, action)
        if not wanted:
            return found
    raise NotABehaviour(f"{len(wanted)} states have no predecessor in the level before theirs")


def replayed(program: Program, path: Path, target: Target) -> Trace:
    """The trace of a path, after the program was found to make every step of it and its end to show what it is for.

    Raises `NotABehaviour` where that is not so.
    """
    name = program.properties[target].name if isinstance(target, int) else target
    states, actions = path
    if len(states) != len(actions) + 1 or states[0] not in program.initials:
        raise NotABehaviour(f"{name}: the path does not begin in an initial state")
    for number, action in enumerate(actions):
        if (action, states[number + 1]) not in program.expand(states[number]):
            label = program.grounded.actions[action].label
            raise NotABehaviour(f"{name}: step {number + 1}, {label}, does not lead to the next state")
    if not _shows(program, states[-1], target):
        raise NotABehaviour(f"{name}: the path does not end in such a state")
    return Trace(
        program.grounded,
        tuple(map(program.unpack, states)),
        tuple(program.grounded.actions[action] for action in actions),
        name,
    )


def _shows(program: Program, state: int, target: Target) -> bool:
    """Whether a state is what a target asks for; a mistake that it shows elsewhere is no matter then."""
    try:
        if isinstance(target, int):
            return bool(program.broken(state) >> target & 1)
        program.broken(state)
        stuck = not program.expand(state) and not program.at_end(state)
    except Mistake:
        return target == ERROR
    return target == DEADLOCK and stuck
