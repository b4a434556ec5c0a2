"""A record in two parts: what was flushed, received or acknowledged may end within it.

WAL is written and sent by the page (XLogBackgroundFlush rounds down to one, XLogSendPhysical to whole pages where there
is more), so the end of what a node has may lie within a record.  To most of the protocol that is as if the part were
not there: a wait is for the end of a record; redo stops before one that is incomplete; a promoted node copies its WAL
to the new timeline "up to the end of the last complete record" (ReadRecord, XLogInitNewTimeline), writes no
XLOG_OVERWRITE_CONTRECORD, and begins its own records there.  So the fork may be before a position that it acknowledged:
seen on a server, acknowledged 0/A00A5E, fork 0/A00A40.

A primary that crashes and starts again alone does write that record (CreateOverwriteContrecordRecord, since the
minor releases of November 2021): a standby that has the part steps over it, so it is nothing to either from then on.

What is left is a node that comes back, or follows, with a part of a record that begins at the fork and fills its
segment.  Reading on it needs the next segment, and WaitForWALToBecomeAvailable asks from there (ptr is the page wanted,
only the timeline is that of the record's begin): beyond the fork the old timeline is refused, and of the new one that
segment does not continue the record.  It never asks for the segment of the fork again.  This was read in the source
(18devel), not seen on a server; whether a boundary lies at the end of a record or within the next is up to the sizes,
and the model takes the second where a part is held, the first elsewhere.
"""

from __future__ import annotations

from model.language import action, require
from model.settings import SplitRecords
from model.shipping import can_follow, connected, sendable
from model.state import State, on_last_timeline, releases, running, writing
from model.vocabulary import Node, Role
from model.waits import flush_releases
from model.wal import flushes_after_standby


@action
def flush_part(s: State, n: Node) -> None:
    """The WAL writer flushes up to the end of a page, which lies within the next record (XLogBackgroundFlush)."""
    # On the last timeline no return follows that a part could hinder.
    require(s.settings.split_records != SplitRecords.NONE and writing(s, n) and not on_last_timeline(s, n))
    require(s.flushed[n] < s.wal_end[n] and not s.part[n] and not flushes_after_standby(s, n))
    s.part[n] = True


@action
def receive_part(s: State, n: Node, upstream: Node) -> None:
    """A standby that has all whole records up to here receives the first part of the next one, and fsyncs it.

    XLogWalRcvWrite and XLogWalRcvFlush in one step: one that is not fsynced is told to nobody who waits for a flush,
    and lost with the system it is as good as not received.
    """
    # As in `receive`; one part, behind all whole records, of what the upstream has in whole or in part.
    require(s.settings.split_records != SplitRecords.NONE and s.role[n] == Role.STANDBY and running(s, upstream))
    require(can_follow(s, n, upstream) and s.timeline[n] == s.timeline[upstream] and connected(s, upstream))
    require(s.flushed[n] == s.wal_end[n] and not s.part[n] and not on_last_timeline(s, upstream))
    require(s.wal_end[n] < sendable(s, upstream) or (s.wal_end[n] == s.flushed[upstream] and s.part[upstream]))
    s.part[n] = True


@action
def reply_part(s: State, n: Node, upstream: Node) -> None:
    """The standby reports as flushed what ends within a record (XLogWalRcvSendReply: LogstreamResult.Flush).

    It releases nobody whom the end of the record before it does not release, so only `fork_covers_acks` reads it.
    """
    # As in `reply`; the part was reported by nobody yet.
    require(s.settings.split_records == SplitRecords.BYTES and s.role[n] == Role.STANDBY and running(s, upstream))
    require(n != upstream and releases(n) and connected(s, upstream) and flush_releases(s))
    require(s.timeline[n] == s.timeline[upstream] and not on_last_timeline(s, upstream))
    require(s.part[n] and s.acknowledged[upstream].flush == s.flushed[n] and not s.acknowledged_part[upstream])
    s.acknowledged_part[upstream] = True
