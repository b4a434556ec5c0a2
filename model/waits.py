"""Who waits for the standby: the one home of the rule that a mode is.

The patch puts SyncRepWaitForLSN(lsn, ForDataFlush, Wait) where data is about to reach the disk; a commit waits as in
stock PostgreSQL.  Both look at what the primary was told (SyncRepWalSnd lsn[]), never at the standby itself.
"""

from __future__ import annotations

from model.settings import Ack, Guard, Mode, SwitchedOn, SynchronousCommit, Waiting, WalOrder
from model.state import State
from model.vocabulary import Node, Role


def data_waits(s: State) -> bool:
    """SyncTransRequested: data waits for the attached standby, whether a synchronous one is named or not."""
    return s.settings.mode != Mode.COMMIT and (s.settings.switched_on == SwitchedOn.AT_START or s.switched)


def commit_waits(s: State) -> bool:
    """SyncRepRequested and not IsSyncRepSkipped, with a synchronous standby named."""
    return (
        s.settings.mode != Mode.DATA_FLUSH
        and s.settings.sync
        and s.settings.synchronous_commit != SynchronousCommit.OFF
        and s.settings.synchronous_commit != SynchronousCommit.LOCAL
    )


def data_released(s: State, n: Node, lsn: int, gate: bool) -> bool:
    """A data wait for `lsn` is over, or there is none: this gate is off, or no LSN is known to wait for.

    Inside XLogFlush the wait stands behind "if (record <= LogwrtResult.Flush) return": whoever calls it when another
    process has flushed that far already, and a caller can always be that late, leaves without waiting.
    """
    return (
        not data_waits(s)
        or not gate
        or s.settings.guard == Guard.INSIDE_XLOGFLUSH
        or s.settings.wait_cancellable
        or (s.role[n] == Role.RESTARTING and s.settings.recovery_guard == Waiting.BYPASS)
        or lsn <= (s.acknowledged[n].write if s.settings.ack == Ack.WRITE else s.acknowledged[n].flush)
    )


def commit_released(s: State, n: Node, lsn: int) -> bool:
    """SyncRepWaitForLSN of a committing backend returns (mode WRITE, FLUSH or APPLY), or is not entered."""
    return not commit_waits(s) or lsn <= (
        s.acknowledged[n].write
        if s.settings.synchronous_commit == SynchronousCommit.REMOTE_WRITE
        else s.acknowledged[n].apply
        if s.settings.synchronous_commit == SynchronousCommit.REMOTE_APPLY
        else s.acknowledged[n].flush
    )


# Which reported positions anybody waits for.  The others are not kept: no guard and no property could tell.


def write_releases(s: State) -> bool:
    return (data_waits(s) and s.settings.ack == Ack.WRITE) or (
        commit_waits(s) and s.settings.synchronous_commit == SynchronousCommit.REMOTE_WRITE
    )


def flush_releases(s: State) -> bool:
    return (
        (data_waits(s) and s.settings.ack == Ack.FLUSH)
        or (commit_waits(s) and s.settings.synchronous_commit == SynchronousCommit.ON)
        or s.settings.wal_order == WalOrder.REMOTE_FIRST
    )


def apply_releases(s: State) -> bool:
    return commit_waits(s) and s.settings.synchronous_commit == SynchronousCommit.REMOTE_APPLY
