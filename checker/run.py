"""One exploration from what was asked to what came out: what `explore` and the gate have in common."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from checker import memory as budget
from checker.configuration import Configuration, configure
from checker.explore import Checkpoint, Engine, Exploration, NoNativeEngine, explore, reduction, with_liveness
from checker.explore.places import remote
from checker.kept_forms import ground, load
from checker.refusal import UsageError, listed, unknown
from checker.verdict import Verdict, exit_code, shortcomings, verdicts

if TYPE_CHECKING:
    from checker import ir
    from checker.explore import Progress
    from checker.explore.cluster.ray_fleet import Connection

T = TypeVar("T")

WORDS = {
    0: "exhausted",
    3: "incomplete",
    11: "deadlock",
    12: "violated",
    13: "violated",
    130: "interrupted",
    150: "error",
}
"""How an exploration came out, in a word, by its exit code."""


@dataclass(frozen=True)
class Request:
    """What was asked, as text and numbers; `memory` in bytes, None for the default budget; `disk` in bytes, None for
    no limit.

    No `properties`: all that a search of states decides, and the others where `also` names them, or with `liveness`
    each.  Liveness has to be asked for since it is not free: it keeps every transition, several times the memory of the
    search, and several times its time.
    """

    model: str = "model"
    mode: str | None = None
    sets: Sequence[tuple[str, str]] = ()
    preset: str | None = None
    scope: str | None = None
    bounds: Sequence[tuple[str, int]] = ()
    properties: Sequence[str] = ()
    idle: Sequence[str] = ()
    first: bool = False
    memory: int | None = None
    states: int | None = None
    engine: Engine = "auto"
    liveness: bool = False
    also: Sequence[str] = ()
    slice: bool = False
    symmetry: Sequence[str] = ()
    order: bool = False
    disk: int | None = None
    workers: int = 1
    resume: Path | str | None = None
    cluster: str | None = None
    partitions: int | None = None


@dataclass(frozen=True)
class Run:
    """An exploration, with what was asked and the exact configuration it ran on; `memory` in bytes.

    `resumable`: levels of it are where it was to keep them.
    """

    request: Request
    configuration: Configuration
    exploration: Exploration
    memory: int
    resumable: bool = False

    @property
    def verdicts(self) -> list[Verdict]:
        """One a property, in the model's order."""
        return verdicts(self.exploration)

    @property
    def code(self) -> int:
        """The exit code."""
        return exit_code(self.exploration, self.request.idle)

    @property
    def word(self) -> str:
        """How it came out: exhausted, incomplete, deadlock, violated, interrupted or error."""
        return WORDS[self.code]

    @property
    def shortcomings(self) -> list[str]:
        """Why it shows less than was asked."""
        return shortcomings(self.exploration, self.request.idle)

    @property
    def unasked(self) -> list[str]:
        """The liveness properties of the model that were not asked for."""
        judged = {finding.property.name for finding in self.exploration.findings}
        return [p.name for p in self.configuration.model.properties if p.kind == "eventually" and p.name not in judged]

    @property
    def command(self) -> str:
        """The command that makes this run again, with every default filled in that bears on what came out."""
        asked = self.request
        words = ["checker", "explore", "--model", asked.model, *self.configuration.options()]
        judged = [finding.property for finding in self.exploration.findings]
        chosen = asked.properties
        if not chosen and not asked.liveness and any(prop.kind == "eventually" for prop in judged):
            chosen = [prop.name for prop in judged]
        for option, names in (("--property", chosen), ("--idle", asked.idle)):
            words += [word for name in names for word in (option, name)]
        words += ["--liveness"] if asked.liveness else []
        words += ["--slice"] if asked.slice else []
        words += [word for sort in asked.symmetry for word in ("--symmetry", sort)]
        words += ["--order"] if asked.order else []
        words += ["--first"] if asked.first else []
        # Memory decides nothing but whether a search ends, and how much there is differs between machines.
        words += [] if self.exploration.stopped in (None, "first") else ["--memory", str(self.memory)]
        words += [] if asked.disk is None else ["--disk", str(asked.disk)]
        words += [] if asked.states is None else ["--states", str(asked.states)]
        words += [] if asked.cluster is None else ["--cluster", asked.cluster]
        words += [] if asked.partitions is None else ["--partitions", str(asked.partitions)]
        return shlex.join(words)


