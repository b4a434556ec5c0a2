"""Checkpoints in an object store: as in a folder, but that a search takes one over from another that may still run."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import time
from contextlib import closing
from functools import cache

import obstore
import pytest
from obstore.store import MemoryStore

from checker.backends.native import compile_native
from checker.backends.python import compile_program
from checker.explore import Checkpoint, bucket, checkpoint
from checker.explore.bucket import Bucket, store
from checker.explore.checkpoint import MANIFEST
from checker.explore.cluster.fleet import Inline, Lost
from checker.explore.cluster.messages import Closed
from checker.explore.cluster.partition import Partition
from checker.explore.cluster.search import ClusterSearch
from checker.explore.limits import Terms
from checker.grounding.narrow import narrowed
from checker.refusal import UsageError
from tests.cli.models import ROOT, answer, checker
from tests.cli.test_cluster import CLOCKS, MAY_DIFFER, without_steps
from tests.cluster.test_ray import BITS, cube, level_by_level, with_losses
from tests.native.test_compiled_search import by_python, told
from tests.small_models import bits

__all__ = ["level_by_level"]

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""What some versions of Ray leave to the collector is found in these tests too."""

MEMORY = 64 << 20
"""Of all partitions of a search together."""

FILES = BITS + 2
"""A level for each number of bits, and an empty one at the end."""


@pytest.fixture(autouse=True)
def written_at_once(monkeypatch, level_by_level):
    monkeypatch.setattr(checkpoint, "OFTEN", 0.0)


@cache
def plain():
    """What is found without any of it."""
    return told(by_python(cube()))


def explored(address, grounded, **asked):
    """One search by partitions of this process with a checkpoint there."""
    with closing(Checkpoint(address, {})) as kept:
        return search(grounded, kept, **asked)


def search(grounded, kept, parts=2, fleet=Inline, **terms):
    program, terms = compile_native(narrowed(grounded)), Terms(checkpoint=kept, **terms)
    found = ClusterSearch(program, terms, parts, lambda task: fleet(task, MEMORY))
    try:
        found.run()
        return found.result(compile_program(grounded))
    finally:
        found.close()


def names(address):
    return names_of(store(address))


def names_of(store):
    return sorted(item["path"] for some in obstore.list(store) for item in some)


@pytest.mark.parametrize("method, times", [("work", [20, 27]), ("save", [5, 12]), ("load", [1])])
def test_workers_are_killed(ray_cluster, prefix, method, times):
    grounded = cube()
    if method == "load":
        assert with_losses(ray_cluster, grounded, "work", [], folder=prefix, states=4000)[0].stopped == "states"
    found, fleet = with_losses(ray_cluster, grounded, method, times, folder=prefix)
    assert fleet.killed == len(times)
    assert told(found) == plain()
    assert sum(name.startswith("level-") for name in names(prefix)) == FILES * ray_cluster.parts


def test_it_goes_on_with_any_number_of_partitions_and_is_told_again(shared):
    grounded = cube()

    def kept():
        return names_of(bucket.store(shared))

    assert explored(shared, grounded, parts=3, states=1000).stopped == "states"
    begun = kept()
    assert explored(shared, grounded, parts=2, states=6000).stopped == "states"
    assert set(begun) < set(kept())
    assert told(explored(shared, grounded, parts=1)) == plain()
    whole = kept()
    assert told(explored(shared, grounded)) == plain()
    assert kept() == whole


