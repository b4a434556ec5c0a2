"""Who waits for what, on states made by hand: a wait ends at its own position, and not at the one before."""

from __future__ import annotations

import pytest

from model.buffers import write_page
from model.checkpoint import checkpoint_commit_log, update_control_file
from model.failover import promote, shut_down
from model.files import truncate_file
from model.hint_bits import set_hint
from model.settings import Ack, CommitLsn, Mode, Settings, SynchronousCommit, Tail
from model.shipping import reply
from model.state import Bounds
from model.transactions import answer_commit, set_commit_status
from model.vocabulary import (
    Acknowledged,
    Checkpointer,
    CheckpointStep,
    Kind,
    PageHeader,
    Phase,
    Role,
    Writing,
)
from tests.model.cluster import P1, X1, A, B, cluster


def page_wait(c):
    c.s.buffer[A, P1] = PageHeader(exists=True, lsn=2)
    c.s.writer[A] = Writing(busy=True, page=P1, lsn=2)
    return write_page, A, P1


def control_wait(c):
    c.s.checkpointer[A] = Checkpointer(step=CheckpointStep.RECORD, redo=1, record=2)
    return update_control_file, A


def truncation_wait(c):
    c.s.truncater[A] = Writing(busy=True, page=P1, lsn=2)
    return truncate_file, A, P1


@pytest.mark.parametrize("wait", [page_wait, control_wait, truncation_wait])
@pytest.mark.parametrize(
    ("ack", "told", "released"),
    [
        (Ack.FLUSH, Acknowledged(write=2, flush=1), False),
        (Ack.FLUSH, Acknowledged(flush=2), True),
        (Ack.WRITE, Acknowledged(write=1, flush=2), False),
        (Ack.WRITE, Acknowledged(write=2), True),
    ],
)
def test_data_waits_for_its_own_position(wait, ack, told, released):
    with cluster(mode=Mode.DATA_FLUSH, ack=ack) as c:
        c.s.wal_end[A] = c.s.flushed[A] = 3
        c.s.acknowledged[A] = told
        assert c.can(*wait(c)) == released


@pytest.mark.parametrize("wait", [page_wait, control_wait, truncation_wait])
def test_nothing_reaches_the_disk_before_its_own_wal_does(wait):
    with cluster(mode=Mode.COMMIT) as c:
        c.s.wal_end[A], c.s.flushed[A] = 3, 1
        assert not c.can(*wait(c))
        c.s.flushed[A] = 2
        assert c.can(*wait(c))


@pytest.mark.parametrize(
    ("waits_for", "told"),
    [
        (SynchronousCommit.REMOTE_WRITE, "write"),
        (SynchronousCommit.ON, "flush"),
        (SynchronousCommit.REMOTE_APPLY, "apply"),
    ],
)
def test_a_commit_waits_for_the_position_that_its_setting_names(waits_for, told):
    with cluster(mode=Mode.COMMIT, sync=True, synchronous_commit=waits_for) as c:
        c.s.phase[A, X1], c.s.commit_lsn[A, X1] = Phase.PENDING, 2
        c.s.acknowledged[A] = Acknowledged(**{name: 3 for name in ("write", "flush", "apply") if name != told})
        assert not c.can(answer_commit, A, X1, 0, 2)
        c.s.acknowledged[A] = Acknowledged(**{told: 1})
        assert not c.can(answer_commit, A, X1, 0, 2)
        c.s.acknowledged[A] = Acknowledged(**{told: 2})
        assert c.can(answer_commit, A, X1, 0, 2)


@pytest.mark.parametrize("reported", ["write", "flush", "apply"])
def test_a_standby_reports_each_of_its_positions_as_what_it_is(reported):
    waits_for = {"write": "REMOTE_WRITE", "flush": "ON", "apply": "REMOTE_APPLY"}[reported]
    with cluster(mode=Mode.COMMIT, sync=True, synchronous_commit=SynchronousCommit[waits_for]) as c:
        c.s.wal_end[B], c.s.flushed[B], c.s.replayed[B] = 3, 2, 1
        c.do(reply, B, A)
        assert c.s.acknowledged[A] == Acknowledged(**{reported: {"write": 3, "flush": 2, "apply": 1}[reported]})


