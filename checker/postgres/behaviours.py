"""The behaviours of the model that the scenarios stand for: what they share is the model's position 0, a base backup.

Node A is the old primary, B the new one. The scenarios' common rows and first checkpoint lie before position 0.
"""

from __future__ import annotations

from collections.abc import Mapping

from checker.postgres.behaviour import Behaviour

CRASH = ("crash(A)",)
PROMOTION = (
    *("promote(B)", "replay(B)*", "begin_timeline(B)"),
    *("insert_end_of_recovery(B)", "flush_wal(B)", "open_for_writes(B)"),
)
FAILOVER = (*CRASH, *PROMOTION)
REFUSED = ("start_as_standby(A)", "replay(A)*", "connect(A)")
"""A return that is over when the new primary is asked for more."""

STREAMS = (*REFUSED, "receive(A)", "fsync_wal(A)", "replay(A)*")
SEND = ("receive(B)", "fsync_wal(B)")
ACKNOWLEDGE = (*SEND, "reply(B)")

UPDATE = ("update_page(A, p1, x1)", "flush_wal(A)")
COMMIT = ("insert_commit(A, x1)", "flush_wal(A)")
WRITE_PAGE = ("start_page_write(A)", "write_page(A)")
WRITE_STATUS = ("start_commit_log_write(A)", "write_commit_log(A)")
BEGIN_CHECKPOINT = ("start_checkpoint(A)", "checkpoint_commit_log(A)")
END_CHECKPOINT = ("insert_checkpoint(A)", "flush_wal(A)", "update_control_file(A)")
CHECKPOINT = (*BEGIN_CHECKPOINT, *END_CHECKPOINT)

DATA_FLUSH = {"mode": "data_flush"}
LOGGED = {"wal_log_hints": "true"}
NO_IMAGES = {"full_page_writes": "false"}
UNGATED = {"page_gate": "false", "clog_gate": "false", "control_gate": "false", "truncate_gate": "false"}


def kept(*steps: str, settings: Mapping[str, str] | None = None, **bounds: int) -> Behaviour:
    """A fault, a failover, and a return with the whole tail."""
    return Behaviour((*steps, *FAILOVER, *REFUSED), {"tail": "keep", **(settings or {})}, bounds)


def cut(*steps: str, settings: Mapping[str, str] | None = None, new: tuple[str, ...] = (), **bounds: int) -> Behaviour:
    """A fault, a failover, `new` on the new primary, the tail cut, and a return that streams."""
    return Behaviour((*steps, *FAILOVER, *new, "cut_tail(A)", *STREAMS), {"tail": "cut", **(settings or {})}, bounds)


def cut_and_down(*steps: str, settings: Mapping[str, str] | None = None, **bounds: int) -> Behaviour:
    """The same, and the old primary does not even begin to recover."""
    return Behaviour(
        (*steps, *FAILOVER, "cut_tail(A)", "start_as_standby(A)"), {"tail": "cut", **(settings or {})}, bounds
    )


def gated(tail: str, *after: str) -> Behaviour:
    """Under the gate the page's writer and the checkpointer wait; crash, failover, and what the operator does then."""
    waits = ("update_page(A, p1, x1)", "insert_commit(A, x1)", "flush_wal(A)", "set_commit_status(A)")
    held = ("start_page_write(A)", "not write_page(A)", "start_commit_log_write(A)", "not write_commit_log(A)")
    return Behaviour((*waits, *held, *FAILOVER, *after), {**DATA_FLUSH, "tail": tail}, {"segment": 3})


TAIL_IN_FORK_SEGMENT = kept(*COMMIT)
TAIL_IN_LATER_SEGMENT = kept("update_page(A, p1, x1)", *COMMIT)
"""Two records fill a segment of the model, so the second ends where a new one begins."""

ATTACHED_EARLY = Behaviour(
    (
        *("update_page(A, p1, x1)", *COMMIT, *CRASH),
        *("promote(B)", "begin_timeline(B)", "insert_end_of_recovery(B)", "not open_for_writes(B)", *REFUSED),
    ),
    {**DATA_FLUSH, "promotion_guard": "wait"},
)

PAGE_AHEAD = cut(*UPDATE, *WRITE_PAGE)
PAGE_AHEAD_HEALED = cut(*UPDATE, *WRITE_PAGE, new=("update_page(B, p1, x1)", "flush_wal(B)"))
PAGE_AHEAD_NO_IMAGES = cut(
    *("update_page(A, p1, x1)", "insert_commit(A, x1)", "update_page(A, p1, x2)", "flush_wal(A)", *WRITE_PAGE),
    settings=NO_IMAGES,
    new=("update_page(B, p1, x1)", "flush_wal(B)"),
    records=3,
    transactions=2,
)
PAGE_AHEAD_LOGGED_HINTS = cut(*UPDATE, *WRITE_PAGE, settings=LOGGED)
_KNOWN_ROW = (
    *("update_page(A, p1, x1)", *COMMIT, "set_commit_status(A, x1)", "answer_commit(A, x1)"),
    *("start_checkpoint(A)", *WRITE_STATUS, "checkpoint_commit_log(A)", *WRITE_PAGE, *END_CHECKPOINT, *SEND),
)
PAGE_AHEAD_QUERIED = cut(
    *(*_KNOWN_ROW, "update_page(A, p1, x2)", "flush_wal(A)", *WRITE_PAGE),
    settings=LOGGED,
    new=("start_checkpoint(B)", "start_page_write(B)", "write_page(B)", "set_logged_hint(B)", "flush_wal(B)"),
    records=4,
    transactions=2,
    promotions=2,
)
"""A scope with another promotion: on its last timeline the model lets nobody write pages. The promoted server's own
checkpoint makes the page clean, so the hint that a query sets is logged."""

