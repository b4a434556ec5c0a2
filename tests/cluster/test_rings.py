"""Rings between processes: all arrives, in order; and what is not a ring of the other is never taken for one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import numpy as np
import pytest

from checker.explore.cluster import rings
from checker.explore.cluster.messages import Ended, Parcel
from checker.explore.cluster.rings import Offer, Rings, made, opened

WORDS = 3

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""What some versions of Ray leave to the collector is found in these tests too."""

SENDER = """
import sys
import numpy as np
from checker.explore.cluster.messages import Ended, Parcel
from checker.explore.cluster.rings import Offer, opened
from tests.cluster.test_rings import states
process, descriptor, token, number = map(int, sys.argv[1:])
ring = opened(Offer(process, descriptor, token, (4, 7), 5, 3), 7)
for count in range(number):
    parcel = Parcel((1, count), 7, states(count), Ended(count, True, False, True) if count % 3 == 0 else None)
    while not ring.put(parcel):
        pass
"""


def states(count):
    """Of parcel number so much: none to five states, no two parcels alike."""
    return np.arange(count % 6 * WORDS, dtype=np.uint64) + np.uint64(100 * count)


def ring_of_two(monkeypatch):
    monkeypatch.setattr(rings, "LARGEST", 5)
    return Rings((4, 7), WORDS, 1 << 20)


def test_another_process_sends_many_more_than_there_is_room_for(monkeypatch):
    here, number = ring_of_two(monkeypatch), 20_000
    told = [here.offer.process, here.offer.descriptor, here.offer.token, number]
    sender = subprocess.Popen([sys.executable, "-c", SENDER, *map(str, told)])
    try:
        ring = next(ring for ring in here.near if ring.sender == 7)
        for count in range(number):
            while (parcel := ring.first()) is None:
                assert sender.poll() in (None, 0)
            assert (parcel.when, parcel.sender) == ((1, count), 7)
            assert (parcel.states == states(count)).all()
            assert parcel.ended == (Ended(count, True, False, True) if count % 3 == 0 else None)
            ring.drop()
        assert ring.first() is None
        assert sender.wait(10) == 0
    finally:
        sender.kill()
        sender.wait()


def test_a_full_ring_takes_no_more_until_a_slot_is_free(monkeypatch):
    here = ring_of_two(monkeypatch)
    ring, parcel = opened(here.offer, 4), Parcel((1, 0), 4, states(5))
    assert [ring.put(parcel) for _ in range(rings.SLOTS + 1)] == [True] * rings.SLOTS + [False]
    near = next(ring for ring in here.near if ring.sender == 4)
    near.drop()
    assert ring.put(parcel) and not ring.put(parcel)


def test_counts_go_on_where_32_bits_end(monkeypatch):
    here = ring_of_two(monkeypatch)
    ring = here.near[0]
    ring.memory.view(np.uint32)[[rings.WRITTEN // 4, rings.READ // 4]] = (1 << 32) - 2
    for count in range(1, 5):
        assert ring.put(Parcel((1, count), 4, states(count)))
    for count in range(1, 5):
        assert (ring.first().states == states(count)).all()
        ring.drop()
    assert ring.first() is None


def test_slots_are_as_large_as_memory_allows():
    """A million bytes for 16 slots of each of two rings: 1302 states of three words."""
    assert rings.slot(2, WORDS, 10**6) == 1302
    assert Rings((0, 1), WORDS, 10**6).offer.bytes <= 1.1 * 10**6
    assert rings.slot(2, WORDS, 1 << 40) == rings.LARGEST
    assert rings.slot(2, WORDS, 1) == 1


def other(offer, **changes):
    return Offer(**{**vars(offer), **changes})


def test_what_is_not_that_memory_is_not_opened(monkeypatch):
    """A process that is not there, a descriptor that is not, one of something else, memory of another search."""
    here = ring_of_two(monkeypatch)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert opened(here.offer, 4) is not None
    assert opened(other(here.offer, process=gone.pid), 4) is None
    assert opened(other(here.offer, token=here.offer.token ^ 1), 4) is None
    with tempfile.TemporaryFile() as file:
        # what follows is seen from outside to be no such memory
        monkeypatch.setattr(rings.os, "open", None)
        assert opened(other(here.offer, states=6), 4) is None
        assert opened(other(here.offer, descriptor=file.fileno()), 4) is None
    reading, writing = os.pipe()
    for descriptor in (reading, writing):
        assert opened(other(here.offer, descriptor=descriptor), 4) is None
        os.close(descriptor)
        assert opened(other(here.offer, descriptor=descriptor), 4) is None


def test_nothing_is_left_once_it_is_closed(monkeypatch):
    here = ring_of_two(monkeypatch)
    here.close()
    assert opened(here.offer, 4) is None


@pytest.mark.parametrize("missing", ["memfd_create", "posix_fallocate"])
def test_without_such_memory_there_are_none(monkeypatch, missing):
    def refused(*_):
        raise OSError

    monkeypatch.setattr(os, missing, refused)
    assert made((1,), WORDS, 1 << 20) is None
    monkeypatch.delattr(os, missing)
    assert made((1,), WORDS, 1 << 20) is None
    assert made((), WORDS, 1 << 20) is None