def test_a_hint_waits_until_its_commit_is_flushed_here_and_acknowledged():
    with cluster(mode=Mode.DATA_FLUSH) as c:
        c.record(1, Kind.UPDATE)
        c.record(2, Kind.COMMIT)
        c.s.wal_end[A] = 2
        c.s.buffer[A, P1] = PageHeader(exists=True, lsn=1)
        c.s.buffer_holds[A, P1, 0, 1] = True
        c.s.phase[A, X1], c.s.status[A, X1], c.s.status_lsn[A, X1] = Phase.ENDED, True, 2
        allowed = {}
        for flushed in (1, 2):
            for told in (1, 2):
                c.s.flushed[A], c.s.acknowledged[A] = flushed, Acknowledged(flush=told)
                allowed[flushed, told] = c.can(set_hint, A, P1, X1)
        assert [pair for pair, can in allowed.items() if can] == [(2, 2)]


@pytest.mark.parametrize(("kept", "waits"), [(CommitLsn.ALL, True), (CommitLsn.ASYNC_ONLY, False)])
def test_a_status_with_an_lsn_is_not_set_into_a_page_being_written(kept, waits):
    """TransactionIdSetPageStatus: only an asynchronous commit, whose LSN is kept, waits for a write in progress."""
    with cluster(commit_lsn=kept) as c:
        c.s.wal_end[A] = c.s.flushed[A] = 1
        c.s.phase[A, X1], c.s.commit_lsn[A, X1] = Phase.LOGGED, 1
        assert c.can(set_commit_status, A, X1)
        c.s.clog_writing[A] = True
        assert c.can(set_commit_status, A, X1) != waits


@pytest.mark.parametrize(("redo", "waits"), [(1, False), (2, True), (3, True)])
def test_a_checkpoint_waits_for_commits_whose_records_are_not_behind_its_redo_point(redo, waits):
    """Redo begins behind the record that ends at the redo point, so it would not repeat that one."""
    with cluster() as c:
        c.s.wal_end[A] = 3
        c.s.phase[A, X1], c.s.commit_lsn[A, X1] = Phase.LOGGED, 2
        c.s.checkpointer[A] = Checkpointer(step=CheckpointStep.REDO, redo=redo)
        assert c.can(checkpoint_commit_log, A) != waits


@pytest.mark.parametrize(("tail", "allowed"), [(Tail.KEEP, True), (Tail.CLEAN, False)])
def test_in_a_clean_switchover_nobody_is_promoted_while_the_primary_runs(tail, allowed):
    with cluster(tail=tail) as c:
        for role in (Role.PRIMARY, Role.STOPPING):
            c.s.role[A] = role
            assert c.can(promote, B) == allowed
        c.s.role[A] = Role.DOWN
        assert c.can(promote, B)


def test_a_shutdown_ends_when_the_standby_has_flushed_everything():
    with cluster(Bounds(records=4), tail=Tail.CLEAN) as c:
        c.s.role[A] = Role.STOPPING
        c.s.checkpointer[A] = Checkpointer(step=CheckpointStep.ENDED)
        c.s.wal_end[A] = c.s.flushed[A] = c.s.wal_end[B] = 2
        c.s.flushed[B] = 1
        assert not c.can(shut_down, A)
        c.s.flushed[B] = 2
        assert c.can(shut_down, A)


def test_the_settings_these_rest_on_are_the_defaults():
    assert (Settings().ack, Settings().commit_lsn, Settings().checkpoint_delays) == (Ack.FLUSH, CommitLsn.ALL, True)