CHECKPOINT_AHEAD = cut_and_down(*CHECKPOINT)
_TRUNCATED = ("insert_truncate(A)", "flush_wal(A)", "truncate_file(A)")
TRUNCATION_AHEAD = cut(*_TRUNCATED)
TRUNCATION_AHEAD_NO_IMAGES = cut(*_TRUNCATED, settings=NO_IMAGES, new=("update_page(B)", "flush_wal(B)"))
COMMIT_LOG_AHEAD = cut(*COMMIT, "set_commit_status(A)", *WRITE_STATUS)

_COMMITTED = (*COMMIT, "set_commit_status(A)", "answer_commit(A)")
HINT_IMAGE = cut(*UPDATE, *SEND, *_COMMITTED, "set_hint(A)", *WRITE_PAGE, records=3)
HINT_LOGGED_IMAGE = cut(*UPDATE, *SEND, *_COMMITTED, "set_hint(A)", *WRITE_PAGE, settings=LOGGED, records=3)
"""The page is dirty with the row still, so its hint is not logged."""

_ROW_BEFORE_CHECKPOINT = (*UPDATE, *BEGIN_CHECKPOINT, *WRITE_PAGE, *END_CHECKPOINT, *SEND, *_COMMITTED)
HINT_NO_IMAGE = cut(*_ROW_BEFORE_CHECKPOINT, "set_hint(A)", *WRITE_PAGE, records=3)
HINT_LOGGED_NO_IMAGE = cut(
    *_ROW_BEFORE_CHECKPOINT, "set_logged_hint(A)", "flush_wal(A)", *WRITE_PAGE, settings=LOGGED, records=4
)
_NOT_HINTED = ("not set_hint(A)", "not start_page_write(A)")
HINT_SCRUBBED = cut(*_ROW_BEFORE_CHECKPOINT, *_NOT_HINTED, settings={**DATA_FLUSH, **UNGATED}, records=3)
"""To scrub hints of unacknowledged commits on their way to disk is to the disk what the hint gate is."""

_GATED_ROW = (
    *(*UPDATE, *ACKNOWLEDGE, *BEGIN_CHECKPOINT, *WRITE_PAGE),
    *("insert_checkpoint(A)", "flush_wal(A)", *ACKNOWLEDGE, "update_control_file(A)", *_COMMITTED),
)
GATED_HINT_AHEAD = cut(
    *_GATED_ROW, "set_hint(A)", *WRITE_PAGE, settings={**DATA_FLUSH, "hint_gate": "false"}, records=3
)
GATED_HINT_SCRUBBED = cut(*_GATED_ROW, *_NOT_HINTED, settings=DATA_FLUSH, records=3)

SYNC_COMMIT_WAITING = kept(*COMMIT, "set_commit_status(A)", "not answer_commit(A)", settings={"sync": "true"})
SYNC_CHECKPOINT_ONLY = kept(*CHECKPOINT, settings={"sync": "true"})

GATED_KEEP = gated("keep", *REFUSED)
GATED_CUT = gated("cut", "cut_tail(A)", *STREAMS)
GATED_COPY = gated("copy", "copy_wal(A)", *REFUSED)
GATED_DELETE = gated("delete", "delete_wal(A)", "start_as_standby(A)")
GATED_CUT_LATE = gated("cut_late", *REFUSED, "cut_tail_late(A)", "start_as_standby(A)")
GATED_TRUNCATION = cut("insert_truncate(A)", "flush_wal(A)", "not truncate_file(A)", settings=DATA_FLUSH)

_RESTARTED = (*UPDATE, *CRASH, "restart_alone(A)", "replay(A)*", "start_page_write(A)")
CRASH_RESTART_WAITS = Behaviour(
    (*_RESTARTED, "not write_page(A)", *BEGIN_CHECKPOINT, "not insert_checkpoint(A)"),
    {**DATA_FLUSH, "crash_restart": "true", "recovery_guard": "wait"},
)
CRASH_RESTART_BYPASSED = cut_and_down(
    *(*_RESTARTED, "write_page(A)", *CHECKPOINT, "open_after_restart(A)"),
    settings={**DATA_FLUSH, "crash_restart": "true", "recovery_guard": "bypass"},
)

CLEAN_SWITCHOVER = Behaviour(
    (
        *("update_page(A, p1, x1)", *COMMIT, "set_commit_status(A)", "request_shutdown(A)", "start_checkpoint(A)"),
        *(*WRITE_STATUS, "checkpoint_commit_log(A)", *WRITE_PAGE, *END_CHECKPOINT, *SEND, "shut_down(A)"),
        *(*PROMOTION, *STREAMS),
    ),
    {"tail": "clean"},
)
REWOUND = Behaviour(
    (
        *(*UPDATE, *WRITE_PAGE, *FAILOVER, "start_checkpoint(B)", "checkpoint_commit_log(B)", "insert_checkpoint(B)"),
        *("flush_wal(B)", "update_control_file(B)", "rewind(A)", "start_as_standby(A)", "replay(A)*", "connect(A)"),
    ),
    {"tail": "rewind", **LOGGED},
)
"""The new primary's checkpoint comes first, for up to 15 pg_rewind learns of the new timeline by that only."""

EMPTY_TAIL = Behaviour(("update_page(A, p1, x1)", *COMMIT, *SEND, *FAILOVER, *STREAMS))
