"""What the old primary has on its disk: its own WAL up to some position, page by page, whatever it was doing.

With one promotion, under the settings that `is_plain` names.  Every change up to a page's LSN or the redo point that
was not removed since is there, and nothing else; every commit and removal before the redo point is; and all of it has
its record in the WAL that the node keeps.  What redo makes of that is in redo_lemmas.
"""

from __future__ import annotations

from model.language import lemma_for
from model.lemmas import B
from model.properties import P
from model.settings import Drop, Faults, PrimaryFaults, Promote, Tail, WalOrder
from model.state import State, in_history, is_commit, is_removal, is_update, positions, timelines
from model.vocabulary import CheckpointStep, Kind, Node, Page, Phase, Role, Transaction

BOUNDED = ("promotions", "records")
"""With `records` open Z3 still proves all but 23 of 942 steps (data_flush, cut), each from what it uses here; it gives
up on `replay`, and on claims that say of any number of records that there is another one before or after it."""


def is_plain(s: State) -> bool:
    """The settings under which these lemmas are asked: no other way for anything to reach the old primary's disk."""
    return (
        s.settings.primary_faults == PrimaryFaults.PROCESS
        and s.settings.wal_order == WalOrder.LOCAL_FIRST
        and s.settings.drop == Drop.NONE
        and s.settings.promote == Promote.ACKED
        and s.settings.tail != Tail.DELETE
        and s.settings.tail != Tail.CUT_LATE
        and s.settings.tail != Tail.REWIND
        and s.settings.checkpoint_delays
        and s.settings.timeline_bump
        and not s.settings.wal_log_hints
        and not s.settings.crash_restart
        and not s.settings.prepared_transactions
        and not s.settings.restartpoints
        and not s.settings.archive
    )


def runs(s: State) -> bool:
    """The old primary has not stopped yet."""
    return not s.came_back[P] and s.role[P] != Role.DOWN


def in_own_wal(s: State, lsn: int) -> bool:
    """The old primary has flushed a position of the first timeline, and it is in the history of its own."""
    return lsn <= s.flushed[P] and (s.timeline[P] == 0 or lsn <= s.fork[1])


def commit_in_own_wal(s: State, x: Transaction) -> bool:
    return any(is_commit(s, 0, position, x) and in_own_wal(s, position) for position in positions(s))


# --- timelines, with one promotion ----------------------------------------------------------------------------


@lemma_for(*BOUNDED)
def second_timeline_forks_off_the_first(s: State) -> bool:
    """With one promotion there are two timelines, and they part at the fork."""
    return not is_plain(s) or (
        s.fork[0] == 0
        and (s.latest > 0 or all(s.seen[n] == 0 for n in Node))
        and s.history[0, 1] == 0
        and s.number[0] == 0
        and s.author[0] == P
        and (
            s.latest == 0
            or (
                s.history[1, 0] == s.fork[1]
                and s.common[1, 0] == s.fork[1]
                and s.common[0, 1] == s.fork[1]
                and s.number[1] > 0
                and s.author[1] == B
            )
        )
    )


@lemma_for(*BOUNDED)
def promoted_node_stays_primary(s: State) -> bool:
    """With one promotion, whoever was promoted goes on as the primary of its timeline."""
    return (
        not is_plain(s)
        or s.latest == 0
        or (
            s.timeline[B] == 1
            and s.fork[1] <= s.wal_end[B]
            and not s.came_back[B]
            and (s.role[B] == Role.FORKED or s.role[B] == Role.PRIMARY)
        )
    )


@lemma_for(*BOUNDED)
def nothing_beyond_the_end(s: State) -> bool:
    """Behind the end of its primary's WAL a timeline has no records."""
    return not is_plain(s) or (
        (
            not runs(s)
            or all(position <= s.wal_end[P] or s.log[0, position].kind == Kind.NOTHING for position in positions(s))
        )
        and all(
            (s.latest > 0 and position <= s.wal_end[B]) or s.log[1, position].kind == Kind.NOTHING
            for position in positions(s)
        )
    )


@lemma_for(*BOUNDED)
def no_hint_is_logged(s: State) -> bool:
    """Without wal_log_hints no record is about a hint."""
    return not is_plain(s) or all(
        s.log[t, position].kind != Kind.HINT for t in timelines(s) for position in positions(s)
    )


@lemma_for(*BOUNDED)
def nothing_is_archived(s: State) -> bool:
    """Without an archive nobody has WAL in one."""
    return not is_plain(s) or all(s.archived[n] == 0 for n in Node)


# --- the old primary, while it runs ---------------------------------------------------------------------------


