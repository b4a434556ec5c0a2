"""What proofs rest on: facts about every reachable state that nobody asks for by themselves.

Each holds, as a property does, under the settings in which it is proved; where one cannot be kept, what rests on it is
not proved either.  P, H and "the standby" are those of the properties: the standby is the one whose reports release
P's waits, B.
"""

from __future__ import annotations

from model.language import lemma
from model.properties import P, commit_within_horizon, within_horizon
from model.settings import Drop, Tail
from model.state import State, is_commit, may_be_promoted, positions, running, timelines
from model.vocabulary import Kind, Node, Outcome, Page, Phase, Role, Transaction
from model.waits import apply_releases, commit_waits

B = Node(1)


def writes_wal(s: State, n: Node) -> bool:
    """The node's role lets it insert WAL or lose what it inserted."""
    return (
        s.role[n] == Role.PRIMARY
        or s.role[n] == Role.STOPPING
        or s.role[n] == Role.FORKED
        or s.role[n] == Role.RESTARTING
    )


def refused_wal(s: State, n: Node) -> bool:
    """A standby ended at a record for a page it does not have; only one that replays as it receives can."""
    return s.role[n] == Role.DOWN and s.outcome[n] == Outcome.INVALID_PAGES and apply_releases(s)


# --- what the settings rule out -------------------------------------------------------------------------------


@lemma
def nothing_is_prepared(s: State) -> bool:
    """Without prepared transactions no transaction is prepared, nor marked aborted."""
    return s.settings.prepared_transactions or (
        all(
            not s.aborted[n, x]
            and not s.disk_status_aborted[n, x]
            and not s.synced_status_aborted[n, x]
            and not s.two_phase[n, x]
            and not s.state_file[n, x]
            and s.forgotten[n, x] == 0
            and s.phase[n, x] != Phase.PREPARED
            and s.phase[n, x] != Phase.ABORT_LOGGED
            and s.phase[n, x] != Phase.ABORT_PENDING
            for n in Node
            for x in Transaction
        )
        and all(
            not s.buffer_aborted[n, p, x] and not s.disk_aborted[n, p, x] and not s.synced_aborted[n, p, x]
            for n in Node
            for p in Page
            for x in Transaction
        )
        and all(
            s.log[t, position].kind != Kind.PREPARE and s.log[t, position].kind != Kind.ABORT
            for t in timelines(s)
            for position in positions(s)
        )
    )


@lemma
def nothing_is_dropped(s: State) -> bool:
    """Where tables and databases are not dropped, no record says so."""
    return s.settings.drop != Drop.NONE or all(
        not s.log[t, position].drops and s.log[t, position].kind != Kind.DROP_DATABASE
        for t in timelines(s)
        for position in positions(s)
    )


@lemma
def nothing_is_remapped(s: State) -> bool:
    """Where no mapped catalog is rewritten, every relation map is that of the base backup."""
    return s.settings.map_rewrites or (
        all(s.map_record[n] == 0 and s.map_file[n].lsn == 0 for n in Node)
        and all(s.log[t, position].kind != Kind.RELATION_MAP for t in timelines(s) for position in positions(s))
    )


# --- who is what --------------------------------------------------------------------------------------------


@lemma
def one_primary_before_fork(s: State) -> bool:
    """Before the fork every other node is a standby, or on its way to be promoted, and nobody came back."""
    return s.latest > 0 or all(
        not s.came_back[n] and (n == P or s.role[n] == Role.STANDBY or s.role[n] == Role.PROMOTING or refused_wal(s, n))
        for n in Node
    )


@lemma
def old_primary_stays_behind(s: State) -> bool:
    """Until it comes back the old primary is a primary, or stopped, on the first timeline."""
    return s.came_back[P] or (
        (
            s.role[P] == Role.PRIMARY
            or s.role[P] == Role.STOPPING
            or s.role[P] == Role.DOWN
            or (s.role[P] == Role.RESTARTING and s.settings.crash_restart)
        )
        and s.outcome[P] == Outcome.NONE
        and s.control[P].min_recovery == 0
        and (s.timeline[P] == 0 or (s.settings.tail == Tail.COPY and s.role[P] == Role.DOWN))
    )


@lemma
def first_timeline_is_the_old_primarys(s: State) -> bool:
    """Nobody but the old primary writes on the first timeline, and that until it comes back."""
    return all(not writes_wal(s, n) or s.timeline[n] > 0 or (n == P and not s.came_back[P]) for n in Node)


@lemma
def promoted_are_eligible(s: State) -> bool:
    """Whoever is being promoted may be."""
    return all(s.role[n] != Role.PROMOTING or may_be_promoted(s, n) for n in Node)


