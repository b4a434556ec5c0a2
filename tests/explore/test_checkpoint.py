"""A search that is ended and goes on comes to the same; a folder that is not as it was left is refused."""

from __future__ import annotations

import json

import pytest

from checker.explore import Checkpoint, checkpoint, explore, files, limits
from checker.explore.checkpoint import MANIFEST
from checker.explore.places import LOCK
from checker.refusal import UsageError
from tests.native.test_compiled_search import told
from tests.small_models import bits

ASKED = {"model": "bits", "setting mode": "plain", "properties": "few, not_all"}

ENGINES = pytest.mark.parametrize("engine", ["python", "native"])


@pytest.fixture(autouse=True)
def written_at_once(monkeypatch):
    monkeypatch.setattr(checkpoint, "OFTEN", 0.0)


def model(count, few=2):
    builder = bits(count)
    builder.invariant("few", builder.op("not", builder.all(*(builder[f"bit{i}"] for i in range(few)))))
    builder.invariant("not_all", builder.op("not", builder.all(*(builder[f"bit{i}"] for i in range(count)))))
    return builder.grounded((0,) * count)


def explored(folder, grounded, **options):
    """One search of a folder, which is free again afterwards."""
    opened = Checkpoint(folder, options.pop("asked", ASKED))
    try:
        return explore(grounded, checkpoint=opened, **options)
    finally:
        opened.close()


def interrupted_at(depth):
    def interrupt(progress):
        if progress.depth >= depth:
            raise KeyboardInterrupt

    return interrupt


@ENGINES
@pytest.mark.parametrize("count", [1, 6, 11])
def test_a_folder_changes_nothing_and_a_finished_search_is_told_again(tmp_path, engine, count):
    grounded = model(count, few=1)
    plain = told(explore(grounded, engine=engine))
    assert told(explored(tmp_path, grounded, engine=engine)) == plain
    assert told(explored(tmp_path, grounded, engine=engine)) == plain
    assert told(explored(tmp_path, grounded)) == plain


@ENGINES
def test_interrupted_after_each_level_it_goes_on_to_the_same_result(tmp_path, engine, monkeypatch):
    monkeypatch.setattr(limits, "EVERY", 0.0)
    grounded = model(10)
    plain = explore(grounded, engine=engine)
    for depth in range(1, 11):
        explored(tmp_path, grounded, engine=engine, progress=interrupted_at(depth))
        assert json.loads((tmp_path / MANIFEST).read_text())["levels"]
    found = explored(tmp_path, grounded, engine=engine)
    assert told(found) == told(plain)
    assert [[a.label for a in f.trace.actions] for f in found.findings] == [
        [a.label for a in f.trace.actions] for f in plain.findings
    ]


@ENGINES
def test_what_a_limit_ended_goes_on_without_it(tmp_path, engine):
    grounded = model(10)
    assert explored(tmp_path, grounded, engine=engine, states=100).stopped == "states"
    assert explored(tmp_path, grounded, engine=engine, first=True).stopped == "first"
    assert told(explored(tmp_path, grounded, engine=engine)) == told(explore(grounded))


def test_a_search_that_outgrows_generated_python_begins_anew_in_the_same_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("checker.explore.engine.SMALL", 100)
    grounded = model(10)
    found = explored(tmp_path, grounded)
    assert (found.engine, told(found)) == ("native", told(explore(grounded, engine="python")))
    assert explored(tmp_path, grounded).engine == "native"


# --- what is refused ----------------------------------------------------------------------------------------


@pytest.fixture
def begun(tmp_path):
    """A folder with some levels."""
    explored(tmp_path, model(8), engine="python", states=100)
    return tmp_path


def refused(folder, *said, grounded=None, **options):
    with pytest.raises(UsageError) as error:
        explored(folder, grounded or model(8), engine=options.pop("engine", "python"), **options)
    for text in (str(folder), *said):
        assert text in str(error.value)


def test_another_search(begun):
    asked = {**ASKED, "setting mode": "fancy"}
    refused(begun, "its setting mode was plain, and now it is fancy", asked=asked)
    refused(begun, "its properties was few, not_all, and now it is few", asked={**ASKED, "properties": "few"})
    refused(begun, "its bound size was nothing, and now it is 3", asked={**ASKED, "bound size": "3"})


def test_another_model_of_the_same_name(begun):
    refused(begun, "another version of this model", grounded=model(8, few=3))


def test_another_engine(begun):
    refused(begun, "--engine python, and --engine native was asked for", engine="native")


@pytest.mark.parametrize("cut", [0, 3, -1])
def test_a_torn_level(begun, cut):
    level = begun / "level-00002.found"
    level.write_bytes(level.read_bytes()[:cut])
    refused(begun, "level-00002.found has", "28 were written")


def test_a_level_that_is_gone(begun):
    (begun / "level-00001.found").unlink()
    refused(begun, "level-00001.found is gone")


@ENGINES
def test_an_edited_level(tmp_path, engine):
    explored(tmp_path, model(8), engine=engine, states=100)
    level = tmp_path / "level-00002.found"
    data = bytearray(level.read_bytes())
    data[5] ^= 1
    level.write_bytes(data)
    refused(tmp_path, "level-00002.found is not as it was written", engine=engine)


def test_an_edited_manifest(begun):
    manifest = begun / MANIFEST
    told = json.loads(manifest.read_text())
    told["numbers"]["transitions"] += 1
    manifest.write_text(json.dumps(told))
    refused(begun, "was changed after it was written")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1}'])
def test_a_torn_manifest(begun, text):
    (begun / MANIFEST).write_text(text)
    refused(begun, "cannot be read")


def test_another_format(begun):
    manifest = begun / MANIFEST
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 2'))
    refused(begun, "has format 2")


def test_a_folder_of_something_else(tmp_path):
    (tmp_path / "thesis.tex").write_text("dear reader")
    refused(tmp_path, "thesis.tex")
    assert (tmp_path / "thesis.tex").read_text() == "dear reader"


def test_a_folder_in_use(begun):
    other = Checkpoint(begun, ASKED)
    refused(begun, "is in use by process")
    other.close()
    explored(begun, model(8), engine="python")


def test_a_place_that_cannot_be_a_folder(tmp_path):
    (tmp_path / "file").write_text("")
    refused(tmp_path / "file" / "folder", "cannot write")


def test_what_was_left_half_done_is_of_no_meaning(begun):
    for name in ("level-00009.found", "level-00003.found.part", f"{MANIFEST}.part", "run-7"):
        (begun / name).write_bytes(b"half")
    assert told(explored(begun, model(8), engine="python")) == told(explore(model(8)))
    assert {item.name for item in begun.iterdir()} == {LOCK, MANIFEST, *(f"level-0000{n}.found" for n in range(9))}


@ENGINES
def test_a_full_disk_ends_the_search_and_loses_nothing(tmp_path, engine, monkeypatch):
    grounded = model(10)
    explored(tmp_path, grounded, engine=engine, states=500)
    with monkeypatch.context() as full:
        full.setattr(files, "SPARE", 1 << 62)
        found = explored(tmp_path, grounded, engine=engine)
    assert found.stopped == "disk" and "is full" in found.note and str(tmp_path) in found.note
    assert found.finding("few").word == "violated" and found.finding("not_all").word == "unknown"
    assert told(explored(tmp_path, grounded, engine=engine)) == told(explore(grounded))
