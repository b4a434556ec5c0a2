"""The knobs: one named value each, fixed for a whole run.  The defaults are the 2013 patch as it was meant."""

from __future__ import annotations

from enum import Enum

from model.language import settings


class Mode(Enum):
    """`synchronous_transfer`."""

    COMMIT = "commit"
    DATA_FLUSH = "data_flush"
    ALL = "all"


class SynchronousCommit(Enum):
    """`synchronous_commit`."""

    ON = "on"
    OFF = "off"
    LOCAL = "local"
    REMOTE_WRITE = "remote_write"
    REMOTE_APPLY = "remote_apply"


class Ack(Enum):
    """A position that a standby reports."""

    FLUSH = "flush"
    WRITE = "write"


class Tail(Enum):
    """What the operator does with the old primary's WAL beyond the fork, before its first start."""

    KEEP = "keep"
    CUT = "cut"
    COPY = "copy"
    DELETE = "delete"
    CUT_LATE = "cut_late"
    CLEAN = "clean"
    REWIND = "rewind"


class Faults(Enum):
    """How a standby may crash; `os` includes `process`."""

    PROCESS = "process"
    OS = "os"
    NONE = "none"


class Guard(Enum):
    """Where the patch waits."""

    CALL_SITE = "call_site"
    INSIDE_XLOGFLUSH = "inside_xlogflush"


class PrimaryFaults(Enum):
    """How a primary may crash; `os` includes `process`."""

    PROCESS = "process"
    OS = "os"


class CommitLsn(Enum):
    """For which commits the commit log knows an LSN."""

    ALL = "all"
    ASYNC_ONLY = "async_only"
    FORGOTTEN_AT_RESTART = "forgotten_at_restart"


class Promote(Enum):
    """Which standby is promoted when there are several."""

    ACKED = "acked"
    ANY = "any"


class Drop(Enum):
    """What else clients drop."""

    NONE = "none"
    TABLE = "table"
    DATABASE = "database"


class WalOrder(Enum):
    """Where WAL is flushed first."""

    LOCAL_FIRST = "local_first"
    REMOTE_FIRST = "remote_first"


class SplitRecords(Enum):
    """Whether a reception may end within a record, and how an acknowledgement of that counts."""

    NONE = "none"
    WHOLE = "whole"
    BYTES = "bytes"


class Waiting(Enum):
    """What recovery does where the patch would wait."""

    BYPASS = "bypass"
    WAIT = "wait"


class SwitchedOn(Enum):
    """When the mode's data waits began."""

    AT_START = "at_start"
    WITHOUT_INTERLOCK = "without_interlock"
    WITH_INTERLOCK = "with_interlock"


