"""Which guards are needed: takes each away, and each setting that is on, and looks what breaks.

What counts is what did not break before: an invariant that held, a mistake of the model, a deadlock.  Fewer guards are
more behaviour, so whatever was reached stays reached.
"""

from __future__ import annotations

import dataclasses
import functools
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from checker import ir
from checker.configuration import spelled
from checker.explore import Exploration, explore
from checker.ground import ground
from checker.grounded import Grounded
from checker.prove.guards import Guard, Without, ablations
from checker.reading import ModelError, load
from checker.refusal import UsageError
from checker.run import Request, check_names, configured
from checker.terms import TRUE

Word: TypeAlias = Literal["violated", "deadlock", "error", "nothing", "same", "unknown"]

BREAKS: tuple[Word, ...] = ("error", "violated", "deadlock")
"""The words for something that breaks."""


@dataclass(frozen=True)
class Setup:
    """A choice of settings and bounds; `name` is what reports call it."""

    name: str
    request: Request


@dataclass(frozen=True)
class Asked:
    """What to take away, from which model and in which setups, whose limits are those of each search.

    `actions`: only their guards, and no settings; none: all.
    """

    model: str
    setups: tuple[Setup, ...]
    actions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Effect:
    """What breaks in one setup without a guard or setting.

    `violated`: the invariant `what`, which held; `deadlock`; `error`: the mistake of the model that `what` tells; each
    as soon as it can be, by `steps`.  `nothing`: there is new behaviour, all of it was searched, and nothing new is
    wrong.  `same`: there is no new behaviour, since the settings, the other guards or what is reachable say it too.
    `unknown`: a limit ended the search before anything broke.  `states` were found, of so many `before`.
    """

    word: Word
    what: str = ""
    steps: tuple[str, ...] = ()
    states: int = 0
    before: int = 0
    seconds: float = 0.0

    @property
    def depth(self) -> int | None:
        """The number of steps to what breaks; None where nothing does."""
        return len(self.steps) if self.word in BREAKS else None

    def __str__(self) -> str:
        steps = f"{len(self.steps)} step{'' if len(self.steps) == 1 else 's'}"
        told: dict[Word, str] = {
            "violated": f"{self.what} in {steps}",
            "deadlock": f"deadlock in {steps}",
            "error": f"a mistake of the model in {steps}: {self.what}",
            "nothing": f"nothing in {self.states:,} states, {self.states - self.before:,} more",
            "same": "no new behaviour",
            "unknown": f"nothing yet in {self.states:,} states",
        }
        return told[self.word]


@dataclass(frozen=True)
class Subject:
    """What is taken away: a guard of an action, or (`guard` None) a setting that is switched off."""

    name: str
    guard: Guard | None = None

    def __str__(self) -> str:
        if self.guard is None:
            return f"{self.name} switched off"
        return f"{self.guard.at}  {self.guard.action}  {self.guard.text}"


@dataclass(frozen=True)
class Row:
    """A subject, and what breaks without it, by the name of the setup."""

    subject: Subject
    effects: dict[str, Effect]

    @property
    def word(self) -> Literal["needed", "spare", "open"]:
        """`needed`: something breaks in some setup; `spare`: nothing in any; `open`: a limit ended the search."""
        words = {effect.word for effect in self.effects.values()}
        return "needed" if words & set(BREAKS) else "open" if "unknown" in words else "spare"


def setups(model: ir.Model, request: Request) -> tuple[Setup, ...]:
    """The setups to look at, every search within the limits of the request."""
    named = getattr(model.module, "ABLATIONS", None) or {}
    if request.sets or request.mode or request.preset or not named:
        changed = configured(model, request).changed_settings()
        return (Setup(", ".join(f"{name}={spelled(value)}" for name, value in changed.items()) or "defaults", request),)
    return tuple(Setup(name, dataclasses.replace(request, sets=_pairs(chosen))) for name, chosen in named.items())


def _pairs(chosen: Any) -> tuple[tuple[str, str], ...]:
    return tuple((field.name, spelled(getattr(chosen, field.name))) for field in dataclasses.fields(chosen))


# --- one setup ----------------------------------------------------------------------------------------------


