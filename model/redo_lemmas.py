"""Why coming back is sound: what redo makes of the old primary's pages, commit log and files, record by record.

The node returns with WAL that ends at the fork or, in other procedures, where it ended; all that is on disk is in
there.  Redo leaves a page as it is on disk, being ahead, or brings it to what an ideal redo of the history gives.  At
the end of its own WAL no page is ahead any more, and nobody is asked for more before that.
"""

from __future__ import annotations

from model.disk_lemmas import BOUNDED, commit_in_own_wal, is_plain, undone
from model.language import lemma_for
from model.lemmas import B
from model.properties import P
from model.settings import Faults, Tail
from model.state import (
    State,
    committed,
    in_history,
    is_commit,
    is_removal,
    is_update,
    page_carries,
    positions,
    timelines,
)
from model.vocabulary import Kind, Node, Outcome, Page, Role, Transaction


def returns(s: State) -> bool:
    """The old primary is up again, as a standby."""
    return s.came_back[P] and (s.role[P] == Role.RECOVERING or s.role[P] == Role.STANDBY)


# --- a stop ---------------------------------------------------------------------------------------------------


@lemma_for(*BOUNDED)
def stopped_primary_is_its_disk(s: State) -> bool:
    """A stopped old primary has nothing but its disk."""
    return (
        not is_plain(s)
        or s.came_back[P]
        or s.role[P] != Role.DOWN
        or (
            all(
                as_on_disk(s, p)
                and all(s.buffer_hint[P, p, x] == s.disk_hint[P, p, x] for x in Transaction)
                and not s.invalid[P, p]
                for p in Page
            )
            and all(s.status[P, x] == s.disk_status[P, x] for x in Transaction)
        )
    )


def as_on_disk(s: State, p: Page) -> bool:
    """The page in the old primary's buffer is the one on its disk, hints aside."""
    return (
        s.buffer[P, p].lsn == s.disk[P, p].lsn
        and s.buffer[P, p].exists == s.disk[P, p].exists
        and all(
            s.buffer_holds[P, p, t, position] == s.disk_holds[P, p, t, position]
            for t in timelines(s)
            for position in positions(s)
        )
    )


@lemma_for(*BOUNDED)
def stopped_primary_has_the_fork(s: State) -> bool:
    """A stopped old primary has flushed all its WAL, the fork included, and no more than the new timeline has."""
    return (
        not is_plain(s)
        or s.came_back[P]
        or s.role[P] != Role.DOWN
        or (
            s.flushed[P] == s.wal_end[P]
            and (s.latest == 0 or s.fork[1] <= s.flushed[P])
            and (s.timeline[P] == 0 or s.wal_end[P] <= s.wal_end[B])
        )
    )


@lemma_for(*BOUNDED)
def standby_has_written_no_page(s: State) -> bool:
    """Before the fork the standby has written no page."""
    return not is_plain(s) or s.latest > 0 or all(s.disk[B, p].lsn == 0 for p in Page)


# --- what records rest on -------------------------------------------------------------------------------------


@lemma_for(*BOUNDED)
def changed_page_existed(s: State) -> bool:
    """A change without an image is of a page that exists: since its last removal there was another change."""
    return not is_plain(s) or all(
        s.log[t, position].kind != Kind.UPDATE
        or s.log[t, position].image
        or not is_removal(s, u, earlier, s.log[t, position].page)
        or position <= earlier
        or not in_history(s, t, u, earlier)
        or changed_between(s, t, earlier, position, s.log[t, position].page)
        for t in timelines(s)
        for position in positions(s)
        for u in timelines(s)
        for earlier in positions(s)
    )


def changed_between(s: State, t: int, earlier: int, later: int, p: Page) -> bool:
    """In timeline t's history there is a change of the page between two positions."""
    return any(
        earlier < between and between < later and is_update(s, v, between, p) and in_history(s, t, v, between)
        for v in timelines(s)
        for between in positions(s)
    )


def has_redone(s: State, n: Node) -> int:
    """Up to where a node's buffers are, of its own history."""
    return (
        s.wal_end[n]
        if s.role[n] == Role.PRIMARY or s.role[n] == Role.STOPPING or s.role[n] == Role.FORKED
        else s.replayed[n]
    )


@lemma_for(*BOUNDED)
def standby_page_is_what_it_redid(s: State) -> bool:
    """A page that the promoted node has was changed since its last removal, or is being removed."""
    return not is_plain(s) or all(
        s.buffer[B, p].lsn <= has_redone(s, B)
        and (
            s.buffer[B, p].lsn == 0
            or any(
                is_update(s, t, s.buffer[B, p].lsn, p) and in_history(s, s.timeline[B], t, s.buffer[B, p].lsn)
                for t in timelines(s)
            )
        )
        and (
            not s.buffer[B, p].exists
            or (s.truncater[B].busy and s.truncater[B].page == p)
            or all(
                not is_removal(s, t, position, p)
                or not in_history(s, s.timeline[B], t, position)
                or has_redone(s, B) < position
                or position < s.buffer[B, p].lsn
                for t in timelines(s)
                for position in positions(s)
            )
        )
        for p in Page
    )


