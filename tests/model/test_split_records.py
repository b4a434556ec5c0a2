"""Records in two parts: what a part does to acknowledgements, to a promotion and to a return, in plain execution."""

from __future__ import annotations

import pytest

from model.failback import connect, cut_tail, start_as_standby
from model.failover import crash, crash_standby
from model.properties import fork_covers_acks
from model.recovery import replay
from model.settings import Faults, Mode, SplitRecords, Tail
from model.shipping import fsync_wal, receive, reply
from model.split_records import flush_part, receive_part, reply_part
from model.state import Bounds
from model.vocabulary import Kind, Outcome, Role
from model.wal import flush_wal
from tests.model.cluster import A, B, cluster

BYTES = {"mode": Mode.DATA_FLUSH, "split_records": SplitRecords.BYTES}


def with_parts(c, whole, *, receive_it=True):
    """A has flushed so many whole records and a part of the next one; B has received all of that, and fsynced it."""
    for position in range(1, whole + 2):
        c.record(position, Kind.CHECKPOINT)
    c.s.wal_end[A] = whole + 1
    c.s.flushed[A] = c.s.wal_end[B] = c.s.flushed[B] = whole
    c.do(flush_part, A)
    if receive_it:
        c.do(receive_part, B, A)


def test_a_part_is_received_and_reported_and_the_rest_of_it_takes_its_place():
    with cluster(**BYTES) as c:
        with_parts(c, 1)
        assert not c.can(reply_part, B, A), "the whole records before it are reported first"
        c.do(reply, B, A)
        c.do(reply_part, B, A)
        assert (c.s.acknowledged[A].flush, c.s.acknowledged_part[A]) == (1, True)
        c.do(flush_wal, A)
        c.do(receive, B, A)
        assert not c.s.part[A] and not c.s.part[B]
        c.do(fsync_wal, B)
        c.do(reply, B, A)
        assert (c.s.acknowledged[A].flush, c.s.acknowledged_part[A]) == (2, False)


def test_the_fork_is_before_the_part_that_was_acknowledged():
    with cluster(**BYTES) as c:
        with_parts(c, 1)
        c.do(reply, B, A)
        c.do(reply_part, B, A)
        assert fork_covers_acks(c.s)
        c.s.replayed[B] = 1
        c.fail_over()
        assert c.s.fork[1] == c.s.acknowledged[A].flush == 1, "counted in whole records they are the same"
        assert not fork_covers_acks(c.s)
        assert not c.s.part[B], "it is not copied to the new timeline"


def test_an_fsynced_part_outlives_a_system_crash_of_the_standby():
    with cluster(standby_faults=Faults.OS, **BYTES) as c:
        with_parts(c, 2)
        c.s.replayed[B] = 2
        c.do(crash_standby, B)
        assert (c.s.wal_end[B], c.s.part[B]) == (2, True)


def come_back(c, whole):
    """A dies with a part behind so many whole records, B is promoted with the whole ones; A is started."""
    with_parts(c, whole, receive_it=False)
    c.do(crash, A, 0)
    assert (c.s.wal_end[A], c.s.part[A]) == (whole, True)
    c.s.replayed[B] = whole
    c.fail_over()
    if c.s.settings.tail == Tail.CUT:
        assert not c.can(start_as_standby, A, B), "the part is a tail too"
        c.do(cut_tail, A, B)
    c.do(start_as_standby, A, B)
    c.s.replayed[A] = whole
    c.do(connect, A, B)


@pytest.mark.parametrize(("whole", "outcome"), [(0, Outcome.BLOCKED), (1, Outcome.NONE), (2, Outcome.BLOCKED)])
def test_a_part_at_the_end_of_a_segment_is_asked_past(whole, outcome):
    """Segments of two records: behind none and behind two the part fills its segment, behind one it does not."""
    with cluster(Bounds(records=4, segment=2), **BYTES) as c:
        come_back(c, whole)
        assert (c.s.role[A], c.s.outcome[A]) == (Role.STANDBY, outcome)
        assert c.can(receive, A, B) == (outcome == Outcome.NONE)


def test_cut_at_the_fork_it_streams():
    with cluster(Bounds(records=4, segment=2), tail=Tail.CUT, **BYTES) as c:
        come_back(c, 2)
        c.do(receive, A, B)
        c.do(fsync_wal, A)
        c.do(replay, A, 1, 3)
        assert c.s.outcome[A] == Outcome.STREAMING


def test_without_the_setting_nothing_is_in_parts():
    with cluster(mode=Mode.DATA_FLUSH) as c:
        c.record(1, Kind.CHECKPOINT)
        c.s.wal_end[A] = 1
        assert not c.can(flush_part, A)
        assert not c.can(receive_part, B, A)
