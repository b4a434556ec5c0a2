"""Runs a scenario on real servers and finds out how it ended; the prediction is not looked at."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import psycopg

from checker.postgres import tail
from checker.postgres.lsn import format_lsn
from checker.postgres.node import NodeFailed
from checker.postgres.outcomes import Outcome
from checker.postgres.programs import Programs, find_programs
from checker.postgres.returning import Return, come_back, take_over, wait_refused_or_streaming
from checker.postgres.scenarios import Scenario
from checker.postgres.stage import NEW_TIMELINE, OLD_TIMELINE, Stage, open_stage
from checker.postgres.tail import Tail
from checker.postgres.waiting import wait_until


class Foretold(Protocol):
    """What a result is held against."""

    @property
    def expected(self) -> Outcome:
        """How the return must end."""


@dataclass(frozen=True)
class Result:
    """What real servers did: the outcome, LSNs and other facts by name, what speaks for it, and the seconds it took."""

    scenario: Foretold
    outcome: Outcome
    facts: dict[str, str] = field(default_factory=dict)
    evidence: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def as_expected(self) -> bool:
        """Whether the servers did what was predicted."""
        return self.outcome == self.scenario.expected


def run_scenario(
    scenario: Scenario,
    programs: Programs | None = None,
    before_start: Callable[[Stage], None] = lambda stage: None,
) -> Result:
    """Builds a cluster, does what the scenario says, judges, and removes everything.

    `before_start` sees the old primary stopped, after the tail procedure and before its first start as a standby.
    Raises MissingProgram; NodeFailed, ConditionNotMet or RuntimeError when it could not be carried out.
    """
    programs = programs or find_programs()
    begun = time.monotonic()
    stage = open_stage(programs, scenario.settings, base_backup=scenario.base_backup)
    try:
        scenario.fault(stage)
        returned = _blocked(stage) if stage.old.running() else _return(stage, scenario, before_start)
    finally:
        stage.cluster.close()
    evidence = [returned.line] if returned.line else [str(difference) for difference in returned.differences]
    return Result(scenario, returned.outcome, stage.facts, evidence, time.monotonic() - begun)


def _return(stage: Stage, scenario: Scenario, before_start: Callable[[Stage], None]) -> Return:
    """Promotion, work on the new primary, tail procedure, return."""
    stage.old.settings["synchronous_standby_names"] = ""
    if scenario.before_promotion:
        before_start(stage)
        return come_back(stage.old, stage.new, OLD_TIMELINE, stage.first_xid)
    stage.promote()
    scenario.onward(stage)
    _tail_procedure(stage, scenario.tail)
    before_start(stage)
    returned = come_back(stage.old, stage.new, NEW_TIMELINE, stage.first_xid)
    return (
        take_over(stage.old, stage.new) if scenario.takes_over and returned.outcome == Outcome.IDENTICAL else returned
    )


def _tail_procedure(stage: Stage, procedure: Tail) -> None:
    fork = stage.fork
    if procedure == Tail.CUT:
        tail.cut(stage.old, fork)
    elif procedure == Tail.COPY:
        tail.copy(stage.old, stage.new)
    elif procedure == Tail.DELETE:
        tail.delete(stage.old)
    elif procedure == Tail.DELETE_FORK_SEGMENT:
        tail.delete_from(stage.old, fork)
    elif procedure == Tail.CUT_LATE:
        _start_once_with_the_tail(stage)
        tail.cut(stage.old, fork)
    elif procedure == Tail.REWIND:
        # pg_rewind reads the control file of the new primary, which before 16 names the new timeline only after this
        stage.new.query("checkpoint")
        stage.facts["rewind"] = tail.rewind(stage.old, stage.new).strip().splitlines()[-1]


def _start_once_with_the_tail(stage: Stage) -> None:
    """The operator sees the error first, and stops the node."""
    mark = stage.old.mark()
    stage.old.become_standby(stage.new.socket)
    stage.old.start(wait=False)
    refused = wait_refused_or_streaming(stage.old, NEW_TIMELINE, mark)
    stage.facts["first_start"] = refused.outcome if refused else "streaming"
    stage.old.stop_immediate()
    stage.facts["minimum_recovery_point"] = format_lsn(stage.old.control_file().minimum_recovery_point)


def _blocked(stage: Stage) -> Return:
    """Whether a primary that is starting waits for a standby which cannot attach before it has started: for ever."""

    def stuck() -> int:
        if not stage.old.running():
            raise NodeFailed(f"{stage.old.name} ended:\n{stage.old.log_text()[-2000:]}")
        return int(stage.shim.waiting_for)

    waiting_for = wait_until(stuck, "a process at the gate")
    try:
        stage.old.connect()
    except psycopg.OperationalError as refusal:
        stage.facts["waiting_for"] = format_lsn(waiting_for)
        titles = [title for title in stage.old.processes().values() if "waiting for" in title]
        return Return(Outcome.BLOCKED, f"{'; '.join(titles)}; a standby is told: {_told(refusal)}")
    raise NodeFailed(f"{stage.old.name} accepts connections although it waits for {format_lsn(waiting_for)}")


def _told(refusal: psycopg.OperationalError) -> str:
    return next(line for line in str(refusal).splitlines() if "FATAL" in line).partition("FATAL:")[2].strip()
