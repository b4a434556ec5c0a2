"""Two-phase commit: PREPARE TRANSACTION, ROLLBACK PREPARED (twophase.c); COMMIT PREPARED is a commit.

What the patch overlooked: an abort has no LSN anywhere.  The commit log and SetHintBits take one for commits only, for
an aborted transaction was nobody's business; but one that is prepared on the standby can still be committed there.
"""

from __future__ import annotations

from model.language import action, require
from model.state import State, has_record, id_is_used, rests, running
from model.vocabulary import Kind, Node, Phase, Position, Role, Timeline, Transaction
from model.waits import commit_released, data_released
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
    """A backend inserts the PREPARE record of its transaction, which holds its locks from then on by itself
    (EndPrepare)."""
    require(s.settings.prepared_transactions and backend_may_insert(s, n, t, at))
    # Nothing is prepared that has changed nothing, or twice.
    require(s.phase[n, x] == Phase.RUNNING)
    insert(s, n, t, at, Kind.PREPARE, transaction=x)
    s.commit_lsn[n, x] = at
    s.phase[n, x] = Phase.PREPARED


@action(fair=False)
def rollback_prepared(s: State, n: Node, x: Transaction, t: Timeline, at: Position) -> None:
    """A client rolls a prepared transaction back: the record is inserted (RecordTransactionAbortPrepared)."""
    require(s.settings.prepared_transactions and backend_may_insert(s, n, t, at))
    # Before that no other session knows it (MarkAsPrepared).
    require(prepare_is_done(s, n, x))
    insert(s, n, t, at, Kind.ABORT, transaction=x)
    s.commit_lsn[n, x] = at
    s.phase[n, x] = Phase.ABORT_LOGGED


@action
def set_abort_status(s: State, n: Node, x: Transaction) -> None:
    """The abort is set in the commit log's buffer, its record flushed ("since we're about to remove the state file").

    TransactionIdAbortTree passes no LSN.
    """
    # RecordTransactionAbortPrepared: XLogInsert, XLogFlush, then TransactionIdAbortTree.
    require(s.settings.prepared_transactions and s.role[n] == Role.PRIMARY and not rests(s, n))
    require(s.phase[n, x] == Phase.ABORT_LOGGED)
    require(s.commit_lsn[n, x] <= s.flushed[n])
    require(not (s.settings.two_phase_gate and s.clog_writing[n]))
    s.aborted[n, x] = True
    s.status_lsn[n, x] = s.commit_lsn[n, x] if s.settings.two_phase_gate else 0
    s.phase[n, x] = Phase.ABORT_PENDING


@action
def answer_rollback(s: State, n: Node, x: Transaction) -> None:
    """The wait for the standby is over, cancelled, or was not entered: the transaction is aborted to everybody.

    SyncRepWaitForLSN returns to RecordTransactionAbortPrepared, and FinishPreparedTransaction goes on
    (ProcArrayRemove).
    """
    # After TransactionIdAbortTree.
    require(s.settings.prepared_transactions and s.role[n] == Role.PRIMARY and s.phase[n, x] == Phase.ABORT_PENDING)
    require(s.settings.wait_cancellable or commit_released(s, n, s.commit_lsn[n, x]))
    s.phase[n, x] = Phase.ENDED


def has_state_file_due(s: State, n: Node, t: int, redo: int, x: Transaction) -> bool:
    """A checkpoint with this redo point writes a state file: x is prepared, its record flushed, and not done with, be
    it in the middle of COMMIT or ROLLBACK PREPARED.  At the end of a crash recovery, what redo found (inredo)."""
    prepared = s.phase[n, x] != Phase.IDLE and s.phase[n, x] != Phase.RUNNING and s.phase[n, x] != Phase.ENDED
    found = s.role[n] == Role.RESTARTING and s.two_phase[n, x]
    return (prepared or found) and has_record(s, t, min(redo, s.flushed[n]), x, Kind.PREPARE)


def prepare_delays_checkpoint(s: State, n: Node, redo: int) -> bool:
    """A PREPARE record before the redo point is not flushed: its transaction is not marked valid, and no checkpoint
    would make a file of it that redo could not (EndPrepare: DELAY_CHKPT_START)."""
    return any(
        s.phase[n, x] == Phase.PREPARED and s.flushed[n] < s.commit_lsn[n, x] and s.commit_lsn[n, x] <= redo
        for x in Transaction
    )


def write_state_files(s: State, n: Node, t: int, redo: int) -> None:
    """A checkpoint writes state files, as late as can be, and fsyncs them (CheckPointTwoPhase)."""
    for x in Transaction:
        if has_state_file_due(s, n, t, redo, x):
            s.state_file[n, x] = True


def state_files_released(s: State, n: Node, t: int, redo: int) -> bool:
    """With the gate a state file waits for the latest record of its transaction."""
    return not s.settings.two_phase_gate or all(
        not has_state_file_due(s, n, t, redo, x) or data_released(s, n, s.commit_lsn[n, x], True) for x in Transaction
    )


def is_over(s: State, n: Node, x: Transaction) -> bool:
    """A prepared transaction has ended, and its state file is still there."""
    return s.settings.prepared_transactions and s.phase[n, x] == Phase.ENDED and s.state_file[n, x]


@action
def remove_state_file(s: State, n: Node, x: Transaction) -> None:
    """The prepared transaction is over, and its state file is removed (FinishPreparedTransaction).

    Last of all, and without a wait of its own.
    """
    # After all else in FinishPreparedTransaction.
    require(is_over(s, n, x) and running(s, n) and not rests(s, n))
    require(not s.settings.two_phase_gate or data_released(s, n, s.commit_lsn[n, x], True))
    s.state_file[n, x] = False
    s.forgotten[n, x] = s.commit_lsn[n, x]


def restore_two_phase(s: State, n: Node) -> None:
    """A start reads the state files, and removes those of transactions that the commit log has ended, "stale", or whose
    ids the checkpoint it starts from had not come to, "future" (restoreTwoPhaseData, ProcessTwoPhaseBuffer)."""
    for x in Transaction:
        s.two_phase[n, x] = (
            s.state_file[n, x]
            and not s.disk_status[n, x]
            and not s.disk_status_aborted[n, x]
            and id_is_used(s, s.timeline[n], s.control[n].redo, x)
        )
        s.state_file[n, x] = s.two_phase[n, x]


def redo_two_phase(s: State, n: Node, t: int, at: int, x: Transaction) -> None:
    """PrepareRedoAdd, PrepareRedoRemove."""
    if s.log[t, at].transaction == x:
        if s.log[t, at].kind == Kind.PREPARE:
            s.two_phase[n, x] = True
        elif s.log[t, at].kind == Kind.COMMIT or s.log[t, at].kind == Kind.ABORT:
            s.two_phase[n, x] = False
            s.state_file[n, x] = False
