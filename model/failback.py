"""Coming back: the old primary is made a standby of the new one, without a base backup and without pg_rewind.

The operator waits until the new primary is open and the old one has stopped, deals with the tail of the old WAL, starts
the old primary as a standby.  It replays its own WAL first, all of it, and only then asks the new primary for more: no
step of this compares a page with the fork.
"""

from __future__ import annotations

from model.language import action, require
from model.properties import ahead_of_fork
from model.settings import SplitRecords, Tail, Waiting
from model.shipping import (
    accepted_past_fork,
    asks_past_part,
    fork_of,
    has_passed_fork,
    is_behind,
    same_timeline_id,
    segment_start,
)
from model.state import State, in_history, lose_memory
from model.two_phase import restore_two_phase
from model.vocabulary import Node, Outcome, Page, Role
from model.waits import data_waits


def may_come_back(s: State, n: Node, upstream: Node) -> bool:
    """Node n is an old primary that has stopped, the upstream is open on a timeline that forked off its own."""
    return (
        s.role[n] == Role.DOWN
        and s.outcome[n] == Outcome.NONE
        and (not s.came_back[n] or s.tail_cut[n] or s.rewound[n])
        and n != upstream
        and is_upstream(s, upstream)
    )


def is_upstream(s: State, upstream: Node) -> bool:
    """The operator takes this node for the new primary: open, or, where it will never be, with its timeline begun."""
    return s.timeline[upstream] == s.latest and (
        s.role[upstream] == Role.PRIMARY
        or (s.role[upstream] == Role.FORKED and data_waits(s) and s.settings.promotion_guard == Waiting.WAIT)
    )


def reaches_past_fork(s: State, n: Node, upstream: Node) -> bool:
    """The node's WAL goes on beyond the fork, if only with a part of a record."""
    return fork_of(s, n, upstream) < s.wal_end[n] or (
        s.settings.split_records != SplitRecords.NONE and s.part[n] and fork_of(s, n, upstream) == s.wal_end[n]
    )


@action(outside=True)
def cut_tail(s: State, n: Node, upstream: Node) -> None:
    """The operator zeroes the old primary's WAL from the fork on and removes the segments behind it."""
    # The procedure of this name, where there is something to cut.
    require(s.settings.tail == Tail.CUT and may_come_back(s, n, upstream))
    require(reaches_past_fork(s, n, upstream))
    s.tail_cut[n] = True
    if s.settings.archive:
        s.archived[n] = segment_start(s, s.wal_end[n])
    s.wal_end[n] = fork_of(s, n, upstream)
    s.flushed[n] = fork_of(s, n, upstream)
    s.part[n] = False


@action(outside=True)
def cut_tail_late(s: State, n: Node, upstream: Node) -> None:
    """The operator has started the old primary, saw the new one refuse it, stops it and cuts the tail now."""
    # After a start that was refused, where there is something to cut.
    require(s.settings.tail == Tail.CUT_LATE and s.role[n] == Role.STANDBY and s.came_back[n])
    require(s.role[upstream] == Role.PRIMARY and s.timeline[upstream] == s.latest and s.timeline[n] != s.latest)
    require(reaches_past_fork(s, n, upstream))
    s.tail_cut[n] = True
    s.wal_end[n] = fork_of(s, n, upstream)
    s.flushed[n] = fork_of(s, n, upstream)
    s.part[n] = False
    s.role[n] = Role.DOWN
    lose_memory(s, n)


@action(outside=True)
def copy_wal(s: State, n: Node, upstream: Node) -> None:
    """The operator puts the new primary's pg_wal, its history file included, in the place of the old primary's."""
    # The procedure of this name, once.
    require(s.settings.tail == Tail.COPY and may_come_back(s, n, upstream) and s.timeline[n] != s.latest)
    s.tail_cut[n] = fork_of(s, n, upstream) < s.wal_end[n]
    s.timeline[n] = s.latest
    s.wal_end[n] = s.flushed[upstream]
    s.flushed[n] = s.flushed[upstream]
    s.part[n] = False


@action(outside=True)
def delete_wal(s: State, n: Node, upstream: Node) -> None:
    """The operator removes all of the old primary's pg_wal, and with it the checkpoint record to start from."""
    # The procedure of this name, once.
    require(s.settings.tail == Tail.DELETE and may_come_back(s, n, upstream))
    require(s.wal_end[n] > 0)
    s.wal_end[n] = 0
    s.flushed[n] = 0
    s.part[n] = False


@action(outside=True)
def start_as_standby(s: State, n: Node, upstream: Node) -> None:
    """The operator starts the old primary as a standby: recovery begins at the control file's checkpoint.

    Its record has to be there (PANIC otherwise; 11 and later try no other), and so has a minimum recovery point that
    an earlier start left; redo begins at the checkpoint's redo point.
    """
    # The procedure of the tail comes first.
    require(may_come_back(s, n, upstream))
    require(s.settings.tail != Tail.CUT or not reaches_past_fork(s, n, upstream))
    require(s.settings.tail != Tail.COPY or s.timeline[n] == s.latest)
    require(s.settings.tail != Tail.DELETE or s.wal_end[n] == 0)
    require(s.settings.tail != Tail.REWIND or s.rewound[n])
    s.losing[n] = False
    s.came_back[n] = True
    if s.wal_end[n] < s.archived[n]:
        # RestoreArchivedFile comes before pg_wal, and nothing says yet that these segments are of no use.
        s.wal_end[n] = s.archived[n]
        s.flushed[n] = s.archived[n]
    if s.settings.tail != Tail.REWIND:
        s.came_back_ahead[n] = s.came_back_ahead[n] or (n == Node(0) and ahead_of_fork(s))
    if not has_checkpoint(s, n):
        if not asks_for_checkpoint(s, n):
            s.outcome[n] = Outcome.NO_CHECKPOINT
        elif fork_of(s, n, upstream) < segment_start(s, s.control[n].redo):
            s.outcome[n] = Outcome.NOT_IN_HISTORY
        else:
            s.outcome[n] = Outcome.BLOCKED
    elif not reaches_min_recovery(s, n) and knows_newer_timeline(s, n, upstream):
        s.outcome[n] = Outcome.MIN_RECOVERY
    else:
        s.role[n] = Role.RECOVERING
        s.replayed[n] = s.control[n].redo
        restore_two_phase(s, n)


