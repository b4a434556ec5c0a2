"""Crashes, fast shutdown, and promotion of a standby (xlog.c StartupXLOG after redo)."""

from __future__ import annotations

from model.files import removes_database
from model.language import action, require
from model.settings import Faults, PrimaryFaults, Tail, Waiting, WalOrder
from model.shipping import connected
from model.state import (
    State,
    id_is_used,
    lose_memory,
    may_be_promoted,
    may_shut_down_fast,
    on_last_timeline,
    positions,
    running,
    timelines,
)
from model.switching import relied_on
from model.two_phase import restore_two_phase
from model.vocabulary import (
    Acknowledged,
    Checkpointer,
    CheckpointStep,
    Kind,
    Lsn,
    Node,
    Outcome,
    Page,
    Phase,
    Position,
    Role,
    Timeline,
    Transaction,
    WalRecord,
)
from model.waits import data_waits
from model.wal import has_room_to_shut_down, insert, may_insert


def may_crash(s: State, n: Node) -> bool:
    """A primary, or one on its way to be one again; not in the procedure `clean`, nor where nobody would see it."""
    return (
        (running(s, n) or s.role[n] == Role.RESTARTING)
        and not on_last_timeline(s, n)
        and s.settings.tail != Tail.CLEAN
        and relied_on(s)
    )


def die(s: State, n: Node, t: int) -> None:
    """All of a primary's processes are gone, and with them the WAL it had not flushed."""
    for position in positions(s):
        if s.flushed[n] < position and position <= s.wal_end[n] and not sent_before(s, n, t, position):
            s.log[t, position] = WalRecord()
    s.wal_end[n] = s.flushed[n]
    s.role[n] = Role.DOWN
    s.replayed[n] = 0
    lose_memory(s, n)


def sent_before(s: State, n: Node, t: int, position: int) -> bool:
    """A standby has the record that this primary has not flushed."""
    return s.settings.wal_order == WalOrder.REMOTE_FIRST and any(
        m != n and s.timeline[m] == t and position <= s.wal_end[m] for m in Node
    )


@action(outside=True)
def crash(s: State, n: Node, t: Timeline) -> None:
    """The machine or the operator ends the primary's processes (kill -9, immediate stop): what was written stays.

    WAL that was not flushed is gone; of an immediate stop nobody flushes it either (quickdie).
    """
    # t names the timeline whose unflushed records are lost.
    require(may_crash(s, n) and s.timeline[n] == t)
    die(s, n, t)


@action(outside=True)
def crash_system(s: State, n: Node, t: Timeline) -> None:
    """The primary's operating system goes down: what was written and not fsynced may turn out to be gone."""
    # t names the timeline whose unflushed records are lost.
    require(may_crash(s, n) and s.timeline[n] == t and s.settings.primary_faults == PrimaryFaults.OS)
    die(s, n, t)
    s.losing[n] = True


@action(outside=True)
def lose_page_write(s: State, n: Node, p: Page) -> None:
    """After a system crash a page is found as the last checkpoint's fsync left it: any page may be, or not."""
    # Until the node is started; a page that is as the fsync left it loses nothing.
    require(s.settings.primary_faults == PrimaryFaults.OS and s.losing[n] and s.role[n] == Role.DOWN)
    require(page_unsynced(s, n, p))
    s.disk[n, p] = s.synced[n, p]
    s.buffer[n, p] = s.synced[n, p]
    for t in timelines(s):
        for position in positions(s):
            s.disk_holds[n, p, t, position] = s.synced_holds[n, p, t, position]
            s.buffer_holds[n, p, t, position] = s.synced_holds[n, p, t, position]
    for x in Transaction:
        s.disk_hint[n, p, x] = s.synced_hint[n, p, x]
        s.buffer_hint[n, p, x] = s.synced_hint[n, p, x]
        s.disk_aborted[n, p, x] = s.synced_aborted[n, p, x]
        s.buffer_aborted[n, p, x] = s.synced_aborted[n, p, x]
    if s.synced[n, p].exists:
        s.removed[n, p] = 0


@action(outside=True)
def lose_commit_log_write(s: State, n: Node) -> None:
    """After a system crash the commit-log page is found as the last checkpoint's fsync left it."""
    # Until the node is started.
    require(s.settings.primary_faults == PrimaryFaults.OS and s.losing[n] and s.role[n] == Role.DOWN)
    require(
        any(
            s.disk_status[n, x] != s.synced_status[n, x] or s.disk_status_aborted[n, x] != s.synced_status_aborted[n, x]
            for x in Transaction
        )
    )
    for x in Transaction:
        s.disk_status[n, x] = s.synced_status[n, x]
        s.status[n, x] = s.synced_status[n, x]
        s.disk_status_aborted[n, x] = s.synced_status_aborted[n, x]
        s.aborted[n, x] = s.synced_status_aborted[n, x]