@lemma
def bystanders_stay_standbys(s: State) -> bool:
    """A standby that may not be promoted stays one."""
    return all(
        may_be_promoted(s, n) or (not s.came_back[n] and (s.role[n] == Role.STANDBY or refused_wal(s, n))) for n in Node
    )


@lemma
def standby_is_promoted_at_fork(s: State) -> bool:
    """Once the fork exists the standby is on a later timeline, and no standby before the old primary came back."""
    return s.latest == 0 or (
        s.timeline[B] > 0
        and (
            s.came_back[P]
            or (s.role[B] != Role.STANDBY and s.role[B] != Role.PROMOTING and s.role[B] != Role.RECOVERING)
        )
    )


# --- how far the WAL is -------------------------------------------------------------------------------------


@lemma
def flushed_is_written(s: State) -> bool:
    """No node has flushed more WAL than it has."""
    return all(s.flushed[n] <= s.wal_end[n] for n in Node)


@lemma
def standbys_follow(s: State) -> bool:
    """Before the fork no standby has WAL that the primary has not flushed, nor replayed what it has not flushed."""
    return s.latest > 0 or all(
        n == P
        or (
            s.wal_end[n] <= s.flushed[P]
            and s.control[n].redo == 0
            and s.replayed[n] <= (s.flushed[n] if s.role[n] == Role.STANDBY else s.wal_end[n])
        )
        for n in Node
    )


@lemma
def fork_is_in_old_wal(s: State) -> bool:
    """Until it stops, the old primary has flushed all that the fork has."""
    return s.latest == 0 or s.came_back[P] or s.role[P] == Role.DOWN or s.fork[1] <= s.flushed[P]


@lemma
def acknowledged_is_flushed(s: State) -> bool:
    """Before the fork the flush position that the primary was told of is flushed at the standby."""
    return s.latest > 0 or s.acknowledged[P].flush <= s.flushed[B]


@lemma
def pages_within_flush(s: State) -> bool:
    """Before the fork every page on the primary's disk has an LSN up to the standby's flush LSN."""
    return s.latest > 0 or all(s.disk[P, p].lsn <= s.flushed[B] for p in Page)


# --- what is in memory --------------------------------------------------------------------------------------


@lemma
def stopped_primary_has_no_memory(s: State) -> bool:
    """An old primary that has stopped is in the middle of nothing."""
    return (
        s.came_back[P]
        or s.role[P] != Role.DOWN
        or all(s.phase[P, x] == Phase.IDLE and s.status_lsn[P, x] == 0 for x in Transaction)
    )


@lemma
def written_page_is_unchanged(s: State) -> bool:
    """The page that is being written is dirty and has the LSN that the writer read."""
    return s.came_back[P] or all(
        not s.writer[P].busy or s.writer[P].page != p or (s.dirty[P, p] and s.buffer[P, p].lsn == s.writer[P].lsn)
        for p in Page
    )


@lemma
def commit_in_progress_is_logged(s: State) -> bool:
    """A backend that has inserted its COMMIT record knows where it is."""
    return s.came_back[P] or all(
        (s.phase[P, x] != Phase.LOGGED and s.phase[P, x] != Phase.PENDING)
        or (s.commit_lsn[P, x] > 0 and s.commit_lsn[P, x] <= s.wal_end[P] and is_commit(s, 0, s.commit_lsn[P, x], x))
        for x in Transaction
    )


@lemma
def status_knows_its_record(s: State) -> bool:
    """A status in the commit log's buffer has its record within the horizon, or has its LSN beside it."""
    return s.came_back[P] or all(
        not s.status[P, x]
        or commit_within_horizon(s, x)
        or (s.status_lsn[P, x] > 0 and s.status_lsn[P, x] <= s.wal_end[P] and is_commit(s, 0, s.status_lsn[P, x], x))
        for x in Transaction
    )


@lemma
def hint_in_memory_within_standby(s: State) -> bool:
    """Every tuple marked committed in the old primary's buffers has its commit record on the standby."""
    return s.came_back[P] or all(
        not s.buffer_hint[P, p, x] or commit_within_horizon(s, x) for p in Page for x in Transaction
    )


@lemma
def answered_commit_within_standby(s: State) -> bool:
    """Where commits wait, a commit that is visible has its record on the standby."""
    return (
        not commit_waits(s)
        or s.came_back[P]
        or s.role[P] != Role.PRIMARY
        or all(s.phase[P, x] != Phase.ENDED or not s.status[P, x] or commit_within_horizon(s, x) for x in Transaction)
    )


# --- timelines and what clients were told -------------------------------------------------------------------


