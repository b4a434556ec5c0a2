"""The truncater: a file is truncated (storage.c RelationTruncate): insert, flush, wait, act."""

from __future__ import annotations

from model.language import action, require
from model.state import State, drop_page, is_update, positions, writing
from model.vocabulary import Kind, Node, Page, Phase, Position, Timeline, Transaction, Writing
from model.waits import data_released
from model.wal import backend_may_insert, insert


@action(fair=False)
def insert_truncate(s: State, n: Node, p: Page, t: Timeline, at: Position) -> None:
    """A truncation inserts its record, holding the relation's exclusive lock: nobody's unfinished change is there.

    That the rows were deleted before and are dead to everybody (VACUUM truncates empty pages only) is left out.
    """
    require(backend_may_insert(s, n, t, at))
    require(not s.truncater[n].busy and s.buffer[n, p].exists)
    require(
        not any(
            s.phase[n, x] != Phase.IDLE
            and s.phase[n, x] != Phase.ENDED
            and any(is_update(s, t, position, p) and s.log[t, position].transaction == x for position in positions(s))
            for x in Transaction
        )
    )
    insert(s, n, t, at, Kind.TRUNCATE, page=p)
    s.truncater[n] = Writing(busy=True, page=p, lsn=at)


@action
def truncate_file(s: State, n: Node, p: Page) -> None:
    """The file is truncated, its record flushed here and acknowledged as the mode says.

    The buffer is dropped with it, a write of it that is in progress awaited (InvalidateBuffer, WaitIO).
    """
    require(writing(s, n) and s.truncater[n].busy and s.truncater[n].page == p)
    require(s.truncater[n].lsn <= s.flushed[n])
    require(data_released(s, n, s.truncater[n].lsn, s.settings.truncate_gate))
    require(not (s.writer[n].busy and s.writer[n].page == p))
    drop_page(s, n, p)
    s.removed[n, p] = s.truncater[n].lsn
    s.truncater[n] = Writing()
