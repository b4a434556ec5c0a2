"""The scenarios: what is done to the old primary, what the new one does, which tail procedure, and the expected end.

A prediction is a value here; what a server did is found out by `checker.postgres.run` without looking at it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from checker.postgres import faults
from checker.postgres.outcomes import Outcome
from checker.postgres.stage import Stage
from checker.postgres.tail import Tail

Step = Callable[[Stage], None]

NO_IMAGES = {"full_page_writes": "off"}
HINTS = {"wal_log_hints": "on"}
SYNC = {"synchronous_standby_names": "new"}


@dataclass(frozen=True)
class Scenario:
    """One row of the table. `fault` leaves the old primary down, unless the scenario is about its not going down."""

    name: str
    summary: str
    expected: Outcome
    fault: Step
    tail: Tail = Tail.KEEP
    onward: Step = faults.new_primary_works_elsewhere
    settings: Mapping[str, str] = field(default_factory=dict)
    before_promotion: bool = False
    base_backup: bool = False


def _gated(tail: Tail, expected: Outcome) -> Scenario:
    return Scenario(
        f"gated_{tail}",
        f"the patch emulated: data waits for the standby, WAL does not; crash; tail: {tail}",
        expected,
        faults.gated_primary_runs_ahead,
        tail,
    )


def _hint(name: str, expected: Outcome, fault: Step, settings: Mapping[str, str], summary: str) -> Scenario:
    return Scenario(
        f"hint_ahead_{name}", f"hint bit ahead, tail cut; {summary}", expected, fault, Tail.CUT, settings=settings
    )


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "tail_in_fork_segment",
        "tail inside the fork's segment, kept",
        Outcome.TAIL_DIVERGED,
        faults.commits_unsent,
    ),
    Scenario(
        "tail_in_later_segment",
        "tail in a later segment, kept",
        Outcome.NOT_IN_HISTORY,
        faults.commits_unsent_over_two_segments,
    ),
    Scenario(
        "attached_before_promotion",
        "tail in a later segment, attached again before the promotion",
        Outcome.START_AHEAD,
        faults.commits_unsent_over_two_segments,
        before_promotion=True,
    ),
    Scenario(
        "page_ahead",
        "heap page ahead, tail cut",
        Outcome.SILENT_DIVERGENCE,
        faults.page_written_ahead,
        Tail.CUT,
    ),
    Scenario(
        "page_ahead_healed",
        "heap page ahead, tail cut, the new primary writes the page with its image",
        Outcome.IDENTICAL,
        faults.page_written_ahead,
        Tail.CUT,
        onward=faults.new_primary_writes_the_page,
    ),
    Scenario(
        "page_ahead_no_images",
        "heap page ahead, full_page_writes off, the new primary writes the page",
        Outcome.SILENT_DIVERGENCE,
        faults.page_written_far_ahead,
        Tail.CUT,
        onward=faults.new_primary_writes_the_page,
        settings=NO_IMAGES,
    ),
    Scenario(
        "page_ahead_logged_hints",
        "heap page ahead, tail cut, wal_log_hints",
        Outcome.SILENT_DIVERGENCE,
        faults.page_written_ahead,
        Tail.CUT,
        settings=HINTS,
    ),
    Scenario(
        "page_ahead_queried",
        "the same, and the new primary is queried before the return: why the returned node is asked first",
        Outcome.IDENTICAL,
        faults.page_written_ahead,
        Tail.CUT,
        onward=faults.new_primary_is_queried,
        settings=HINTS,
    ),
    Scenario(
        "checkpoint_ahead",
        "CHECKPOINT ahead, tail cut",
        Outcome.NO_CHECKPOINT,
        faults.checkpoint_ahead,
        Tail.CUT,
    ),
    Scenario(
        "truncation_ahead",
        "VACUUM's truncation ahead, tail cut",
        Outcome.SILENT_DIVERGENCE,
        faults.truncation_ahead,
        Tail.CUT,
    ),
    Scenario(
        "truncation_ahead_no_images",
        "VACUUM's truncation ahead, tail cut, the new primary changes a row there without an image",
        Outcome.INVALID_PAGES,
        faults.truncation_ahead,
        Tail.CUT,
        onward=faults.new_primary_changes_the_last_row,
        settings=NO_IMAGES,
    ),
    Scenario(
        "commit_log_ahead",
        "commit log ahead: a checkpoint held between commit log and pages",
        Outcome.SILENT_DIVERGENCE,
        faults.commit_log_ahead,
        Tail.CUT,
        onward=faults.new_primary_loses_a_transaction,
    ),
    _hint("image", Outcome.IDENTICAL, faults.hint_ahead_after_image, {}, "an image of the page before the fork"),
    _hint("no_image", Outcome.SILENT_DIVERGENCE, faults.hint_ahead_without_image, {}, "no image before the fork"),
    _hint("logged_image", Outcome.IDENTICAL, faults.hint_ahead_after_image, HINTS, "an image, and wal_log_hints"),
    _hint(
        "logged_no_image", Outcome.SILENT_DIVERGENCE, faults.hint_ahead_without_image, HINTS, "no image; wal_log_hints"
    ),
    _hint("scrubbed", Outcome.IDENTICAL, faults.hint_ahead_scrubbed, {}, "no image; hints scrubbed on the way to disk"),
    Scenario(
        "sync_commit_waiting",
        "synchronous commit flushed here, waiting, and the crash before it is sent",
        Outcome.TAIL_DIVERGED,
        faults.sync_commit_unsent,
        settings=SYNC,
    ),
    Scenario(
        "sync_checkpoint_only",
        "synchronous standby, no client at all: a plain CHECKPOINT, and the crash before it is sent",
        Outcome.TAIL_DIVERGED,
        faults.checkpoint_ahead,
        settings=SYNC,
    ),
    _gated(Tail.KEEP, Outcome.TAIL_DIVERGED),
    _gated(Tail.CUT, Outcome.IDENTICAL),
    _gated(Tail.COPY, Outcome.IDENTICAL),
    _gated(Tail.DELETE_FORK_SEGMENT, Outcome.NO_CHECKPOINT),
    _gated(Tail.DELETE, Outcome.NO_CHECKPOINT),
    _gated(Tail.CUT_LATE, Outcome.NOT_IN_HISTORY),
    Scenario(
        "gated_truncation",
        "gate on, VACUUM's truncation waits; crash; tail: cut",
        Outcome.IDENTICAL,
        faults.gated_truncation_waits,
        Tail.CUT,
    ),
    Scenario(
        "gated_hint_ahead",
        "gate on pages, commit log and control file, hints as today: hint ahead, no image; tail: cut",
        Outcome.SILENT_DIVERGENCE,
        faults.gated_hint_ahead,
        Tail.CUT,
    ),
    Scenario(
        "gated_hint_scrubbed",
        "the same, hints scrubbed",
        Outcome.IDENTICAL,
        faults.gated_hint_scrubbed,
        Tail.CUT,
    ),
    Scenario(
        "gated_crash_restart_waits",
        "gate on, also in recovery: crash-restart of the primary alone",
        Outcome.BLOCKED,
        faults.gated_crash_restart_waits,
    ),
    Scenario(
        "gated_crash_restart_bypassed",
        "gate on, but not in recovery: crash-restart of the primary alone, then the failover, tail cut",
        Outcome.NO_CHECKPOINT,
        faults.gated_crash_restart_bypassed,
        Tail.CUT,
    ),
    Scenario(
        "clean_switchover",
        "clean shutdown, promotion, return",
        Outcome.IDENTICAL,
        faults.clean_shutdown,
        Tail.CLEAN,
        base_backup=True,
    ),
    Scenario(
        "empty_tail",
        "immediate stop when all was sent, tail kept",
        Outcome.IDENTICAL,
        faults.quiet_crash,
    ),
    Scenario(
        "rewind_logged_hints",
        "page ahead, pg_rewind with wal_log_hints",
        Outcome.IDENTICAL,
        faults.page_written_ahead,
        Tail.REWIND,
        settings=HINTS,
    ),
    Scenario(
        "rewind_unlogged_hints",
        "page ahead, pg_rewind without wal_log_hints: it refuses, and the tail stays",
        Outcome.TAIL_DIVERGED,
        faults.page_written_ahead,
        Tail.REWIND,
    ),
)
