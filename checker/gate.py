"""Claims against what comes out: runs specs and says where they differ."""

from __future__ import annotations

import dataclasses
import functools
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from checker import memory as budget
from checker.comparison import Difference, came_out, differences
from checker.configuration import Configuration, configure
from checker.evidence import Evidence, evidence
from checker.kept_forms import load
from checker.measured import Measured, keep, measured, recall
from checker.reading import ModelError
from checker.refusal import UsageError, listed
from checker.run import Request, Run, check_names, configured, run
from checker.spec import Spec, SpecError, read

if TYPE_CHECKING:
    from checker import ir
    from checker.prove.rounds import Apart
    from checker.traces.trace import Trace

Word: TypeAlias = Literal["as claimed", "otherwise", "incomplete", "interrupted", "broken"]

CODES: dict[Word, int] = {"broken": 150, "interrupted": 130, "otherwise": 1, "incomplete": 3, "as claimed": 0}
"""The exit code of a gate is that of the first of these that one of its claims came out as."""

Models: TypeAlias = "dict[str, ir.Model | None]"
"""Models by the names that specs give them; None for one that cannot be read."""

FITTING = {
    "invariant": ("exhausted", "violated"),
    "eventually": ("exhausted", "violated"),
    "reachable": ("reached", "unreached"),
}
"""What can be expected of a property, by its kind."""


@dataclass(frozen=True)
class Outcome:
    """How a claim came out.  `message` says why it is broken or incomplete; the numbers are of its exploration.

    `verdicts`: what came out of each property, in the words of specs; `evidence`: the traces of those that came out
    otherwise; `kept`: an earlier run found it, and nothing that it depends on has changed; `came`: all of it as it came
    out, for reports, None where nothing was run.
    """

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
    verdicts: dict[str, str] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    kept: bool = False
    came: Measured | None = field(default=None, repr=False)

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


Elsewhere: TypeAlias = "Callable[[Sequence[Path]], Iterator[Outcome]]"
"""Runs specs in another way than in processes of this machine."""


def run_claims(
    paths: Sequence[Path], workers: int | None = None, fresh: bool = False, elsewhere: Elsewhere | None = None
) -> Iterator[Outcome]:
    """Yields the outcome of each spec, in the given order.

    What is as claimed by the verdicts that were kept is not run again, unless `fresh`; the others run `elsewhere`, or
    in as many processes (None: one a processor) that share the memory.
    """
    models: Models = {}
    kept = {} if fresh else {path: found for path in paths if (found := recalled(path, models)) is not None}
    left = [path for path in paths if path not in kept]
    running = _running(left, workers) if elsewhere is None else elsewhere(left)
    for path in paths:
        yield kept[path] if path in kept else next(running)


def _running(paths: Sequence[Path], workers: int | None) -> Iterator[Outcome]:
    processes = min(len(paths), workers or _processors())
    memory = budget.default_budget(processes)
    if processes <= 1:
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


def check(path: Path, memory: int | None = None, proving: bool = True) -> Outcome:
    """Runs one spec within so many bytes and compares; what is wrong with the spec or its model is an outcome too.

    Without `proving` nothing is said of the proofs that it demands.
    """
    title = ""
    try:
        spec = read(path)
        title = spec.title
        done = run(_request(spec, memory), agree=lambda model: _check_expectations(spec, model))
    except SpecError as error:
        return Outcome(str(path), title, "broken", message=str(error))
    except (UsageError, ModelError) as error:
        return Outcome(str(path), title, "broken", message=f"{path}: {error}")
    return _outcome(spec, done, proving)


def proofs(path: Path, apart: Apart | None = None) -> tuple[Difference, ...]:
    """The proofs that one spec demands and that are not found.  Their steps may be asked `apart`.

    Raises `SpecError`, `UsageError`, `ModelError`.
    """
    spec, chosen = claimed(path)
    return tuple(_unproved(spec, chosen, apart))


def claimed(path: Path) -> tuple[Spec, Configuration]:
    """A spec, and the configuration that it is about.  Raises `SpecError`, `UsageError`, `ModelError`."""
    spec = read(path)
    model = load(spec.model)
    _check_expectations(spec, model)
    return spec, configured(model, _request(spec, None))