def reaches_min_recovery(s: State, n: Node) -> bool:
    """The node's history and WAL contain the minimum recovery point that its control file names."""
    return s.control[n].min_recovery == 0 or (
        s.control[n].min_recovery <= s.wal_end[n]
        and in_history(s, s.timeline[n], s.control[n].min_recovery_timeline, s.control[n].min_recovery)
    )


def knows_newer_timeline(s: State, n: Node, upstream: Node) -> bool:
    """The node has the history file of the upstream's timeline, whose ID is newer than its minimum recovery point's.

    Only the history of the newest timeline that the node knows is held against that point (InitWalRecovery:
    expectedTLEs), and without the file that is its own.  What it hears of later is held against its WAL
    (rescanLatestTimeLine), and an LSN of any timeline then reaches the point (CheckRecoveryConsistency).
    """
    newer = s.number[s.timeline[upstream]]
    return s.number[s.control[n].min_recovery_timeline] < newer and (
        s.timeline[n] == s.timeline[upstream] or newer <= s.seen[n]
    )


def has_checkpoint(s: State, n: Node) -> bool:
    """The record that the control file names as its checkpoint is in the node's pg_wal."""
    return (
        s.settings.tail != Tail.DELETE
        and s.control[n].checkpoint <= s.wal_end[n]
        and (
            s.control[n].checkpoint == 0 or in_history(s, s.timeline[n], s.control[n].timeline, s.control[n].checkpoint)
        )
    )


def asks_for_checkpoint(s: State, n: Node) -> bool:
    """Missing its checkpoint record, the server is in standby mode already and asks its upstream for it.

    So it is where the control file has a minimum recovery point or tells of a shutdown (InitWalRecovery sets
    InArchiveRecovery before it reads the record); it asks from the segment of the redo point on (fetching_ckpt in
    WaitForWALToBecomeAvailable).  Beyond the fork that is refused; else what comes ends at the fork, before the record,
    again and again.  Without any pg_wal the history files are gone too, and the start ends ("is not a child of this
    server's history").
    """
    return s.settings.tail != Tail.DELETE and (s.control[n].min_recovery > 0 or s.shutdowned[n])


@action
def connect(s: State, n: Node, upstream: Node) -> None:
    """The end of its own WAL is replayed: the database is declared consistent and the new primary is asked for more.

    Pages that are missing and were not forgiven end it (XLogCheckInvalidPages).  Then R, the end of its WAL, is held
    against the fork F: R <= F streams; a request from the start of R's segment that is not beyond F is accepted and
    leads nowhere (rescanLatestTimeLine); one that is beyond F is refused (StartReplication).  An upstream that is not
    open yet still speaks for the old timeline, and has nothing to send.  A minimum recovery point that pg_rewind left
    further on stays until that is replayed (CheckRecoveryConsistency); pages that are missing end a server only then,
    and the model here: the same end, a few steps early.
    """
    # PerformWalRecovery: its own WAL first, all of it; only then it asks.
    require(s.role[n] == Role.RECOVERING and s.replayed[n] == s.wal_end[n])
    require(is_upstream(s, upstream) and upstream != n)
    if any(s.invalid[n, p] for p in Page):
        s.outcome[n] = Outcome.INVALID_PAGES
        s.role[n] = Role.DOWN
    else:
        s.role[n] = Role.STANDBY
        if not s.rewound[n] or reaches_min_recovery(s, n):
            s.control[n].min_recovery = s.wal_end[n]
            s.control[n].min_recovery_timeline = s.timeline[n]
        if s.role[upstream] == Role.FORKED:
            ahead = segment_start(s, s.wal_end[n]) > s.flushed[upstream]
            s.outcome[n] = Outcome.START_AHEAD if ahead else Outcome.BLOCKED
        elif is_behind(s, n, upstream):
            s.outcome[n] = Outcome.BLOCKED
        elif s.timeline[n] == s.timeline[upstream]:
            s.outcome[n] = Outcome.STREAMING  # its pg_wal has the new timeline
        elif same_timeline_id(s, n, upstream) or has_passed_fork(s, n, upstream):
            if s.wal_end[n] > s.flushed[upstream]:
                s.outcome[n] = Outcome.START_AHEAD
        elif s.settings.tail == Tail.CUT_LATE and not s.tail_cut[n]:
            pass  # refused or not, the operator's procedure is not over
        elif accepted_past_fork(s, n, upstream):
            s.outcome[n] = Outcome.TAIL_DIVERGED
        elif s.wal_end[n] > fork_of(s, n, upstream):
            s.outcome[n] = Outcome.NOT_IN_HISTORY
        elif asks_past_part(s, n, upstream):
            s.outcome[n] = Outcome.BLOCKED
        s.seen[n] = max(s.seen[n], s.number[s.timeline[upstream]])