def page_unsynced(s: State, n: Node, p: Page) -> bool:
    """The page on disk is not what the last fsync left."""
    return (
        s.disk[n, p].lsn != s.synced[n, p].lsn
        or s.disk[n, p].exists != s.synced[n, p].exists
        or any(
            s.disk_holds[n, p, t, position] != s.synced_holds[n, p, t, position]
            for t in timelines(s)
            for position in positions(s)
        )
        or any(s.disk_hint[n, p, x] != s.synced_hint[n, p, x] for x in Transaction)
        or any(s.disk_aborted[n, p, x] != s.synced_aborted[n, p, x] for x in Transaction)
    )


@action(outside=True)
def restart_alone(s: State, n: Node) -> None:
    """The operator starts a crashed primary again as the primary; it recovers from its own WAL.

    One that was shut down has nothing to recover: what it would do next it could have done before.  In the procedure
    `clean` nothing else stops it.
    """
    # Once in a scope, and on the newest timeline: one whose standby was promoted comes back as a standby.
    require(s.settings.crash_restart and s.role[n] == Role.DOWN and not s.restarted[n] and not s.came_back[n])
    require(s.timeline[n] == s.latest and not s.shutdowned[n] and s.settings.tail != Tail.CLEAN)
    s.restarted[n] = True
    s.losing[n] = False
    if any(standby_is_ahead(s, m, n) for m in Node):
        # What the primary writes now is not what the standby has at that position: its request is beyond the primary's
        # WAL, or, later, within it and wrong.  The history of the pair ends here.
        for m in Node:
            if standby_is_ahead(s, m, n):
                s.outcome[m] = Outcome.START_AHEAD
                s.role[m] = Role.DOWN
    else:
        s.role[n] = Role.RESTARTING
        s.replayed[n] = s.control[n].redo
        restore_two_phase(s, n)


def standby_is_ahead(s: State, m: Node, n: Node) -> bool:
    """A standby has WAL of its primary's timeline that the primary has lost."""
    return (
        s.settings.wal_order == WalOrder.REMOTE_FIRST
        and m != n
        and s.role[m] == Role.STANDBY
        and s.timeline[m] == s.timeline[n]
        and s.wal_end[n] < s.wal_end[m]
    )


@action
def open_after_restart(s: State, n: Node, t: Timeline) -> None:
    """The checkpoint that ends the crash recovery is done: the primary is open again.

    StartupXLOG asks for it and waits (RequestCheckpoint with CHECKPOINT_END_OF_RECOVERY).

    Transactions in progress were aborted by the crash, but for prepared ones; every transaction id in the WAL is used
    up.
    """
    # StartupXLOG: redo, XLogCheckInvalidPages, the checkpoint; t names its timeline.
    require(s.settings.crash_restart or s.settings.promotion_crash)
    require(s.role[n] == Role.RESTARTING and s.timeline[n] == t)
    require(s.checkpointer[n].step == CheckpointStep.ENDED and all(not s.invalid[n, p] for p in Page))
    s.role[n] = Role.PRIMARY
    s.replayed[n] = 0
    s.checkpointer[n] = Checkpointer()
    s.part[n] = False
    recover_transactions(s, n, t)


@action(outside=True)
def crash_standby(s: State, n: Node) -> None:
    """A standby crashes and is started again; an OS crash takes the WAL it had not fsynced.

    One step: while it is down nothing can be done with it that could not be left undone with one that is up.  A
    promotion that had not come to its timeline is forgotten.  An old primary that came back repeats its start.
    """
    # A return that was refused is over; a crash that loses nothing and repeats nothing is no step.
    require(s.role[n] == Role.STANDBY or s.role[n] == Role.PROMOTING or s.role[n] == Role.RECOVERING)
    require(s.outcome[n] == Outcome.NONE or s.outcome[n] == Outcome.STREAMING)
    require(s.settings.standby_faults != Faults.NONE)
    # A crash that loses nothing and repeats nothing is no step.
    require(
        (s.settings.standby_faults == Faults.OS and s.flushed[n] < s.wal_end[n])
        or s.control[n].redo < s.replayed[n]
        or s.role[n] == Role.PROMOTING
    )
    if s.settings.standby_faults == Faults.OS:
        s.wal_end[n] = s.flushed[n]
    s.role[n] = Role.RECOVERING if s.came_back[n] else Role.STANDBY
    s.outcome[n] = Outcome.NONE
    s.replayed[n] = s.control[n].redo
    lose_memory(s, n)
    restore_two_phase(s, n)