class Study:
    """A setup searched as it is, and then without one thing after the other."""

    def __init__(self, model: ir.Model, setup: Setup) -> None:
        self.model, self.request = model, setup.request
        self.chosen = configured(model, setup.request)
        self.grounded = ground(model, self.chosen.settings, self.chosen.bounds)
        self.before = self._search(self.grounded, None, first=False)
        if self.before.error is not None:
            raise UsageError(f"{setup.name}: the model itself makes a mistake: {self.before.error}")
        if not self.before.exhausted:
            limit = f"{self.before.states:,} states ({self.before.stopped})"
            raise UsageError(f"{setup.name}: the space is not exhausted within {limit}; allow more, or a smaller scope")
        self.held = [f.property.name for f in self.before.findings if f.word == "exhausted" and not f.constant]
        self.deadlocks = self.before.deadlocks.count > 0

    def without(self, removed: Without) -> Effect:
        """What breaks without a guard."""
        started = time.monotonic()
        try:
            left = self._spliced(removed.step)
        except ModelError as error:
            return Effect("error", str(error), before=self.before.states)
        if _transitions(left) == _transitions(self.grounded):
            return Effect("same", states=self.before.states, before=self.before.states)
        return self._effect(left, started)

    def without_setting(self, name: str) -> Effect:
        """What breaks with a setting switched off."""
        started = time.monotonic()
        settings = dataclasses.replace(self.chosen.settings, **{name: False})
        return self._effect(ground(self.model, settings, self.chosen.bounds), started)

    def _spliced(self, step: ir.Step) -> Grounded:
        """The grounded model with one action in another form.  Raises `ModelError`."""
        alone = dataclasses.replace(self.model, actions=(step,), properties=(), lemmas=())
        instances = ground(alone, self.chosen.settings, self.chosen.bounds).actions
        names = [action.name for action in self.model.actions]
        by_name = {name: [a for a in self.grounded.actions if a.name == name] for name in names}
        by_name[step.name] = list(instances)
        actions = tuple(action for found in by_name.values() for action in found)
        off = tuple(name for name, found in by_name.items() if not found)
        return dataclasses.replace(self.grounded, actions=actions, off=off)

    def _effect(self, grounded: Grounded, started: float) -> Effect:
        if self.deadlocks:  # there are some already: no news
            grounded = dataclasses.replace(grounded, end=TRUE)
        found = self._search(grounded, self.held, first=True)
        word, what, steps = _worst(found)
        if word == "nothing" and (found.states, found.transitions) == (self.before.states, self.before.transitions):
            word = "same"
        return Effect(word, what, steps, found.states, self.before.states, time.monotonic() - started)

    def _search(self, grounded: Grounded, properties: Sequence[str] | None, first: bool) -> Exploration:
        decided = [p.name for p in grounded.properties if p.kind in ("invariant", "reachable")]
        found = explore(
            grounded,
            properties=decided if properties is None else properties,
            first=first,
            states=self.request.states,
            memory=self.request.memory,
        )
        if found.stopped == "interrupted":
            raise KeyboardInterrupt
        return found


def _transitions(grounded: Grounded) -> list[Any]:
    """What a model can do, comparable: equal terms are the same object."""
    return [
        (a.label, a.guard, a.updates, tuple((check.wrong, check.early) for check in a.checks)) for a in grounded.actions
    ]


def _worst(found: Exploration) -> tuple[Word, str, tuple[str, ...]]:
    """The word for a search that was to end at the first thing wrong, what is wrong, and the steps that lead there."""
    if found.error is not None:
        last = () if found.error.action is None else (found.error.action.label,)
        return "error", found.error.check.message, _labels(found.error.trace) + last
    for finding in found.findings:
        if finding.word == "violated":
            return "violated", finding.property.name, _labels(finding.trace)
    if found.deadlocks.trace is not None:
        return "deadlock", "", _labels(found.deadlocks.trace)
    return ("nothing" if found.exhausted else "unknown"), "", ()


def _labels(trace: Any) -> tuple[str, ...]:
    return tuple(action.label for action in trace.actions)


# --- all of them --------------------------------------------------------------------------------------------


class Bench:
    """A model with all that can be taken from it, and a study of each setup."""

    def __init__(self, asked: Asked) -> None:
        model = load(asked.model)
        check_names("action", asked.actions, [action.name for action in model.actions])
        self.studies = {setup.name: Study(model, setup) for setup in asked.setups}
        wanted = [step for step in model.actions if not asked.actions or step.name in asked.actions]
        self.guards = [removed for step in wanted for removed in ablations(step)]
        self.settings = [] if asked.actions else self._settings()

    def _settings(self) -> list[str]:
        """Settings that are on in some setup."""
        values = [study.chosen.setting_values() for study in self.studies.values()]
        return [name for name in values[0] if any(chosen[name] is True for chosen in values)]

    def __len__(self) -> int:
        return len(self.guards) + len(self.settings)

    def row(self, number: int) -> Row:
        """What breaks without one of them."""
        if number < len(self.guards):
            removed = self.guards[number]
            effects = {name: study.without(removed) for name, study in self.studies.items()}
            return Row(Subject(removed.guard.action, removed.guard), effects)
        name = self.settings[number - len(self.guards)]
        return Row(
            Subject(name),
            {
                setup: study.without_setting(name)
                for setup, study in self.studies.items()
                if study.chosen.setting_values()[name] is True
            },
        )


@functools.cache
def bench(asked: Asked) -> Bench:
    """What is asked, made ready; once in each process.

    Raises `UsageError` for what the model does not have and for a setup that is not exhausted within the limits, and
    `ModelError` for a broken model.
    """
    return Bench(asked)


def run(asked: Asked, workers: int | None = None, progress: Callable[[int, int], None] | None = None) -> Iterator[Row]:
    """A row for each guard, in the order of the model, and then for each setting.

    `progress` is told how many of how many are done.  Raises as `bench` does.
    """
    made = bench(asked)
    processes = min(len(made), workers or processors())
    tell = progress or (lambda done, total: None)
    if processes <= 1:
        for number in range(len(made)):
            tell(number, len(made))
            yield made.row(number)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=end_quietly) as pool:
        waiting = [pool.submit(_row, asked, number) for number in range(len(made))]
        try:
            for number, future in enumerate(waiting):
                tell(number, len(made))
                yield future.result()
        except BrokenProcessPool:
            raise UsageError("a process of the ablation was killed; try --workers 1, or less --memory") from None
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _row(asked: Asked, number: int) -> Row:
    return bench(asked).row(number)


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def end_quietly() -> None:
    """Ctrl-C reaches every process of a terminal: the one that prints answers it, the others just end."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
