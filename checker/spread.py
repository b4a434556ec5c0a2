"""Claims on a cluster: each is a Ray task, and so are the proofs that it demands, divided where workers abound."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from checker import fingerprint
from checker.comparison import Difference
from checker.explore.cluster.fleet import Lost
from checker.explore.cluster.ray_fleet import Asked, answered, connected
from checker.gate import Outcome, check, claimed, proofs
from checker.prove.remembered import key
from checker.reading import ModelError
from checker.refusal import UsageError
from checker.spec import SpecError, read

if TYPE_CHECKING:
    from checker.prove.induction import System
    from checker.prove.rounds import Answer, Question


def spread(paths: Sequence[Path], asked: Asked, say: Callable[[str], None]) -> Iterator[Outcome]:
    """Yields the outcome of each spec, in the given order, found by the workers of a cluster.

    Ray does what a lost worker did again, a few times.  The checker, the specs and their models must be the same on all
    machines, at the same paths.  Raises `UsageError` where there is no cluster.
    """
    if not paths:
        return
    with connected(asked, say) as cluster:
        import ray

        memory, here = cluster.memory // cluster.parts, Path.cwd()
        proving = [path for path in paths if _demands_proofs(path)]
        # Divided, proofs are a third more work: solvers of a step know nothing of what was asked before.
        share = round(cluster.parts / max(1, len(proving)))
        # Who divides them mostly waits for others, and holds no processor while those want one.
        prove = ray.remote(num_cpus=0 if share > 1 else 1)(_proofs)
        measure, checker = ray.remote(num_cpus=1)(_outcome), fingerprint.of_checker()
        # What takes longest is asked first: proofs of minutes would else begin when all else is done.
        missing = {path: prove.remote(here, path, share, checker) for path in proving}
        came = [measure.remote(here, path, memory, checker) for path in paths]
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


def _outcome(folder: Path, path: Path, memory: int, checker: str) -> Outcome:
    """Done by a worker: all of a claim but its proofs."""
    try:
        _enter(folder, checker)
    except UsageError as error:
        return Outcome(str(path), "", "broken", message=str(error))
    return check(path, memory, proving=False)


def _proofs(folder: Path, path: Path, share: int, checker: str) -> tuple[Difference, ...] | str:
    """Done by a worker: the proofs that a claim demands and that are not found, or why they could not be tried.

    So many workers are there for it.
    """
    try:
        _enter(folder, checker)
        return proofs(path, None if share == 1 else functools.partial(apart, folder, path, share, _key(path)))
    except (SpecError, UsageError, ModelError) as error:
        return f"{path}: its proofs could not be tried: {error}"


def _enter(folder: Path, checker: str) -> None:
    """Goes to the folder of who asked.  Raises `UsageError` where that or the checker is not what it has there."""
    try:
        os.chdir(folder)
    except OSError as error:
        raise UsageError(f"a worker of the cluster has no {folder}: {error.strerror or error}") from None
    if fingerprint.of_checker() != checker:
        raise UsageError("a worker of the cluster has another version of this checker, or of Python")


def apart(
    folder: Path, path: Path, share: int, of: Mapping[str, object], questions: Sequence[Question]
) -> Iterator[Answer]:
    """A round, asked by the worker that has the claim: of so many others at a time, which mostly are the same then.

    `of` tells apart what an answer may be about.  Raises `Lost`, `SpecError`, `UsageError`, `ModelError`.
    """
    import ray

    ask = ray.remote(num_cpus=1)(_answer)
    waiting = (ask.remote(folder, path, of, question) for question in questions)
    flying = list(itertools.islice(waiting, share))
    try:
        while flying:
            done, flying = ray.wait(flying)
            flying += itertools.islice(waiting, len(done))
            yield from map(answered, done)
    finally:
        for reference in flying:  # nobody wants to know any more
            ray.cancel(reference)


def _answer(folder: Path, path: Path, of: Mapping[str, object], question: Question) -> Answer:
    """Done by a worker: what one step of a model says of the claims that a proof needs.  Raises as `apart` does."""
    from checker.prove.induction import answer

    _enter(folder, str(of["checker"]))
    if _key(path) != of:
        raise UsageError("a worker of the cluster has another version of the model, the claim or the solver")
    return answer(_system(path, question.fixed), question)


@functools.lru_cache(maxsize=2)
def _key(path: Path) -> Mapping[str, object]:
    """All that proofs of a claim depend on, but for the bounds that are fixed and what is asked."""
    _, chosen = claimed(path)
    return key(chosen, (), {})


@functools.lru_cache(maxsize=2)
def _system(path: Path, fixed: tuple[tuple[str, int], ...]) -> System:
    """Read once by a worker: that takes as long as a step takes to answer."""
    from checker.prove.induction import System

    _, chosen = claimed(path)
    return System(chosen.model, chosen.settings, dict(fixed))


def _joined(outcome: Outcome, missing: tuple[Difference, ...] | str) -> Outcome:
    """A claim with its proofs, which count where its search came to its end."""
    if not missing or outcome.word not in ("as claimed", "otherwise"):
        return outcome
    if isinstance(missing, str):
        return dataclasses.replace(outcome, word="broken", message=missing)
    return dataclasses.replace(outcome, word="otherwise", differences=(*outcome.differences, *missing))
