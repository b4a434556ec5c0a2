"""Checkpoints in an object store: as in a folder, but that a search takes one over from another that may still run."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from contextlib import closing

import obstore
import pytest

from checker.explore import Checkpoint, bucket, checkpoint
from checker.explore.bucket import Bucket
from checker.explore.checkpoint import MANIFEST
from checker.explore.cluster.fleet import Inline
from checker.explore.cluster.messages import Closed
from checker.explore.cluster.partition import Partition
from checker.refusal import UsageError
from tests.cli.models import ROOT, answer, checker
from tests.cli.test_cluster import CLOCKS, MAY_DIFFER, without_steps
from tests.cluster.stored import MEMORY, explored, names, names_of, plain, refused, search
from tests.cluster.test_ray import BITS, cube, level_by_level, with_losses
from tests.native.test_compiled_search import told

__all__ = ["level_by_level"]

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""What some versions of Ray leave to the collector is found in these tests too."""

FILES = BITS + 2
"""A level for each number of bits, and an empty one at the end."""


@pytest.fixture(autouse=True)
def written_at_once(monkeypatch, level_by_level):
    monkeypatch.setattr(checkpoint, "OFTEN", 0.0)


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


# --- what is refused ----------------------------------------------------------------------------------------


@pytest.fixture
def begun(shared):
    explored(shared, cube(), states=4000)
    return shared


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
        if name.startswith(what):
            raise obstore.exceptions.GenericError("quota used up\n\nDebug source: many lines")
        return put(store, name, *data, **terms)

    with monkeypatch.context() as patch, closing(Checkpoint(shared, {})) as kept:
        patch.setattr(obstore, "put", limited)
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
