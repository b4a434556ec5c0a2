"""Coming back: the end of the old primary's WAL against the fork, the procedures, and what cannot be started."""

from __future__ import annotations

import pytest

from model.failback import copy_wal, cut_tail, cut_tail_late, delete_wal, start_as_standby
from model.failover import begin_timeline, promote
from model.recovery import replay
from model.rewind import rewind
from model.settings import Promote, Tail
from model.shipping import fsync_wal, receive, segment_start
from model.state import Bounds
from model.vocabulary import Kind, Outcome, Role
from tests.model.cluster import A, B, C, cluster

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


def three_timelines(c, end, known):
    """By hand: B went on to 4 on timeline 1, C forked off that at 3; A is a standby with WAL of B's up to `end`."""
    c.forked(end=1, fork=1)
    c.come_back()
    for position in (3, 4):
        c.record(position, Kind.CHECKPOINT, timeline=1)
    s = c.s
    s.wal_end[B] = s.flushed[B] = 4
    s.wal_end[C] = s.flushed[C] = s.replayed[C] = 3
    s.timeline[C] = s.seen[C] = 1
    c.fail_over(to=C, old=1)
    s = c.s
    s.timeline[A] = 1 if end > 1 else 0
    s.wal_end[A] = s.flushed[A] = s.replayed[A] = end
    s.seen[A] = s.number[2] if known else s.number[1]


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("end", [1, 2, 3])
def test_a_node_asks_by_the_newest_history_that_it_has(end, known):
    """Seen on 15.20, 16.2, 18.4: from the fork, here 3, on it asks for the newer timeline, which its old upstream is
    behind; before it for the old one, of which it is sent all there is."""
    with cluster(Bounds(records=4, nodes=3, promotions=2), promote=Promote.ANY) as c:
        three_timelines(c, end, known)
        assert c.can(receive, A, B) == (end < 3 or not known)
        assert c.can(receive, A, C), "the newer timeline is there for it in any case"
        if end < 3:
            c.do(receive, A, B)
            assert (c.s.timeline[A], c.s.wal_end[A]) == (1, 4)


def test_a_node_sent_past_a_fork_that_it_knew_of_is_taken_for_one_of_the_newer_timeline():
    """It asks for timeline 2 by its ID, and nobody looks at where that forked off: its page has what 2 has not."""
    with cluster(Bounds(records=4, nodes=3, promotions=2), promote=Promote.ANY) as c:
        three_timelines(c, end=2, known=True)
        c.record(5, Kind.CHECKPOINT, timeline=2)
        c.s.wal_end[C] = c.s.flushed[C] = 5
        c.do(receive, A, B)
        c.do(fsync_wal, A)
        assert not c.can(receive, A, C), "it asks when what it has is replayed"
        c.do(replay, A, 1, 3)
        c.do(replay, A, 1, 4)
        assert not c.can(receive, A, B)
        c.do(receive, A, C)
        assert (c.s.timeline[A], c.s.wal_end[A], c.s.replayed[A]) == (2, 5, 4)


@pytest.mark.parametrize("outcome", [Outcome.TAIL_DIVERGED, Outcome.NOT_IN_HISTORY])
def test_a_node_that_was_refused_does_not_aim_at_the_newer_timeline(outcome):
    with cluster(Bounds(records=4, nodes=3, promotions=2), promote=Promote.ANY) as c:
        three_timelines(c, end=4, known=True)
        c.s.wal_end[C] = c.s.flushed[C] = 5
        assert c.can(receive, A, C)
        c.s.outcome[A] = outcome
        assert not c.can(receive, A, C)


def test_a_copied_timeline_is_known_when_the_next_id_is_picked():
    """Its history file came with its WAL, before the node has asked anybody (findNewestTimeLine)."""
    with cluster(Bounds(records=4, promotions=2), tail=Tail.COPY) as c:
        c.forked(end=3, fork=1)
        c.do(copy_wal, A, B)
        c.do(start_as_standby, A, B)
        c.s.replayed[A] = c.s.wal_end[A]
        c.do(promote, A)
        c.do(begin_timeline, A, 1, 2)
        assert [c.s.number[t] for t in range(3)] == [0, 1, 2]


@pytest.mark.parametrize("promotions", [1, 2])
def test_pg_rewind_leaves_the_sources_insert_position_to_be_reached(promotions):
    """Seen on 15.20 and 16.2: the source lost what it had not flushed, and a promotion then ends the server.

    On a scope's last timeline nobody loses or promotes anything, so there it makes no difference.
    """
    with cluster(Bounds(records=4, promotions=promotions), tail=Tail.REWIND, wal_log_hints=True) as c:
        c.forked(end=1, fork=1)
        for position in (3, 4):
            c.record(position, Kind.CHECKPOINT, timeline=1)
        c.s.wal_end[B], c.s.control[B].timeline = 4, 1
        c.do(rewind, A, B, 0, 1, 0)
        assert c.s.control[A].min_recovery == {1: 2, 2: 4}[promotions]
        c.come_back()
        assert c.s.control[A].min_recovery == {1: 2, 2: 4}[promotions]
        if promotions == 1:
            return
        assert not c.can(promote, A)
        c.s.flushed[B] = 4
        c.do(receive, A, B)
        assert c.can(promote, A)


def test_a_node_that_runs_does_not_come_back():
    with cluster() as c:
        c.fail_over()
        assert c.s.role[A] == Role.PRIMARY
        assert not c.can(start_as_standby, A, B)