@action(outside=True)
def request_shutdown(s: State, n: Node) -> None:
    """The operator asks for a fast shutdown: backends are ended, a commit that waited is told nothing.

    What is prepared stays so: the shutdown checkpoint makes a state file of it.

    A truncation that waits goes on waiting, and the shutdown for it.  In the procedure `clean` it is the primary that
    is shut down, and a promotion follows; elsewhere it can be an old one that ran on, too.
    """
    # Before the failover in the procedure `clean`; a commit in its critical section is not interrupted.
    require(s.role[n] == Role.PRIMARY and may_shut_down_fast(s) and relied_on(s))
    require(s.latest == s.timeline[n] or s.settings.tail != Tail.CLEAN)
    require(s.latest < s.bounds.promotions if s.settings.tail == Tail.CLEAN else not on_last_timeline(s, n))
    require(has_room_to_shut_down(s, n))
    require(all(s.phase[n, x] != Phase.LOGGED and s.phase[n, x] != Phase.ABORT_LOGGED for x in Transaction))
    require(not removes_database(s, n))
    s.role[n] = Role.STOPPING
    for x in Transaction:
        if s.phase[n, x] != Phase.IDLE and s.phase[n, x] != Phase.PREPARED:
            s.phase[n, x] = Phase.ENDED


@action
def shut_down(s: State, n: Node) -> None:
    """The shutdown checkpoint is done and the walsenders have seen every standby flush all of it: the primary ends.

    A standby whose connection is lost is not waited for (WalSndDone ends with its walsender); in the procedure `clean`
    none is lost.
    """
    # ShutdownXLOG: the checkpoint first, then the walsenders end.
    require(may_shut_down_fast(s) and s.role[n] == Role.STOPPING)
    require(s.checkpointer[n].step == CheckpointStep.ENDED)
    require(
        s.settings.tail != Tail.CLEAN
        or not connected(s, n)
        or all(s.flushed[m] == s.wal_end[n] for m in Node if s.role[m] == Role.STANDBY)
    )
    s.role[n] = Role.DOWN
    s.shutdowned[n] = s.settings.fast_shutdown
    lose_memory(s, n)


@action(outside=True)
def promote(s: State, n: Node) -> None:
    """The operator promotes a standby: its walreceiver is stopped, nothing is received or reported any more
    (CheckForStandbyTrigger, XLogShutdownWalRcv).

    Whether the primary is dead or only out of sight, nobody asks; in the procedure `clean` it was stopped before.
    """
    require(s.latest < s.bounds.promotions and may_be_promoted(s, n) and relied_on(s))
    # A node that came back and finds its upstream gone is a standby that waits for WAL, and can be promoted too.
    require(s.role[n] == Role.STANDBY or (s.role[n] == Role.RECOVERING and s.replayed[n] == s.wal_end[n]))
    # Short of its minimum recovery point a server ends instead ("WAL ends before consistent recovery point").
    require(s.control[n].min_recovery <= s.wal_end[n])
    # Operators promote one node at a time.
    require(all(s.role[m] != Role.PROMOTING and s.role[m] != Role.FORKED for m in Node))
    # `clean`: the primary was stopped before.
    require(s.settings.tail != Tail.CLEAN or all(not running(s, m) for m in Node))
    s.role[n] = Role.PROMOTING


@action
def begin_timeline(s: State, n: Node, old: Timeline, t: Timeline) -> None:
    """All it has is replayed: the fork is where that ends, and a new timeline and its history file begin there.

    StartupXLOG takes one more than the newest ID it can see (findNewestTimeLine), its own among them where that was
    copied.  The walreceiver fsyncs what it wrote before it goes (WalRcvDie).
    """
    # StartupXLOG: all of redo first (PerformWalRecovery); old and t name the two timelines.
    require(s.role[n] == Role.PROMOTING and s.replayed[n] == s.wal_end[n])
    require(s.timeline[n] == old and t == s.latest + 1)
    s.latest = t
    s.author[t] = n
    s.number[t] = max(s.seen[n], s.number[old]) + 1 if s.settings.timeline_bump else s.number[old]
    s.seen[n] = s.number[t]
    branch_off(s, t, old, s.wal_end[n])
    s.role[n] = Role.FORKED
    s.timeline[n] = t
    s.flushed[n] = s.wal_end[n]
    s.part[n] = False
    s.outcome[n] = Outcome.NONE


