"""What should hold.  The names are a contract; each docstring's first sentence is what a verdict table shows.

P is the node that was the primary at the first fork, or would be: A.  F is that fork.  H, the horizon, is F once the
fork exists; before that, the end of what the standby to be promoted keeps under every fault it may suffer: what it
received, or under OS crashes what it fsynced (with several standbys the least of them).
"""

from __future__ import annotations

from model.language import end_state, invariant, reachable
from model.relation_map import map_as_in_history
from model.settings import Faults, SplitRecords, Tail
from model.state import (
    State,
    committed,
    dropped,
    in_history,
    is_commit,
    may_be_promoted,
    page_carries,
    page_exists,
    positions,
    prepared,
    running,
    timelines,
)
from model.switching import relied_on
from model.vocabulary import Kind, Node, Outcome, Page, Role, Transaction

P = Node(0)


def within_horizon(s: State, lsn: int) -> bool:
    """lsn <= H, for a position of P's own timeline."""
    return (
        lsn <= s.fork[1]
        if s.latest > 0
        else all(
            lsn <= (s.flushed[m] if s.settings.standby_faults == Faults.OS else s.wal_end[m])
            for m in Node
            if m != P and may_be_promoted(s, m)
        )
    )


def commit_within_horizon(s: State, x: Transaction) -> bool:
    """The COMMIT record of x on P's own timeline is within the horizon (no record: it is not)."""
    return any(is_commit(s, 0, position, x) and within_horizon(s, position) for position in positions(s))


# --- no durable data ahead of the standby -------------------------------------------------------------------


def pages_within(s: State) -> bool:
    return all(within_horizon(s, s.disk[P, p].lsn) for p in Page)


def abort_within_horizon(s: State, x: Transaction) -> bool:
    """Nobody within the horizon can commit x: it is not prepared there, or rolled back there too."""
    return not any(
        is_record_of(s, position, x, Kind.PREPARE) and within_horizon(s, position) for position in positions(s)
    ) or any(is_record_of(s, position, x, Kind.ABORT) and within_horizon(s, position) for position in positions(s))


def is_record_of(s: State, position: int, x: Transaction, kind: Kind) -> bool:
    return s.log[0, position].kind == kind and s.log[0, position].transaction == x


def commit_status_within(s: State) -> bool:
    return all(
        (not s.disk_status[P, x] or commit_within_horizon(s, x))
        and (not s.disk_status_aborted[P, x] or abort_within_horizon(s, x))
        for x in Transaction
    )


def control_within(s: State) -> bool:
    return within_horizon(s, s.control[P].checkpoint) and within_horizon(s, s.control[P].min_recovery)


def removal_within(s: State) -> bool:
    return (
        all(within_horizon(s, s.removed[P, p]) for p in Page)
        and all(within_horizon(s, s.forgotten[P, x]) for x in Transaction)
        and (s.map_file[P].timeline != 0 or within_horizon(s, s.map_file[P].lsn))
    )


def hint_within(s: State) -> bool:
    return all(
        (not s.disk_hint[P, p, x] or commit_within_horizon(s, x))
        and (not s.disk_aborted[P, p, x] or abort_within_horizon(s, x))
        for p in Page
        for x in Transaction
    )


def ahead_of_fork(s: State) -> bool:
    """Something durable on P's disk is beyond the horizon."""
    return not (
        pages_within(s) and commit_status_within(s) and control_within(s) and removal_within(s) and hint_within(s)
    )


@invariant
def page_lsn_within_standby_flush(s: State) -> bool:
    """While P is primary and no fork exists, every page on its disk has an LSN up to the standby's flush LSN."""
    return (
        s.latest > 0
        or not running(s, P)
        or all(s.disk[P, p].lsn <= s.flushed[m] for p in Page for m in Node if m != P and may_be_promoted(s, m))
    )


@invariant
def page_within_standby(s: State) -> bool:
    """Every page on the old primary's disk has an LSN that the standby keeps."""
    return s.came_back[P] or pages_within(s)


@invariant
def commit_status_within_standby(s: State) -> bool:
    """Every transaction that the old primary's disk calls committed has its commit record on the standby.

    One-sided: a status that is not on disk does no harm, nor does one that says aborted, unless the transaction is
    prepared on the standby and not rolled back there.
    """
    return s.came_back[P] or commit_status_within(s)


@invariant
def control_within_standby(s: State) -> bool:
    """The checkpoint and the minimum recovery point in the old primary's control file are on the standby."""
    return s.came_back[P] or control_within(s)


@invariant
def removal_within_standby(s: State) -> bool:
    """Every file truncated, removed or replaced on the old primary's disk has the record of that on the standby."""
    return s.came_back[P] or removal_within(s)


@invariant
def hint_within_standby(s: State) -> bool:
    """Every tuple marked committed on the old primary's disk has its transaction's commit record on the standby.

    One marked aborted does no harm, unless its transaction is prepared on the standby and not rolled back there.
    """
    return s.came_back[P] or hint_within(s)


@invariant
def ack_is_true(s: State) -> bool:
    """The positions that release the old primary's waits are kept by the standby."""
    return s.came_back[P] or (
        within_horizon(s, s.acknowledged[P].write)
        and within_horizon(s, s.acknowledged[P].flush)
        and within_horizon(s, s.acknowledged[P].apply)
    )


