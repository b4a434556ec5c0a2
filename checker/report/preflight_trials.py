"""`checker preflight --report`: preflight against servers made for it, written as reports/preflight.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from checker.outputs import Outputs
from checker.refusal import UsageError

if TYPE_CHECKING:
    from checker.operator.trial import Trial
    from checker.postgres.programs import Programs

RIGHT, WRONG = 0, 1


def report_on_trials(bindirs: Sequence[Path], folder: Path, trials: int, seed: int) -> int:
    """Runs every scenario and so many random trials; 1 where one came back otherwise than was said.

    Raises `UsageError` naming what is missing.
    """
    try:
        from checker.operator.trial import of_scenario, random_trial
        from checker.operator.trials_page import COMMAND, page
        from checker.postgres.programs import MissingProgram, find_gcc, find_programs
        from checker.postgres.report import clean, version_of
        from checker.postgres.scenarios import SCENARIOS
    except ImportError as missing:
        raise UsageError(f"{missing.name} is missing; install failback-checker[postgres]") from None
    if len(bindirs) > 1:
        raise UsageError("--report runs on one installation: give one --pg-bindir")
    try:
        find_gcc()
        programs = find_programs(bindirs[0] if bindirs else None)
    except MissingProgram as missing:
        raise UsageError(str(missing)) from None
    with Outputs(folder) as outputs:
        run = _Run(programs)
        scenarios = [one for item in SCENARIOS if (one := run.of(item.name, partial(of_scenario, item, programs)))]
        numbers = range(seed, seed + trials)
        random = [one for n in numbers if (one := run.of(f"random {n}", partial(random_trial, n, programs)))]
        asked = f"{COMMAND} --trials {trials} --seed {seed}"
        outputs.write("preflight.md", page(scenarios, random, run.problems, version_of(programs), asked, clean))
        outputs.publish(stale=())
    wrong = [one for one in (*scenarios, *random) if one.false_comes_back or one.false_rewind]
    return WRONG if wrong else RIGHT


class _Run:
    """Carries out trials one by one and tells of each."""

    def __init__(self, programs: Programs) -> None:
        self.programs = programs
        self.problems: list[str] = []

    def of(self, name: str, trial: Callable[[], Trial]) -> Trial | None:
        """One trial; None, and a problem noted, where servers or statements did not do what it needs."""
        import psycopg

        from checker.postgres.node import NodeFailed
        from checker.postgres.programs import MissingProgram
        from checker.postgres.waiting import ConditionNotMet

        try:
            done = trial()
        except (NodeFailed, ConditionNotMet, MissingProgram, psycopg.Error) as problem:
            self.problems.append(f"{name}: {str(problem).splitlines()[0]}")
            click.echo(f"{name}  not carried out: {self.problems[-1]}", err=True)
            return None
        word = "WRONG" if done.false_comes_back or done.false_rewind else "cautious" if done.too_cautious else "right"
        click.echo(f"{name}  {word}  {done.decision}  {done.outcome}  {done.seconds:.1f} s", err=True)
        return done
