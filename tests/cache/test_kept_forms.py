"""The forms of a model between runs: what was kept is what would be made, and nothing else is ever believed."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys

import pytest

from checker import cache, fingerprint, kept_forms
from checker.backends import native, python
from checker.encoding import NotEncodable, decoded, encoded
from checker.explore import compiled, engine, explore, reduction
from checker.grounding.ground import ground
from checker.reading import load
from model.settings import Mode, Settings
from model.state import Bounds
from tests.cli.models import ROOT, TANK, checker
from tests.native.test_compiled_search import told

COUNTER = """
import os
from typing import Annotated
from {helper} import little
from model.language import Range, Variables, action, initial, invariant, require

LAST = int(os.environ.get("LAST", "5"))

class State(Variables):
    level: Annotated[int, Range(0, 9)]

@initial
def empty(s: State) -> None:
    s.level = 0

@action
def rise(s: State) -> None:
    require(s.level < LAST)
    s.level = s.level + 1

@invariant
def is_little(s: State) -> bool:
    return little(s.level)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A cache of its own."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "kept"))
    return tmp_path / "kept" / kept_forms.BELOW


@pytest.fixture
def counter(tmp_path):
    """A model in two files, the limit of its invariant in the second."""
    (tmp_path / "counter.py").write_text(COUNTER.format(helper="limits"))
    (tmp_path / "limits.py").write_text("def little(number: int) -> bool:\n    return number < 9\n")
    return tmp_path / "counter.py"


def asked(path, *more, **environment):
    """What a search says, in a process of its own."""
    done = checker(
        "explore", "--model", path, "--json", *more, PYTHONPATH=f"{ROOT}{os.pathsep}{path.parent}", **environment
    )
    assert not done.stderr, done.stderr
    said = json.loads(done.stdout)
    return said["states"], [verdict["verdict"] for verdict in said["verdicts"]]


@pytest.mark.parametrize("mode", [Mode.COMMIT, Mode.DATA_FLUSH])
def test_what_was_kept_is_what_would_be_made(mode, folder):
    made = load("model")
    first = kept_forms.load("model")
    again = kept_forms.load("model")
    assert again is not first
    assert repr(again) == repr(first) == repr(made)
    assert [step.at for step in again.actions] == [step.at for step in made.actions]
    assert [step.python for step in again.actions] == [step.python for step in made.actions]
    chosen = Settings(mode=mode), Bounds()
    whole = ground(made, *chosen)
    for model in (first, again):
        kept = kept_forms.ground(model, *chosen)
        assert kept.initials == whole.initials
        assert kept.cells == whole.cells
        assert kept.off == whole.off
        assert kept.numbers == whole.numbers
        # Terms are equal where they are the same object, so this is what makes the same code and the same verdicts.
        assert kept.end is whole.end
        assert [action.guard for action in kept.actions] == [action.guard for action in whole.actions]
        assert [action.updates for action in kept.actions] == [action.updates for action in whole.actions]
        assert kept.actions == whole.actions
        assert kept.properties == whole.properties
    assert len(list(folder.iterdir())) == 2, "one structured form, one grounded"


def test_a_search_from_what_was_kept_finds_the_same_and_does_search(monkeypatch, folder):
    """Machine code from the start, better code where there was time to make it, the same states, traces and counts."""
    monkeypatch.setattr(engine, "SMALL", 200)
    monkeypatch.setattr(compiled, "LONG", 1_000)
    runs, programs = [], []
    whole = compiled.CompiledSearch.run

    def run(self):
        programs.append(self.program.improved)
        whole(self)
        if self.improved is not None:
            self.improved.join()

    monkeypatch.setattr(compiled.CompiledSearch, "run", run)
    small = engine.Search.run
    monkeypatch.setattr(engine.Search, "run", lambda self: runs.append(self) or small(self))
    chosen = Settings(mode=Mode.DATA_FLUSH), Bounds(records=1)
    plain = explore(ground(load("model"), *chosen), engine="python")
    assert plain.states > 1_000
    runs.clear()
    for _ in range(3):
        found = explore(kept_forms.ground(kept_forms.load("model"), *chosen))
        assert told(found) == told(plain)
        assert found.engine == "native"
    assert len(runs) == 1, "only the first search tried generated Python"
    assert programs == [False, True, True], "the first search made better code, the others had it"
    assert folder.is_dir()


def test_what_is_made_of_a_form_has_a_key_of_its_own(folder):
    whole = kept_forms.ground(kept_forms.load("model"), Settings(mode=Mode.COMMIT), Bounds(records=1, pages=2))
    one, other = "page_within_standby", "no_wal_tail"
    asked = [([one], True, []), ([other], True, []), ([one], False, ["Page"]), ([one], True, ["Page"])]
    keys = [kept_forms.origin(reduction(whole, *how).part) for how in asked]
    assert None not in keys
    assert len({json.dumps(key) for key in [kept_forms.origin(whole), *keys]}) == 5
    assert kept_forms.origin(reduction(whole, [one], False, (), True).part) == kept_forms.origin(whole)


