"""The WAL of a primary: inserting a record, flushing."""

from __future__ import annotations

from model.language import action, require
from model.settings import Tail
from model.state import State, running
from model.vocabulary import CheckpointStep, Kind, Node, Page, Role, Transaction, WalRecord

NO_PAGE = Page(0)
NO_TRANSACTION = Transaction(0)
"""What a record says that is about no page, about no transaction."""


def may_insert(s: State, n: Node, t: int, at: int, kept: int = 0) -> bool:
    """The next record of node n ends at position `at` of timeline t, and the scope has room for it and `kept` more."""
    return s.timeline[n] == t and s.wal_end[n] + 1 == at and at + kept <= s.bounds.records + t


def kept_for_shutdown(s: State, n: Node, t: int) -> int:
    """Where the operator shuts down, the first timeline keeps a position for the shutdown checkpoint's record."""
    return 1 if s.settings.tail == Tail.CLEAN and t == 0 and s.role[n] == Role.PRIMARY else 0


def backend_may_insert(s: State, n: Node, t: int, at: int) -> bool:
    """The same for a backend; it leaves room for a checkpoint that is before its record, too, if one must follow."""
    at_work = s.checkpointer[n].step == CheckpointStep.REDO or s.checkpointer[n].step == CheckpointStep.COMMIT_LOG
    kept = kept_for_shutdown(s, n, t)
    return s.role[n] == Role.PRIMARY and may_insert(s, n, t, at, kept + 1 if kept == 1 and at_work else kept)


def insert(
    s: State,
    n: Node,
    t: int,
    at: int,
    kind: Kind,
    page: Page = NO_PAGE,
    transaction: Transaction = NO_TRANSACTION,
    image: bool = False,
) -> None:
    """XLogInsert: the record is in the WAL buffers, `at` is its end."""
    s.log[t, at] = WalRecord(kind=kind, page=page, transaction=transaction, image=image)
    s.wal_end[n] = at


@action
def flush_wal(s: State, n: Node) -> None:
    """The WAL writer, or a backend on its way, flushes the WAL (XLogBackgroundFlush, XLogFlush).

    All of it: a flush that ends earlier is this one, taken earlier.
    """
    require(running(s, n) or s.role[n] == Role.FORKED)
    require(s.flushed[n] < s.wal_end[n])
    s.flushed[n] = s.wal_end[n]
