"""`explore --cluster` and `gate --cluster` as a user runs them: answers, refusals, a driver that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.cli.models import MODELS, ROOT, TANK, answer, checker

CLOCKS = ["--model", str(MODELS / "clocks.py"), "--bound", "hands=5", "--bound", "hours=9"]
CLUSTER = ["--cluster", "auto", "--partitions", "2"]

MAY_DIFFER = {"seconds", "command", "note", "memory"}


@pytest.mark.parametrize(
    "options, said",
    [
        (["--engine", "python", "--workers", "2"], "--engine python does not go with it"),
        (["--partitions", "2"], "--partitions are of a search by --cluster"),
        (["--cluster", "auto", "--workers", "2"], "with --cluster it is --partitions N"),
        (["--cluster", "auto", "--engine", "python"], "--engine python does not go with it"),
        (["--cluster", "auto", "--disk", "1G"], "--disk does not go with it"),
        (["--cluster", "127.0.0.1:1"], "there is no Ray cluster at 127.0.0.1:1"),
        (["--cluster", "here"], "'here' is no address of a Ray cluster: write it as HOST:6379"),
        (["--cluster", "auto", "--partitions", "none"], "'none' is not a valid integer"),
    ],
)
def test_what_makes_no_sense_is_refused(options, said):
    done = checker("explore", "--model", TANK, *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_without_ray_it_says_what_to_install():
    hidden = "import sys; sys.modules['ray'] = None; from checker.cli import main; main()"
    command = [sys.executable, "-c", hidden, "explore", "--model", TANK, "--cluster", "auto"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 2
    assert "install the extra `cluster`" in done.stderr


def children(process):
    """The processes below a process."""
    told = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(pid): int(parent) for pid, parent in map(str.split, told.splitlines())}
    found = {process}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {process}


def running(processes):
    """Those of some processes that are still there."""
    return [pid for pid in processes if os.path.exists(f"/proc/{pid}/stat") and state(pid) != "Z"]  # noqa: PTH110


def state(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "Z"


def without_steps(document):
    """Verdicts but for the steps of their counterexamples: there are several of the shortest length."""
    return [{name: told for name, told in verdict.items() if name != "steps"} for verdict in document["verdicts"]]


def test_a_killed_driver_goes_on_and_leaves_nothing_behind(tmp_path):
    plain, code = answer("explore", *CLOCKS)
    command = [sys.executable, "-m", "checker", "explore", *CLOCKS, *CLUSTER, "--resume", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    manifest = tmp_path / "manifest.json"
    while process.poll() is None and not (manifest.exists() and json.loads(manifest.read_text())["levels"]):
        time.sleep(0.01)
    below = children(process.pid)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    until = time.monotonic() + 180
    while running(below) and time.monotonic() < until:
        time.sleep(0.1)
    assert not running(below)
    document, again = answer("explore", *CLOCKS, *CLUSTER, "--resume", str(tmp_path))
    assert (code, again) == (12, 12)
    for name in plain.keys() - MAY_DIFFER - {"verdicts"}:
        assert document[name] == plain[name], name
    assert without_steps(document) == without_steps(plain)
    refused = checker("explore", *CLOCKS, "--resume", str(tmp_path))
    assert refused.returncode == 2
    assert "holds a search with --cluster" in refused.stderr
