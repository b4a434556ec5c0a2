"""The WAL of a primary: inserting a record, flushing."""

from __future__ import annotations

from model.language import action, require
from model.settings import Drop, WalOrder
from model.state import State, may_shut_down_fast, writing
from model.vocabulary import CheckpointStep, Kind, Node, Page, Role, Transaction, WalRecord

NO_PAGE = Page(0)
NO_TRANSACTION = Transaction(0)
"""What a record says that is about no page, about no transaction."""


def room(s: State, n: Node, t: int) -> int:
    """The last position that node n may reach on timeline t.

    Each timeline goes one further than the one before, for its end-of-recovery record; a shutdown checkpoint and the
    checkpoint that ends a crash recovery have a position of their own too.
    """
    spare = may_shut_down_fast(s) or s.settings.crash_restart
    at_the_end = s.role[n] == Role.STOPPING or s.role[n] == Role.RESTARTING
    return s.bounds.records + t + (1 if spare and (t > 0 or at_the_end) else 0)


def may_insert(s: State, n: Node, t: int, at: int) -> bool:
    """The next record of node n ends at position `at` of timeline t, and the scope has room for it."""
    return s.timeline[n] == t and s.wal_end[n] + 1 == at and at <= room(s, n, t)


def checkpoint_due(s: State, n: Node) -> int:
    """A checkpoint is at work, its record not inserted yet: 1, or 0."""
    at_work = (
        s.checkpointer[n].step == CheckpointStep.REDO
        or s.checkpointer[n].step == CheckpointStep.COMMIT_LOG
        or s.checkpointer[n].step == CheckpointStep.SYNCED
    )
    return 1 if at_work else 0


def removal_due(s: State, n: Node) -> int:
    """A DROP DATABASE has removed the files, its record not inserted yet: 1, or 0."""
    return 1 if s.settings.drop == Drop.DATABASE and s.truncater[n].busy and s.truncater[n].lsn == 0 else 0


def backend_may_insert(s: State, n: Node, t: int, at: int) -> bool:
    """The same for a backend, which leaves room for what is at work where that has to end for a shutdown."""
    reserved = checkpoint_due(s, n) + removal_due(s, n) if may_shut_down_fast(s) else 0
    return s.role[n] == Role.PRIMARY and may_insert(s, n, t, at) and at + reserved <= room(s, n, t)


def has_room_to_shut_down(s: State, n: Node) -> bool:
    """The scope has a position for the shutdown checkpoint's record, and for that of the one at work."""
    return s.wal_end[n] + checkpoint_due(s, n) <= s.bounds.records + s.timeline[n]


def insert(
    s: State,
    n: Node,
    t: int,
    at: int,
    kind: Kind,
    page: Page = NO_PAGE,
    transaction: Transaction = NO_TRANSACTION,
    image: bool = False,
    drops: bool = False,
) -> None:
    """XLogInsert: the record is in the WAL buffers, `at` is its end."""
    s.log[t, at] = WalRecord(kind=kind, page=page, transaction=transaction, image=image, drops=drops)
    s.wal_end[n] = at


@action
def flush_wal(s: State, n: Node) -> None:
    """The WAL writer, or a backend on its way, flushes the WAL (XLogBackgroundFlush, XLogFlush).

    All of it: a flush that ends earlier is this one, taken earlier.
    """
    # A primary flushes, a node that recovers flushes its checkpoint, one that is promoted its first record.
    require(writing(s, n) or s.role[n] == Role.FORKED)
    require(s.flushed[n] < s.wal_end[n])
    require(not flushes_after_standby(s, n))
    s.flushed[n] = s.wal_end[n]
    s.part[n] = False


def flushes_after_standby(s: State, n: Node) -> bool:
    """This node flushes only what its standby has acknowledged; asked of the first primary only."""
    return s.settings.wal_order == WalOrder.REMOTE_FIRST and s.timeline[n] == 0


@action
def flush_acknowledged_wal(s: State, n: Node) -> None:
    """In the design that sends first: XLogFlush flushes what the primary's standby has acknowledged."""
    require(writing(s, n) and flushes_after_standby(s, n))
    require(s.flushed[n] < s.acknowledged[n].flush)
    s.flushed[n] = s.acknowledged[n].flush
