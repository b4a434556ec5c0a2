"""Writers, waits and replies: what a gate lets through, who may change what is being written."""

from __future__ import annotations

import pytest

from model.buffers import start_page_write, write_page
from model.commit_log import start_commit_log_write, write_commit_log
from model.hint_bits import set_hint
from model.settings import Ack, CommitLsn, Faults, Guard, Mode, SynchronousCommit
from model.shipping import fsync_wal, receive, reply
from model.state import Bounds
from model.transactions import answer_commit, cancel_commit_wait, insert_commit, set_commit_status, update_page
from model.vocabulary import Acknowledged, Phase
from model.wal import flush_wal
from tests.model.cluster import P1, X1, X2, A, B, C, cluster

TWO = Bounds(records=4, transactions=2)


def committing(c, transaction, at):
    """A transaction's COMMIT is inserted and flushed."""
    c.do(insert_commit, A, transaction, 0, at)
    c.do(flush_wal, A)


# --- pages --------------------------------------------------------------------------------------------------


def changed(c):
    """A page is changed, its record flushed, its write begun."""
    c.do(update_page, A, P1, X1, 0, 1)
    c.do(flush_wal, A)
    c.do(start_page_write, A, P1)


def test_a_page_is_written_after_its_wal():
    with cluster() as c:
        c.do(update_page, A, P1, X1, 0, 1)
        c.do(start_page_write, A, P1)
        assert not c.can(write_page, A, P1)
        c.do(flush_wal, A)
        c.do(write_page, A, P1)
        assert (c.s.disk[A, P1].lsn, c.s.disk_holds[A, P1, 0, 1], c.s.dirty[A, P1]) == (1, True, False)


def test_with_data_flush_it_waits_for_the_standby_to_flush():
    with cluster(mode=Mode.DATA_FLUSH) as c:
        changed(c)
        c.do(receive, B, A)
        assert not c.can(reply, B, A), "received is not flushed, and nothing else is waited for"
        c.do(fsync_wal, B)
        assert not c.can(write_page, A, P1), "flushed there, and not yet told here"
        c.do(reply, B, A)
        assert c.can(write_page, A, P1)


def test_with_ack_write_for_it_to_receive():
    with cluster(mode=Mode.DATA_FLUSH, ack=Ack.WRITE) as c:
        changed(c)
        c.do(receive, B, A)
        c.do(reply, B, A)
        assert c.can(write_page, A, P1)


@pytest.mark.parametrize(
    "settings",
    [
        {"mode": Mode.COMMIT},
        {"mode": Mode.COMMIT, "sync": True},
        {"mode": Mode.DATA_FLUSH, "page_gate": False},
        {"mode": Mode.ALL, "guard": Guard.INSIDE_XLOGFLUSH},
        {"mode": Mode.ALL, "wait_cancellable": True},
    ],
    ids=str,
)
def test_what_lets_it_through_at_once(settings):
    with cluster(**settings) as c:
        changed(c)
        assert c.can(write_page, A, P1)


def test_nobody_changes_a_page_that_is_being_written():
    with cluster(TWO) as c:
        changed(c)
        assert not c.can(update_page, A, P1, X2, 0, 2)
        c.do(write_page, A, P1)
        assert c.can(update_page, A, P1, X2, 0, 2)


# --- the commit log -----------------------------------------------------------------------------------------


def being_written(c):
    """The commit log's page is dirty with X1, its write begun; X2 has its COMMIT flushed."""
    committing(c, X1, 1)
    c.do(set_commit_status, A, X1)
    c.do(start_commit_log_write, A)
    committing(c, X2, 2)


def test_a_status_without_an_lsn_is_scribbled_on_the_page_being_written():
    with cluster(TWO, commit_lsn=CommitLsn.ASYNC_ONLY) as c:
        being_written(c)
        c.do(set_commit_status, A, X2)
        assert (c.s.status_lsn[A, X1], c.s.status_lsn[A, X2]) == (0, 0)
        c.do(write_commit_log, A)
        assert (c.s.disk_status[A, X1], c.s.disk_status[A, X2]) == (True, True)


@pytest.mark.parametrize("commit_lsn", [CommitLsn.ALL, CommitLsn.FORGOTTEN_AT_RESTART])
def test_a_status_with_an_lsn_waits_for_the_write(commit_lsn):
    with cluster(TWO, commit_lsn=commit_lsn) as c:
        being_written(c)
        assert not c.can(set_commit_status, A, X2)
        c.do(write_commit_log, A)
        c.do(set_commit_status, A, X2)
        assert (c.s.status_lsn[A, X2], c.s.disk_status[A, X2]) == (2, False)