def recalled(path: Path, models: Models) -> Outcome | None:
    """The outcome of a spec that is as claimed by what was kept; None where it has to be run to be known.

    A verdict that is not as claimed was found without its trace, so it has to be found again.  `models` holds those
    that were read, by name, for the next spec.
    """
    try:
        spec = read(path)
        if spec.model not in models:
            models[spec.model] = load(spec.model)
        model = models[spec.model]
        if model is None:
            return None
        _check_expectations(spec, model)
        check_names("action", spec.idle, [item.name for item in model.actions])
        came = recall(model, _request(spec, None))
    except ModelError:
        models[spec.model] = None
        return None
    except (SpecError, UsageError):
        return None
    if came is None or any(differences(spec, came)) or not _proofs_are_kept(spec, model):
        return None
    return _as_measured(spec, came, kept=True)


def _request(spec: Spec, memory: int | None) -> Request:
    return Request(
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
        if expected.proved is not None and kinds[name] != "invariant":
            raise SpecError(f"{spec.path}: [expect] {name} is {kinds[name]}, and `proved` is said of invariants only")
        configure(model, bounds=dict(expected.proved or {}))


# --- comparing ----------------------------------------------------------------------------------------------


def _outcome(spec: Spec, done: Run, proving: bool) -> Outcome:
    found, came = done.exploration, measured(done)
    # Proofs are tried where the search came to its end.
    unproved = _unproved(spec, done.configuration) if proving and found.stopped in (None, "first") else ()
    wrong = (*differences(spec, came), *_not_replayed(done), *unproved)
    outcome = dataclasses.replace(_as_measured(spec, came), differences=wrong, evidence=tuple(_evidence(done, wrong)))
    if found.error is not None:
        return dataclasses.replace(outcome, word="broken", message=str(found.error))
    told = "; ".join(done.shortcomings)
    if found.stopped == "interrupted":
        return dataclasses.replace(outcome, word="interrupted", message=told)
    if wrong:
        return dataclasses.replace(outcome, word="otherwise")
    if found.stopped not in (None, "first") or any(verdict.word == "unknown" for verdict in done.verdicts):
        return dataclasses.replace(outcome, word="incomplete", message=told)
    keep(done.configuration.model, done.request, came)
    return outcome


def _as_measured(spec: Spec, came: Measured, kept: bool = False) -> Outcome:
    return Outcome(
        str(spec.path),
        spec.title,
        "as claimed",
        states=came.states,
        transitions=came.transitions,
        depth=came.depth,
        seconds=came.seconds,
        command=came.command,
        verdicts={judged.property: came_out(judged, spec.expect[judged.property]) for judged in came.verdicts},
        kept=kept,
        came=came,
    )


def _evidence(done: Run, wrong: Sequence[Difference]) -> Iterator[Evidence]:
    """The traces of the properties that came out otherwise, of an unclaimed deadlock, and of a mistake."""
    found = done.exploration
    wanted = {difference.about or difference.what for difference in wrong}
    traces = [(verdict.property, verdict.trace) for verdict in done.verdicts if verdict.property in wanted]
    traces += [("deadlock", found.deadlocks.trace)] if "deadlocks" in wanted else []
    traces += [("error", found.error.trace)] if found.error is not None else []
    yield from (evidence(name, trace) for name, trace in traces if trace is not None)


def _unproved(spec: Spec, chosen: Configuration, apart: Apart | None = None) -> Iterator[Difference]:
    """The proofs for any size that a spec demands and that fail."""
    if spec.demands_proofs:
        from checker.prove.demanded import missing
        from checker.prove.kept import prove_and_keep

        yield from missing(spec, chosen, functools.partial(prove_and_keep, apart=apart))


def _proofs_are_kept(spec: Spec, model: ir.Model) -> bool:
    if not spec.demands_proofs:
        return True
    from checker.prove.demanded import are_kept

    return are_kept(spec, configured(model, _request(spec, None)))


def _not_replayed(done: Run) -> Iterator[Difference]:
    """The traces that are no behaviour: the model's own functions, run on plain values, must take the same steps."""
    from checker.traces.replay import NotReplayed, replay

    for name, about, trace in _traces(done):
        try:
            replay(trace)
        except NotReplayed as error:
            yield Difference(f"the trace of {name}", "a behaviour of the model", str(error), about)


def _traces(done: Run) -> Iterator[tuple[str, str, Trace]]:
    """Every trace of a run: what it shows, the property it is about, and the trace."""
    for verdict in done.verdicts:
        if verdict.trace is not None:
            yield verdict.property, verdict.property, verdict.trace
        if verdict.no_way is not None:
            yield f"{verdict.property} out of reach", verdict.property, verdict.no_way
    deadlock = done.exploration.deadlocks.trace
    if deadlock is not None:
        yield "deadlock", "", deadlock