def test_a_killed_driver_goes_on(prefix):
    """As a user runs it, with another number of workers the second time."""
    alone, code = answer("explore", *CLOCKS)
    asked = ["explore", *CLOCKS, "--cluster", "auto", "--resume", prefix]
    command = [sys.executable, "-m", "checker", *asked, "--partitions", "2"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    while process.poll() is None and not (begun := written(prefix)):
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    document, again = answer(*asked, "--partitions", "1")
    assert (code, again) == (12, 12)
    assert written(prefix)[: len(begun)] == begun
    for name in alone.keys() - MAY_DIFFER - {"verdicts"}:
        assert document[name] == alone[name], name
    assert without_steps(document) == without_steps(alone)
    refused = checker("explore", *CLOCKS, "--resume", prefix)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "object stores are for searches by --cluster" in refused.stderr


def written(address):
    """The files that count."""
    text = Bucket(address).text(MANIFEST)
    return [] if text is None else [made["name"] for made in json.loads(text)["levels"]]


def test_a_level_of_many_pieces(prefix, monkeypatch):
    """States of 24 bytes, of which no piece of a round number of bytes has a whole number."""
    monkeypatch.setattr(bucket, "PIECE", 1000)
    files = Bucket(prefix).files(24)
    data = [bytes([number % 251]) * 24 * number for number in range(200)]
    made = files.write("level", iter(data))
    assert made.states == sum(range(200))
    pieces = list(files.read(made))
    assert b"".join(pieces) == b"".join(data)
    assert len(pieces) > 1 and not any(len(piece) % 24 for piece in pieces)


# --- two at once --------------------------------------------------------------------------------------------


@pytest.fixture
def shared(monkeypatch):
    """An object store of this process only, which is quick."""
    memory = MemoryStore()
    monkeypatch.setattr(bucket, "store", lambda address: memory)
    return "s3://here/there"


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


class Losing(Inline):
    """A fleet that says once that a worker was lost, when another has begun to work."""

    WORK = 14
    asked, lost = 0, False

    def ask(self, part, method, *arguments):
        self.asked += method == "work"
        if self.asked == self.WORK and not self.lost:
            self.lost = True
            raise Lost("gone")
        return super().ask(part, method, *arguments)


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


# --- what is refused ----------------------------------------------------------------------------------------


@pytest.fixture
def begun(shared):
    explored(shared, cube(), states=4000)
    return shared


def refused(address, *said, **asked):
    with pytest.raises(UsageError) as error:
        explored(address, cube(), **asked)
    for text in (address, *said):
        assert text in str(error.value)


@pytest.mark.parametrize("change", [lambda data: data[:-8], lambda data: data + bytes(8), lambda data: b""])
def test_a_torn_level(begun, change):
    memory = bucket.store(begun)
    name = next(name for name in names_of(memory) if name.startswith("level-00004"))
    data = bytes(obstore.get(memory, name).bytes())
    obstore.put(memory, name, change(data))
    refused(begun, name, f"{len(change(data)):,} bytes, and {len(data):,} were written")


def test_an_edited_level(begun):
    memory = bucket.store(begun)
    name = next(name for name in names_of(memory) if name.startswith("level-00004"))
    data = bytearray(obstore.get(memory, name).bytes())
    data[3] ^= 1
    obstore.put(memory, name, bytes(data))
    refused(begun, name, "is not as it was written: its checksum differs")


def test_a_level_that_is_gone(begun):
    memory = bucket.store(begun)
    name = next(name for name in names_of(memory) if name.startswith("level-00004"))
    obstore.delete(memory, name)
    refused(begun, name, "is gone")


def test_an_edited_manifest(begun):
    memory = bucket.store(begun)
    text = bytes(obstore.get(memory, MANIFEST).bytes())
    obstore.put(memory, MANIFEST, text.replace(b'"deadlocks": 0', b'"deadlocks": 1'))
    refused(begun, MANIFEST, "was changed after it was written")
    obstore.put(memory, MANIFEST, b"\xff")
    refused(begun, MANIFEST, "is no whole manifest")


def test_a_prefix_of_something_else(shared):
    memory = bucket.store(shared)
    obstore.put(memory, "photos/cat.png", b"meow")
    refused(shared, "photos/cat.png", "is no folder of a search")
    assert names_of(memory) == ["photos/cat.png"]


def test_another_search(begun):
    with pytest.raises(UsageError, match="its setting mode was nothing, and now it is all"):
        Checkpoint(begun, {"setting mode": "all"})


@pytest.mark.parametrize("address", ["http://host/path", "file:///path", "memory://", "s3://", "ftp://host"])
def test_what_is_no_object_store(address):
    refused(address, "is no object store that can be used: write it as s3://BUCKET/PREFIX")


def test_a_bucket_that_is_not_there(s3):
    refused("s3://nobodys/prefix", "cannot be read", "404 Not Found")


def test_a_store_that_does_not_answer(s3, monkeypatch):
    monkeypatch.setattr(bucket, "TRIES", 1)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    refused("s3://checker/prefix", "cannot be read", "Error performing GET http://127.0.0.1:1")


def test_memory_that_cannot_hold_what_was_written_loses_nothing(shared, monkeypatch):
    """Of two partitions one has room for its part: what it would find alone is not what there is, nor its way back."""
    load, begun = Partition.load, shared
    assert explored(begun, cube(), states=2**BITS - 2).finding("few").word == "violated"
    with monkeypatch.context() as patch:
        patch.setattr(Partition, "load", lambda self, *asked: Closed("memory") if self.own == 1 else load(self, *asked))
        found = explored(begun, cube(), memory=MEMORY)
    assert found.stopped == "memory" and "are too little" in found.note
    assert found.finding("few").word == "unknown"
    assert told(explored(begun, cube())) == plain()


@pytest.mark.parametrize("what", ["level-", MANIFEST])
def test_a_store_that_takes_no_more_ends_the_search_and_loses_nothing(shared, monkeypatch, what):
    grounded, put = cube(), obstore.put
    explored(shared, grounded, states=4000)

    def limited(store, name, *data, **terms):
        if name.startswith(what) and full[0]:
            raise obstore.exceptions.GenericError("quota used up\n\nDebug source: many lines")
        return put(store, name, *data, **terms)

    full = [False]
    with monkeypatch.context() as patch, closing(Checkpoint(shared, {})) as kept:
        patch.setattr(obstore, "put", limited)
        full[0] = True
        found = search(grounded, kept)
    assert found.stopped == "disk" and found.note.startswith("s3://here/there takes no more: quota used up;")
    assert told(explored(shared, grounded)) == plain()


def test_a_folder_that_machines_do_not_share(tmp_path):
    """A worker on a machine that has another folder by that name."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    class Apart(Inline):
        def ask(self, part, method, *arguments):
            if method == "save":
                arguments = (str(elsewhere), *arguments[1:])
            return super().ask(part, method, *arguments)

    with pytest.raises(UsageError, match="all machines must share it"):
        explored(tmp_path / "here", cube(), fleet=Apart)
    assert any(elsewhere.iterdir())
