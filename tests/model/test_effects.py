"""What single steps leave behind, on states made by hand: on which node, at which position, of which timeline."""

from __future__ import annotations

import pytest

from model.buffers import write_page
from model.checkpoint import checkpoint_commit_log, insert_checkpoint, start_checkpoint, update_control_file
from model.failback import connect, cut_tail_late, start_as_standby
from model.failover import begin_timeline, crash, promote, restart_alone
from model.files import truncate_file
from model.properties import acknowledged_commit_survives, no_silent_divergence, page_within_standby
from model.recovery import replay
from model.rewind import rewind, touched_since
from model.settings import Faults, Mode, Promote, Tail, Waiting
from model.state import Bounds
from model.vocabulary import (
    Checkpointer,
    CheckpointStep,
    Kind,
    Outcome,
    PageHeader,
    Role,
    Writing,
)
from tests.model.cluster import P1, X1, X2, A, B, C, cluster


def test_a_hint_set_while_a_page_waits_goes_to_disk_with_it():
    with cluster() as c:
        c.s.buffer[A, P1] = PageHeader(exists=True, lsn=1)
        c.s.wal_end[A] = c.s.flushed[A] = 2
        c.s.writer[A] = Writing(busy=True, page=P1, lsn=1)
        c.s.buffer_hint[A, P1, X1], c.s.status_lsn[A, X1] = True, 2
        c.do(write_page, A, P1)
        assert c.s.disk_hint[A, P1, X1]


def test_the_control_file_names_the_checkpoint_and_its_redo_point():
    with cluster() as c:
        c.s.wal_end[A] = c.s.flushed[A] = 3
        c.s.checkpointer[A] = Checkpointer(step=CheckpointStep.RECORD, redo=1, record=3)
        c.do(update_control_file, A)
        assert (c.s.control[A].checkpoint, c.s.control[A].redo) == (3, 1)


def test_a_removal_belongs_to_its_own_record():
    with cluster() as c:
        c.s.wal_end[A] = c.s.flushed[A] = 3
        c.s.truncater[A] = Writing(busy=True, page=P1, lsn=1)
        c.do(truncate_file, A, P1)
        assert c.s.removed[A, P1] == 1


def test_three_timelines_have_in_common_what_the_first_fork_left():
    """B begins timeline 1 at 1 of timeline 0, C timeline 2 at 2 of timeline 1: 2 and 0 part where 1 and 0 did."""
    with cluster(Bounds(nodes=3, records=4, promotions=2), promote=Promote.ANY) as c:
        c.s.wal_end[A] = 3
        c.s.wal_end[B] = c.s.replayed[B] = 1
        c.do(promote, B)
        c.do(begin_timeline, B, 0, 1)
        c.s.role[B] = Role.PRIMARY
        c.s.timeline[C], c.s.wal_end[C], c.s.replayed[C] = 1, 2, 2
        c.do(promote, C)
        c.do(begin_timeline, C, 1, 2)
        common = {pair: c.s.common[pair] for pair in ((0, 1), (1, 0), (1, 2), (2, 1), (0, 2), (2, 0))}
        assert common == {(0, 1): 1, (1, 0): 1, (1, 2): 2, (2, 1): 2, (0, 2): 1, (2, 0): 1}
        assert [c.s.history[2, t] for t in (0, 1)] == [1, 2]


@pytest.mark.parametrize(("flushed", "outcome"), [(1, Outcome.START_AHEAD), (2, Outcome.BLOCKED), (3, Outcome.BLOCKED)])
def test_a_request_is_ahead_only_where_it_begins_beyond_what_is_flushed(flushed, outcome):
    """The upstream never opens.  R = 3 in segments of two records: the request begins at 2."""
    with cluster(Bounds(records=4, segment=2), mode=Mode.DATA_FLUSH, promotion_guard=Waiting.WAIT) as c:
        c.s.wal_end[B] = c.s.replayed[B] = 1
        c.do(promote, B)
        c.do(begin_timeline, B, 0, 1)
        c.s.wal_end[B] = c.s.flushed[B] = flushed
        c.s.role[A], c.s.came_back[A] = Role.RECOVERING, True
        c.s.wal_end[A] = c.s.flushed[A] = c.s.replayed[A] = 3
        c.do(connect, A, B)
        assert c.s.outcome[A] == outcome


def test_a_late_cut_shortens_the_old_primary_and_nobody_else():
    with cluster(tail=Tail.CUT_LATE) as c:
        c.forked(end=3, fork=1)
        before = c.s.wal_end[B], c.s.flushed[B]
        c.come_back()
        c.do(cut_tail_late, A, B)
        assert (c.s.wal_end[A], c.s.flushed[A]) == (1, 1)
        assert (c.s.wal_end[B], c.s.flushed[B]) == before


