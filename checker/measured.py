"""What an exploration came to, in numbers and words: what a claim is held against, and what is kept between runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checker import cache, fingerprint
from checker.run import Request, Run, configured

if TYPE_CHECKING:
    from checker import ir
    from checker.verdict import Verdict

LIBRARIES = ("llvmlite", "numba", "numpy")
"""What searches; a verdict of other versions is not taken for theirs."""

ELSEWHERE = (
    "model",
    "mode",
    "sets",
    "preset",
    "scope",
    "bounds",
    "memory",
    "engine",
    "idle",
    "disk",
    "workers",
    "resume",
    "cluster",
    "partitions",
)
"""Parts of a request that its key has in another form, or that no verdict depends on."""


@dataclass(frozen=True)
class Judged:
    """A verdict as in `checker.verdict`, its trace as the labels of its steps from initial state number `start`.

    `loop`: the number of the step, from 0, from which on it goes on for ever.
    """

    property: str
    word: str
    depth: int | None
    constant: bool
    possible: bool | None
    steps: tuple[str, ...] | None = None
    start: int = 0
    loop: int | None = None


@dataclass(frozen=True)
class Measured:
    """Of one exploration; `stopped` is None where the space was exhausted, `first` where it was to end so."""

    verdicts: tuple[Judged, ...]
    states: int
    transitions: int
    depth: int
    deadlocks: int
    nearest: int | None
    """Steps to the nearest deadlock."""
    idle: tuple[str, ...]
    stopped: str | None
    seconds: float
    command: str
    levels: tuple[int, ...] = ()
    """States at each depth."""


def measured(run: Run) -> Measured:
    """What a run came to."""
    found = run.exploration
    return Measured(
        verdicts=tuple(map(_judged, run.verdicts)),
        states=found.states,
        transitions=found.transitions,
        depth=found.depth,
        deadlocks=found.deadlocks.count,
        nearest=None if found.deadlocks.trace is None else len(found.deadlocks.trace),
        idle=found.idle,
        stopped=found.stopped,
        seconds=found.seconds,
        command=run.command,
        levels=found.levels,
    )


def _judged(verdict: Verdict) -> Judged:
    judged = Judged(verdict.property, verdict.word, verdict.depth, verdict.constant, verdict.possible)
    trace = verdict.trace
    if trace is None:
        return judged
    steps = tuple(action.label for action in trace.actions)
    return dataclasses.replace(
        judged, steps=steps, start=trace.grounded.initials.index(trace.states[0]), loop=trace.loop
    )


def recall(model: ir.Model, request: Request) -> Measured | None:
    """What the same request came to before; None where that is not known.  Raises `UsageError` as the run would."""
    value = cache.lookup(_key(model, request))
    try:
        return _from_json(value) if isinstance(value, dict) else None
    except (KeyError, TypeError, ValueError):
        return None


def keep(model: ir.Model, request: Request, came: Measured) -> bool:
    """Keeps what a request came to, if that is all there is to know: neither a limit nor a mistake ended the search."""
    whole = came.stopped in (None, "first") and all(verdict.word != "unknown" for verdict in came.verdicts)
    return whole and cache.store(_key(model, request), dataclasses.asdict(came))


def _key(model: ir.Model, request: Request) -> dict[str, object]:
    """All that an exploration depends on: memory and the engine only say whether and how fast it ends."""
    chosen = configured(model, request)
    return {
        "what": "exploration",
        "model": fingerprint.of_model(model),
        "checker": fingerprint.of_checker(),
        "libraries": fingerprint.installed(*LIBRARIES),
        "settings": chosen.setting_values(),
        "bounds": chosen.bound_values(),
        "asked": {name: value for name, value in dataclasses.asdict(request).items() if name not in ELSEWHERE},
    }


def _from_json(value: Mapping[str, Any]) -> Measured:
    judged = tuple(
        Judged(**{**one, "steps": None if one["steps"] is None else tuple(one["steps"])}) for one in value["verdicts"]
    )
    tuples = {name: tuple(value[name]) for name in ("idle", "levels")}
    return Measured(**{**value, **tuples, "verdicts": judged})
