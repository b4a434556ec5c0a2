"""The behaviours behind the scenarios on two-phase commit, removed files, a truncation that meets a checkpoint."""

from __future__ import annotations

from checker.postgres.behaviour import Behaviour
from checker.postgres.behaviours import ACKNOWLEDGE, FAILOVER, PROMOTION, SEND, STREAMS, WRITE_PAGE, cut

_PREPARED = {"prepared_transactions": "true", "tail": "cut"}
_GATED = {**_PREPARED, "mode": "data_flush"}
_PREPARE = ("update_page(A, p1, x1)", "prepare_transaction(A, x1)", "flush_wal(A)")
_BEGIN = ("start_checkpoint(A)", "checkpoint_commit_log(A)", *WRITE_PAGE, "insert_checkpoint(A)", "flush_wal(A)")
_ROLL_BACK = ("rollback_prepared(A, x1)", "flush_wal(A)", "set_abort_status(A, x1)", "answer_rollback(A, x1)")
_MARKED = ("set_hint(A, p1, x1)", *WRITE_PAGE)
_COMMITTED_THERE = (*FAILOVER, "insert_commit(B, x1)", "flush_wal(B)", "cut_tail(A)", *STREAMS)

ROLLED_BACK_AHEAD = Behaviour(
    (*_PREPARE, *SEND, *_BEGIN, *SEND, "update_control_file(A)", *_ROLL_BACK, *_MARKED, *_COMMITTED_THERE),
    _PREPARED,
    {"records": 4},
)
ROLLED_BACK_AFTER_IMAGE = Behaviour(
    (*_PREPARE, *SEND, *_ROLL_BACK, *_MARKED, *_COMMITTED_THERE), _PREPARED, {"records": 3}
)
_GATED_PREPARE = (*_PREPARE, *ACKNOWLEDGE, *_BEGIN, *ACKNOWLEDGE, "update_control_file(A)")
GATED_ROLLED_BACK_AHEAD = Behaviour((*_GATED_PREPARE, *_ROLL_BACK, *_MARKED, *_COMMITTED_THERE), _GATED, {"records": 4})
GATED_ROLLED_BACK_LOGGED_HINT = Behaviour(
    (
        *(*_GATED_PREPARE, *_ROLL_BACK, "set_logged_hint(A, p1, x1)", "flush_wal(A)", "start_page_write(A)"),
        *("not write_page(A)", *_COMMITTED_THERE),
    ),
    {**_GATED, "wal_log_hints": "true"},
    {"records": 5},
)
STATE_FILE_REMOVED_AHEAD = Behaviour(
    (*_GATED_PREPARE, *_ROLL_BACK, "remove_state_file(A, x1)", *FAILOVER, "cut_tail(A)", *STREAMS),
    _GATED,
    {"records": 4},
)

_DROP = {"drop": "table"}
_DROPPED = ("insert_drop_table(A, p1, x1)", "flush_wal(A)", "set_commit_status(A)", "answer_commit(A)")
DROPPED_AHEAD = cut(*_DROPPED, "truncate_file(A)", settings=_DROP)
DROPPED_AHEAD_NO_IMAGES = cut(
    *(*_DROPPED, "truncate_file(A)"),
    settings={**_DROP, "full_page_writes": "false"},
    new=("update_page(B, p1)", "flush_wal(B)"),
)
GATED_DROP = cut(*_DROPPED, "not truncate_file(A)", settings={**_DROP, "mode": "data_flush"})

_OS = {"primary_faults": "os", "tail": "keep"}
TRUNCATION_MEETS_CHECKPOINT = Behaviour(
    (
        *("insert_truncate(A)", "flush_wal(A)", "start_checkpoint(A)", "not checkpoint_commit_log(A)"),
        *("truncate_file(A)", "checkpoint_commit_log(A)", "sync_files(A)", "insert_checkpoint(A)", "flush_wal(A)"),
        *("update_control_file(A)", *SEND, "crash_system(A)", "not lose_page_write(A)", *PROMOTION, *STREAMS),
    ),
    _OS,
    {"records": 2},
)
TRUNCATION_LOST = Behaviour(
    (
        *("insert_truncate(A)", "flush_wal(A)", "start_checkpoint(A)", "checkpoint_commit_log(A)", "sync_files(A)"),
        *("not insert_checkpoint(A)", "truncate_file(A)", "insert_checkpoint(A)", "flush_wal(A)"),
        *("update_control_file(A)", *SEND, "crash_system(A)", "lose_page_write(A)", *PROMOTION, *STREAMS),
    ),
    {**_OS, "truncation_delays_start": "false"},
    {"records": 2},
)
"""The old primary has no tail here, so none is cut: only what the system lost makes the difference."""