@lemma_for(*BOUNDED)
def buffer_is_what_was_written(s: State) -> bool:
    """A page in the old primary's buffer carries every change since the last removal of the page was carried out."""
    return (
        not is_plain(s)
        or not runs(s)
        or all(
            s.buffer_holds[P, p, 0, position]
            == (is_update(s, 0, position, p) and s.removed[P, p] < position and position <= s.wal_end[P])
            for p in Page
            for position in positions(s)
        )
    )


@lemma_for(*BOUNDED)
def first_timeline_is_all(s: State) -> bool:
    """Before it comes back the old primary has changes of the first timeline only, and on disk ever after."""
    return not is_plain(s) or all(
        t == 0 or (not s.disk_holds[P, p, t, position] and (s.came_back[P] or not s.buffer_holds[P, p, t, position]))
        for p in Page
        for t in timelines(s)
        for position in positions(s)
    )


@lemma_for(*BOUNDED)
def buffer_lsn_is_the_last_change(s: State) -> bool:
    """The LSN of a page in the old primary's buffer is that of the last change; a page without one was removed."""
    return (
        not is_plain(s)
        or not runs(s)
        or all(
            s.buffer[P, p].lsn <= s.wal_end[P]
            and (
                s.buffer[P, p].lsn == 0
                or (is_update(s, 0, s.buffer[P, p].lsn, p) and s.removed[P, p] < s.buffer[P, p].lsn)
            )
            and (s.buffer[P, p].exists or (s.buffer[P, p].lsn == 0 and s.removed[P, p] > 0))
            and (not s.buffer[P, p].exists or s.removed[P, p] == 0 or s.buffer[P, p].lsn > 0)
            and all(
                position <= s.buffer[P, p].lsn or not s.buffer_holds[P, p, 0, position] for position in positions(s)
            )
            for p in Page
        )
    )


@lemma_for(*BOUNDED)
def truncation_in_progress_is_the_last(s: State) -> bool:
    """A truncation at work has its record behind every change of its page; no other is left to be carried out."""
    return (
        not is_plain(s)
        or not runs(s)
        or all(
            (
                not (s.truncater[P].busy and s.truncater[P].page == p)
                or (
                    s.truncater[P].lsn <= s.wal_end[P]
                    and s.removed[P, p] < s.truncater[P].lsn
                    and is_removal(s, 0, s.truncater[P].lsn, p)
                    and all(
                        not is_update(s, 0, position, p) or position < s.truncater[P].lsn for position in positions(s)
                    )
                )
            )
            and all(
                not is_removal(s, 0, position, p)
                or position <= s.removed[P, p]
                or (s.truncater[P].busy and s.truncater[P].page == p and s.truncater[P].lsn == position)
                for position in positions(s)
            )
            for p in Page
        )
    )


@lemma_for(*BOUNDED)
def removed_has_its_record(s: State) -> bool:
    """Of every page the old primary knows the record of the last removal carried out."""
    return not is_plain(s) or all(s.removed[P, p] == 0 or is_removal(s, 0, s.removed[P, p], p) for p in Page)


@lemma_for(*BOUNDED)
def commits_are_known(s: State) -> bool:
    """Of every COMMIT record the old primary's backend knows the position, and its status is set or about to be."""
    return (
        not is_plain(s)
        or not runs(s)
        or all(
            (
                not is_commit(s, 0, position, x)
                or (
                    s.commit_lsn[P, x] == position
                    and (
                        s.phase[P, x] == Phase.LOGGED
                        or (s.status[P, x] and (s.phase[P, x] == Phase.PENDING or s.phase[P, x] == Phase.ENDED))
                    )
                )
            )
            for x in Transaction
            for position in positions(s)
        )
    )


@lemma_for(*BOUNDED)
def status_has_its_record(s: State) -> bool:
    """A status in the old primary's buffer has its COMMIT record, which is flushed or known to the commit log."""
    return (
        not is_plain(s)
        or not runs(s)
        or all(
            (s.status[P, x] or not s.disk_status[P, x])
            and (
                not s.status[P, x]
                or (
                    s.commit_lsn[P, x] > 0
                    and s.commit_lsn[P, x] <= s.wal_end[P]
                    and is_commit(s, 0, s.commit_lsn[P, x], x)
                    and (s.commit_lsn[P, x] <= s.flushed[P] or s.status_lsn[P, x] == s.commit_lsn[P, x])
                )
            )
            for x in Transaction
        )
    )


# --- its disk -------------------------------------------------------------------------------------------------


@lemma_for(*BOUNDED)
def disk_is_its_wal_up_to_a_position(s: State) -> bool:
    """A page on the old primary's disk has all that was not removed since, up to its LSN or the redo point."""
    return not is_plain(s) or all(
        all(
            not s.disk_holds[P, p, 0, position]
            or (is_update(s, 0, position, p) and s.removed[P, p] < position and position <= s.disk[P, p].lsn)
            for position in positions(s)
        )
        and (
            (gone(s, p) and undone(s, p, s.control[P].redo))
            or all(
                s.disk_holds[P, p, 0, position]
                or not is_update(s, 0, position, p)
                or position <= s.removed[P, p]
                or (s.disk[P, p].lsn < position and s.control[P].redo < position)
                for position in positions(s)
            )
        )
        for p in Page
    )