# --- coming back ----------------------------------------------------------------------------------------------


@lemma_for(*BOUNDED)
def return_ends_in_streaming_or_refusal(s: State) -> bool:
    """An old primary that came back is up, or was refused; only one that is up streams, on the new timeline."""
    return not is_plain(s) or (
        (not s.came_back[P] or (s.latest > 0 and (returns(s) or s.outcome[P] != Outcome.NONE)))
        and (s.outcome[P] != Outcome.STREAMING or (s.came_back[P] and s.role[P] == Role.STANDBY and s.timeline[P] == 1))
        and all(n == P or s.outcome[n] != Outcome.STREAMING for n in Node)
    )


@lemma_for(*BOUNDED)
def return_is_within_history(s: State) -> bool:
    """A returning node replays what it has, has all up to the fork, and connects when all its own WAL is replayed."""
    return (
        not is_plain(s)
        or not returns(s)
        or (
            s.control[P].redo <= s.replayed[P]
            and s.replayed[P] <= s.wal_end[P]
            and s.fork[1] <= s.flushed[P]
            and (s.timeline[P] == 0 or s.wal_end[P] <= s.wal_end[B])
            and (
                (s.settings.tail != Tail.CUT and s.settings.tail != Tail.CLEAN)
                or s.timeline[P] == 1
                or s.wal_end[P] == s.fork[1]
            )
            and (s.role[P] != Role.STANDBY or s.fork[1] <= s.replayed[P])
            and (s.role[P] == Role.STANDBY or s.settings.standby_faults != Faults.OS or s.flushed[P] == s.wal_end[P])
            and (s.role[P] != Role.STANDBY or s.timeline[P] == 1 or s.replayed[P] == s.wal_end[P])
        )
    )


def redone(s: State, p: Page) -> bool:
    """The page in the returning node's buffer is what an ideal redo of its history up to its replay position gives."""
    return (
        all(
            s.buffer_holds[P, p, t, position] == page_carries(s, s.timeline[P], s.replayed[P], p, t, position)
            and (position <= s.buffer[P, p].lsn or not s.buffer_holds[P, p, t, position])
            for t in timelines(s)
            for position in positions(s)
        )
        and s.buffer[P, p].lsn <= s.replayed[P]
        and (s.buffer[P, p].lsn == 0 or any(s.buffer_holds[P, p, t, s.buffer[P, p].lsn] for t in timelines(s)))
        and s.buffer[P, p].exists
        == (
            s.buffer[P, p].lsn > 0
            or not any(
                position <= s.replayed[P]
                and is_removal(s, t, position, p)
                and in_history(s, s.timeline[P], t, position)
                for t in timelines(s)
                for position in positions(s)
            )
        )
    )


def ahead(s: State, p: Page) -> bool:
    """The page is as it was on disk: redo has met nothing but changes that it has, or that a removal will undo."""
    return (
        as_on_disk(s, p)
        and all(
            position <= s.control[P].redo
            or s.replayed[P] < position
            or not in_history(s, s.timeline[P], t, position)
            or (
                not is_removal(s, t, position, p)
                and (
                    not is_update(s, t, position, p)
                    or (
                        not s.log[t, position].image
                        and (not s.disk[P, p].exists or (t == 0 and position <= s.disk[P, p].lsn))
                    )
                )
            )
            for t in timelines(s)
            for position in positions(s)
        )
        and (
            s.disk[P, p].exists
            or undone(s, p, s.replayed[P])
            or all(
                position <= s.control[P].redo
                or s.replayed[P] < position
                or not in_history(s, s.timeline[P], t, position)
                or not is_update(s, t, position, p)
                for t in timelines(s)
                for position in positions(s)
            )
        )
    )


@lemma_for(*BOUNDED)
def redo_is_ideal_or_behind_the_disk(s: State) -> bool:
    """Each page of a returning node is what an ideal redo gives, or still as on disk, which is ahead of the redo."""
    return (
        not is_plain(s)
        or not returns(s)
        or all((redone(s, p) or (s.role[P] == Role.RECOVERING and ahead(s, p))) for p in Page)
    )


@lemma_for(*BOUNDED)
def missing_pages_are_removed_later(s: State) -> bool:
    """A record for a page that a returning node does not have is followed by the removal of that page."""
    return (
        not is_plain(s)
        or not returns(s)
        or all(
            not s.invalid[P, p]
            or (s.role[P] == Role.RECOVERING and not s.buffer[P, p].exists and undone(s, p, s.replayed[P]))
            for p in Page
        )
    )


@lemma_for(*BOUNDED)
def redone_commits_are_known(s: State) -> bool:
    """A returning node knows each commit that it replayed, and others of its own WAL only from its disk."""
    return (
        not is_plain(s)
        or not returns(s)
        or all(
            (not s.status[P, x] or commit_in_own_wal(s, x) or committed(s, s.timeline[P], s.replayed[P], x))
            and all(
                s.status[P, x]
                or not is_commit(s, t, position, x)
                or not in_history(s, s.timeline[P], t, position)
                or s.replayed[P] < position
                for t in timelines(s)
                for position in positions(s)
            )
            for x in Transaction
        )
    )