def branch_off(s: State, t: int, old: int, end: int) -> None:
    """Timeline t begins where `end` is on timeline old."""
    s.fork[t] = end
    for u in timelines(s):
        s.history[t, u] = end if u == old else s.history[old, u]
        if u != t:
            s.common[t, u] = end if u == old else min(s.common[old, u], end)
            s.common[u, t] = end if u == old else min(s.common[old, u], end)


@action(outside=True)
def crash_promoted(s: State, n: Node, t: Timeline, old: Timeline, end: Lsn) -> None:
    """A node being promoted crashes, its new timeline begun but not in its control file, and is started again.

    StartupXLOG removes standby.signal before it writes the history file; all there is of the new timeline by then is a
    copy of the last segment (XLogInitNewTimeline), which nobody asks for.  So this start is a crash recovery, of the
    timeline that the control file names (InitWalRecovery: recoveryTargetTLI), and ends with the server open on that
    one: a second primary without a new timeline ID.  What it wrote of the new timeline is lost to it; the history file
    stays.  One step: down, it is as good as out of sight.

    A crash before that only forgets the request (crash_standby, RemovePromoteSignalFiles).  Up to 2018 the history file
    came first (cbc55da556): a node that crashed in between is a standby again, of a timeline that nobody writes, and
    can only be promoted once more, to the next ID.  One after CreateEndOfRecoveryRecord has come to the control file is
    that of a primary (crash).
    """
    # Before its opening; old and end name where the start goes on.
    require(s.settings.promotion_crash and s.role[n] == Role.FORKED and s.timeline[n] == t)
    require(old == recovery_target(s, n) and old != t and s.history[t, old] == end)
    for position in positions(s):
        if s.fork[t] < position and position <= s.wal_end[n]:
            s.log[t, position] = WalRecord()
    s.number[t] = s.number[old]
    branch_off(s, t, old, end)
    s.wal_end[n] = end
    s.flushed[n] = end
    s.role[n] = Role.RESTARTING
    s.replayed[n] = s.control[n].redo
    lose_memory(s, n)
    restore_two_phase(s, n)


def recovery_target(s: State, n: Node) -> int:
    """The timeline that a start without signal files recovers: the newer of the checkpoint's and that of the minimum
    recovery point."""
    named = s.control[n].min_recovery_timeline
    return named if s.number[s.control[n].timeline] < s.number[named] else s.control[n].timeline


@action
def insert_end_of_recovery(s: State, n: Node, t: Timeline, at: Position) -> None:
    """The promoted node inserts its end-of-recovery record (fast promotion; CreateEndOfRecoveryRecord)."""
    # One record, the first of its timeline.
    require(s.role[n] == Role.FORKED and may_insert(s, n, t, at))
    require(s.wal_end[n] == s.fork[t])
    insert(s, n, t, at, Kind.END_OF_RECOVERY)


@action
def open_for_writes(s: State, n: Node, t: Timeline) -> None:
    """The end-of-recovery record is flushed and the promoted node opens for writes, if nothing waits for that record
    (StartupXLOG).

    Transaction ids that its WAL knows are used up; those in progress there are aborted.  Its redo pointer is still
    that of the checkpoint it last started from, until its first checkpoint as a primary.
    """
    # StartupXLOG: after CreateEndOfRecoveryRecord, which flushes; t names its timeline.
    require(s.role[n] == Role.FORKED and s.timeline[n] == t)
    require(not (data_waits(s) and s.settings.promotion_guard == Waiting.WAIT))
    require(s.fork[t] < s.flushed[n] and s.flushed[n] == s.wal_end[n])
    s.role[n] = Role.PRIMARY
    s.replayed[n] = 0
    # CreateEndOfRecoveryRecord: "so that crash recovery can follow the timeline changes to this point".
    s.control[n].min_recovery = s.flushed[n]
    s.control[n].min_recovery_timeline = t
    s.acknowledged[n] = Acknowledged()
    s.acknowledged_part[n] = False
    recover_transactions(s, n, t)


def recover_transactions(s: State, n: Node, t: int) -> None:
    """Prepared transactions are locked again, unless the commit log has ended them (RecoverPreparedTransactions drops
    "stale two-phase state"); of all others that the WAL knows the ids are used up."""
    for x in Transaction:
        if s.two_phase[n, x] and not s.aborted[n, x] and not s.status[n, x]:
            s.phase[n, x] = Phase.PREPARED
        elif id_is_used(s, t, s.wal_end[n], x):
            s.phase[n, x] = Phase.ENDED
        s.two_phase[n, x] = False
