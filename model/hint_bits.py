"""The hint-bit setter: a reader marks a transaction's tuples, without WAL (tqual.c SetHintBits).

Committed, as a rule.  That a transaction aborted is of interest where it was prepared only: no other can be committed
by a standby that is promoted.
"""

from __future__ import annotations

from model.language import action, require
from model.state import State, dropped, is_update, positions, rests, timelines
from model.vocabulary import Kind, Node, Page, Phase, Position, Role, Timeline, Transaction
from model.waits import data_released
from model.wal import backend_may_insert, insert


def may_mark(s: State, n: Node, p: Page, x: Transaction) -> bool:
    """A reader finds tuples of x on the page, x no longer in progress, committed, and its commit LSN no obstacle.

    HeapTupleSatisfiesMVCC asks TransactionIdIsInProgress first: where a commit waits, its hint waits too.  SetHintBits
    skips a commit whose LSN is not flushed (XLogNeedsFlush), with the patch one that is not acknowledged
    (SyncRepWaitForLSN with Wait = false); a commit whose LSN is not known is no obstacle, nor is an abort.  Who finds a
    mark looks no further.  Later majors (9.5) set it all the same where the page's own LSN is not before that of the
    commit: nothing new, for that page's write waits for an LSN which has the commit's behind it.
    """
    return (
        s.role[n] == Role.PRIMARY
        and s.phase[n, x] == Phase.ENDED
        and (s.status[n, x] or s.aborted[n, x])
        and s.buffer[n, p].exists
        and not dropped(s, s.timeline[n], s.wal_end[n], p)
        and not s.buffer_hint[n, p, x]
        and not s.buffer_aborted[n, p, x]
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


def mark(s: State, n: Node, p: Page, x: Transaction) -> None:
    """HEAP_XMIN_COMMITTED, or HEAP_XMIN_INVALID."""
    if s.status[n, x]:
        s.buffer_hint[n, p, x] = True
    else:
        s.buffer_aborted[n, p, x] = True
    s.dirty[n, p] = True


@action(fair=False)
def set_hint(s: State, n: Node, p: Page, x: Transaction) -> None:
    """A reader marks the tuples of a transaction that ended; the page is dirty, its LSN is not touched
    (SetHintBits)."""
    require(may_mark(s, n, p, x) and not rests(s, n))
    require(not hint_is_logged(s, n, p))
    mark(s, n, p, x)


@action(fair=False)
def set_logged_hint(s: State, n: Node, p: Page, x: Transaction, t: Timeline, at: Position) -> None:
    """A reader marks the tuples of a transaction that ended and logs it, with the page's image (XLogSaveBufferForHint).

    In 9.4 the record carries the image always, in later majors with full_page_writes only: the later.
    """
    require(may_mark(s, n, p, x) and hint_is_logged(s, n, p))
    require(backend_may_insert(s, n, t, at))
    insert(s, n, t, at, Kind.HINT, page=p, image=s.settings.full_page_writes)
    mark(s, n, p, x)
    s.buffer[n, p].lsn = at