def test_code_of_a_reduction_is_kept(monkeypatch, folder):
    """It finds with what was kept what it finds without."""
    monkeypatch.setattr(engine, "SMALL", 100)
    programs = []
    whole = compiled.CompiledSearch.run
    made = native._compiled

    def run(self):
        programs.append(self.program)
        whole(self)

    monkeypatch.setattr(compiled.CompiledSearch, "run", run)
    monkeypatch.setattr(native, "_compiled", lambda *given, **how: programs.append("compiled") or made(*given, **how))
    chosen, names = (Settings(mode=Mode.COMMIT), Bounds(records=1, pages=2)), ["page_within_standby"]

    def found(grounded):
        return explore(grounded, properties=names, reduction=reduction(grounded, names, True, ["Page"]))

    plain = found(ground(load("model"), *chosen))
    assert plain.states > 100 and plain.engine == "native"
    programs.clear()
    for _ in range(2):
        again = found(kept_forms.ground(kept_forms.load("model"), *chosen))
        assert told(again) == told(plain)
    assert [step for step in programs if step == "compiled"] == ["compiled"] and len(programs) == 3


def test_a_change_of_the_model_is_seen(counter):
    assert asked(counter) == (6, ["exhausted"])
    counter.write_text(counter.read_text().replace("s.level = s.level + 1", "s.level = s.level + 2"))
    assert asked(counter) == (4, ["exhausted"])


def test_a_change_of_what_it_calls_elsewhere_is_seen(counter):
    assert asked(counter) == (6, ["exhausted"])
    beside = counter.with_name("limits.py")
    beside.write_text(beside.read_text().replace("9", "5"))
    assert asked(counter) == (6, ["violated"])


def test_a_value_that_its_module_computes_is_a_part_of_it(counter):
    assert asked(counter, LAST="5") == (6, ["exhausted"])
    assert asked(counter, LAST="3") == (4, ["exhausted"])
    assert asked(counter, LAST="5") == (6, ["exhausted"])


@pytest.mark.parametrize("who", ["file", "folder"])
def test_code_that_somebody_else_could_have_written_is_never_run(counter, folder, tmp_path, who):
    """Entries that would do harm, whole and with their checksums, in a place that others can write."""
    assert asked(counter) == (6, ["exhausted"])
    mark = tmp_path / "ran"
    code = compile(f"open({str(mark)!r}, 'w').close()", "<harm>", "exec")
    harmful = python.base64.b64encode(python.marshal.dumps(code)).decode()
    placed = 0
    for path in folder.iterdir():
        key = json.loads(path.read_bytes().split(b"\n")[1])
        if key["what"] == "generated Python":
            cache.store(key, harmful, kept_forms.BELOW)
            (path if who == "file" else folder).chmod(0o777)
            placed += 1
    assert placed == 1
    assert asked(counter) == (6, ["exhausted"])
    assert not mark.exists()


def test_torn_and_edited_entries_are_made_again(counter, folder):
    expected = asked(counter, "--engine", "native")
    whole = {path: path.read_bytes() for path in folder.iterdir()}
    assert len(whole) == 4, "two forms, generated Python, machine code"
    for cut in (0, 1, 70, 2_000, -1):
        for path, content in whole.items():
            path.write_bytes(content[:cut])
        assert asked(counter, "--engine", "native") == expected
        assert {path: path.read_bytes() for path in folder.iterdir()} == whole, "each was made again, as it was"
    for path, content in whole.items():
        middle = len(content) - 20
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    assert asked(counter, "--engine", "native") == expected


def test_an_entry_of_another_checker_is_not_looked_at(monkeypatch, folder):
    kept_forms.load(TANK)
    monkeypatch.setattr(fingerprint, "of_checker", lambda: "another")
    kept_forms.load(TANK)
    assert len(list(folder.iterdir())) == 2


def test_without_a_place_to_keep_anything_it_works(counter, tmp_path):
    (tmp_path / "file").write_text("")
    for where in (tmp_path / "file" / "below", tmp_path / "file"):
        for _ in range(2):
            assert asked(counter, CHECKER_CACHE=str(where)) == (6, ["exhausted"])


def test_processes_at_once_do_not_disturb_each_other(counter):
    command = [sys.executable, "-m", "checker", "explore", "--model", str(counter), "--json", "--engine", "native"]
    path = f"{ROOT}{os.pathsep}{counter.parent}"
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path})
        for _ in range(4)
    ]
    assert {json.loads(one.communicate(timeout=120)[0])["states"] for one in started} == {6}


def test_the_oldest_entries_go_when_there_are_too_many(folder):
    for number in range(8):
        cache.store({"number": number}, "x" * 1_000, kept_forms.BELOW, most=5_000)
        os.utime(folder / cache._path(cache._text({"number": number}), "").name, (number, number))
    kept = [cache.lookup({"number": number}, kept_forms.BELOW) is not None for number in range(8)]
    assert kept == [False] * 4 + [True] * 4


@pytest.mark.parametrize("value", [(), (1, True, None, "a", (2, (3,))), ((1, True), (1, True))])
def test_values_are_told_apart_and_come_back(value):
    back = decoded(json.loads(json.dumps(encoded(value))))
    assert repr(back) == repr(value)


@pytest.mark.parametrize("value", [1.5, {}, [1], lambda: 0, object()])
def test_what_has_no_such_form_is_refused(value):
    with pytest.raises(NotEncodable):
        encoded((value,))


def test_a_name_that_is_gone_is_refused():
    nodes = encoded(Settings)
    with pytest.raises(NotEncodable, match="has no Settings2"):
        decoded([[kind, "Settings2"] if parts == ["Settings"] else [kind, *parts] for kind, *parts in nodes])


def test_what_a_form_was_made_of_is_known_as_long_as_it_is_there():
    gc.collect()
    before = len(kept_forms._origins)
    for _ in range(3):
        grounded = kept_forms.ground(kept_forms.load(TANK))
        assert kept_forms.origin(grounded) is not None
    del grounded
    gc.collect()
    assert len(kept_forms._origins) == before
