"""Coming back: the end of the old primary's WAL against the fork, the procedures, and what cannot be started."""

from __future__ import annotations

import pytest

from model.failback import copy_wal, cut_tail, cut_tail_late, delete_wal, start_as_standby
from model.recovery import replay
from model.settings import Tail
from model.shipping import fsync_wal, receive, segment_start
from model.state import Bounds
from model.vocabulary import Outcome, Role
from tests.model.cluster import A, B, cluster

SMALL = range(5)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_segment_begins_at_a_multiple_of_its_size(size):
    with cluster(Bounds(records=8, segment=size)) as c:
        starts = [segment_start(c.s, lsn) for lsn in range(7)]
    assert starts == {1: [0, 1, 2, 3, 4, 5, 6], 2: [0, 0, 2, 2, 4, 4, 6], 3: [0, 0, 0, 3, 3, 3, 6]}[size]


def outcome_of(end, fork, size):
    """As the table of outcomes has it: R <= F streams, seg(R) <= F < R is never served, seg(R) > F is refused."""
    if end <= fork:
        return Outcome.STREAMING
    return Outcome.TAIL_DIVERGED if end // size * size <= fork else Outcome.NOT_IN_HISTORY


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("fork", SMALL)
@pytest.mark.parametrize("end", SMALL)
def test_the_end_of_the_wal_against_the_fork(end, fork, size):
    expected = outcome_of(end, fork, size)
    with cluster(Bounds(records=4, segment=size)) as c:
        c.forked(end, fork)
        c.come_back()
        if expected != Outcome.STREAMING:
            assert c.s.outcome[A] == expected
            assert not c.can(receive, A, B)
            return
        assert c.s.outcome[A] == Outcome.NONE
        c.do(receive, A, B)
        c.do(fsync_wal, A)
        for position in range(end + 1, fork + 1):
            c.do(replay, A, 0, position)
            assert c.s.outcome[A] == Outcome.NONE, "what it lacked of the old timeline says nothing of the new one"
        c.do(replay, A, 1, fork + 1)
        assert c.s.outcome[A] == Outcome.STREAMING


def test_a_cut_tail_ends_at_the_fork_and_streams():
    with cluster(tail=Tail.CUT) as c:
        c.forked(end=3, fork=1)
        assert not c.can(start_as_standby, A, B), "the operator cuts before the first start"
        c.do(cut_tail, A, B)
        assert (c.s.wal_end[A], c.s.flushed[A], c.s.tail_cut[A]) == (1, 1, True)
        assert not c.can(cut_tail, A, B), "there is nothing more to cut"
        c.come_back()
        c.do(receive, A, B)
        c.do(fsync_wal, A)
        c.do(replay, A, 1, 2)
        assert c.s.outcome[A] == Outcome.STREAMING


def test_nothing_is_cut_where_there_is_no_tail():
    with cluster(tail=Tail.CUT) as c:
        c.forked(end=1, fork=1)
        assert not c.can(cut_tail, A, B)
        assert c.can(start_as_standby, A, B)


def test_a_tail_cut_after_a_start_leaves_its_minimum_recovery_point():
    """The start replayed up to 3 and wrote that down; the WAL that is left ends at 1."""
    with cluster(tail=Tail.CUT_LATE) as c:
        c.forked(end=3, fork=1)
        c.come_back()
        assert (c.s.outcome[A], c.s.control[A].min_recovery) == (Outcome.NONE, 3)
        c.do(cut_tail_late, A, B)
        assert (c.s.role[A], c.s.wal_end[A]) == (Role.DOWN, 1)
        c.do(start_as_standby, A, B)
        assert (c.s.outcome[A], c.s.role[A]) == (Outcome.MIN_RECOVERY, Role.DOWN)


def test_copied_wal_ends_where_the_new_primary_has_flushed():
    with cluster(tail=Tail.COPY) as c:
        c.forked(end=3, fork=1)
        c.do(copy_wal, A, B)
        assert (c.s.timeline[A], c.s.wal_end[A], c.s.flushed[A]) == (1, 2, 2)
        c.come_back()
        assert c.s.outcome[A] == Outcome.STREAMING


def test_without_its_wal_no_node_finds_its_checkpoint():
    with cluster(tail=Tail.DELETE) as c:
        c.forked(end=3, fork=1)
        c.do(delete_wal, A, B)
        c.do(start_as_standby, A, B)
        assert c.s.outcome[A] == Outcome.NO_CHECKPOINT


def test_a_checkpoint_beyond_the_cut_is_not_found():
    with cluster(tail=Tail.CUT) as c:
        c.forked(end=3, fork=1)
        c.s.control[A].checkpoint = 2
        c.do(cut_tail, A, B)
        c.do(start_as_standby, A, B)
        assert c.s.outcome[A] == Outcome.NO_CHECKPOINT


@pytest.mark.parametrize(
    ("redo", "size", "outcome"),
    [
        (1, 2, Outcome.BLOCKED),  # asks from the start of the segment, 0: what comes ends at the fork, 1
        (2, 2, Outcome.NOT_IN_HISTORY),  # asks from 2, beyond the fork
        (1, 1, Outcome.BLOCKED),
        (2, 1, Outcome.NOT_IN_HISTORY),
        (3, 3, Outcome.NOT_IN_HISTORY),
    ],
)
@pytest.mark.parametrize("told_by", ["minimum recovery point", "shutdown"])
def test_a_server_in_standby_mode_asks_for_its_checkpoint(told_by, redo, size, outcome):
    with cluster(Bounds(records=4, segment=size), tail=Tail.CUT, fast_shutdown=told_by == "shutdown") as c:
        c.forked(end=4, fork=1)
        c.s.control[A].checkpoint, c.s.control[A].redo = 4, redo
        c.s.shutdowned[A] = told_by == "shutdown"
        c.s.control[A].min_recovery = 4 if told_by == "minimum recovery point" else 0
        c.do(cut_tail, A, B)
        c.do(start_as_standby, A, B)
        assert c.s.outcome[A] == outcome


@pytest.mark.parametrize(("knows", "outcome"), [(False, Outcome.NONE), (True, Outcome.MIN_RECOVERY)])
def test_a_minimum_recovery_point_is_held_against_the_newest_history_that_is_there(knows, outcome):
    """Seen on 15.20 and 16.2: one whose own timeline was given up has no other history file, and comes back."""
    with cluster(tail=Tail.CUT) as c:
        c.forked(end=3, fork=1)
        c.s.control[A].min_recovery = 3
        c.s.seen[A] = c.s.number[1] if knows else 0
        c.do(cut_tail, A, B)
        c.do(start_as_standby, A, B)
        assert c.s.outcome[A] == outcome


def test_an_upstream_behind_a_timeline_that_was_given_up_is_not_followed():
    with cluster(promotion_crash=True) as c:
        c.forked(end=1, fork=1)
        c.come_back()
        assert c.s.outcome[A] == Outcome.NONE
    with cluster(promotion_crash=True) as c:
        c.forked(end=1, fork=1)
        c.s.seen[A], c.s.number[1] = c.s.number[1], 0
        c.come_back()
        assert c.s.outcome[A] == Outcome.BLOCKED
        assert not c.can(receive, A, B)


def test_a_node_that_runs_does_not_come_back():
    with cluster() as c:
        c.fail_over()
        assert c.s.role[A] == Role.PRIMARY
        assert not c.can(start_as_standby, A, B)
