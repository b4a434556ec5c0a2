"""The hint-bit setter: a reader marks a transaction's tuples committed, without WAL (tqual.c SetHintBits)."""

from __future__ import annotations

from model.language import action, require
from model.state import State, is_update, positions, rests, timelines
from model.vocabulary import Kind, Node, Page, Phase, Position, Role, Timeline, Transaction
from model.waits import data_released
from model.wal import backend_may_insert, insert


def may_mark(s: State, n: Node, p: Page, x: Transaction) -> bool:
    """A reader finds tuples of x on the page, x no longer in progress, committed, and its commit LSN no obstacle.

    HeapTupleSatisfiesMVCC asks TransactionIdIsInProgress first: where a commit waits, its hint waits too.  SetHintBits
    skips a commit whose LSN is not flushed (XLogNeedsFlush), with the patch one that is not acknowledged
    (SyncRepWaitForLSN with Wait = false); a commit whose LSN is not known is no obstacle.
    """
    return (
        s.role[n] == Role.PRIMARY
        and s.phase[n, x] == Phase.ENDED
        and s.status[n, x]
        and s.buffer[n, p].exists
        and not s.buffer_hint[n, p, x]
        and not (s.truncater[n].busy and s.truncater[n].page == p)
        and any(
            s.buffer_holds[n, p, t, position] and is_update(s, t, position, p) and s.log[t, position].transaction == x
            for t in timelines(s)
            for position in positions(s)
        )
        and s.status_lsn[n, x] <= s.flushed[n]
        and data_released(s, n, s.status_lsn[n, x], s.settings.hint_gate)
    )


def hint_is_logged(s: State, n: Node, p: Page) -> bool:
    """MarkBufferDirtyHint logs a hint that dirties a clean buffer whose page LSN is not beyond the redo point."""
    return s.settings.wal_log_hints and not s.dirty[n, p] and s.buffer[n, p].lsn <= s.redo[n]


@action(fair=False)
def set_hint(s: State, n: Node, p: Page, x: Transaction) -> None:
    """A reader marks the tuples of a committed transaction; the page is dirty, its LSN is not touched."""
    require(may_mark(s, n, p, x) and not rests(s, n))
    require(not hint_is_logged(s, n, p))
    s.buffer_hint[n, p, x] = True
    s.dirty[n, p] = True


@action(fair=False)
def set_logged_hint(s: State, n: Node, p: Page, x: Transaction, t: Timeline, at: Position) -> None:
    """A reader marks the tuples of a committed transaction and logs it, with the page's image (XLogSaveBufferForHint).

    In 9.4 the record carries the image always, in later majors with full_page_writes only: the later.
    """
    require(may_mark(s, n, p, x) and hint_is_logged(s, n, p))
    require(backend_may_insert(s, n, t, at))
    insert(s, n, t, at, Kind.HINT, page=p, image=s.settings.full_page_writes)
    s.buffer_hint[n, p, x] = True
    s.dirty[n, p] = True
    s.buffer[n, p].lsn = at