@lemma
def timelines_are_begun(s: State) -> bool:
    """Nobody is on a timeline that is not begun; the first begins at 0."""
    return s.fork[0] == 0 and all(s.timeline[n] <= s.latest for n in Node)


@lemma
def primaries_are_past_their_fork(s: State) -> bool:
    """Whoever writes on a timeline has flushed all that it took from before its fork."""
    return all(not writes_wal(s, n) or s.fork[s.timeline[n]] <= s.flushed[n] for n in Node)


@lemma
def backends_are_a_primarys(s: State) -> bool:
    """Where no primary runs, no transaction is in progress."""
    return all(running(s, n) or s.phase[n, x] == Phase.IDLE for n in Node for x in Transaction)


@lemma
def commits_in_progress_follow_the_fork(s: State) -> bool:
    """A COMMIT record that a backend waits for is on its node's own timeline."""
    return all(
        (s.phase[n, x] != Phase.LOGGED and s.phase[n, x] != Phase.PENDING)
        or s.role[n] != Role.PRIMARY
        or s.fork[s.timeline[n]] < s.commit_lsn[n, x]
        for n in Node
        for x in Transaction
    )


@lemma
def later_history_has_the_first_fork(s: State) -> bool:
    """Every later timeline takes the first one's records up to the first fork; with one promotion there is but one."""
    return all(t == 0 or t > s.latest or s.history[t, 0] == s.fork[1] for t in timelines(s))


@lemma
def told_commits_are_on_their_timeline(s: State) -> bool:
    """A commit that a client was told of ends behind the fork of its timeline, which is begun."""
    return all(
        not s.told[t, position] or (t <= s.latest and s.fork[t] < position)
        for t in timelines(s)
        for position in positions(s)
    )


@lemma
def told_commits_within_standby(s: State) -> bool:
    """Where commits wait, what a client was told of on the first timeline is on the standby."""
    return all(not s.told[0, position] or within_horizon(s, position) for position in positions(s))


# --- a stop in order ----------------------------------------------------------------------------------------


@lemma
def clean_stop_leaves_nothing_behind(s: State) -> bool:
    """In the procedure `clean`, once the old primary has stopped the standby has all its WAL, and so has the fork."""
    return (
        s.settings.tail != Tail.CLEAN
        or s.came_back[P]
        or (s.role[P] != Role.DOWN and s.latest == 0 and s.role[B] == Role.STANDBY)
        or (
            s.role[P] == Role.DOWN
            and s.flushed[P] == s.wal_end[P]
            and (s.fork[1] == s.wal_end[P] if s.latest > 0 else s.flushed[B] == s.wal_end[P])
        )
    )


@lemma
def told_commits_are_written(s: State) -> bool:
    """In the procedure `clean`, what a client was told of on the first timeline is in the old primary's WAL."""
    return (
        s.settings.tail != Tail.CLEAN
        or s.came_back[P]
        or all(not s.told[0, position] or position <= s.wal_end[P] for position in positions(s))
    )


@lemma
def told_commits_within_clean_fork(s: State) -> bool:
    """In the procedure `clean`, what a client was told of on the first timeline is before the fork."""
    return (
        s.settings.tail != Tail.CLEAN
        or s.latest == 0
        or all(not s.told[0, position] or position <= s.fork[1] for position in positions(s))
    )


# --- coming back, where one promotion is all ------------------------------------------------------------------


@lemma
def later_primary_is_the_standby(s: State) -> bool:
    """With one promotion, nobody but the standby writes on a later timeline."""
    return all(not writes_wal(s, n) or s.timeline[n] == 0 or n == B for n in Node)


@lemma
def old_primary_alone_comes_back(s: State) -> bool:
    """With one promotion, nobody but the old primary comes back."""
    return all(n == P or not s.came_back[n] for n in Node)


@lemma
def cut_is_asked_for(s: State) -> bool:
    """Nobody's WAL is cut or rewound in a procedure that does not say so."""
    return all(
        (not s.tail_cut[n] or (s.settings.tail != Tail.KEEP and s.settings.tail != Tail.CLEAN))
        and (not s.rewound[n] or s.settings.tail == Tail.REWIND)
        for n in Node
    )


@lemma
def return_is_tried_once(s: State) -> bool:
    """An old primary that came back and is down was refused, or may not try again, unless its tail is cut late."""
    return (
        s.settings.tail == Tail.CUT_LATE
        or not s.came_back[P]
        or s.role[P] != Role.DOWN
        or s.outcome[P] != Outcome.NONE
        or not (s.tail_cut[P] or s.rewound[P])
    )


@lemma
def nothing_was_ahead(s: State) -> bool:
    """When the old primary was started, nothing on its disk was ahead of the fork."""
    return all(not s.came_back_ahead[n] for n in Node)
