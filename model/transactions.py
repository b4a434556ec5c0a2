"""Backends: a transaction changes a page and commits (xact.c RecordTransactionCommit).

The order is PostgreSQL's: insert COMMIT, flush, set the commit status in the buffer, wait for the standby, become
visible to others (ProcArrayEndTransaction), answer the client.  Nothing happens between the last two that any property
could see, so they are one step.
"""

from __future__ import annotations

from model.language import action, require
from model.settings import CommitLsn, Drop, SynchronousCommit
from model.state import State, dropped, rests
from model.two_phase import prepare_is_done
from model.vocabulary import Kind, Node, Page, Phase, Position, Role, Timeline, Transaction
from model.waits import commit_released
from model.wal import backend_may_insert, insert


def asynchronous(s: State, n: Node, x: Transaction) -> bool:
    """A commit does not wait for its own flush; one that drops a table always does (nrels > 0)."""
    return s.settings.synchronous_commit == SynchronousCommit.OFF and not commits_drop(s, n, x)


def commits_drop(s: State, n: Node, x: Transaction) -> bool:
    """The transaction's COMMIT record is that of a DROP TABLE whose file is still there."""
    return s.settings.drop == Drop.TABLE and s.truncater[n].busy and s.truncater[n].lsn == s.commit_lsn[n, x]


def commit_lsn_is_kept(s: State, n: Node, x: Transaction) -> bool:
    """The commit log keeps the commit's LSN beside its status: stock does so for asynchronous commits only
    (TransactionIdAsyncCommitTree; TransactionIdCommitTree passes InvalidXLogRecPtr)."""
    return s.settings.commit_lsn != CommitLsn.ASYNC_ONLY or asynchronous(s, n, x)


@action(fair=False)
def update_page(s: State, n: Node, p: Page, x: Transaction, t: Timeline, at: Position) -> None:
    """A backend inserts a heap record and changes the page in its buffer (heap_update, XLogInsert).

    Once a transaction: what a second change of the same transaction would add, another transaction's adds too.  The
    record carries the page's image when this is its first change since the redo point, and makes the page anew when
    the file has lost it (XLOG_HEAP_INIT_PAGE).
    """
    require(backend_may_insert(s, n, t, at))
    # Once a transaction, see above.
    require(s.phase[n, x] == Phase.IDLE)
    # FlushBuffer holds the content lock in share mode all along.
    require(not (s.writer[n].busy and s.writer[n].page == p))
    # A truncation holds the relation's exclusive lock, and of what is dropped no catalog knows.
    require(not (s.truncater[n].busy and s.truncater[n].page == p))
    require(not dropped(s, s.timeline[n], s.wal_end[n], p))
    image = not s.buffer[n, p].exists or (s.settings.full_page_writes and s.buffer[n, p].lsn <= s.redo[n])
    insert(s, n, t, at, Kind.UPDATE, page=p, transaction=x, image=image)
    s.buffer[n, p].exists = True
    s.buffer[n, p].lsn = at
    s.buffer_holds[n, p, t, at] = True
    s.dirty[n, p] = True
    s.phase[n, x] = Phase.RUNNING


@action(fair=False)
def insert_commit(s: State, n: Node, x: Transaction, t: Timeline, at: Position) -> None:
    """A backend inserts its COMMIT record (XactLogCommitRecord).

    Also of a transaction that changed nothing the scope has: its changes are elsewhere.  COMMIT PREPARED is the same
    (RecordTransactionCommitPrepared).
    """
    require(backend_may_insert(s, n, t, at))
    # A transaction commits once, a prepared one when PREPARE TRANSACTION has returned.
    require(s.phase[n, x] == Phase.IDLE or s.phase[n, x] == Phase.RUNNING or prepare_is_done(s, n, x))
    insert(s, n, t, at, Kind.COMMIT, transaction=x)
    s.commit_lsn[n, x] = at
    s.phase[n, x] = Phase.LOGGED


@action
def set_commit_status(s: State, n: Node, x: Transaction) -> None:
    """A backend sets its status in the commit log's buffer, its record flushed unless it commits asynchronously.

    With an LSN beside the status it waits for a write of the commit-log page that is in progress; without one it
    scribbles on the page being written (TransactionIdSetPageStatus: "if we're doing an async commit ...").
    """
    # RecordTransactionCommit: XLogInsert, XLogFlush, then TransactionIdCommitTree.
    require(s.role[n] == Role.PRIMARY and s.phase[n, x] == Phase.LOGGED and not rests(s, n))
    require(asynchronous(s, n, x) or s.commit_lsn[n, x] <= s.flushed[n])
    require(not (commit_lsn_is_kept(s, n, x) and s.clog_writing[n]))
    s.status[n, x] = True
    s.aborted[n, x] = False
    s.status_lsn[n, x] = s.commit_lsn[n, x] if commit_lsn_is_kept(s, n, x) else 0
    s.phase[n, x] = Phase.PENDING


@action
def answer_commit(s: State, n: Node, x: Transaction, t: Timeline, at: Position) -> None:
    """The wait for the standby is over or was not entered: the commit becomes visible and the client is told.

    SyncRepWaitForLSN returns to RecordTransactionCommit, CommitTransaction calls ProcArrayEndTransaction.
    """
    # After TransactionIdCommitTree; t and at name its record.
    require(s.role[n] == Role.PRIMARY and s.phase[n, x] == Phase.PENDING)
    require(s.timeline[n] == t and s.commit_lsn[n, x] == at)
    require(commit_released(s, n, at))
    s.phase[n, x] = Phase.ENDED
    s.told[t, at] = True


@action(outside=True)
def cancel_commit_wait(s: State, n: Node, x: Transaction) -> None:
    """A commit's wait is cancelled: it is done here and visible, and its client is warned instead of told.

    SyncRepWaitForLSN cancels its wait where the backend is told to end (ProcDiePending), where its query is cancelled
    (QueryCancelPending), and where the postmaster is dead.
    """
    # Only a wait that is not over can be cancelled.
    require(s.settings.wait_cancellable and s.role[n] == Role.PRIMARY and s.phase[n, x] == Phase.PENDING)
    require(not commit_released(s, n, s.commit_lsn[n, x]))
    s.phase[n, x] = Phase.ENDED
