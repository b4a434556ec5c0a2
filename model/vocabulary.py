"""The things the protocol is about: nodes, pages, transactions, positions in the WAL, and what is kept of each."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from model.language import Range, Sort, record

# --- sorts and positions ------------------------------------------------------------------------------------


class Node(Sort, size="nodes", names="ABCDE"):
    """A server.  Nodes are symmetric: what one does follows from its role.  A is the primary at the start."""


class Page(Sort, size="pages", names="p"):
    """A page of a relation, the only one of its file: truncating the file removes the page."""


class Transaction(Sort, size="transactions", names="x"):
    """A transaction id.  A node hands out ids that its own WAL does not know, so a tail's ids are used again."""


Lsn = Annotated[int, Range(0, "last_lsn")]
"""A position in the WAL, counted in whole records: n is the END of the n-th record, 0 the base backup."""

Position = Annotated[int, Range(1, "last_lsn")]
"""A position at which a record ends."""

Timeline = Annotated[int, Range(0, "promotions")]
"""A timeline, in the order of their beginning.  It names who wrote a record: position 5 of timeline 0 is not 5 of 1."""


# --- what a node is and does --------------------------------------------------------------------------------


class Role(Enum):
    """What a server is doing."""

    PRIMARY = "primary"
    STOPPING = "stopping"  # a fast shutdown: no backends any more, the checkpointer and walsenders still at work
    STANDBY = "standby"
    PROMOTING = "promoting"  # told to promote: its walreceiver is gone, it replays what it has
    FORKED = "forked"  # its new timeline is begun, it is not yet open for writes
    RECOVERING = "recovering"  # started as a standby, replaying its own WAL before it connects
    RESTARTING = "restarting"  # started as the primary after a crash: replaying its own WAL, then a checkpoint
    DOWN = "down"


class Outcome(Enum):
    """How the return of an old primary ended; the words are those of the server's log."""

    NONE = "none"
    STREAMING = "streaming"  # received and replayed a record of the new timeline
    TAIL_DIVERGED = "tail_diverged"  # new timeline forked off current database system timeline before recovery point
    NOT_IN_HISTORY = "not_in_history"  # requested starting point is not in this server's history
    NO_CHECKPOINT = "no_checkpoint"  # could not locate a valid checkpoint record
    MIN_RECOVERY = "min_recovery"  # requested timeline does not contain minimum recovery point
    INVALID_PAGES = "invalid_pages"  # WAL contains references to invalid pages
    START_AHEAD = "start_ahead"  # requested starting point is ahead of the WAL flush position of this server
    BLOCKED = "blocked"  # accepted, and nothing ever comes
    REWIND_REFUSED = "rewind_refused"  # target server needs to use either data checksums or "wal_log_hints = on"


class Kind(Enum):
    """The kinds of WAL records."""

    NOTHING = "nothing"
    UPDATE = "update"  # a heap record: a transaction changes a page
    COMMIT = "commit"
    TRUNCATE = "truncate"  # XLOG_SMGR_TRUNCATE
    HINT = "hint"  # XLOG_FPI_FOR_HINT
    CHECKPOINT = "checkpoint"
    END_OF_RECOVERY = "end_of_recovery"
    PREPARE = "prepare"  # PREPARE TRANSACTION; COMMIT PREPARED is a commit
    ABORT = "abort"  # ROLLBACK PREPARED; other aborts need no record, for nobody can commit them later
    DROP_DATABASE = "drop_database"  # XLOG_DBASE_DROP
    RELATION_MAP = "relation_map"  # XLOG_RELMAP_UPDATE


@record
class WalRecord:
    """A record of the WAL; `image`: it carries the whole page, so that redo restores the page unconditionally; `drops`:
    the page's table or database is gone with it."""

    kind: Kind = Kind.NOTHING
    page: Page = Page(0)
    transaction: Transaction = Transaction(0)
    image: bool = False
    drops: bool = False


class Phase(Enum):
    """How far a backend is in its transaction: the order of RecordTransactionCommit."""

    IDLE = "idle"
    RUNNING = "running"  # has an id and changed something
    LOGGED = "logged"  # its COMMIT record is inserted; in its critical section (delayChkpt)
    PENDING = "pending"  # its status is set in the commit log; in SyncRepWaitForLSN, in progress to all others
    PREPARED = "prepared"  # its PREPARE record is inserted
    ABORT_LOGGED = "abort_logged"  # the record of its ROLLBACK PREPARED is inserted
    ABORT_PENDING = "abort_pending"  # its abort is set in the commit log; waits as a commit does
    ENDED = "ended"


@record
class PageHeader:
    """What a copy of a page says of itself; `exists`: the file reaches that far and the page is not new."""

    lsn: Lsn = 0
    exists: bool = False


@record
class ControlFile:
    """pg_control: the latest checkpoint, as the END of its record (the file stores its start), with that record's
    timeline and redo point; and the minimum recovery point of a node that runs as a standby."""

    checkpoint: Lsn = 0
    timeline: Timeline = 0
    redo: Lsn = 0
    min_recovery: Lsn = 0
    min_recovery_timeline: Timeline = 0


@record
class MapFile:
    """pg_filenode.map, which is written whole: the record that it was written for; 0: that of the base backup."""

    lsn: Lsn = 0
    timeline: Timeline = 0


@record
class Acknowledged:
    """What a primary was told of its standbys.  Monotone, a plain LSN without a timeline, forgotten at a restart."""

    write: Lsn = 0
    flush: Lsn = 0
    apply: Lsn = 0


# --- program counters ---------------------------------------------------------------------------------------


@record
class Writing:
    """A write in progress by FlushBuffer or SlruPhysicalWritePage: `lsn` was read when it began."""

    busy: bool = False
    page: Page = Page(0)
    lsn: Lsn = 0


class CheckpointStep(Enum):
    """How far CreateCheckPoint is."""

    IDLE = "idle"
    REDO = "redo"  # the redo point is set
    COMMIT_LOG = "commit_log"  # the commit log is on disk up to the redo point
    SYNCED = "synced"  # so are the pages, and all of it is fsynced
    RECORD = "record"  # the checkpoint record is inserted
    ENDED = "ended"  # the control file is written, and that was the last checkpoint of a shutdown or recovery


@record
class Checkpointer:
    """The checkpoint in progress: its redo point, and the end of its record once that is inserted."""

    step: CheckpointStep = CheckpointStep.IDLE
    redo: Lsn = 0
    record: Lsn = 0
