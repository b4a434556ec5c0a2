"""Grounding: the structured form instantiated for one scope and one choice of settings.

Parameters and quantifiers become their instances, settings and bounds their values; what is decided by them folds
away.  An action none of whose instances can ever be taken is `off`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Container, Iterator
from typing import Any

from checker import ir
from checker.grounding import terms
from checker.grounding.evaluation import evaluate
from checker.grounding.grounded import Action, Check, Grounded, Property, State, Term
from checker.grounding.instance import Instance, Ruled
from checker.grounding.layout import SMALLER, Layout
from checker.grounding.terms import FALSE, conjunction, disjunction
from checker.labels import value_label
from checker.reading.errors import ModelError
from model import language

__all__ = ["evaluate", "ground"]

MOST_INSTANCES = 100_000
"""Of one action: each is compiled by itself."""


def ground(
    model: ir.Model, settings: Any = None, bounds: Any = None, *, only: Container[str] | None = None
) -> Grounded:
    """Instantiates a model; None stands for the default settings or bounds.

    `only`: the labels of all actions that are wanted, by who retraces steps and searches nothing; without the others it
    takes a fraction of the time. Nothing is said to be `off` then.

    Raises `ModelError` where a type has no values in this scope, where no initial state is left, and where making an
    initial state goes wrong.
    """
    settings = settings if settings is not None or model.settings is None else model.settings()
    bounds = bounds if bounds is not None or model.bounds is None else model.bounds()
    with language.within(bounds):
        layout = Layout(model, settings, bounds)
        for cell in layout.cells:
            if cell.low > cell.high:
                hint = "widen the bounds that limit it"
                raise ModelError(f"{cell.name} has no value: {cell.low}..{cell.high} is empty", None, hint)
        initials = tuple(dict.fromkeys(s for step in model.initials for s in _initials(step, layout)))
        if not initials:
            hint = "every choice of their parameters requires what is false"
            raise ModelError("no initial state is left under these settings and bounds", model.initials[0].at, hint)
        actions = tuple(action for step in model.actions for action in _actions(step, layout, only))
        taken = {action.name for action in actions}
        return Grounded(
            model=model,
            settings=settings,
            bounds=bounds,
            cells=tuple(layout.cells),
            initials=initials,
            actions=actions,
            properties=tuple(_property(item, layout) for item in model.properties),
            end=disjunction(_property(item, layout).body for item in model.end_states),
            off=() if only is not None else tuple(step.name for step in model.actions if step.name not in taken),
            numbers={cell.name: cell.index for cell in layout.cells},
        )


def choices(step: ir.Step, layout: Layout) -> Iterator[tuple[int, ...]]:
    """Every choice of values for the parameters of a step, in order.  Raises `ModelError` for too many of them."""
    count = math.prod(len(layout.values(kind)) for _, kind in step.parameters)
    if count > MOST_INSTANCES:
        message = f"`{step.name}` has {count:,} choices of parameters in this scope: more than {MOST_INSTANCES:,}"
        raise ModelError(message, step.at, SMALLER)
    return itertools.product(*(layout.values(kind) for _, kind in step.parameters))


def _names(step: ir.Step, arguments: tuple[int, ...]) -> dict[str, Term]:
    return {name: terms.constant(value) for (name, _), value in zip(step.parameters, arguments, strict=True)}


def label(step: ir.Step, arguments: tuple[int, ...]) -> str:
    """An instance as a trace shows it: `write_page(A, p1)`; the bare name for a step without parameters."""
    shown = [value_label(kind, value) for (_, kind), value in zip(step.parameters, arguments, strict=True)]
    return f"{step.name}({', '.join(shown)})" if shown else step.name


def _initials(step: ir.Step, layout: Layout) -> Iterator[State]:
    for arguments in choices(step, layout):
        store = {index: terms.constant(value) for index, value in enumerate(layout.blank())}
        run = Instance(layout, _names(step, arguments), store)
        try:
            run.run(step.body)
        except Ruled:
            continue
        for check in run.checks():
            raise ModelError(f"{label(step, arguments)}: {check.message}", check.at, "an initial state must be one")
        yield tuple(run.store[cell.index].value for cell in layout.cells)


def _actions(step: ir.Step, layout: Layout, only: Container[str] | None) -> Iterator[Action]:
    for arguments in choices(step, layout):
        made = label(step, arguments)
        if only is not None and made not in only:
            continue
        run = Instance(layout, _names(step, arguments))
        try:
            run.run(step.body)
        except Ruled:
            continue
        updates = tuple((index, term) for index, term in sorted(run.store.items()) if term is not layout.terms[index])
        guard = conjunction(run.guard)
        if guard is not FALSE:
            yield Action(step.name, arguments, made, guard, updates, run.checks(), step.fair, step.outside)


def _property(item: ir.Property, layout: Layout) -> Property:
    run = Instance(layout, {})
    body = run.value(item.body)
    checks: tuple[Check, ...] = run.checks()
    return Property(item.name, item.kind, item.doc, body, checks)
