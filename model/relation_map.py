"""The relation map: which file a mapped catalog is in (relmapper.c).  It has no LSN, and no page of it is ever dirty.

A new map is a record, a flush of it, and the whole file written anew at once, before the transaction commits
(write_relmap_file, of AtEOXact_RelationMap): a file-system-level change with no LSN that any redo could look at.  If
the fork is before the record, the old primary goes on with a map of files that nobody else has.
"""

from __future__ import annotations

from model.language import action, require
from model.state import State, in_history, positions, running, timelines
from model.vocabulary import Kind, MapFile, Node, Position, Timeline
from model.waits import data_released
from model.wal import backend_may_insert, insert


@action(fair=False)
def insert_map_update(s: State, n: Node, t: Timeline, at: Position) -> None:
    """A backend that rewrote a mapped catalog inserts the record of the new relation map (XLOG_RELMAP_UPDATE).

    It does so in write_relmap_file, called by perform_relmap_update with the lock held (RelationMappingLock).  The new
    file's pages are logged before it, and redo makes them; of them nothing can be said that is not said of the
    map.
    """
    # One at a time (RelationMappingLock).
    require(s.settings.map_rewrites and s.map_record[n] == 0 and backend_may_insert(s, n, t, at))
    insert(s, n, t, at, Kind.RELATION_MAP)
    s.map_record[n] = at


@action
def write_map_file(s: State, n: Node) -> None:
    """The relation map is written and fsynced, its record flushed here (write_relmap_file)."""
    # write_relmap_file: XLogInsert, XLogFlush, then the file.
    require(s.settings.map_rewrites and running(s, n) and s.map_record[n] > 0)
    require(s.map_record[n] <= s.flushed[n])
    require(data_released(s, n, s.map_record[n], s.settings.map_gate))
    s.map_file[n] = MapFile(lsn=s.map_record[n], timeline=s.timeline[n])
    s.map_record[n] = 0


def map_delays_checkpoint(s: State, n: Node, redo: int) -> bool:
    """A new map's record is before the redo point, its file not written: CheckPointRelationMap waits for the lock."""
    return s.map_record[n] != 0 and s.map_record[n] <= redo


def map_as_in_history(s: State, n: Node) -> bool:
    """The map is that of the last such record in the node's history up to its replay position."""
    return (
        s.map_file[n].lsn == 0
        or (
            s.map_file[n].lsn <= s.replayed[n]
            and in_history(s, s.timeline[n], s.map_file[n].timeline, s.map_file[n].lsn)
        )
    ) and not any(
        s.map_file[n].lsn < position
        and position <= s.replayed[n]
        and s.log[t, position].kind == Kind.RELATION_MAP
        and in_history(s, s.timeline[n], t, position)
        for t in timelines(s)
        for position in positions(s)
    )
