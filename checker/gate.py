"""Claims against what comes out: runs specs and says where they differ."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from checker import memory as budget
from checker.reading import ModelError
from checker.refusal import UsageError, listed
from checker.run import Request, Run, check_names, run
from checker.spec import Expected, Spec, SpecError, read

if TYPE_CHECKING:
    from checker import ir
    from checker.trace import Trace
    from checker.verdict import Verdict

Word: TypeAlias = Literal["as claimed", "otherwise", "incomplete", "interrupted", "broken"]

CODES: dict[Word, int] = {"broken": 150, "interrupted": 130, "otherwise": 1, "incomplete": 3, "as claimed": 0}
"""The exit code of a gate is that of the first of these that one of its claims came out as."""

FITTING = {
    "invariant": ("exhausted", "violated"),
    "eventually": ("exhausted", "violated"),
    "reachable": ("reached", "unreached"),
}
"""What can be expected of a property, by its kind."""


@dataclass(frozen=True)
class Difference:
    """Where a claim and what came out differ."""

    what: str
    expected: str
    actual: str

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}, came out {self.actual}"


@dataclass(frozen=True)
class Outcome:
    """How a claim came out.  `message` says why it is broken or incomplete; the numbers are of its exploration."""

    path: str
    title: str
    word: Word
    differences: tuple[Difference, ...] = ()
    message: str = ""
    states: int = 0
    transitions: int = 0
    depth: int = 0
    seconds: float = 0.0
    command: str = ""

    @property
    def name(self) -> str:
        """The name of the spec."""
        return Path(self.path).stem


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """The exit code of a gate: that of its worst claim.  Raises `ValueError` where nothing was run."""
    if not outcomes:
        raise ValueError("a gate that ran nothing has no exit code")
    words = {outcome.word for outcome in outcomes}
    return next(code for word, code in CODES.items() if word in words)


def run_claims(paths: Sequence[Path], workers: int | None = None) -> Iterator[Outcome]:
    """Runs each spec, in as many processes (None: one a processor) that share the memory; yields in the given order."""
    processes = min(len(paths), workers or _processors())
    memory = budget.default_budget(processes)
    if processes == 1:
        yield from (check(path, memory) for path in paths)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=_end_quietly) as pool:
        waiting = [(path, pool.submit(check, path, memory)) for path in paths]
        try:
            for path, future in waiting:
                try:
                    yield future.result()
                except BrokenProcessPool:
                    yield Outcome(str(path), "", "incomplete", message="its process was killed; try --workers 1")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _end_quietly() -> None:
    """Ctrl-C reaches every process of a terminal: the one that prints answers it, the others just end."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def check(path: Path, memory: int | None = None) -> Outcome:
    """Runs one spec within so many bytes and compares; what is wrong with the spec or its model is an outcome too."""
    title = ""
    try:
        spec = read(path)
        title = spec.title
        done = _explored(spec, memory)
    except SpecError as error:
        return Outcome(str(path), title, "broken", message=str(error))
    except (UsageError, ModelError) as error:
        return Outcome(str(path), title, "broken", message=f"{path}: {error}")
    return _outcome(spec, done)


def _explored(spec: Spec, memory: int | None) -> Run:
    request = Request(
        model=spec.model,
        sets=tuple(spec.settings.items()),
        preset=spec.preset,
        scope=spec.scope,
        bounds=tuple(spec.bounds.items()),
        properties=spec.properties or (),
        also=tuple(spec.expect),
        idle=spec.idle,
        first=spec.first,
        memory=memory,
    )
    return run(request, agree=lambda model: _check_expectations(spec, model))


