"""Every claim beside what can be proved under its settings: inductions over all invariants."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeAlias

from checker import ir
from checker.configuration import Configuration, configure, spelled
from checker.prove.induction import Induction
from checker.prove.kept import prove_and_keep, proved_before
from checker.reading import load
from checker.spec import Spec, read

Fixed: TypeAlias = tuple[tuple[str, int], ...]
"""The bounds that a proof fixes; none for any size."""

Progress = Callable[[int, int], None]
"""Called with the number of inductions done and of all."""


@dataclass(frozen=True)
class Shown:
    """One induction in numbers and names: of each proved claim the lemmas it rests on, of each other the reason.

    `asked`: the obligations that the solver was asked and proved; `read`: those that hold as the text shows; `idle`:
    those that the solver proved of a step that is not known to be possible where what they use holds.
    """

    proved: dict[str, tuple[str, ...]]
    open: dict[str, str]
    asked: int
    read: int
    seconds: float
    idle: int = 0


@dataclass
class Row:
    """A claim with what is shown under its settings, by the bounds that are fixed."""

    spec: Spec
    chosen: Configuration
    invariants: list[str]
    shown: dict[Fixed, Shown] = field(default_factory=dict)

    def proof(self, name: str) -> Fixed | None:
        """The fewest bounds under which an invariant is proved; None where it is under none."""
        return next((fixed for fixed in sorted(self.shown, key=len) if name in self.shown[fixed].proved), None)

    @property
    def contradictions(self) -> list[str]:
        """The invariants that are proved, and that the claim says are violated: a mistake of the checker."""
        found = []
        for name in self.invariants:
            fixed, bounds = self.proof(name), self.chosen.bound_values()
            meant = fixed is not None and all(bounds[bound] == limit for bound, limit in fixed)
            if meant and self.spec.expect[name].verdict == "violated":
                found.append(name)
        return found

    @property
    def undemanded(self) -> list[str]:
        """The invariants that are proved, and of which the claim does not demand it."""
        expect = self.spec.expect
        return [
            name
            for name in self.invariants
            if self.proof(name) is not None and expect[name].proved is None and not expect[name].constant
        ]


def table(
    paths: Sequence[Path],
    workers: int | None = None,
    fresh: bool = False,
    progress: Progress = lambda done, total: None,
) -> list[Row]:
    """The rows of the claims that speak of an invariant; each choice of settings is proved once.

    What is not proved for any size is tried once more with a bound fixed that some claim fixes for a proof, for all
    claims whose scope has it so; with more bounds fixed, which takes minutes, where a claim says so itself.  `fresh`:
    whatever was kept.  Raises `SpecError`, `UsageError` and `ModelError`.
    """
    models: dict[str, ir.Model] = {}
    rows = [row for path in paths if (row := _row(read(path), models)).invariants]
    fixes = {fixed for row in rows for fixed in _fixed(row.spec) if len(fixed) == 1}
    tasks: dict[Task, list[Row]] = {}
    for row in rows:
        bounds = row.chosen.bound_values()
        fitting = tuple(
            fixed
            for fixed in sorted(fixes | _fixed(row.spec))
            if all(bounds.get(name) == limit for name, limit in fixed)
        )
        sets = tuple((name, spelled(value)) for name, value in row.chosen.setting_values().items())
        tasks.setdefault((row.spec.model, sets, fitting), []).append(row)
    for number, (task, shown) in enumerate(_answers(list(tasks), workers, fresh), 1):
        progress(number, len(tasks))
        for row in tasks[task]:
            row.shown = shown
    return rows


Task: TypeAlias = tuple[str, tuple[tuple[str, str], ...], tuple[Fixed, ...]]
"""A model, its settings, and which bounds may be fixed where a proof for any size fails."""


def _row(spec: Spec, models: dict[str, ir.Model]) -> Row:
    if spec.model not in models:
        models[spec.model] = load(spec.model)
    model = models[spec.model]
    chosen = configure(model, sets=spec.settings, preset=spec.preset, scope=spec.scope, bounds=spec.bounds)
    named = [item.name for item in model.properties if item.kind == "invariant" and item.name in spec.expect]
    return Row(spec, chosen, named)


def _fixed(spec: Spec) -> set[Fixed]:
    """The bounds that a claim fixes for its proofs."""
    return {tuple(said.proved.items()) for said in spec.expect.values() if said.proved}


def _answers(tasks: Sequence[Task], workers: int | None, fresh: bool) -> Iterator[tuple[Task, dict[Fixed, Shown]]]:
    """What is shown for each, in as many processes (None: one a processor), in the order in which they end."""
    processes = min(len(tasks), workers or processors())
    if processes <= 1:
        yield from ((task, _shown(task, fresh)) for task in tasks)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context) as pool:
        waiting = {pool.submit(_shown, task, fresh): task for task in tasks}
        try:
            for future in as_completed(waiting):
                yield waiting[future], future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def processors() -> int:
    """How many of them this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _shown(task: Task, fresh: bool) -> dict[Fixed, Shown]:
    reference, sets, fixes = task
    chosen = configure(_loaded(reference), sets=dict(sets))
    left = [item.name for item in chosen.model.properties if item.kind == "invariant"]
    answers: dict[Fixed, Shown] = {}
    done: dict[Fixed, Induction] = {}
    for fixed in sorted(((), *fixes), key=len):
        found = None if fresh else proved_before(chosen, left, dict(fixed))
        wider = [other for bounds, other in done.items() if set(bounds) <= set(fixed)]
        done[fixed] = found or prove_and_keep(chosen, left, dict(fixed), wider)
        answers[fixed] = _in_names(done[fixed])
        left = [name for name in left if name not in answers[fixed].proved]
    return answers


_loaded = cache(load)
"""One model a process, read once."""


def _in_names(found: Induction) -> Shown:
    results = [answer.result for name in found.proved for answer in found.of(name)]
    idle = len(found.with_hypothesis("rules the step out") + found.with_hypothesis("unknown"))
    return Shown(
        proved={name: _lemmas(found, name) for name in found.asked if name in found.proved},
        open={name: found.why_not(name) for name in found.asked if name not in found.proved},
        asked=results.count("proved") - idle,
        read=len(results) - results.count("proved"),
        seconds=found.seconds,
        idle=idle,
    )


def _lemmas(found: Induction, name: str) -> tuple[str, ...]:
    return tuple(other for other in found.rests_on(name) if found.claims[other].kind != "range")
