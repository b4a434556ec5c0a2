"""Walsender and walreceiver: a standby receives what its upstream has flushed, fsyncs it, and reports.

Whatever stands between two servers, a standby that is away is one whose steps are not taken: being slow, cut off or
down differ only when it crashes (failover.crash_standby).  So safety needs no setting for it.  Liveness does, for there
a standby's steps are taken sooner or later, unless standby_away says that it is away for good.
"""

from __future__ import annotations

from model.language import action, require
from model.settings import SplitRecords, Tail
from model.state import State, releases, rests, running, timelines
from model.vocabulary import Node, Outcome, Role
from model.waits import apply_releases, flush_releases, write_releases
from model.wal import flushes_after_standby


def connected(s: State, upstream: Node) -> bool:
    """Standbys are connected to this upstream.

    standby_away concerns the first primary only: that nobody is connected to a promoted node needs no setting, as the
    old primary comes back when the operator brings it back.
    """
    return not s.settings.standby_away or s.timeline[upstream] != 0


def fork_of(s: State, n: Node, upstream: Node) -> int:
    """Where the histories of the two nodes part."""
    return s.common[s.timeline[upstream], s.timeline[n]]


def segment_start(s: State, lsn: int) -> int:
    """Where the segment begins that holds this position: a standby asks from there (RequestXLogStreaming)."""
    return lsn - lsn % s.bounds.segment


def accepted_past_fork(s: State, n: Node, upstream: Node) -> bool:
    """Node n's WAL ends beyond the fork, but its request, from the start of a segment, is not beyond it."""
    return (
        not same_timeline_id(s, n, upstream)
        and segment_start(s, s.wal_end[n]) <= fork_of(s, n, upstream)
        and fork_of(s, n, upstream) < s.wal_end[n]
    )


def can_follow(s: State, n: Node, upstream: Node) -> bool:
    """The upstream's walsender finds all that node n has in its own history (StartReplication)."""
    return (
        n != upstream
        and not is_behind(s, n, upstream)
        and (
            same_timeline_id(s, n, upstream)
            or has_passed_fork(s, n, upstream)
            or (s.wal_end[n] <= fork_of(s, n, upstream) and not asks_past_part(s, n, upstream))
        )
    )


def is_behind(s: State, n: Node, upstream: Node) -> bool:
    """What node n asks for is on a newer timeline than the upstream is on ("highest timeline of the primary is behind
    recovery timeline").

    It asks by the newest history file that it has (WaitForWALToBecomeAvailable: tliOfPointInHistory), which it had from
    an upstream that it asked before, or wrote itself and gave up.  Where its own WAL ends before that history leaves
    the upstream's timeline it asks for that one, and is sent all there is of it, beyond the fork too: WalReceiverMain
    compares timeline IDs.  From the fork on it is refused.  Seen so on 15.20, 16.2 and 18.4.
    """
    return s.number[s.timeline[upstream]] < s.seen[n] and not any(
        s.number[t] == s.seen[n] and s.wal_end[n] < s.history[t, s.timeline[upstream]] for t in timelines(s)
    )


def has_passed_fork(s: State, n: Node, upstream: Node) -> bool:
    """Node n knew the upstream's timeline, and was sent an older one beyond the fork since: see is_behind.

    The end of its WAL was held against the fork when it began to aim at that timeline (rescanLatestTimeLine), and is
    not again: it asks for it by its ID, as soon as what it has is replayed, and is accepted.  A return that ended in a
    refusal is over.  In `cut_late` the first start is there for the mark that it leaves, whatever it is told; a node
    that gave a timeline up (promotion_crash) has its checkpoint beyond that fork, and was not tried on servers.
    """
    return (
        s.seen[n] == s.number[s.timeline[upstream]]
        and all(t == s.timeline[upstream] or s.number[t] != s.seen[n] for t in timelines(s))
        and s.number[s.timeline[n]] < s.seen[n]
        and fork_of(s, n, upstream) < s.wal_end[n]
        and s.replayed[n] == s.wal_end[n]
        and (s.outcome[n] == Outcome.NONE or s.outcome[n] == Outcome.STREAMING)
        and s.settings.tail != Tail.CUT_LATE
        and not s.settings.promotion_crash
    )


def asks_past_part(s: State, n: Node, upstream: Node) -> bool:
    """The record that node n has in part begins at the fork, and its first part fills a segment: see split_records."""
    return (
        s.settings.split_records != SplitRecords.NONE
        and s.part[n]
        and not same_timeline_id(s, n, upstream)
        and s.wal_end[n] == fork_of(s, n, upstream)
        and s.wal_end[n] == segment_start(s, s.wal_end[n])
    )


