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
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Literal

from checker import ir
from checker.configuration import spelled
from checker.prove.effect import Effect, Setup
from checker.prove.guards import Guard, ablations
from checker.prove.spare import Reason, reason
from checker.prove.study import Study
from checker.reading import load
from checker.refusal import UsageError
from checker.run import Request, check_names, configured


@dataclass(frozen=True)
class Asked:
    """What to take away, from which model and in which setups, whose limits are those of each search.

    `actions`: only their guards, and no settings; none: all.
    """

    model: str
    setups: tuple[Setup, ...]
    actions: tuple[str, ...] = ()


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
    """A subject, and what breaks without it, by the name of the setup; `reason`: why a guard is spare."""

    subject: Subject
    effects: dict[str, Effect]
    reason: Reason | None = None

    @property
    def word(self) -> Literal["needed", "spare", "open"]:
        """`needed`: something breaks in some setup; `spare`: nothing in any; `open`: a limit ended the search."""
        if self.first is not None:
            return "needed"
        return "open" if any(effect.word == "unknown" for effect in self.effects.values()) else "spare"

    @property
    def first(self) -> tuple[str, Effect] | None:
        """The setup in which something breaks in the fewest steps, and what; None where nothing breaks."""
        breaking = [(name, effect) for name, effect in self.effects.items() if effect.breaks]
        return min(breaking, key=lambda found: len(found[1].steps), default=None)


def setups(model: ir.Model, request: Request) -> tuple[Setup, ...]:
    """The setups to look at, every search within the limits of the request.

    The model's `ABLATIONS`, in the scope asked for but for what `ABLATION_BOUNDS` says of a setup; bounds that are
    asked for come before both.
    """
    named = getattr(model.module, "ABLATIONS", None) or {}
    if request.sets or request.mode or request.preset or not named:
        changed = configured(model, request).changed_settings()
        return (Setup(", ".join(f"{name}={spelled(value)}" for name, value in changed.items()) or "defaults", request),)
    own = getattr(model.module, "ABLATION_BOUNDS", {})
    return tuple(
        Setup(
            name,
            dataclasses.replace(
                request, sets=_pairs(chosen), bounds=tuple({**own.get(name, {}), **dict(request.bounds)}.items())
            ),
        )
        for name, chosen in named.items()
    )


def _pairs(chosen: Any) -> tuple[tuple[str, str], ...]:
    return tuple((field.name, spelled(getattr(chosen, field.name))) for field in dataclasses.fields(chosen))


# --- all of them --------------------------------------------------------------------------------------------


class Bench:
    """A model with all that can be taken from it; each setup is studied when the first row is asked for."""

    def __init__(self, asked: Asked) -> None:
        self.asked, self.model = asked, load(asked.model)
        model = self.model
        check_names("action", asked.actions, [action.name for action in model.actions])
        wanted = [step for step in model.actions if not asked.actions or step.name in asked.actions]
        self.guards = [removed for step in wanted for removed in ablations(step)]
        self.settings = [] if asked.actions else self._settings()

    @functools.cached_property
    def studies(self) -> dict[str, Study]:
        """By the name of the setup.  Raises `UsageError` for one that is not exhausted within the limits."""
        return {setup.name: Study(self.model, setup, self.guards) for setup in self.asked.setups}

    def _settings(self) -> list[str]:
        """Settings that are on in some setup."""
        values = [configured(self.model, setup.request).setting_values() for setup in self.asked.setups]
        return [name for name in values[0] if any(chosen[name] is True for chosen in values)]

    def __len__(self) -> int:
        return len(self.guards) + len(self.settings)

    def row(self, number: int) -> Row:
        """What breaks without one of them."""
        if number < len(self.guards):
            guard = self.guards[number].guard
            row = Row(Subject(guard.action, guard), self._effects(number))
            return row if row.word != "spare" else dataclasses.replace(row, reason=self._reason(number, row.effects))
        name = self.settings[number - len(self.guards)]
        return Row(
            Subject(name),
            {
                setup: study.without_setting(name)
                for setup, study in self.studies.items()
                if study.chosen.setting_values()[name] is True
            },
        )

    def _effects(self, number: int) -> dict[str, Effect]:
        """By setup; first where new behaviour begins soonest, and from then on only what may break sooner."""
        best, found = None, {}
        soonest = sorted(self.studies.items(), key=lambda named: named[1].soonest(number))
        for name, study in soonest:
            found[name] = effect = study.without(number, best)
            best = effect.depth if best is None else min(best, effect.depth or best)
        return {name: found[name] for name in self.studies}

    def _reason(self, number: int, effects: dict[str, Effect]) -> Reason:
        return reason(number, self.guards, effects, self.studies)


@functools.cache
def bench(asked: Asked) -> Bench:
    """What is asked, made ready; once in each process.

    Raises `UsageError` for what the model does not have, `ModelError` for a broken model.
    """
    return Bench(asked)


def run(asked: Asked, workers: int | None = None, progress: Callable[[int, int], None] | None = None) -> Iterator[Row]:
    """A row for each guard, in the order of the model, and then for each setting.

    `progress` is told how many of how many are done.  Raises as `bench` does, and `UsageError` for a setup that is not
    exhausted within the limits.
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
