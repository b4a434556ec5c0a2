"""Claims on a cluster: each is a Ray task, and so is each set of proofs that one demands."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from checker.comparison import Difference
from checker.explore.cluster.fleet import Lost
from checker.explore.cluster.ray_fleet import Asked, answered, connected
from checker.gate import Outcome, check, proofs


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
        run = ray.remote(num_cpus=1)
        prove, measure = run(_proofs), run(_outcome)
        # What takes longest is asked first: proofs of minutes would else begin when all else is done.
        missing = [prove.remote(here, path) for path in paths]
        came = [measure.remote(here, path, memory) for path in paths]
        for path, outcome, proved in zip(paths, came, missing, strict=True):
            try:
                yield _joined(answered(outcome), answered(proved))
            except Lost as lost:
                told = f"its worker was lost: {str(lost).splitlines()[0]}"
                yield Outcome(str(path), "", "incomplete", message=told)


def _outcome(folder: Path, path: Path, memory: int) -> Outcome:
    """Done by a worker: all of a claim but its proofs."""
    os.chdir(folder)
    return check(path, memory, proving=False)


def _proofs(folder: Path, path: Path) -> tuple[Difference, ...]:
    """Done by a worker: the proofs that a claim demands and that are not found."""
    os.chdir(folder)
    return proofs(path)


def _joined(outcome: Outcome, missing: tuple[Difference, ...]) -> Outcome:
    """A claim with its proofs, which count where its search came to its end."""
    if not missing or outcome.word not in ("as claimed", "otherwise"):
        return outcome
    return dataclasses.replace(outcome, word="otherwise", differences=(*outcome.differences, *missing))
