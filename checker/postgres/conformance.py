"""Random conformance: random behaviours of the model on real servers, and whether every prediction comes true."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import psycopg

from checker.postgres.feasible import Unmapped
from checker.postgres.node import NodeFailed
from checker.postgres.programs import MissingProgram, Programs
from checker.postgres.replaying import Replayed, replay_trace
from checker.postgres.waiting import ConditionNotMet
from checker.postgres.walks import Walk, walks


@dataclass(frozen=True)
class Attempt:
    """A walk on one installation: the replay, or in `problem` why there is none; `unmapped`: it cannot be done."""

    walk: Walk
    major: int
    replayed: Replayed | None
    problem: str = ""
    unmapped: bool = False

    @property
    def agrees(self) -> bool:
        """Whether the servers did what the model says, at every step and at the end."""
        return self.replayed is not None and self.replayed.agrees

    @property
    def word(self) -> str:
        """How it came out."""
        if self.unmapped:
            return "cannot be done"
        return "agrees" if self.agrees else "differs"


def conform(
    runs: int,
    seed: str,
    installations: Sequence[Programs],
    fixed: Mapping[str, str] | None = None,
    told: Callable[[Attempt], None] = lambda attempt: None,
    minutes: float | None = None,
) -> list[Attempt]:
    """Replays walks on every installation until so many runs could be done on each, or for so many minutes."""
    begun = time.monotonic()
    attempts: list[Attempt] = []
    left = {programs.major: runs for programs in installations}
    for walk in walks(seed, fixed):
        for programs in installations:
            if left[programs.major] > 0:
                attempt = _attempt(walk, programs)
                attempts.append(attempt)
                told(attempt)
                left[programs.major] -= not attempt.unmapped
        late = minutes is not None and time.monotonic() - begun > 60 * minutes
        if late or not any(count > 0 for count in left.values()):
            break
    return attempts


def done(attempts: Sequence[Attempt]) -> Iterator[Attempt]:
    """Those that could be done, or should have been."""
    return (attempt for attempt in attempts if not attempt.unmapped)


def disagreements(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Those in which servers did otherwise than the model says."""
    return [attempt for attempt in done(attempts) if not attempt.agrees]


def _attempt(walk: Walk, programs: Programs) -> Attempt:
    try:
        return Attempt(walk, programs.major, replay_trace(walk.trace, programs))
    except (Unmapped, MissingProgram) as problem:
        return Attempt(walk, programs.major, None, str(problem), unmapped=True)
    except (ConditionNotMet, NodeFailed, RuntimeError, psycopg.Error) as problem:
        at = traceback.extract_tb(problem.__traceback__)[-2].name
        return Attempt(walk, programs.major, None, f"{type(problem).__name__} in {at}: {problem}")
