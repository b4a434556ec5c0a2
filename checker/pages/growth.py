"""How the state space grows when one bound does: measured, and kept between runs like every verdict."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

from checker.measured import keep, measured, recall
from checker.pages.sheets import model_of
from checker.refusal import UsageError
from checker.run import Request, configured, run

MOST = 120_000
"""States at which a search of these ends: the plot shows growth, not the largest space that can be searched."""
STEPS = 2
"""Values of a bound beyond the one of the scope."""


@dataclass(frozen=True)
class Growth:
    """The states for values of one bound, from the scope's own on; `cut`: the last one has more than that."""

    bound: str
    values: tuple[int, ...]
    states: tuple[int, ...]
    cut: bool


def growth(reference: str, workers: int) -> list[Growth]:
    """For each bound of a model, under its default settings and in its smallest scope."""
    model = model_of(reference)
    scopes = list(getattr(model.module, "SCOPES", None) or {})
    request = Request(model=reference, scope=scopes[0] if scopes else None, states=MOST)
    bounds = list(configured(model, request).bound_values())
    asked = [(request, name) for name in bounds]
    if workers <= 1 or len(asked) <= 1:
        return [_of(one) for one in asked]
    with ProcessPoolExecutor(min(workers, len(asked)), multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(_of, asked))


def _of(asked: tuple[Request, str]) -> Growth:
    request, name = asked
    model = model_of(request.model)
    first = configured(model, request).bound_values()[name]
    values, states, cut = [], [], False
    for value in range(first, first + STEPS + 1):
        try:
            found, whole = _states(replace(request, bounds=((name, value),)))
        except UsageError:
            break  # the model does not allow so much
        values.append(value)
        states.append(found)
        if not whole:
            cut = True
            break
    return Growth(name, tuple(values), tuple(states), cut)


def _states(request: Request) -> tuple[int, bool]:
    """How many states there are, and whether these are all."""
    model = model_of(request.model)
    came = recall(model, request)
    if came is None:
        came = measured(run(request))
        keep(model, request, came)
    return came.states, came.stopped is None


def told(found: Sequence[Growth]) -> list[str]:
    """A sentence for each bound that grows the space."""
    return [
        f"{one.bound}: {one.states[0]:,} states with {one.values[0]}, "
        f"{'more than ' if one.cut else ''}{one.states[-1]:,} with {one.values[-1]}"
        for one in found
        if len(one.values) > 1
    ]
