"""The SLRU writer: the commit-log page goes to disk (slru.c SlruPhysicalWritePage)."""

from __future__ import annotations

from model.language import action, require
from model.state import State, rests, writing
from model.vocabulary import Node, Transaction
from model.waits import data_released


def commit_log_dirty(s: State, n: Node) -> bool:
    return any(
        s.status[n, x] != s.disk_status[n, x] or s.aborted[n, x] != s.disk_status_aborted[n, x] for x in Transaction
    )


@action
def start_commit_log_write(s: State, n: Node) -> None:
    """The SLRU writer takes up the dirty commit-log page (SlruInternalWritePage)."""
    require(writing(s, n) and not rests(s, n))
    # A clean page is written by nobody, and there is one page.
    require(not s.clog_writing[n] and commit_log_dirty(s, n))
    s.clog_writing[n] = True


@action
def write_commit_log(s: State, n: Node) -> None:
    """The SLRU writer writes the page, once the WAL of every status that has an LSN is where the mode wants it.

    group_lsn is read when the write begins; it cannot grow before the write ends, for a backend that brings an LSN
    waits for that (transactions.set_commit_status).  A status without an LSN is waited for by nobody.
    """
    # The write that start_commit_log_write took up; SlruPhysicalWritePage calls XLogFlush, then pg_pwrite.
    require(writing(s, n) and s.clog_writing[n])
    require(all(s.status_lsn[n, x] <= s.flushed[n] for x in Transaction))
    require(all(data_released(s, n, s.status_lsn[n, x], s.settings.clog_gate) for x in Transaction))
    for x in Transaction:
        s.disk_status[n, x] = s.status[n, x]
        s.disk_status_aborted[n, x] = s.aborted[n, x]
    s.clog_writing[n] = False