@pytest.mark.parametrize(("timeline", "starts"), [(0, False), (1, True)])
def test_a_minimum_recovery_point_is_on_the_timeline_it_names(timeline, starts):
    """With the new primary's pg_wal, position 2 is there: on timeline 1.  That of timeline 0 is beyond the fork."""
    with cluster(tail=Tail.COPY) as c:
        c.forked(end=3, fork=1)
        c.s.timeline[A], c.s.wal_end[A], c.s.flushed[A] = 1, c.s.wal_end[B], c.s.wal_end[B]
        c.s.control[A].min_recovery, c.s.control[A].min_recovery_timeline = 2, timeline
        c.do(start_as_standby, A, B)
        assert (c.s.role[A] == Role.RECOVERING) == starts
        assert c.s.outcome[A] == (Outcome.NONE if starts else Outcome.MIN_RECOVERY)


@pytest.mark.parametrize("kind", [Kind.COMMIT, Kind.ABORT])
def test_redo_of_the_end_of_a_prepared_transaction_removes_its_state_file(kind):
    with cluster(prepared_transactions=True) as c:
        c.record(1, Kind.PREPARE)
        c.record(2, kind)
        c.s.role[B], c.s.came_back[B] = Role.RECOVERING, True
        c.s.wal_end[B] = 2
        c.s.replayed[B] = 1
        c.s.two_phase[B, X1] = c.s.state_file[B, X1] = True
        c.do(replay, B, 0, 2)
        assert not c.s.two_phase[B, X1] and not c.s.state_file[B, X1]


def test_redo_of_an_abort_takes_a_commit_of_a_tail_with_it():
    """The number of a commit that was cut off is another transaction's on the new timeline: one status a number."""
    with cluster(prepared_transactions=True) as c:
        c.record(1, Kind.PREPARE)
        c.record(2, Kind.ABORT)
        c.s.role[B], c.s.came_back[B] = Role.RECOVERING, True
        c.s.wal_end[B], c.s.replayed[B] = 2, 1
        c.s.status[B, X1] = c.s.disk_status[B, X1] = True
        c.do(replay, B, 0, 2)
        assert c.s.aborted[B, X1] and not c.s.status[B, X1]


@pytest.mark.parametrize("prepared", [True, False])
def test_the_end_of_a_crash_recovery_writes_a_state_file_of_what_redo_found(prepared):
    with cluster(prepared_transactions=True, crash_restart=True) as c:
        c.record(1, Kind.PREPARE if prepared else Kind.COMMIT)
        c.s.wal_end[A] = c.s.flushed[A] = 1
        c.do(crash, A, 0)
        c.do(restart_alone, A)
        c.do(replay, A, 0, 1)
        c.do(start_checkpoint, A)
        c.s.disk_status[A, X1] = c.s.status[A, X1]
        c.do(checkpoint_commit_log, A)
        c.do(insert_checkpoint, A, 0, 2)
        assert c.s.state_file[A, X1] == prepared


@pytest.mark.parametrize("kind", [Kind.UPDATE, Kind.HINT, Kind.TRUNCATE])
def test_rewind_copies_pages_that_the_targets_wal_touched(kind):
    with cluster(tail=Tail.REWIND, wal_log_hints=True) as c:
        c.forked(end=3, fork=1)
        c.record(3, kind)
        assert touched_since(c.s, A, P1, 1) and not touched_since(c.s, A, P1, 3)
        c.s.disk[A, P1] = PageHeader(exists=True, lsn=3)
        c.s.disk[B, P1] = PageHeader(exists=True, lsn=1)
        c.s.control[B].timeline = 1  # its first checkpoint is done: before, pg_rewind finds nothing to do
        c.do(rewind, A, B, 0, 1, 0)
        assert c.s.disk[A, P1].lsn == 1


def test_an_acknowledged_commit_has_to_be_in_the_newest_history():
    with cluster() as c:
        c.forked(end=3, fork=1)
        c.s.told[0, 1] = True
        assert acknowledged_commit_survives(c.s)
        c.s.told[0, 2] = True
        assert not acknowledged_commit_survives(c.s)


def streaming(c):
    """A streams timeline 1; the history it has replayed has one commit, of X1."""
    c.forked(end=1, fork=1)
    c.record(1, Kind.COMMIT)
    c.s.timeline[A], c.s.outcome[A] = 1, Outcome.STREAMING
    c.s.wal_end[A] = c.s.replayed[A] = 2


@pytest.mark.parametrize("said", [(), (X1,), (X2,), (X1, X2)], ids=["nothing", "X1", "X2", "both"])
def test_a_commit_log_diverges_if_it_says_more_or_less_than_the_history(said):
    with cluster(Bounds(records=4, transactions=2)) as c:
        streaming(c)
        for x in said:
            c.s.status[A, x] = True
        assert no_silent_divergence(c.s) == (said == (X1,))


@pytest.mark.parametrize(("faults", "kept"), [(Faults.NONE, 3), (Faults.PROCESS, 3), (Faults.OS, 2)])
def test_the_horizon_is_what_the_standby_keeps_under_its_faults(faults, kept):
    with cluster(standby_faults=faults) as c:
        c.s.wal_end[B], c.s.flushed[B] = 3, 2
        within = []
        for lsn in range(5):
            c.s.disk[A, P1].lsn = lsn
            within.append(page_within_standby(c.s))
        assert within == [lsn <= kept for lsn in range(5)]
