"""A behaviour taken step by step by plain execution, as far as it goes under the settings chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from checker import ir, plain
from checker.configuration import Configuration
from checker.grounding.grounded import Action, Grounded
from checker.kept_forms import ground
from checker.refusal import UsageError
from checker.requirements import Guarded, Requirement, guarded
from checker.run import configured
from checker.serve.address import Address, short
from checker.traces.trace import Trace
from model.language import OutOfModel


@dataclass(frozen=True)
class World:
    """A model under one choice of settings and bounds: what every state of one page has in common."""

    configuration: Configuration
    grounded: Grounded
    instances: dict[str, Guarded]
    """Every instance of every action by its label without spaces, also those that are ruled out."""
    actions: dict[str, Action]

    @property
    def model(self) -> ir.Model:
        return self.configuration.model


@dataclass(frozen=True)
class Stop:
    """Where a path cannot go on: at this step, counted from 0, for this reason."""

    step: int
    label: str
    why: str
    requirement: Requirement | None = None


@dataclass(frozen=True)
class Walk:
    """The part of a path that is a behaviour, and where it stops being one."""

    world: World
    trace: Trace
    states: tuple[Any, ...]
    stop: Stop | None


Opener = Callable[[Address], World]


def opener(model: ir.Model, reference: str, keep: int = 12) -> Opener:
    """Worlds of one model by address, the last few kept: making one takes some tenths of a second.

    What it returns raises `UsageError` for settings and bounds that the model does not have.
    """

    @lru_cache(keep)
    def made(settings: Any, bounds: Any) -> tuple[Grounded, dict[str, Guarded], dict[str, Action]]:
        grounded = ground(model, settings, bounds)
        instances = {short(one.label): one for one in guarded(grounded)}
        return grounded, instances, {short(action.label): action for action in grounded.actions}

    def opened(address: Address) -> World:
        chosen = configured(model, address.request(reference))
        return World(chosen, *made(chosen.settings, chosen.bounds))

    return opened


def walk(world: World, address: Address) -> Walk:
    """Takes the steps of an address.  Raises `UsageError` where there is no such initial state."""
    grounded = world.grounded
    initials = plain.initial_states(grounded.model, grounded.settings, grounded.bounds)
    if address.start >= len(initials):
        raise UsageError(f"there are {len(initials)} initial states, so none has the number {address.start}")
    states = [initials[address.start]]
    taken: list[Action] = []
    stop = None
    for number, label in enumerate(address.path):
        after, stop = _step(world, label, states[-1], number)
        if after is None:
            break
        states.append(after)
        taken.append(world.actions[label])
    cells = tuple(plain.encode(grounded, state) for state in states)
    return Walk(world, Trace(grounded, cells, tuple(taken)), tuple(states), stop)


def _step(world: World, label: str, state: Any, number: int) -> tuple[Any, Stop | None]:
    if label not in world.instances:
        return None, Stop(number, label, "the model has no such step in this scope")
    instance = world.instances[label]
    if label in world.actions:
        try:
            after = plain.step(step_of(world.model, instance.name), state, arguments(world, instance))
        except OutOfModel as error:
            return None, Stop(number, instance.label, f"a mistake of the model: {error}")
        if after is not None:
            return after, None
    blocked = instance.stopped_by(plain.encode(world.grounded, state))
    requirement = None if blocked is None else instance.requirements[blocked]
    return None, Stop(number, instance.label, "its guard is false here", requirement)


def step_of(model: ir.Model, name: str) -> ir.Step:
    """The action of that name."""
    return next(step for step in model.actions if step.name == name)


def arguments(world: World, instance: Guarded) -> tuple[Any, ...]:
    """The arguments of an instance as Python values."""
    kinds = [kind for _, kind in step_of(world.model, instance.name).parameters]
    return tuple(plain.python_value(kind, value) for kind, value in zip(kinds, instance.arguments, strict=True))