def same_timeline_id(s: State, n: Node, upstream: Node) -> bool:
    """To a server two timelines are the same if their IDs are."""
    return s.number[s.timeline[n]] == s.number[s.timeline[upstream]]


def sendable(s: State, upstream: Node) -> int:
    """How far walsenders send: what is flushed; in the design that sends first, what is inserted."""
    return s.wal_end[upstream] if flushes_after_standby(s, upstream) else s.flushed[upstream]


@action
def receive(s: State, n: Node, upstream: Node) -> None:
    """A standby's walreceiver writes the WAL its upstream has flushed (XLogSendPhysical sends up to GetFlushRecPtr).

    All of it: a reception that ends earlier is this one, taken earlier.  At the end of the old timeline it goes on with
    the new one, whose history file it fetched.
    """
    # Both ends of the connection are up, and the walsender has what is asked for.
    require(s.role[n] == Role.STANDBY and running(s, upstream) and connected(s, upstream))
    require(can_follow(s, n, upstream))
    require(s.wal_end[n] < sendable(s, upstream))
    s.wal_end[n] = sendable(s, upstream)
    s.part[n] = False
    s.timeline[n] = s.timeline[upstream]
    s.seen[n] = max(s.seen[n], s.number[s.timeline[upstream]])


@action
def fsync_wal(s: State, n: Node) -> None:
    """A standby's walreceiver fsyncs what it wrote (XLogWalRcvFlush)."""
    # The walreceiver runs on a standby only; with nothing to fsync it does nothing.
    require(s.role[n] == Role.STANDBY)
    require(s.flushed[n] < s.wal_end[n])
    s.flushed[n] = s.wal_end[n]


def reply_matters(s: State, upstream: Node) -> bool:
    """What the upstream does next may depend on what it was told: on the last timeline only its WAL is of interest."""
    return not rests(s, upstream) or s.truncater[upstream].busy or s.settings.wal_log_hints


@action
def reply(s: State, n: Node, upstream: Node) -> None:
    """A standby reports its positions and the primary believes them (ProcessStandbyReplyMessage).

    A reply carries plain LSNs, and what was believed once stays believed.
    """
    # Both ends of the connection are up, on one timeline; what changes nothing is not said.
    require(s.role[n] == Role.STANDBY and running(s, upstream) and n != upstream and releases(n))
    require(s.timeline[n] == s.timeline[upstream] and connected(s, upstream) and reply_matters(s, upstream))
    # What tells the primary nothing new is no step.
    require(
        (write_releases(s) and s.acknowledged[upstream].write < s.wal_end[n])
        or (flush_releases(s) and s.acknowledged[upstream].flush < s.flushed[n])
        or (apply_releases(s) and s.acknowledged[upstream].apply < s.replayed[n])
    )
    if write_releases(s):
        s.acknowledged[upstream].write = max(s.acknowledged[upstream].write, s.wal_end[n])
    if flush_releases(s):
        if s.acknowledged[upstream].flush < s.flushed[n]:
            s.acknowledged_part[upstream] = False
        s.acknowledged[upstream].flush = max(s.acknowledged[upstream].flush, s.flushed[n])
    if apply_releases(s):
        s.acknowledged[upstream].apply = max(s.acknowledged[upstream].apply, s.replayed[n])


@action
def reply_past_fork(s: State, n: Node, upstream: Node) -> None:
    """An old primary whose tail is still there reports it, and the new primary believes that its own WAL is meant.

    The request from the start of the fork's segment was accepted, and at the end of the old timeline the walsender
    counts as streaming (WalSndLoop); the reply says flush = apply = the end of the old WAL, write = the fork.  No
    condition between ProcessStandbyReplyMessage and SyncRepReleaseWaiters looks at a timeline.
    """
    # A walreceiver of a node that came back with its tail, accepted past the fork; else it is `reply`.
    require(not s.settings.ack_timeline and (s.settings.tail == Tail.KEEP or s.settings.tail == Tail.CUT_LATE))
    require(s.role[n] == Role.STANDBY and s.came_back[n] and releases(n))
    require(s.role[upstream] == Role.PRIMARY and n != upstream and accepted_past_fork(s, n, upstream))
    require(s.timeline[upstream] == s.latest and reply_matters(s, upstream))
    # What tells the primary nothing new is no step.
    require(
        (flush_releases(s) and s.acknowledged[upstream].flush < s.wal_end[n])
        or (apply_releases(s) and s.acknowledged[upstream].apply < s.wal_end[n])
    )
    if flush_releases(s):
        s.acknowledged[upstream].flush = max(s.acknowledged[upstream].flush, s.wal_end[n])
    if apply_releases(s):
        s.acknowledged[upstream].apply = max(s.acknowledged[upstream].apply, s.wal_end[n])
