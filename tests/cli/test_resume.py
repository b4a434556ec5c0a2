"""`explore --resume`: killed at any moment it goes on; memory and disk that do not suffice; two at once."""

from __future__ import annotations

import json
import random
import resource
import signal
import subprocess
import sys
import time

import pytest

from tests.cli.models import MODELS, ROOT, answer, checker

CLOCKS = str(MODELS / "clocks.py")
HANDS, HOURS = 5, 9
SPACE = ["explore", "--model", CLOCKS, "--bound", f"hands={HANDS}", "--bound", f"hours={HOURS}"]

TOLD = (
    "outcome",
    "exit",
    "verdicts",
    "deadlocks",
    "error",
    "states",
    "transitions",
    "depth",
    "levels",
    "fired",
    "idle",
)
"""What must be the same; the traces of verdicts are too."""


def facts(document):
    return {name: document[name] for name in TOLD}


@pytest.fixture(scope="module")
def plain():
    document, code = answer(*SPACE)
    assert code == 12
    assert document["states"] == (HOURS + 1) ** HANDS
    assert document["transitions"] == HANDS * HOURS * (HOURS + 1) ** (HANDS - 1)
    assert document["depth"] == HANDS * HOURS
    assert [verdict["depth"] for verdict in document["verdicts"]] == [HANDS * (HOURS - 1), HOURS]
    return document


def started(folder, *options):
    command = [sys.executable, "-m", "checker", *SPACE, "--resume", str(folder), "--json", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, text=True)


def levels(folder):
    """How many levels the manifest has."""
    manifest = folder / "manifest.json"
    return len(json.loads(manifest.read_text())["levels"]) if manifest.exists() else 0


def killed(folder, process, after):
    """Kills the process some time after it has written another level; whether it lived until then."""
    before = levels(folder)
    while process.poll() is None and levels(folder) <= before:
        time.sleep(0.002)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("options", [["--engine", "python"], ["--engine", "native", "--workers", "2"]], ids=str)
def test_killed_again_and_again_it_comes_to_the_same(tmp_path, plain, options, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    moments = random.Random(1)
    kills = 0
    for _ in range(3):
        process = started(tmp_path, *options)
        kills += killed(tmp_path, process, moments.random() * 0.1)
        seen = levels(tmp_path)
        assert seen > 0
    document, code = answer(*SPACE, "--resume", str(tmp_path), *options)
    assert kills > 0
    assert levels(tmp_path) >= seen
    assert (facts(document), code) == (facts(plain), 12)


def sums(hands, hours):
    """How many states of that many hands have each sum: the coefficients of (1 + x + ... + x^hours)^hands."""
    found = [1]
    for _ in range(hands):
        found = [sum(found[max(0, d - hours) : d + 1]) for d in range(len(found) + hours)]
    return found


def test_killed_on_disk_it_comes_to_the_same(tmp_path, monkeypatch):
    """With threads and little memory: killed as soon as levels are sorted files, then at any moment of later levels.

    It ends with one thread.
    """
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    bounds = ["--bound", "hands=7", "--bound", "hours=8"]  # 9^7 states of 8 bytes, and their table, take twice 16M
    options = ["explore", "--model", CLOCKS, *bounds, "--memory", "16M", "--resume", str(tmp_path), "--json"]
    moments = random.Random(1)
    for number in range(4):
        command = [sys.executable, "-m", "checker", *options, "--workers", "2"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
        while process.poll() is None and not list(tmp_path.glob("level-*.sorted")):
            time.sleep(0.002)
        before = levels(tmp_path)
        if number:
            assert killed(tmp_path, process, moments.random() * 0.05), "it ended before it could be killed"
            assert levels(tmp_path) > before
        else:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            assert process.returncode == -signal.SIGKILL
    document, code = answer(*options[:-1])
    assert code == 12
    assert (document["states"], document["transitions"], document["depth"]) == (9**7, 7 * 8 * 9**6, 7 * 8)
    assert document["levels"] == sums(7, 8)
    assert sum(document["fired"].values()) == 7 * 8 * 9**6
    assert [verdict["depth"] for verdict in document["verdicts"]] == [7 * 7, 8]
    assert document["disk"] >= 9**7 * 8
    assert {item.suffix for item in tmp_path.iterdir()} == {".sorted", ".json", ""}


def test_two_at_once_are_not_let_into_one_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    first = started(tmp_path, "--engine", "python")
    while not levels(tmp_path):
        time.sleep(0.002)
    first.send_signal(signal.SIGSTOP)
    second = checker(*SPACE, "--resume", tmp_path)
    first.kill()
    first.communicate()
    assert first.returncode == -signal.SIGKILL
    assert (second.returncode, second.stdout) == (2, "")
    assert f"is in use by process {first.pid}" in second.stderr


def test_another_search_is_refused_in_words(tmp_path):
    assert checker(*SPACE, "--resume", tmp_path, "--states", "100").returncode == 3
    done = checker(*SPACE, "--bound", "hours=8", "--resume", tmp_path)
    assert done.returncode == 2
    assert "gives hours twice" in done.stderr
    done = checker("explore", "--model", CLOCKS, "--resume", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "its bound hands was 5, and now it is 3" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_was_cut_short_says_where_it_goes_on(tmp_path):
    done = checker(*SPACE, "--resume", tmp_path, "--states", "100", "--property", "ends")
    assert done.returncode == 3
    assert f"resume: the finished levels are in {tmp_path}/" in " ".join(done.stdout.split())


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path, plain):
    """The system refuses files larger than 20 kB: as a full disk, it fails in the middle of a write.

    No bytecode is kept (-B): Python cuts it short without a word, and fails with it from then on.
    """
    command = [sys.executable, "-B", "-m", "checker", *SPACE, "--resume", str(tmp_path), "--engine", "native"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
    )
    assert done.returncode in (3, 12), done.stderr
    assert "the limit of disk ended the search" in " ".join(done.stdout.split())
    assert f"{tmp_path} takes no more" in " ".join(done.stdout.split())
    assert "Traceback" not in done.stderr
    document, _ = answer(*SPACE, "--resume", str(tmp_path))
    assert facts(document) == facts(plain)


def test_memory_that_does_not_suffice_is_told(tmp_path, monkeypatch):
    options = ["explore", "--model", CLOCKS, "--bound", "hands=7", "--bound", "hours=8", "--memory", "16M"]
    document, _ = answer(*options, "--disk", "0")
    assert (document["stopped"], document["disk"]) == ("memory", 0)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    document, _ = answer(*options, "--disk", "20M")
    assert document["stopped"] == "disk" and str(tmp_path) in document["note"]
    assert list((tmp_path / "temporary").iterdir()) == []
