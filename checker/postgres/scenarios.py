"""The scenarios: what is done to the old primary, what the new one does, which tail procedure, and the expected end.

The prediction is the model's: each scenario names the behaviour that it stands for, and what the model records at its
end is what is expected. A few are about what the model leaves out; those say why, and their prediction is an argument.
What a server did is found out by `checker.postgres.run` without looking at any of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from checker.postgres import behaviours, behaviours_removal, faults, faults_removal
from checker.postgres.behaviour import Behaviour
from checker.postgres.outcomes import Outcome
from checker.postgres.prediction import predict
from checker.postgres.stage import Stage
from checker.postgres.tail import Tail

Step = Callable[[Stage], None]

NO_IMAGES = {"full_page_writes": "off"}
HINTS = {"wal_log_hints": "on"}
SYNC = {"synchronous_standby_names": "new"}


@dataclass(frozen=True)
class OutsideModel:
    """What is expected of servers where the model has no such thing, and why it has not."""

    outcome: Outcome
    reason: str


@dataclass(frozen=True)
class Scenario:
    """One row of the table. `fault` leaves the old primary down, unless the scenario is about its not going down.

    `foretold` is the model's behaviour that servers are held against; `remark` says where the two are alike, not equal.
    With `takes_over` the returned server is promoted at the end, to see what it kept of prepared transactions.
    """

    name: str
    summary: str
    foretold: Behaviour | OutsideModel
    fault: Step
    tail: Tail = Tail.KEEP
    onward: Step = faults.new_primary_works_elsewhere
    settings: Mapping[str, str] = field(default_factory=dict)
    before_promotion: bool = False
    base_backup: bool = False
    takes_over: bool = False
    remark: str = ""

    @cached_property
    def expected(self) -> Outcome:
        """How the return must end. Raises NotPossible or NoOutcome when the model does not say."""
        return predict(self.foretold) if isinstance(self.foretold, Behaviour) else self.foretold.outcome


def _gated(tail: Tail, foretold: Behaviour | OutsideModel) -> Scenario:
    return Scenario(
        f"gated_{tail}",
        f"the patch emulated: data waits for the standby, WAL does not; crash; tail: {tail}",
        foretold,
        faults.gated_primary_runs_ahead,
        tail,
    )


def _hint(name: str, foretold: Behaviour, fault: Step, settings: Mapping[str, str], summary: str) -> Scenario:
    return Scenario(
        f"hint_ahead_{name}", f"hint bit ahead, tail cut; {summary}", foretold, fault, Tail.CUT, settings=settings
    )


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "tail_in_fork_segment",
        "tail inside the fork's segment, kept",
        behaviours.TAIL_IN_FORK_SEGMENT,
        faults.commits_unsent,
    ),
    Scenario(
        "tail_in_later_segment",
        "tail in a later segment, kept",
        behaviours.TAIL_IN_LATER_SEGMENT,
        faults.commits_unsent_over_two_segments,
    ),
    Scenario(
        "attached_before_promotion",
        "tail in a later segment, attached again before the promotion",
        behaviours.ATTACHED_EARLY,
        faults.commits_unsent_over_two_segments,
        before_promotion=True,
        remark="in the model the upstream is promoted and never opens; both still speak for the old timeline",
    ),
    Scenario(
        "page_ahead",
        "heap page ahead, tail cut",
        behaviours.PAGE_AHEAD,
        faults.page_written_ahead,
        Tail.CUT,
    ),
    Scenario(
        "page_ahead_healed",
        "heap page ahead, tail cut, the new primary writes the page with its image",
        behaviours.PAGE_AHEAD_HEALED,
        faults.page_written_ahead,
        Tail.CUT,
        onward=faults.new_primary_writes_the_page,
    ),
    Scenario(
        "page_ahead_no_images",
        "heap page ahead, full_page_writes off, the new primary writes the page",
        behaviours.PAGE_AHEAD_NO_IMAGES,
        faults.page_written_far_ahead,
        Tail.CUT,
        onward=faults.new_primary_writes_the_page,
        settings=NO_IMAGES,
    ),
    Scenario(
        "page_ahead_logged_hints",
        "heap page ahead, tail cut, wal_log_hints",
        behaviours.PAGE_AHEAD_LOGGED_HINTS,
        faults.page_written_ahead,
        Tail.CUT,
        settings=HINTS,
    ),
    Scenario(
        "page_ahead_queried",
        "the same, and the new primary is queried before the return: why the returned node is asked first",
        behaviours.PAGE_AHEAD_QUERIED,
        faults.page_written_ahead,
        Tail.CUT,
        onward=faults.new_primary_is_queried,
        settings=HINTS,
    ),
    Scenario(
        "checkpoint_ahead",
        "CHECKPOINT ahead, tail cut",
        behaviours.CHECKPOINT_AHEAD,
        faults.checkpoint_ahead,
        Tail.CUT,
    ),
    Scenario(
        "truncation_ahead",
        "VACUUM's truncation ahead, tail cut",
        behaviours.TRUNCATION_AHEAD,
        faults.truncation_ahead,
        Tail.CUT,
    ),
    Scenario(
        "truncation_ahead_no_images",
        "VACUUM's truncation ahead, tail cut, the new primary changes a row there without an image",
        behaviours.TRUNCATION_AHEAD_NO_IMAGES,
        faults.truncation_ahead,
        Tail.CUT,
        onward=faults.new_primary_changes_the_last_row,
        settings=NO_IMAGES,
    ),
    Scenario(
        "commit_log_ahead",
        "commit log ahead: a checkpoint held between commit log and pages",
        behaviours.COMMIT_LOG_AHEAD,
        faults.commit_log_ahead,
        Tail.CUT,
        onward=faults.new_primary_loses_a_transaction,
    ),
    _hint("image", behaviours.HINT_IMAGE, faults.hint_ahead_after_image, {}, "an image of the page before the fork"),
    _hint("no_image", behaviours.HINT_NO_IMAGE, faults.hint_ahead_without_image, {}, "no image before the fork"),
    _hint(
        "logged_image",
        behaviours.HINT_LOGGED_IMAGE,
        faults.hint_ahead_after_image,
        HINTS,
        "an image, and wal_log_hints",
    ),
    _hint(
        "logged_no_image",
        behaviours.HINT_LOGGED_NO_IMAGE,
        faults.hint_ahead_without_image,
        HINTS,
        "no image; wal_log_hints",
    ),
    _hint(
        "scrubbed",
        behaviours.HINT_SCRUBBED,
        faults.hint_ahead_scrubbed,
        {},
        "no image; hints scrubbed on the way to disk, which to the disk is what hint_gate is",
    ),
    Scenario(
        "sync_commit_waiting",
        "synchronous commit flushed here, waiting, and the crash before it is sent",
        behaviours.SYNC_COMMIT_WAITING,
        faults.sync_commit_unsent,
        settings=SYNC,
    ),
    Scenario(
        "sync_checkpoint_only",
        "synchronous standby, no client at all: a plain CHECKPOINT, and the crash before it is sent",
        behaviours.SYNC_CHECKPOINT_ONLY,
        faults.checkpoint_ahead,
        settings=SYNC,
    ),
    _gated(Tail.KEEP, behaviours.GATED_KEEP),
    _gated(Tail.CUT, behaviours.GATED_CUT),
    _gated(Tail.COPY, behaviours.GATED_COPY),
    _gated(
        Tail.DELETE_FORK_SEGMENT,
        OutsideModel(
            Outcome.NO_CHECKPOINT,
            "to delete is to delete all of pg_wal there; the checkpoint lies in the fork's segment here",
        ),
    ),
    _gated(Tail.DELETE, behaviours.GATED_DELETE),
    _gated(Tail.CUT_LATE, behaviours.GATED_CUT_LATE),
    Scenario(
        "gated_truncation",
        "gate on, VACUUM's truncation waits; crash; tail: cut",
        behaviours.GATED_TRUNCATION,
        faults.gated_truncation_waits,
        Tail.CUT,
    ),
    Scenario(
        "gated_hint_ahead",
        "gate on pages, commit log and control file, hints as today: hint ahead, no image; tail: cut",
        behaviours.GATED_HINT_AHEAD,
        faults.gated_hint_ahead,
        Tail.CUT,
    ),
    Scenario(
        "gated_hint_scrubbed",
        "the same, hints scrubbed",
        behaviours.GATED_HINT_SCRUBBED,
        faults.gated_hint_scrubbed,
        Tail.CUT,
    ),
    Scenario(
        "gated_crash_restart_waits",
        "gate on, also in recovery: crash-restart of the primary alone",
        behaviours.CRASH_RESTART_WAITS,
        faults.gated_crash_restart_waits,
    ),
    Scenario(
        "gated_crash_restart_bypassed",
        "gate on, but not in recovery: crash-restart of the primary alone, then the failover, tail cut",
        behaviours.CRASH_RESTART_BYPASSED,
        faults.gated_crash_restart_bypassed,
        Tail.CUT,
    ),
    Scenario(
        "clean_switchover",
        "clean shutdown, promotion, return",
        behaviours.CLEAN_SWITCHOVER,
        faults.clean_shutdown,
        Tail.CLEAN,
        base_backup=True,
    ),
    Scenario(
        "empty_tail",
        "immediate stop when all was sent, tail kept",
        behaviours.EMPTY_TAIL,
        faults.quiet_crash,
    ),
    Scenario(
        "rewind_logged_hints",
        "page ahead, pg_rewind with wal_log_hints",
        behaviours.REWOUND,
        faults.page_written_ahead,
        Tail.REWIND,
        settings=HINTS,
    ),
    Scenario(
        "rewind_unlogged_hints",
        "page ahead, pg_rewind without wal_log_hints: it refuses, and the tail stays",
        OutsideModel(
            Outcome.TAIL_DIVERGED, "there a return ends with pg_rewind's refusal; here it goes on as with keep"
        ),
        faults.page_written_ahead,
        Tail.REWIND,
    ),
    Scenario(
        "rolled_back_ahead",
        "prepared on both, rolled back here alone, the row marked aborted; committed on the new primary; tail: cut",
        behaviours_removal.ROLLED_BACK_AHEAD,
        faults_removal.rolled_back_ahead,
        Tail.CUT,
        onward=faults_removal.new_primary_commits_prepared,
    ),
    Scenario(
        "rolled_back_after_image",
        "the same, an image of the page before the fork",
        behaviours_removal.ROLLED_BACK_AFTER_IMAGE,
        faults_removal.rolled_back_after_image,
        Tail.CUT,
        onward=faults_removal.new_primary_commits_prepared,
    ),
    Scenario(
        "gated_rolled_back_ahead",
        "the same, gate on, no image: the page is acknowledged, and an abort has no LSN to wait for",
        behaviours_removal.GATED_ROLLED_BACK_AHEAD,
        faults_removal.gated_rolled_back_ahead,
        Tail.CUT,
        onward=faults_removal.new_primary_commits_prepared,
    ),
    Scenario(
        "gated_rolled_back_logged_hint",
        "the same, gate on and wal_log_hints: the mark is logged, and its page waits",
        behaviours_removal.GATED_ROLLED_BACK_LOGGED_HINT,
        faults_removal.gated_rolled_back_logged_hint,
        Tail.CUT,
        onward=faults_removal.new_primary_commits_prepared,
        settings=HINTS,
    ),
    Scenario(
        "gated_state_file_removed_ahead",
        "gate on, nobody reads: only the file of the prepared transaction is gone; back, and over",
        behaviours_removal.STATE_FILE_REMOVED_AHEAD,
        faults_removal.state_file_removed_ahead,
        Tail.CUT,
        onward=faults_removal.new_primary_keeps_prepared,
        takes_over=True,
    ),
    Scenario(
        "dropped_ahead",
        "DROP TABLE ahead, tail cut",
        behaviours_removal.DROPPED_AHEAD,
        faults_removal.dropped_ahead,
        Tail.CUT,
        remark="the file is truncated when the commit is flushed here, and unlinked after the next checkpoint",
    ),
    Scenario(
        "dropped_ahead_no_images",
        "DROP TABLE ahead, tail cut, the new primary changes a row there without an image",
        behaviours_removal.DROPPED_AHEAD_NO_IMAGES,
        faults_removal.dropped_ahead,
        Tail.CUT,
        onward=faults_removal.new_primary_changes_the_first_row,
        settings=NO_IMAGES,
    ),
    Scenario(
        "gated_drop",
        "gate on, the files of a dropped table wait; crash; tail: cut",
        behaviours_removal.GATED_DROP,
        faults_removal.gated_drop_waits,
        Tail.CUT,
    ),
    Scenario(
        "truncation_meets_checkpoint",
        "VACUUM's truncation meets a checkpoint, and the system crashes: nothing is ahead, no tail",
        behaviours_removal.TRUNCATION_MEETS_CHECKPOINT,
        faults_removal.truncated_against_checkpoint,
        remark="a server from before December 2024 (16.2) is truncation_delays_start=false, of which the model says"
        " silent_divergence",
    ),
)
