"""The folder of results: what is in it, that it is whole, and what happens where it cannot be written."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET

import itf_py
import pytest

from tests.cli.models import ROOT, TANK, answer, checker

ENDINGS = ["dot", "itf.json", "spacetime.svg", "svg", "txt"]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The folder of the open tank, which spills in 4 steps and is full in 3."""
    folder = tmp_path_factory.mktemp("results")
    done = checker("explore", "--model", TANK, "--mode", "open", "--out", folder)
    assert done.returncode == 12, done.stderr
    assert f"written: {folder}/" in done.stdout
    return folder


def test_all_files_of_each_trace(results):
    expected = [f"{name}.{ending}" for name in ("fills_up", "never_over") for ending in ENDINGS]
    assert names(results) == sorted([*expected, "verdicts.json"])


def test_the_itf_is_valid_for_itf_py(results):
    trace = itf_py.trace_from_json(json.loads((results / "never_over.itf.json").read_text()))
    assert [int(state.values["level"]) for state in trace.states] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("name", ["never_over.svg", "never_over.spacetime.svg"])
def test_the_pictures_are_svg(results, name):
    assert ET.parse(results / name).getroot().tag == "{http://www.w3.org/2000/svg}svg"


def test_the_graph_has_every_step(results):
    text = (results / "never_over.dot").read_text()
    assert text.startswith("digraph")
    assert text.count("->") >= 4


def test_the_verdicts_name_the_files_and_the_command(results):
    document = json.loads((results / "verdicts.json").read_text())
    assert [verdict["trace"] for verdict in document["verdicts"]] == [
        str(results / "never_over.itf.json"),
        str(results / "fills_up.itf.json"),
    ]
    words = document["command"].split()
    assert {"--scope", "small", "mode=open", "pump=true", "size=3"} <= set(words)
    assert "--memory" not in words, "it did not end the search, and the next machine has another one"
    again, code = answer(*words[1:])
    assert (code, again["states"]) == (12, document["states"])


def test_what_a_later_run_does_not_have_goes(tmp_path):
    (tmp_path / "notes.md").write_text("mine")
    checker("explore", "--model", TANK, "--mode", "open", "--out", tmp_path)
    checker("explore", "--model", TANK, "--out", tmp_path)
    expected = [f"fills_up.{ending}" for ending in ENDINGS]
    assert names(tmp_path) == sorted([*expected, "notes.md", "verdicts.json"])


def test_a_deadlock_has_its_trace(tmp_path):
    document, _ = answer("explore", "--model", TANK, "--preset", "dry", "--out", tmp_path / "new" / "folder")
    assert document["deadlocks"]["count"] == 1
    assert document["deadlocks"]["trace"] == str(tmp_path / "new" / "folder" / "deadlock.itf.json")
    assert (tmp_path / "new" / "folder" / "deadlock.spacetime.svg").exists()


def test_a_folder_that_cannot_be_made_is_refused_before_the_search(tmp_path):
    (tmp_path / "file").write_text("in the way")
    done = checker("explore", "--model", TANK, "--out", tmp_path / "file" / "results")
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot write" in done.stderr


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
from checker.cli import main
main(sys.argv[1:])
"""


def test_a_full_disk_leaves_nothing_half_written(tmp_path):
    """A limit on the size of files stands for the disk: writing past it fails as on a full one.

    No bytecode is kept (-B): Python cuts it short without a word, and fails with it from then on.
    """
    options = ["explore", "--model", TANK, "--mode", "open", "--out", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-B", "-c", LIMITED, *options],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert "violated  states 5" in done.stdout
    assert "cannot write" in done.stderr
    assert names(tmp_path) == []
