"""Crashes and promotion: what each takes with it, and where a fork is."""

from __future__ import annotations

import pytest

from model.failover import begin_timeline, crash, crash_standby, promote
from model.recovery import replay
from model.settings import Faults, Mode
from model.shipping import receive, reply
from model.state import Bounds, in_history
from model.transactions import insert_commit, update_page
from model.vocabulary import Acknowledged, Kind, Phase, Role, WalRecord
from model.wal import flush_wal
from tests.model.cluster import P1, X1, A, B, cluster


def test_a_crash_takes_unflushed_wal_and_all_memory():
    with cluster() as c:
        c.do(update_page, A, P1, X1, 0, 1)
        c.do(flush_wal, A)
        c.do(insert_commit, A, X1, 0, 2)
        c.do(crash, A, 0)
        s = c.s
        assert (s.role[A], s.wal_end[A], s.flushed[A]) == (Role.DOWN, 1, 1)
        assert s.log[0, 1].kind == Kind.UPDATE
        assert s.log[0, 2] == WalRecord()
        assert (s.buffer[A, P1].lsn, s.dirty[A, P1], s.phase[A, X1]) == (0, False, Phase.IDLE)


@pytest.mark.parametrize(("faults", "kept"), [(Faults.OS, 1), (Faults.PROCESS, 2)])
def test_an_os_crash_of_the_standby_takes_what_it_has_not_fsynced(faults, kept):
    with cluster(standby_faults=faults) as c:
        c.s.wal_end[B], c.s.flushed[B], c.s.replayed[B] = 2, 1, 1
        c.do(crash_standby, B)
        assert (c.s.role[B], c.s.wal_end[B], c.s.flushed[B], c.s.replayed[B]) == (Role.STANDBY, kept, 1, 0)


def test_a_standby_without_faults_does_not_crash():
    with cluster(standby_faults=Faults.NONE) as c:
        c.s.wal_end[B], c.s.flushed[B], c.s.replayed[B] = 2, 1, 1
        assert not c.can(crash_standby, B)


def test_a_crashed_primary_forgets_what_it_was_told():
    with cluster(mode=Mode.DATA_FLUSH) as c:
        c.s.acknowledged[A] = Acknowledged(flush=1)
        c.do(crash, A, 0)
        assert c.s.acknowledged[A] == Acknowledged()


def test_the_fork_is_where_replay_of_what_was_received_ends():
    """Two records were flushed, one of them received; the fork is behind that one, though it was not fsynced yet."""
    with cluster() as c:
        c.do(update_page, A, P1, X1, 0, 1)
        c.do(flush_wal, A)
        c.do(receive, B, A)
        c.do(insert_commit, A, X1, 0, 2)
        c.do(flush_wal, A)
        c.do(promote, B)
        assert not c.can(receive, B, A), "its walreceiver is gone"
        assert not c.can(reply, B, A)
        assert not c.can(begin_timeline, B, 0, 1), "what it has is not replayed"
        c.do(replay, B, 0, 1)
        c.do(begin_timeline, B, 0, 1)
        assert (c.s.fork[1], c.s.history[1, 0], c.s.flushed[B]) == (1, 1, 1)
        assert [at for at in range(1, 5) if in_history(c.s, 1, 0, at)] == [1]


def test_positions_after_the_fork_belong_to_the_timeline_that_wrote_them():
    with cluster(Bounds(records=3, promotions=2)) as c:
        c.forked(end=3, fork=1)
        assert c.s.wal_end[B] == 2, "its end-of-recovery record"
        both = [[at for at in range(1, 5) if in_history(c.s, t, u, at)] for t, u in ((0, 0), (1, 0), (1, 1), (0, 1))]
        assert both == [[1, 2, 3, 4], [1], [2, 3, 4], []]


def test_only_one_is_promoted_at_a_time_and_not_more_than_the_scope_has():
    with cluster(Bounds(records=3, promotions=1)) as c:
        c.do(promote, B)
        assert not c.can(promote, B)
        c.do(begin_timeline, B, 0, 1)
        assert c.s.latest == 1
        c.s.role[A] = Role.STANDBY
        assert not c.can(promote, A)