def test_an_asynchronous_commit_has_an_lsn_in_stock_too():
    with cluster(commit_lsn=CommitLsn.ASYNC_ONLY, synchronous_commit=SynchronousCommit.OFF) as c:
        c.do(insert_commit, A, X1, 0, 1)
        c.do(set_commit_status, A, X1)
        assert c.s.status_lsn[A, X1] == 1
        c.do(start_commit_log_write, A)
        assert not c.can(write_commit_log, A), "its record is not flushed"


@pytest.mark.parametrize(("commit_lsn", "waits"), [(CommitLsn.ALL, True), (CommitLsn.ASYNC_ONLY, False)])
def test_data_flush_waits_only_for_an_lsn_that_is_known(commit_lsn, waits):
    with cluster(mode=Mode.DATA_FLUSH, commit_lsn=commit_lsn) as c:
        committing(c, X1, 1)
        c.do(set_commit_status, A, X1)
        c.do(start_commit_log_write, A)
        assert c.can(write_commit_log, A) != waits


# --- commits and hints --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "waits"),
    [
        ({"mode": Mode.COMMIT}, False),
        ({"mode": Mode.COMMIT, "sync": True}, True),
        ({"mode": Mode.DATA_FLUSH, "sync": True}, False),
        ({"mode": Mode.ALL}, False),
        ({"mode": Mode.ALL, "sync": True}, True),
        ({"mode": Mode.ALL, "sync": True, "synchronous_commit": SynchronousCommit.LOCAL}, False),
    ],
    ids=str,
)
def test_who_answers_before_the_standby_has_it(settings, waits):
    with cluster(**settings) as c:
        committing(c, X1, 1)
        c.do(set_commit_status, A, X1)
        assert c.can(answer_commit, A, X1, 0, 1) != waits


def test_a_cancelled_wait_ends_the_commit_and_tells_nobody():
    with cluster(sync=True, wait_cancellable=True) as c:
        committing(c, X1, 1)
        c.do(set_commit_status, A, X1)
        c.do(cancel_commit_wait, A, X1)
        assert c.s.phase[A, X1] == Phase.ENDED
        assert not any(c.s.told.values())


def test_where_a_commit_waits_its_hint_waits_too():
    with cluster(sync=True) as c:
        c.do(update_page, A, P1, X1, 0, 1)
        committing(c, X1, 2)
        c.do(set_commit_status, A, X1)
        assert not c.can(set_hint, A, P1, X1)
        c.do(receive, B, A)
        c.do(fsync_wal, B)
        c.do(reply, B, A)
        assert not c.can(set_hint, A, P1, X1), "it is still in progress to all others"
        c.do(answer_commit, A, X1, 0, 2)
        assert c.can(set_hint, A, P1, X1)


@pytest.mark.parametrize(("gate", "skips"), [(True, True), (False, False)])
def test_a_hint_is_skipped_while_its_commit_is_not_acknowledged(gate, skips):
    with cluster(mode=Mode.DATA_FLUSH, hint_gate=gate) as c:
        c.do(update_page, A, P1, X1, 0, 1)
        committing(c, X1, 2)
        c.do(set_commit_status, A, X1)
        c.do(answer_commit, A, X1, 0, 2)
        assert c.can(set_hint, A, P1, X1) != skips


# --- replies ------------------------------------------------------------------------------------------------


def test_what_was_believed_stays_believed():
    """A standby that lost WAL reports less: of each position the greater one is kept."""
    settings = {"mode": Mode.ALL, "sync": True, "synchronous_commit": SynchronousCommit.REMOTE_APPLY}
    with cluster(standby_faults=Faults.OS, **settings) as c:
        c.s.acknowledged[A] = Acknowledged(write=0, flush=3, apply=0)
        c.s.wal_end[B] = c.s.flushed[B] = 2
        c.s.replayed[B] = 1
        c.do(reply, B, A)
        assert c.s.acknowledged[A] == Acknowledged(write=0, flush=3, apply=1)
        assert not c.can(reply, B, A), "it has nothing new to say"


def test_only_the_releasing_standby_is_listened_to():
    with cluster(Bounds(records=4, nodes=3), mode=Mode.DATA_FLUSH) as c:
        for node in (B, C):
            c.s.wal_end[node] = c.s.flushed[node] = 1
        assert (c.can(reply, B, A), c.can(reply, C, A)) == (True, False)