def run(
    request: Request,
    *,
    agree: Callable[[ir.Model], None] = lambda model: None,
    progress: Callable[[Progress], None] | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Run:
    """Does what was asked; `agree` sees the model first, and may raise what it likes; `say` hears what a cluster needs.

    Raises `UsageError` for what the model does not have, `ModelError` for a broken model.
    """
    model = load(request.model)
    agree(model)
    chosen = configured(model, request)
    check_names("action", request.idle, [item.name for item in model.actions])
    _check_order(request)
    _check_workers(request)
    _check_cluster(request)
    kinds = {item.name: item.kind for item in model.properties}
    live = [name for name, kind in kinds.items() if kind == "eventually"]
    unasked = [] if request.liveness else [name for name in live if name not in request.also]
    asked = request.properties or [name for name in kinds if name not in unasked]
    searched = [name for name in asked if name not in live]
    if (request.slice or request.symmetry or request.order) and len(searched) < len(asked):
        reductions = "--slice, --symmetry and --order"
        raise UsageError(f"{reductions} are right for what one state decides, not for liveness properties")
    grounded = ground(model, chosen.settings, chosen.bounds)
    reduced = reduction(grounded, searched, request.slice, request.symmetry, request.order)
    try:
        with _cluster(request, say) as cluster, _checkpoint(request, chosen, searched) as checkpoint:
            offered = budget.default_budget() if cluster is None else cluster.memory
            memory = offered if request.memory is None else request.memory
            exploration = explore(
                grounded,
                properties=searched,
                first=request.first,
                memory=memory,
                states=request.states,
                progress=progress,
                engine=request.engine,
                reduction=reduced,
                disk=request.disk,
                workers=request.workers,
                checkpoint=checkpoint,
                cluster=cluster,
                say=say,
            )
            resumable = checkpoint is not None and bool(checkpoint.files)
    except NoNativeEngine as error:
        asked_for = "--engine native" if request.cluster is None else "--cluster"
        raise UsageError(f"{asked_for} cannot be had: {error}") from None
    exploration = with_liveness(exploration, [name for name in asked if name in live], memory)
    return Run(request, chosen, exploration, memory, resumable)


def _check_order(request: Request) -> None:
    """Raises `UsageError` for what only machine code does: which steps commute is asked of generated Python."""
    for option, given in (
        ("--engine native", request.engine == "native"),
        ("--workers", request.workers != 1),
        ("--cluster", request.cluster is not None),
    ):
        if request.order and given:
            raise UsageError(f"--order is of the search by generated Python; {option} does not go with it")


def _check_workers(request: Request) -> None:
    """Raises `UsageError` where threads were asked of an engine that has none."""
    if request.engine == "python" and request.workers != 1:
        raise UsageError("--workers are threads of machine code; --engine python does not go with it")


def _check_cluster(request: Request) -> None:
    """Raises `UsageError` for options that do not go with a cluster, or not without."""
    if request.cluster is None:
        if request.partitions is not None:
            raise UsageError("--partitions are of a search by --cluster")
        if request.resume is not None and remote(request.resume):
            raise UsageError(f"--resume {request.resume}: object stores are for searches by --cluster; give a folder")
        return
    if request.engine == "python":
        raise UsageError("--cluster searches by machine code; --engine python does not go with it")
    if request.workers != 1:
        raise UsageError("--workers are threads of one machine; with --cluster it is --partitions N")
    if request.disk:
        raise UsageError("--cluster searches in memory; --disk does not go with it")


def _cluster(request: Request, say: Callable[[str], None]) -> AbstractContextManager[Connection | None]:
    """The cluster that was asked for, if one was."""
    if request.cluster is None:
        return nullcontext()
    from checker.explore.cluster.ray_fleet import Asked, connected

    return connected(Asked(request.cluster, request.partitions), say)


def _checkpoint(
    request: Request, chosen: Configuration, properties: Sequence[str]
) -> AbstractContextManager[Checkpoint | None]:
    """The folder of `--resume`, for a search of what was asked in words."""
    if request.resume is None:
        return nullcontext()
    asked = {"model": chosen.model.name}
    asked |= {f"setting {name}": str(value) for name, value in chosen.setting_values().items()}
    asked |= {f"bound {name}": str(value) for name, value in chosen.bound_values().items()}
    asked["properties"] = ", ".join(properties)
    asked["reduction"] = ", ".join([*["slice"] * request.slice, *request.symmetry, *["order"] * request.order])
    return closing(Checkpoint(request.resume, asked))


def configured(model: ir.Model, request: Request) -> Configuration:
    """The settings and bounds that were asked for.  Raises `UsageError` for what the model does not have."""
    chosen = configure(
        model,
        sets=_settings(model, request),
        preset=request.preset,
        scope=request.scope,
        bounds=_once("--bound", request.bounds),
    )
    check_names("property", request.properties, [item.name for item in model.properties], "properties")
    return chosen


def check_names(what: str, asked: Iterable[str], known: Sequence[str], plural: str = "") -> None:
    """Raises `UsageError` for a name that the model does not have."""
    for name in asked:
        if name not in known:
            raise UsageError(unknown(what, name, known, plural))


def _settings(model: ir.Model, request: Request) -> dict[str, str]:
    sets = _once("--set", request.sets)
    if request.mode is None:
        return sets
    if "mode" in sets:
        raise UsageError("--mode is short for --set mode=...; give one of them")
    names = [] if model.settings is None else list(configure(model).setting_values())
    if "mode" not in names:
        exist = f"its settings are {listed(names)}" if names else "it has no settings"
        raise UsageError(f"--mode is short for --set mode=..., and model {model.name} has no setting 'mode': {exist}")
    return {"mode": request.mode, **sets}


def _once(option: str, pairs: Sequence[tuple[str, T]]) -> dict[str, T]:
    chosen = dict(pairs)
    if len(chosen) != len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise UsageError(f"{option} gives {listed(twice)} twice")
    return chosen
