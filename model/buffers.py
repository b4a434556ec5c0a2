"""The buffer writer: a dirty page goes to disk (bufmgr.c FlushBuffer, of bgwriter, checkpointer and backends)."""

from __future__ import annotations

from model.language import action, require
from model.state import State, positions, rests, timelines, writing
from model.vocabulary import Node, Page, Transaction, Writing
from model.waits import data_released


@action
def start_page_write(s: State, n: Node, p: Page) -> None:
    """The buffer writer takes up a dirty page and reads its LSN (FlushBuffer: BufferGetLSN)."""
    require(writing(s, n) and not rests(s, n))
    # A clean page is written by nobody; two writers at once do what one does after the other.
    require(s.dirty[n, p] and not s.writer[n].busy)
    s.writer[n] = Writing(busy=True, page=p, lsn=s.buffer[n, p].lsn)


@action
def write_page(s: State, n: Node, p: Page) -> None:
    """The buffer writer writes the page, its WAL flushed here and, as the mode says, acknowledged by the standby.

    FlushBuffer waits for the LSN it read at the start; the page cannot have been changed since, but hints can have been
    set (they need a share lock only), and go to disk with it.
    """
    # The write that start_page_write took up; FlushBuffer calls XLogFlush, then smgrwrite.
    require(writing(s, n) and s.writer[n].busy and s.writer[n].page == p)
    require(s.writer[n].lsn <= s.flushed[n])
    require(data_released(s, n, s.writer[n].lsn, s.settings.page_gate))
    s.disk[n, p] = s.buffer[n, p]
    for t in timelines(s):
        for position in positions(s):
            s.disk_holds[n, p, t, position] = s.buffer_holds[n, p, t, position]
    for x in Transaction:
        s.disk_hint[n, p, x] = s.buffer_hint[n, p, x]
        s.disk_aborted[n, p, x] = s.buffer_aborted[n, p, x]
    s.dirty[n, p] = False
    s.writer[n] = Writing()