@invariant
def fork_covers_acks(s: State) -> bool:
    """The fork is not before a flush position that the old primary was told of, counted in whole records.

    Or, with split_records=bytes, as it was reported.
    """
    return (
        s.came_back[P]
        or s.latest == 0
        or s.acknowledged[P].flush < s.fork[1]
        or (
            s.acknowledged[P].flush == s.fork[1]
            and not (s.settings.split_records == SplitRecords.BYTES and s.acknowledged_part[P])
        )
    )


# --- no WAL tail, nothing lost ------------------------------------------------------------------------------


@invariant
def no_wal_tail(s: State) -> bool:
    """The old primary's own WAL does not reach past the fork."""
    return s.came_back[P] or s.timeline[P] != 0 or s.latest == 0 or s.flushed[P] <= s.fork[1]


@invariant
def acknowledged_commit_survives(s: State) -> bool:
    """A commit that a client was told of is in the history of the newest timeline."""
    return all(
        not s.told[t, position] or in_history(s, s.latest, t, position)
        for t in timelines(s)
        for position in positions(s)
    )


# --- coming back --------------------------------------------------------------------------------------------


def page_as_in_history(s: State, n: Node, p: Page) -> bool:
    """The page is what an ideal redo of the node's history up to its replay position gives, true hints aside.

    Nobody reads a file that no catalog knows.  A row marked aborted is hidden from every reader, so the mark must not
    be on a row that is committed.
    """
    return dropped(s, s.timeline[n], s.replayed[n], p) or (
        s.buffer[n, p].exists == page_exists(s, s.timeline[n], s.replayed[n], p)
        and all(
            s.buffer_holds[n, p, t, position] == page_carries(s, s.timeline[n], s.replayed[n], p, t, position)
            for t in timelines(s)
            for position in positions(s)
        )
        and all(not s.buffer_hint[n, p, x] or committed(s, s.timeline[n], s.replayed[n], x) for x in Transaction)
        and all(not s.buffer_aborted[n, p, x] or not committed(s, s.timeline[n], s.replayed[n], x) for x in Transaction)
    )


@invariant
def no_silent_divergence(s: State) -> bool:
    """A node that came back and streams has exactly what the new timeline's history up to its replay position gives.

    Its pages, its commit log, its relation map, and the prepared transactions that it would take over if it were
    promoted.
    """
    return all(
        s.outcome[n] != Outcome.STREAMING
        or (
            all(page_as_in_history(s, n, p) for p in Page)
            and map_as_in_history(s, n)
            and all(s.status[n, x] == committed(s, s.timeline[n], s.replayed[n], x) for x in Transaction)
            and all(
                (s.two_phase[n, x] and not s.aborted[n, x]) == prepared(s, s.timeline[n], s.replayed[n], x)
                for x in Transaction
            )
        )
        for n in Node
    )


@invariant
def failback_succeeds(s: State) -> bool:
    """An old primary's return never ends in anything but streaming from the new primary."""
    return all(s.outcome[n] == Outcome.NONE or s.outcome[n] == Outcome.STREAMING for n in Node)


@invariant
def divergence_is_detected(s: State) -> bool:
    """P, with something durable ahead of the fork when it came back, does not get as far as streaming."""
    return all(s.outcome[n] != Outcome.STREAMING or not s.came_back_ahead[n] for n in Node)


# --- witnesses ----------------------------------------------------------------------------------------------


@reachable
def failback_happens(s: State) -> bool:
    """An old primary comes back and streams the new timeline."""
    return any(s.outcome[n] == Outcome.STREAMING for n in Node)


@reachable
def failback_after_cut_happens(s: State) -> bool:
    """With tail=cut: an old primary whose WAL reached past the fork comes back and streams."""
    return s.settings.tail != Tail.CUT or any(s.outcome[n] == Outcome.STREAMING and s.tail_cut[n] for n in Node)


@reachable
def failback_with_commits_on_both_sides_happens(s: State) -> bool:
    """With tail=cut and two transactions: of two commits the fork keeps one, the cut removes one, and P streams."""
    return (
        s.settings.tail != Tail.CUT
        or s.bounds.transactions < 2
        or (
            s.outcome[P] == Outcome.STREAMING
            and s.tail_cut[P]
            and any(
                is_commit(s, 0, position, x) and position <= s.fork[1] for x in Transaction for position in positions(s)
            )
            and any(
                is_commit(s, 0, position, x) and position > s.fork[1] for x in Transaction for position in positions(s)
            )
        )
    )


@end_state
def settled(s: State) -> bool:
    """An old primary's return has ended after the scope's last promotion, or the scope has none, or nobody is up.

    Nobody, that is, who may be promoted.  And wherever nobody relies on the mode yet, which may stay so.
    """
    return (
        (
            s.latest == s.bounds.promotions
            and (s.bounds.promotions == 0 or any(s.outcome[n] != Outcome.NONE for n in Node))
        )
        or all(s.role[n] == Role.DOWN or not may_be_promoted(s, n) for n in Node)
        or not relied_on(s)
    )
