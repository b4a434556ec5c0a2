"""Claims on a cluster: each is a Ray task, and so are the proofs that it demands, divided where workers abound."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from checker.comparison import Difference
from checker.explore.cluster.fleet import Lost
from checker.explore.cluster.ray_fleet import Asked, answered, connected
from checker.gate import Outcome, check, claimed, proofs
from checker.spec import SpecError, read

if TYPE_CHECKING:
    from checker.prove.induction import System
    from checker.prove.rounds import Answer, Question


def spread(paths: Sequence[Path], asked: Asked, say: Callable[[str], None]) -> Iterator[Outcome]:
    """Yields the outcome of each spec, in the given order, found by the workers of a cluster.

    Ray does what a lost worker did again, a few times.  The specs and their models must be at the same paths on every
    machine.  Raises `UsageError` where there is no cluster.
    """
    if not paths:
        return
    with connected(asked, say) as cluster:
        import ray

        memory, here = cluster.memory // cluster.parts, Path.cwd()
        proving = [path for path in paths if _demands_proofs(path)]
        # Divided, proofs are a third more work: solvers of a step know nothing of what was asked before.
        share = round(cluster.parts / max(1, len(proving)))
        # Who divides them waits for others, and needs no processor for that.
        prove = ray.remote(num_cpus=0 if share > 1 else 1)(_proofs)
        measure = ray.remote(num_cpus=1)(_outcome)
        # What takes longest is asked first: proofs of minutes would else begin when all else is done.
        missing = {path: prove.remote(here, path, share) for path in proving}
        came = [measure.remote(here, path, memory) for path in paths]
        for path, outcome in zip(paths, came, strict=True):
            try:
                yield _joined(answered(outcome), answered(missing[path]) if path in missing else ())
            except Lost as lost:
                told = f"its worker was lost: {str(lost).splitlines()[0]}"
                yield Outcome(str(path), "", "incomplete", message=told)


def _demands_proofs(path: Path) -> bool:
    try:
        return read(path).demands_proofs
    except SpecError:
        return False


def _outcome(folder: Path, path: Path, memory: int) -> Outcome:
    """Done by a worker: all of a claim but its proofs."""
    os.chdir(folder)
    return check(path, memory, proving=False)


def _proofs(folder: Path, path: Path, share: int) -> tuple[Difference, ...]:
    """Done by a worker: the proofs that a claim demands and that are not found; so many workers are there for it."""
    os.chdir(folder)
    return proofs(path, functools.partial(apart, folder, path, share) if share > 1 else None)


def apart(folder: Path, path: Path, share: int, questions: Sequence[Question]) -> Iterator[Answer]:
    """A round, asked by the worker that has the claim: of so many others at a time, which mostly are the same then.

    Raises `Lost`.
    """
    import ray

    ask = ray.remote(num_cpus=1)(_answer)
    waiting = (ask.remote(folder, path, question) for question in questions)
    flying = list(itertools.islice(waiting, share))
    while flying:
        done, flying = ray.wait(flying)
        flying += itertools.islice(waiting, len(done))
        yield from map(answered, done)


def _answer(folder: Path, path: Path, question: Question) -> Answer:
    """Done by a worker: what one step of a model says of the claims that a proof needs."""
    from checker.prove.induction import answer

    os.chdir(folder)
    return answer(_system(path, question.fixed), question)


@functools.lru_cache(maxsize=2)
def _system(path: Path, fixed: tuple[tuple[str, int], ...]) -> System:
    """Read once by a worker: that takes as long as a step takes to answer."""
    from checker.prove.induction import System

    _, chosen = claimed(path)
    return System(chosen.model, chosen.settings, dict(fixed))


def _joined(outcome: Outcome, missing: tuple[Difference, ...]) -> Outcome:
    """A claim with its proofs, which count where its search came to its end."""
    if not missing or outcome.word not in ("as claimed", "otherwise"):
        return outcome
    return dataclasses.replace(outcome, word="otherwise", differences=(*outcome.differences, *missing))
