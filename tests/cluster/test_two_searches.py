"""A search that loses its workers, its user or its place to another one: nothing that was written is lost."""

from __future__ import annotations

import math
from contextlib import closing

import obstore
import pytest
from obstore.store import MemoryStore

from checker.backends.native import compile_native
from checker.explore import Checkpoint, bucket, checkpoint
from checker.explore.bucket import Bucket
from checker.explore.checkpoint import MANIFEST
from checker.explore.cluster.fleet import Inline, Lost
from checker.explore.cluster.messages import Closed
from checker.explore.cluster.partition import Partition
from checker.explore.cluster.search import ClusterSearch
from checker.explore.limits import Terms
from checker.grounding.narrow import narrowed
from checker.refusal import UsageError
from tests.cluster.stored import MEMORY, Losing, explored, plain, refused, search
from tests.cluster.test_ray import BITS, cube, level_by_level
from tests.native.test_compiled_search import told
from tests.small_models import bits

__all__ = ["level_by_level"]

FILES = BITS + 2
"""A level for each number of bits, and an empty one at the end."""


@pytest.fixture(autouse=True)
def written_at_once(monkeypatch, level_by_level):
    monkeypatch.setattr(checkpoint, "OFTEN", 0.0)


def moments(monkeypatch, first, comes):
    """Has another search come when a place has been asked for so many things; how many it was asked for in all."""
    asked = [0]

    def wrapped(method):
        def called(self, *arguments):
            if self is first[0]:
                asked[0] += 1
                if asked[0] == comes:
                    first[1]()
            return method(self, *arguments)

        return called

    for name in ("publish", "sizes", "remove", "text"):
        monkeypatch.setattr(Bucket, name, wrapped(getattr(Bucket, name)))
    return asked


def taken_over(address, grounded, monkeypatch, comes):
    """A search, with a worker lost in the middle, during which another one does all of it; what the first says."""
    with monkeypatch.context() as patch, closing(Checkpoint(address, {})) as kept:
        asked = moments(patch, (kept.place, lambda: explored(address, grounded)), comes)
        try:
            found = search(grounded, kept, fleet=Losing)
        except UsageError as error:
            found = str(error)
        return asked[0], found


def test_a_search_that_was_taken_over_says_so_and_destroys_nothing(shared, monkeypatch):
    grounded = cube()
    requests, found = taken_over(shared, grounded, monkeypatch, comes=None)
    assert told(found) == plain() and requests > FILES
    for comes in range(1, requests + 1):
        memory = MemoryStore()
        monkeypatch.setattr(bucket, "store", lambda address, memory=memory: memory)
        _, said = taken_over(shared, grounded, monkeypatch, comes)
        word = "is in use by another search" if comes == 1 else "was taken over by another search"
        assert isinstance(said, str) and word in said, comes
        again = explored(shared, grounded)
        assert told(again) == plain(), comes


def test_a_worker_is_lost(shared):
    fleets = []
    assert told(explored(shared, cube(), fleet=lambda *task: fleets.append(Losing(*task)) or fleets[0])) == plain()
    assert fleets[0].lost


@pytest.mark.parametrize("loads", [1, 2])
def test_a_worker_is_lost_and_those_who_go_back_have_no_room(shared, monkeypatch, loads):
    """In the middle, or on the way back from a violation: what is not there any more cannot be gone through."""

    class Short(Losing):
        """Which has room for what was written the first time only."""

        def ask(self, part, method, *asked):
            if method == "predecessors" and loads == 2 and not self.lost:
                self.lost = True
                for one in self.partitions:
                    one.at = (-1, -1)
                raise Lost("gone")
            return super().ask(part, method, *asked)

    if loads == 2:
        monkeypatch.setattr(Losing, "WORK", -1)
    load = Partition.load

    def short(self, *asked):
        self.at = (-1, -1)
        return Closed("memory") if self.own == 1 else load(self, *asked)

    with monkeypatch.context() as patch:
        patch.setattr(Partition, "load", short)
        found = explored(shared, cube(), fleet=Short, memory=MEMORY)
    assert found.stopped == "memory" and "are too little" in found.note
    assert found.finding("few").word == "unknown"
    assert told(explored(shared, cube())) == plain()


def test_an_answer_that_is_lost(shared):
    """The store makes the request again, and finds that the object is not what it was: it is what was to be written."""
    one, other = Bucket(shared), Bucket(shared)
    one.publish(MANIFEST, "first")
    version = one._version
    one.publish(MANIFEST, "second")
    one._version = version
    one.publish(MANIFEST, "second")
    one.publish(MANIFEST, "third")
    assert other.text(MANIFEST) == "third"
    one._version = version
    with pytest.raises(UsageError, match="taken over"):
        one.publish(MANIFEST, "fourth")
    assert other.text(MANIFEST) == "third"