def _check_expectations(spec: Spec, model: ir.Model) -> None:
    """Raises `SpecError` or `UsageError` where a spec expects what the model does not have, or forgets a property."""
    kinds = {item.name: item.kind for item in model.properties}
    check_names("property", spec.expect, list(kinds), "properties")
    # Liveness is checked where a spec names it: it costs several times what all the others cost together.
    forgotten = [name for name, kind in kinds.items() if name not in spec.expect and kind != "eventually"]
    if forgotten and spec.properties is None:
        raise SpecError(f"{spec.path}: [expect] says nothing of {listed(forgotten)}; say it, or list `properties`")
    for name, expected in spec.expect.items():
        fitting = FITTING[kinds[name]]
        if expected.verdict not in fitting:
            kind = f"{'a' if kinds[name] == 'reachable' else 'an'} {kinds[name]} property"
            raise SpecError(f"{spec.path}: [expect] {name} is {kind}, so it is {listed(fitting, 'or')}")
        if expected.possible is not None and kinds[name] != "eventually":
            raise SpecError(f"{spec.path}: [expect] {name} is {kinds[name]}, and `possible` is said of liveness only")


# --- comparing ----------------------------------------------------------------------------------------------


def _outcome(spec: Spec, done: Run) -> Outcome:
    found = done.exploration
    differences = list(_differences(spec, done))
    word: Word
    if found.error is not None:
        word, message = "broken", str(found.error)
    elif found.stopped == "interrupted":
        word, message = "interrupted", "; ".join(done.shortcomings)
    elif differences:
        word, message = "otherwise", ""
    elif found.stopped not in (None, "first") or any(verdict.word == "unknown" for verdict in done.verdicts):
        word, message = "incomplete", "; ".join(done.shortcomings)
    else:
        word, message = "as claimed", ""
    return Outcome(
        str(spec.path),
        spec.title,
        word,
        tuple(differences),
        message,
        found.states,
        found.transitions,
        found.depth,
        found.seconds,
        done.command,
    )


def _differences(spec: Spec, done: Run) -> Iterator[Difference]:
    found = done.exploration
    for verdict in done.verdicts:
        expected = spec.expect[verdict.property]
        if verdict.word != "unknown" and not _as_expected(expected, verdict):
            yield Difference(verdict.property, str(expected), came_out(verdict, expected))
        if verdict.trace is not None:
            yield from _not_replayed(verdict.property, verdict.trace)
        if verdict.no_way is not None:
            yield from _not_replayed(f"{verdict.property} out of reach", verdict.no_way)
    if found.deadlocks.trace is not None:
        yield from _not_replayed("deadlock", found.deadlocks.trace)
    if found.stopped is not None:
        return
    for what in ("states", "transitions", "depth"):
        claimed, counted = getattr(spec, what), getattr(found, what)
        if claimed is not None and claimed != counted:
            yield Difference(what, f"{claimed:,}", f"{counted:,}")
    if found.deadlocks.count != spec.deadlocks:
        nearest = f", the nearest after {len(found.deadlocks.trace)} steps" if found.deadlocks.trace is not None else ""
        yield Difference("deadlocks", f"{spec.deadlocks:,}", f"{found.deadlocks.count:,}{nearest}")
    idle = [name for name in found.idle if name not in spec.idle]
    if idle:
        yield Difference("actions that never fire", listed(spec.idle), listed(found.idle))


def _as_expected(expected: Expected, verdict: Verdict) -> bool:
    return (
        verdict.word == expected.verdict
        and expected.depth in (None, verdict.depth)
        and verdict.constant == expected.constant
        and expected.possible in (None, verdict.possible)
    )


def came_out(verdict: Verdict, expected: Expected | None = None) -> str:
    """A verdict as a spec would expect it: in so many words as it is expected."""
    possible = verdict.possible if expected is not None and expected.possible is not None else None
    return str(Expected(verdict.word, verdict.depth, verdict.constant, possible))


def _not_replayed(name: str, trace: Trace) -> Iterator[Difference]:
    """A trace counts only when the model's own functions, run on plain values, take the same steps."""
    from checker.replay import NotReplayed, replay

    try:
        replay(trace)
    except NotReplayed as error:
        yield Difference(f"the trace of {name}", "a behaviour of the model", str(error))
