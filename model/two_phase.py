"""Two-phase commit: PREPARE TRANSACTION, ROLLBACK PREPARED (twophase.c); COMMIT PREPARED is a commit.

What the patch overlooked: an abort has no LSN anywhere.  The commit log and SetHintBits take one for commits only, for
an aborted transaction was nobody's business; but one that is prepared on the standby can still be committed there.
"""

from __future__ import annotations

from model.language import action, require
from model.state import State, rests
from model.vocabulary import Kind, Node, Phase, Position, Role, Timeline, Transaction
from model.waits import commit_released
from model.wal import backend_may_insert, insert


def prepare_is_done(s: State, n: Node, x: Transaction) -> bool:
    """PREPARE TRANSACTION has returned: its record is flushed, and the wait for the standby is over (EndPrepare).

    Nobody sees that moment but the client; so it is no step.  A node that was promoted or restarted knows prepared
    transactions from its WAL, and waits for nothing.
    """
    return (
        s.phase[n, x] == Phase.PREPARED
        and s.commit_lsn[n, x] <= s.flushed[n]
        and (s.settings.wait_cancellable or commit_released(s, n, s.commit_lsn[n, x]))
    )


@action(fair=False)
def prepare_transaction(s: State, n: Node, x: Transaction, t: Timeline, at: Position) -> None:
    """A backend inserts the PREPARE record of its transaction, which holds its locks from then on by itself.

    The state file that a checkpoint makes of it (CheckPointTwoPhase), and its removal, are left out: what follows from
    a removal ahead of the standby follows from the commit log already (RecoverPreparedTransactions drops what is
    aborted there).
    """
    require(s.settings.prepared_transactions and backend_may_insert(s, n, t, at))
    require(s.phase[n, x] == Phase.RUNNING)
    insert(s, n, t, at, Kind.PREPARE, transaction=x)
    s.commit_lsn[n, x] = at
    s.phase[n, x] = Phase.PREPARED


@action(fair=False)
def rollback_prepared(s: State, n: Node, x: Transaction, t: Timeline, at: Position) -> None:
    """A client rolls a prepared transaction back: the record is inserted (RecordTransactionAbortPrepared)."""
    require(s.settings.prepared_transactions and backend_may_insert(s, n, t, at))
    require(prepare_is_done(s, n, x))
    insert(s, n, t, at, Kind.ABORT, transaction=x)
    s.commit_lsn[n, x] = at
    s.phase[n, x] = Phase.ABORT_LOGGED


@action
def set_abort_status(s: State, n: Node, x: Transaction) -> None:
    """The abort is set in the commit log's buffer, its record flushed ("since we're about to remove the state file").

    TransactionIdAbortTree passes no LSN.
    """
    require(s.settings.prepared_transactions and s.role[n] == Role.PRIMARY and not rests(s, n))
    require(s.phase[n, x] == Phase.ABORT_LOGGED)
    require(s.commit_lsn[n, x] <= s.flushed[n])
    require(not (s.settings.abort_lsn and s.clog_writing[n]))
    s.aborted[n, x] = True
    s.status_lsn[n, x] = s.commit_lsn[n, x] if s.settings.abort_lsn else 0
    s.phase[n, x] = Phase.ABORT_PENDING


@action
def answer_rollback(s: State, n: Node, x: Transaction) -> None:
    """The wait for the standby is over, cancelled, or was not entered: the transaction is aborted to everybody."""
    require(s.settings.prepared_transactions and s.role[n] == Role.PRIMARY and s.phase[n, x] == Phase.ABORT_PENDING)
    require(s.settings.wait_cancellable or commit_released(s, n, s.commit_lsn[n, x]))
    s.phase[n, x] = Phase.ENDED