@settings
class Settings:
    """The configuration of a cluster: every node runs under the same."""

    mode: Mode = Mode.COMMIT
    """`synchronous_transfer`: commit (commits wait, if a synchronous standby is named), data_flush (data waits,
    commits never do: IsSyncRepSkipped), or all (both)."""

    sync: bool = False
    """A synchronous standby is named (SyncStandbysDefined); of no effect in data_flush."""

    synchronous_commit: SynchronousCommit = SynchronousCommit.ON
    """What a commit waits for when it waits (SyncRepWaitMode); `off` does not even wait for the local flush
    (XLogSetAsyncXactLSN)."""

    ack: Ack = Ack.FLUSH
    """Which reported position releases a data wait (v1's remote_flush and remote_write)."""

    tail: Tail = Tail.KEEP
    """The operator's procedure for the WAL beyond the fork, before the old primary's first start: keep; cut (zeroed
    exactly from the fork on); copy (replaced by the new primary's pg_wal with its history file); delete (all of
    pg_wal); cut_late (start once with the tail, see the error, then cut); clean (no crash: fast shutdown with the
    standby attached, then promotion); rewind (pg_rewind against the new primary, which needs
    wal_log_hints and full_page_writes)."""

    standby_faults: Faults = Faults.PROCESS
    """How a standby may crash: a process crash keeps what was written, an OS crash loses what was not fsynced."""

    primary_faults: PrimaryFaults = PrimaryFaults.PROCESS
    """How a primary may crash: an OS crash may lose any of the data written since the last checkpoint's fsync
    (ProcessSyncRequests)."""

    commit_lsn: CommitLsn = CommitLsn.ALL
    """For which commits the commit log and hints know an LSN to wait for: all; as in stock PostgreSQL only asynchronous
    ones (a synchronous commit stores none, for its record is flushed before its status is set); or all that did not go
    through a crash recovery of the primary (xact_redo_commit stores none there)."""

    hint_gate: bool = True
    """In data_flush and all a hint is set only when its commit LSN is acknowledged (SetHintBits skips, it never
    blocks).  Off: the stock rule, locally flushed."""

    page_gate: bool = True
    """In data_flush and all a page write waits (FlushBuffer)."""

    clog_gate: bool = True
    """In data_flush and all a commit-log write waits (SlruPhysicalWritePage)."""

    control_gate: bool = True
    """In data_flush and all the control file's update waits for its checkpoint record (CreateCheckPoint)."""

    truncate_gate: bool = True
    """In data_flush and all a truncation waits for its record (RelationTruncate, smgrDoPendingDeletes)."""

    switched_on: SwitchedOn = SwitchedOn.AT_START
    """When data waits began: with the cluster, or by a reload of the configuration while the primary ran
    (ProcessConfigFile).  Nobody relies on them before: failovers come after the reload, at once, or (with_interlock)
    once the standby has acknowledged all that was inserted by then."""

    guard: Guard = Guard.CALL_SITE
    """Where a data wait stands: at the call site (v5), or inside XLogFlush behind its early exit "already flushed
    locally" (v4)."""

    promotion_guard: Waiting = Waiting.BYPASS
    """Whether a promoted node waits for its end-of-recovery record (CreateEndOfRecoveryRecord).  Its walsenders are
    still cascading and release nobody, so it waits for ever."""

    crash_restart: bool = False
    """The primary may crash and be started again as the primary, alone (StartupXLOG without a signal file)."""

    promotion_crash: bool = False
    """A node being promoted may crash between the beginning of its timeline and its opening; it is started again
    (StartupXLOG: what it removes and writes in which order)."""

    fast_shutdown: bool = False
    """The primary may also be shut down fast in the other procedures than `clean`, whether its standby is there or not,
    before a promotion or after it (ShutdownXLOG)."""

    recovery_guard: Waiting = Waiting.BYPASS
    """Whether the end of a crash recovery (pages, commit log, control file) waits: the checkpoint that StartupXLOG asks
    for, and smgr_redo.  No walsender can connect then."""

    wait_cancellable: bool = False
    """Every wait may end without replication (SyncRepWaitForLSN: cancel, terminate, death of the postmaster); a
    cancelled data wait then writes, a cancelled commit wait tells the client nothing."""

    checkpoint_delays: bool = True
    """A checkpoint that has set its redo point waits for commits between their record and its effect before it writes,
    and for truncations before its own record (delayChkpt; for truncations since 2022 only)."""

    truncation_delays_start: bool = True
    """A truncation keeps a checkpoint not only from its record but from its first write, so that the checkpoint's fsync
    covers it (DELAY_CHKPT_START in RelationTruncate, since December 2024).  Of no effect without checkpoint_delays."""

    ack_timeline: bool = False
    """Acknowledgements carry the timeline, and one of another timeline releases nobody; in no release
    (ProcessStandbyReplyMessage reads three LSNs)."""

    promote: Promote = Promote.ACKED
    """Which standby is promoted when there are several: the one whose reports release the waits (B; A where B is the
    primary), or any, also one that does not see that another was promoted."""

    full_page_writes: bool = True
    """The first change of a page after a redo point carries its image (XLogRecordAssemble)."""

    wal_log_hints: bool = False
    """A hint that dirties a clean buffer whose page LSN is not beyond the redo point logs a record and moves the page
    LSN (MarkBufferDirtyHint, XLogSaveBufferForHint); the record carries an image when full_page_writes is on."""

    standby_away: bool = False
    """No standby is connected to the first primary, from the beginning and for good.  For liveness only: to safety a
    standby that is away is one that takes no steps, which any may do."""

    prepared_transactions: bool = False
    """Clients use two-phase commit (max_prepared_transactions): PREPARE, then COMMIT or ROLLBACK PREPARED."""

    two_phase_gate: bool = False
    """What the end of a prepared transaction leaves on disk waits too: the commit log and the hints know the LSN of a
    ROLLBACK PREPARED, and the state file is removed once the record is acknowledged.  In no release and no patch:
    TransactionIdAbortTree passes no LSN, SetHintBits asks for none, RemoveTwoPhaseFile waits for nothing."""

    abort_delays_checkpoint: bool = False
    """A checkpoint that has set its redo point waits for a ROLLBACK PREPARED between its record and the commit log, as
    it does for commits.  Up to 16.2 and 18.4 none does, RecordTransactionAbortPrepared sets no DELAY_CHKPT_START; 15.20
    does."""

    drop: Drop = Drop.NONE
    """Clients also drop tables (the record is the COMMIT, the file goes afterwards: smgrDoPendingDeletes) or databases
    (the files go first, and the record after them: remove_dbtablespaces)."""

    map_rewrites: bool = False
    """Clients rewrite a catalog that the relation map locates (VACUUM FULL of pg_class): the map file is written as
    soon as its record is flushed here (write_relmap_file)."""

    map_gate: bool = True
    """In data_flush and all the relation map's file waits for its record, as it does behind an XLogFlush that waits
    (the fourth patch changed relmapper.c too)."""

    restartpoints: bool = False
    """Standbys take restartpoints: their pages, commit log and control file follow the checkpoints they replay
    (CreateRestartPoint)."""

    wal_order: WalOrder = WalOrder.LOCAL_FIRST
    """As in every release WAL is sent once it is flushed locally (GetFlushRecPtr); or, a design that was asked for, the
    first primary sends it before and flushes only what its standby has acknowledged."""

    split_records: SplitRecords = SplitRecords.NONE
    """A flush and a reception may end within a record (XLogBackgroundFlush, XLogSendPhysical): none does; they do, and
    fork_covers_acks counts whole records (whole) or the very position that was reported (bytes).  Off, for waits are
    for the ends of records and a promoted node keeps whole ones only: it matters to who comes back with a part that
    reaches into the next segment."""

    archive: bool = False
    """The old primary archived its complete segments, and finds them with its restore_command when it comes back
    (RestoreArchivedFile); the new timeline's history file is not in that archive."""

    timeline_bump: bool = True
    """A promotion begins a new timeline ID (findNewestTimeLine); off: a standby made a primary by removing its recovery
    configuration."""
