"""Redo: images heal, page LSNs make it skip, a truncation takes a page and an update brings it anew."""

from __future__ import annotations

import pytest

from model.files import insert_truncate, truncate_file
from model.recovery import replay
from model.state import page_carries, page_exists
from model.transactions import insert_commit, update_page
from model.vocabulary import Kind, Outcome, PageHeader, Role
from model.wal import flush_wal
from tests.model.cluster import P1, X1, X2, A, B, cluster

from model.state import Bounds  # isort: skip


def recovering(c, replayed, end):
    """By hand: A replays its own WAL and has come this far."""
    c.s.role[A] = Role.RECOVERING
    c.s.wal_end[A] = c.s.flushed[A] = end
    c.s.replayed[A] = replayed


def held(c, node=A):
    """The positions on timeline 0 of the changes in the buffer of page 1."""
    return [position for position in range(1, 6) if c.s.buffer_holds[node, P1, 0, position]]


@pytest.mark.parametrize(("page_lsn", "applied"), [(0, True), (1, True), (2, False), (3, False)])
def test_redo_skips_a_page_whose_lsn_is_not_below_the_record(page_lsn, applied):
    with cluster() as c:
        c.record(2, Kind.UPDATE)
        recovering(c, replayed=1, end=2)
        c.s.buffer[A, P1].lsn = page_lsn
        c.do(replay, A, 0, 2)
        assert held(c) == ([2] if applied else [])
        assert c.s.buffer[A, P1].lsn == max(page_lsn, 2)
        assert c.s.dirty[A, P1] == applied
        assert c.s.replayed[A] == 2


def test_an_image_heals_a_page_that_ran_ahead():
    """The page on disk has the change of 3, lost with the tail; the image of 2 is the page as history has it."""
    with cluster() as c:
        c.record(1, Kind.UPDATE)
        c.record(2, Kind.UPDATE, image=True)
        recovering(c, replayed=1, end=2)
        c.s.buffer[A, P1].lsn = 3
        c.s.buffer_holds[A, P1, 0, 3] = True
        c.s.buffer_hint[A, P1, X1] = True
        c.do(replay, A, 0, 2)
        assert held(c) == [1, 2]
        assert c.s.buffer[A, P1] == PageHeader(lsn=2, exists=True)
        assert not c.s.buffer_hint[A, P1, X1]


def test_without_an_image_it_stays_wrong():
    with cluster() as c:
        c.record(1, Kind.UPDATE)
        c.record(2, Kind.UPDATE)
        recovering(c, replayed=1, end=2)
        c.s.buffer[A, P1].lsn = 3
        c.s.buffer_holds[A, P1, 0, 3] = True
        c.do(replay, A, 0, 2)
        assert held(c) == [3]


def test_a_missing_page_is_forgiven_where_a_later_record_truncates_it():
    with cluster() as c:
        c.record(1, Kind.UPDATE)
        c.record(2, Kind.TRUNCATE)
        recovering(c, replayed=0, end=2)
        c.s.buffer[A, P1].exists = False
        c.do(replay, A, 0, 1)
        assert c.s.invalid[A, P1]
        c.do(replay, A, 0, 2)
        assert not c.s.invalid[A, P1]


def test_a_missing_page_ends_a_standby_at_once():
    """It is consistent since it connected, so it forgives nothing."""
    with cluster() as c:
        c.record(1, Kind.UPDATE)
        recovering(c, replayed=0, end=1)
        c.s.role[A], c.s.came_back[A] = Role.STANDBY, True
        c.s.buffer[A, P1].exists = False
        c.do(replay, A, 0, 1)
        assert (c.s.outcome[A], c.s.role[A]) == (Outcome.INVALID_PAGES, Role.DOWN)


def test_records_are_replayed_in_order_and_only_what_is_there():
    with cluster() as c:
        recovering(c, replayed=1, end=2)
        assert [at for at in range(1, 5) if c.can(replay, A, 0, at)] == [2]


def test_an_update_after_a_truncation_makes_the_page_anew():
    with cluster(Bounds(records=4, transactions=2)) as c:
        c.do(update_page, A, P1, X1, 0, 1)
        assert not c.can(insert_truncate, A, P1, 0, 2), "the change of X1 is unfinished"
        c.do(insert_commit, A, X1, 0, 2)
        c.s.phase[A, X1] = c.s.phase[A, X1].ENDED
        c.do(insert_truncate, A, P1, 0, 3)
        assert not c.can(update_page, A, P1, X2, 0, 4), "the truncation holds the exclusive lock"
        assert not c.can(truncate_file, A, P1), "its record is not flushed"
        c.do(flush_wal, A)
        c.do(truncate_file, A, P1)
        assert (c.s.buffer[A, P1].exists, c.s.disk[A, P1].exists, held(c)) == (False, False, [])
        assert c.s.removed[A, P1] == 3
        c.do(update_page, A, P1, X2, 0, 4)
        assert c.s.log[0, 4].image, "a page made anew needs nothing that was there before"
        assert held(c) == [4]
        assert (c.s.buffer[A, P1].exists, c.s.disk[A, P1].exists) == (True, False)


def test_an_ideal_redo_of_that():
    with cluster() as c:
        c.record(1, Kind.UPDATE)
        c.record(2, Kind.TRUNCATE)
        c.record(3, Kind.UPDATE, image=True)
        carried = [[at for at in range(1, 5) if page_carries(c.s, 0, end, P1, 0, at)] for end in range(5)]
        assert carried == [[], [1], [], [3], [3]]
        assert [page_exists(c.s, 0, end, P1) for end in range(5)] == [True, True, False, True, True]


def test_the_first_change_after_a_redo_point_carries_an_image():
    """0 is where the base backup's redo point is: the first change has an image, the next has none."""
    with cluster(Bounds(records=4, transactions=2)) as c:
        c.do(update_page, A, P1, X1, 0, 1)
        c.do(update_page, A, P1, X2, 0, 2)
        assert (c.s.log[0, 1].image, c.s.log[0, 2].image) == (True, False)
    with cluster(full_page_writes=False) as c:
        c.do(update_page, A, P1, X1, 0, 1)
        assert not c.s.log[0, 1].image


def test_a_standby_replays_what_it_has_fsynced_and_recovery_what_is_there():
    with cluster() as c:
        c.record(1, Kind.CHECKPOINT)
        c.s.wal_end[B], c.s.came_back[B] = 1, True
        assert not c.can(replay, B, 0, 1)
        c.s.role[B] = Role.PROMOTING
        assert c.can(replay, B, 0, 1)
