"""Named choices of settings: what was released, what was proposed in 2013, and what would be right."""

from __future__ import annotations

from model.settings import Ack, CommitLsn, Guard, Mode, Settings, SynchronousCommit, Tail, Waiting

STOCK = CommitLsn.ASYNC_ONLY

PRESETS = {
    "stock-async": Settings(mode=Mode.COMMIT, commit_lsn=STOCK),
    "stock-sync": Settings(mode=Mode.COMMIT, commit_lsn=STOCK, sync=True),
    "stock-remote-apply": Settings(
        mode=Mode.COMMIT, commit_lsn=STOCK, sync=True, synchronous_commit=SynchronousCommit.REMOTE_APPLY
    ),
    "patch-v1-remote-write": Settings(mode=Mode.ALL, commit_lsn=STOCK, ack=Ack.WRITE),
    "patch-v1-remote-flush": Settings(mode=Mode.ALL, commit_lsn=STOCK, ack=Ack.FLUSH),
    "patch-v4": Settings(
        mode=Mode.DATA_FLUSH, commit_lsn=STOCK, guard=Guard.INSIDE_XLOGFLUSH, promotion_guard=Waiting.WAIT
    ),
    "patch-v5": Settings(mode=Mode.DATA_FLUSH, commit_lsn=STOCK),
    "ideal": Settings(mode=Mode.ALL, sync=True, tail=Tail.CUT, ack_timeline=True),
}

PRESET_NOTES = {
    "stock-async": "PostgreSQL as released: asynchronous streaming replication, no patch.",
    "stock-sync": "PostgreSQL as released, a synchronous standby named, synchronous_commit=on.",
    "stock-remote-apply": "PostgreSQL as released since 9.6, synchronous_commit=remote_apply.",
    "patch-v1-remote-write": "The first patch of 2013, failback_safe_standby_mode=remote_write: beside synchronous or "
    "asynchronous replication, so that with sync=true commits wait as ever.",
    "patch-v1-remote-flush": "The first patch of 2013, failback_safe_standby_mode=remote_flush; commits as above.",
    "patch-v4": "The fourth patch, which the seed tested: the wait is inside XLogFlush, the promoted node waits too.",
    "patch-v5": "The fifth patch: the waits back at their call sites; sync=true does not make commits wait.",
    "ideal": "Everything waits, every commit has an LSN, reports carry their timeline, the operator cuts the tail.",
}