def gone(s: State, p: Page) -> bool:
    """A page that is not on the old primary's disk once it came back: a redo may have removed it."""
    return s.came_back[P] and not s.disk[P, p].exists


def undone(s: State, p: Page, position: int) -> bool:
    """Behind a position the WAL that the old primary keeps has a removal of the page."""
    return any(
        position < later
        and later <= (s.flushed[P] if s.settings.standby_faults == Faults.OS else s.wal_end[P])
        and is_removal(s, t, later, p)
        and in_history(s, s.timeline[P], t, later)
        for t in timelines(s)
        for later in positions(s)
    )


@lemma_for(*BOUNDED)
def disk_header_is_true(s: State) -> bool:
    """A page that is not on the old primary's disk was removed; one made anew since has a change since."""
    return not is_plain(s) or all(
        (
            s.disk[P, p].exists
            or (s.disk[P, p].lsn == 0 and (s.removed[P, p] > 0 or (gone(s, p) and undone(s, p, s.control[P].redo))))
        )
        and (s.disk[P, p].lsn == 0 or (s.removed[P, p] < s.disk[P, p].lsn and s.disk_holds[P, p, 0, s.disk[P, p].lsn]))
        and (not s.disk[P, p].exists or s.removed[P, p] == 0 or s.disk[P, p].lsn > 0)
        for p in Page
    )


@lemma_for(*BOUNDED)
def disk_is_within_own_wal(s: State) -> bool:
    """What is on the old primary's disk has its record in the WAL that the node has flushed."""
    return not is_plain(s) or (
        in_own_wal(s, s.control[P].checkpoint)
        and s.control[P].redo <= s.control[P].checkpoint
        and s.control[P].timeline == 0
        and all(
            in_own_wal(s, s.disk[P, p].lsn)
            and in_own_wal(s, s.removed[P, p])
            and all(not s.disk_hint[P, p, x] or commit_in_own_wal(s, x) for x in Transaction)
            for p in Page
        )
        and all(not s.disk_status[P, x] or commit_in_own_wal(s, x) for x in Transaction)
    )


@lemma_for(*BOUNDED)
def hint_has_its_record(s: State) -> bool:
    """A tuple that is marked committed in the old primary's buffer has its COMMIT record in flushed WAL."""
    return not is_plain(s) or all(
        not s.buffer_hint[P, p, x] or commit_in_own_wal(s, x) for p in Page for x in Transaction
    )


@lemma_for(*BOUNDED)
def checkpoint_in_progress_is_true(s: State) -> bool:
    """A checkpoint whose record is inserted has on disk all that is before its redo point."""
    return (
        not is_plain(s)
        or not runs(s)
        or (
            s.checkpointer[P].redo <= s.wal_end[P]
            and (
                s.checkpointer[P].step != CheckpointStep.RECORD
                or (
                    s.checkpointer[P].redo < s.checkpointer[P].record
                    and s.checkpointer[P].record <= s.wal_end[P]
                    and all(
                        (
                            s.checkpointer[P].redo < position
                            or position <= s.removed[P, p]
                            or (
                                not is_removal(s, 0, position, p)
                                and (not is_update(s, 0, position, p) or s.disk_holds[P, p, 0, position])
                            )
                        )
                        for p in Page
                        for position in positions(s)
                    )
                )
            )
        )
    )


@lemma_for(*BOUNDED)
def checkpointed_commits_are_on_disk(s: State) -> bool:
    """Once a checkpoint has written the commit log, every commit before its redo point is on disk."""
    return (
        not is_plain(s)
        or not runs(s)
        or s.checkpointer[P].step == CheckpointStep.IDLE
        or s.checkpointer[P].step == CheckpointStep.REDO
        or s.checkpointer[P].step == CheckpointStep.ENDED
        or all(
            not is_commit(s, 0, position, x) or s.checkpointer[P].redo < position or s.disk_status[P, x]
            for x in Transaction
            for position in positions(s)
        )
    )


@lemma_for(*BOUNDED)
def redo_point_is_true(s: State) -> bool:
    """Before the redo point in the old primary's control file every removal is carried out, every commit on disk."""
    return not is_plain(s) or all(
        s.control[P].redo < position
        or (
            all(not is_removal(s, 0, position, p) or position <= s.removed[P, p] for p in Page)
            and all(not is_commit(s, 0, position, x) or s.disk_status[P, x] for x in Transaction)
        )
        for position in positions(s)
    )
