"""Files that go: truncation (storage.c RelationTruncate), DROP TABLE, DROP DATABASE.

Truncation: insert, flush, wait, act.  DROP TABLE: its record is the COMMIT, and what commits wait for comes before the
files go (smgrDoPendingDeletes).  DROP DATABASE: the files go first, and no wait could help (remove_dbtablespaces).
"""

from __future__ import annotations

from model.language import action, require
from model.settings import Drop
from model.state import State, drop_page, dropped, is_update, may_shut_down_fast, positions, timelines, writing
from model.transactions import commits_drop
from model.vocabulary import Kind, Node, Page, Phase, Position, Role, Timeline, Transaction, Writing
from model.waits import data_released
from model.wal import backend_may_insert, checkpoint_due, insert, may_insert, removal_due, room


def unfinished_change(s: State, n: Node, p: Page, x: Transaction) -> bool:
    """Transaction x has changed the page and has not ended: it holds a lock on the relation."""
    return (
        s.phase[n, x] != Phase.IDLE
        and s.phase[n, x] != Phase.ENDED
        and any(
            is_update(s, t, position, p)
            and s.log[t, position].transaction == x
            and (t == s.timeline[n] or (s.settings.prepared_transactions and s.buffer_holds[n, p, t, position]))
            for t in timelines(s)
            for position in positions(s)
        )
    )


def can_be_removed(s: State, n: Node, p: Page) -> bool:
    """Nothing else is being removed, and the page is there to be removed."""
    return not s.truncater[n].busy and s.buffer[n, p].exists and not dropped(s, s.timeline[n], s.wal_end[n], p)


@action(fair=False)
def insert_truncate(s: State, n: Node, p: Page, t: Timeline, at: Position) -> None:
    """A truncation inserts its record, holding the relation's exclusive lock: nobody's unfinished change is there
    (RelationTruncate).

    That the rows were deleted before and are dead to everybody (VACUUM truncates empty pages only) is left out.
    """
    require(backend_may_insert(s, n, t, at))
    # The lock waits for whoever changed the relation and has not ended.
    require(can_be_removed(s, n, p) and not any(unfinished_change(s, n, p, x) for x in Transaction))
    insert(s, n, t, at, Kind.TRUNCATE, page=p)
    s.truncater[n] = Writing(busy=True, page=p, lsn=at)


@action(fair=False)
def insert_drop_table(s: State, n: Node, p: Page, x: Transaction, t: Timeline, at: Position) -> None:
    """A transaction that drops the page's table inserts its COMMIT record, which names the file
    (smgrGetPendingDeletes)."""
    require(s.settings.drop == Drop.TABLE and backend_may_insert(s, n, t, at))
    # In a transaction of its own, or in one that changed the page; the lock waits for all others.
    require(s.phase[n, x] == Phase.IDLE or s.phase[n, x] == Phase.RUNNING)
    require(can_be_removed(s, n, p) and not any(y != x and unfinished_change(s, n, p, y) for y in Transaction))
    insert(s, n, t, at, Kind.COMMIT, page=p, transaction=x, drops=True)
    s.commit_lsn[n, x] = at
    s.phase[n, x] = Phase.LOGGED
    s.truncater[n] = Writing(busy=True, page=p, lsn=at)


@action
def truncate_file(s: State, n: Node, p: Page) -> None:
    """The file is truncated, its record flushed here and acknowledged as the mode says; a dropped one is unlinked.

    The buffer is dropped with it, a write of it that is in progress awaited (InvalidateBuffer, WaitIO).  A drop comes
    after the whole of its commit (CommitTransaction: smgrDoPendingDeletes follows ProcArrayEndTransaction).
    """
    # The removal whose record is inserted, or for a table the commit whose record names it.
    require(writing(s, n) and s.truncater[n].busy and s.truncater[n].page == p and not removes_database(s, n))
    require(s.truncater[n].lsn <= s.flushed[n])
    require(all(s.phase[n, x] == Phase.ENDED or not commits_drop(s, n, x) for x in Transaction))
    require(data_released(s, n, s.truncater[n].lsn, s.settings.truncate_gate))
    require(not (s.writer[n].busy and s.writer[n].page == p))
    drop_page(s, n, p)
    s.removed[n, p] = s.truncater[n].lsn
    s.truncater[n] = Writing()


@action(fair=False)
def remove_database(s: State, n: Node, p: Page) -> None:
    """DROP DATABASE: the directory is removed, nobody connected to it (dropdb; rmtree in remove_dbtablespaces).

    There is no record yet to wait for.  The checkpoint that it asks for first is left out: it need not have waited
    long ago.
    """
    require(s.settings.drop == Drop.DATABASE and s.role[n] == Role.PRIMARY and s.timeline[n] == s.latest)
    # dropdb: nobody is connected to the database (CountOtherDBBackends), nobody writes a page of it.
    require(can_be_removed(s, n, p) and not any(unfinished_change(s, n, p, x) for x in Transaction))
    require(not (s.writer[n].busy and s.writer[n].page == p))
    require(not may_shut_down_fast(s) or s.wal_end[n] + checkpoint_due(s, n) < room(s, n, s.timeline[n]))
    drop_page(s, n, p)
    s.removed[n, p] = s.bounds.last_lsn
    s.truncater[n] = Writing(busy=True, page=p)


def removes_database(s: State, n: Node) -> bool:
    """A DROP DATABASE has removed the files and not inserted its record."""
    return removal_due(s, n) == 1


@action
def insert_drop_database(s: State, n: Node, p: Page, t: Timeline, at: Position) -> None:
    """DROP DATABASE inserts its record (XLOG_DBASE_DROP), the files gone (remove_dbtablespaces)."""
    # After rmtree, in the same call.
    require(removes_database(s, n) and s.truncater[n].page == p and s.role[n] == Role.PRIMARY)
    require(may_insert(s, n, t, at))
    insert(s, n, t, at, Kind.DROP_DATABASE, page=p, drops=True)
    s.removed[n, p] = at
    s.truncater[n] = Writing()