class Interrupted(Losing):
    """Ended by the user while one is asked something for the so-and-so-many-th time; a worker may be lost before."""

    WORK = -1
    interrupted, after = "save", 5

    def ask(self, part, method, *arguments):
        if part == 0 and method == self.interrupted:
            self.after -= 1
            if not self.after:
                raise KeyboardInterrupt
        return super().ask(part, method, *arguments)


def test_an_interrupt_while_levels_are_written_loses_nothing(shared):
    found = explored(shared, cube(), fleet=Interrupted)
    assert (found.stopped, found.levels) == ("interrupted", tuple(math.comb(BITS, depth) for depth in range(5)))
    assert told(explored(shared, cube())) == plain()


@pytest.mark.parametrize("work", [-1, 14])
def test_an_interrupt_while_levels_are_read(shared, monkeypatch, work):
    """At the beginning, or when a worker was lost: there is nothing to go through then."""
    monkeypatch.setattr(Interrupted, "WORK", work)
    monkeypatch.setattr(Interrupted, "interrupted", "load")
    monkeypatch.setattr(Interrupted, "after", 1)
    if work < 0:
        explored(shared, cube(), states=2**BITS - 2)
    found = explored(shared, cube(), fleet=Interrupted)
    assert found.stopped == "interrupted" and found.finding("few").word == "unknown"
    assert told(explored(shared, cube())) == plain()


def test_an_interrupt_before_there_is_a_level(shared, monkeypatch):
    monkeypatch.setattr(Interrupted, "interrupted", "begin")
    monkeypatch.setattr(Interrupted, "after", 1)
    found = explored(shared, cube(), fleet=Interrupted)
    assert (found.stopped, found.states, found.finding("few").word) == ("interrupted", 0, "unknown")


def test_a_search_that_is_refused_leaves_the_other_alone(shared):
    """Of another version of the model: nobody is shut out by it."""
    with closing(Checkpoint(shared, {})) as kept:
        search(cube(), kept, states=4000)
        few = bits(BITS)
        few.invariant("few", few.op("not", few.all(few["bit0"], few["bit1"])))
        with pytest.raises(UsageError, match="another version of this model"):
            explored(shared, few.grounded((0,) * BITS))
        found = ClusterSearch(compile_native(narrowed(cube())), Terms(checkpoint=kept), 2, lambda t: Inline(t, MEMORY))
        try:
            found.run()
            assert found.stopped is None
        finally:
            found.close()


def test_a_search_that_is_at_work_is_not_shut_out(shared):
    """It publishes between the moment when another one reads what there is, and that when it would go on from there."""
    with closing(Checkpoint(shared, {})) as kept:
        search(cube(), kept, states=1000)
        with closing(Checkpoint(shared, {})) as other:
            found = search(cube(), kept, states=4000)
            with pytest.raises(UsageError, match="is in use by another search, which is writing there"):
                search(cube(), other)
        assert found.stopped == "states"
        assert told(search(cube(), kept)) == plain()


def test_what_another_wrote_is_not_taken_for_ones_own(shared):
    one, other = Bucket(shared), Bucket(shared)
    one.publish(MANIFEST, "one")
    other.text(MANIFEST)
    other.publish(MANIFEST, "other")
    for _ in range(2):
        with pytest.raises(UsageError, match="taken over"):
            one.publish(MANIFEST, "one again")
    obstore.delete(bucket.store(shared), MANIFEST)
    with pytest.raises(UsageError, match="was deleted while it was in use"):
        other.publish(MANIFEST, "other again")


@pytest.mark.parametrize("ignored", ["create", "update", "both"])
def test_a_store_that_knows_no_conditions_is_refused(shared, monkeypatch, ignored):
    put = obstore.put

    def careless(store, name, data, mode="overwrite"):
        kind = "update" if isinstance(mode, dict) else mode
        return put(store, name, data, mode="overwrite" if ignored in (kind, "both") else mode)

    monkeypatch.setattr(obstore, "put", careless)
    refused(shared, "does not replace an object on the condition that it is what it was")


def test_a_store_that_says_that_it_knows_no_conditions_is_refused(prefix, monkeypatch):
    monkeypatch.setenv("AWS_CONDITIONAL_PUT", "disabled")
    refused(prefix, "does not replace an object on the condition that it is what it was")


def test_what_could_not_be_written_does_not_count(shared, monkeypatch):
    with closing(Checkpoint(shared, {})) as kept, monkeypatch.context() as patch:
        kept.begin("cluster", 8, "code")
        made = kept.place.files(8).write("level", [bytes(8)])
        patch.setattr(obstore, "put", lambda *asked, **terms: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            kept.add([made], {}, False)
        assert not kept.files
