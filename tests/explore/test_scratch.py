"""A folder for one process is gone with it, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from checker.explore.scratch import Scratch

WORK = """
import sys, time
from pathlib import Path
from checker.explore.scratch import Scratch
made = Scratch(sys.argv[1])
(made.path / "inner").mkdir()
(made.path / "inner" / "run").write_text("states")
print(made.path, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, None])
@pytest.mark.parametrize("name", ["plain", "with space and $(x)"])
def test_it_is_gone_with_its_process(tmp_path, end, name):
    """Also where all processes of its group are ended; and nothing else is deleted."""
    (tmp_path / name).mkdir()
    beside = tmp_path / name / "checker-other"
    beside.mkdir()
    child = subprocess.Popen(
        [sys.executable, "-c", WORK, str(tmp_path / name)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    made = Path(child.stdout.readline().strip())
    assert (made / "inner" / "run").read_text() == "states"
    if end is not None:
        os.killpg(child.pid, end)
    child.communicate("")
    until = time.monotonic() + 10
    while made.exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert list((tmp_path / name).iterdir()) == [beside]


def test_it_is_gone_once_it_is_removed(tmp_path):
    made = Scratch(str(tmp_path))
    (made.path / "run").write_text("states")
    made.remove()
    made.remove()
    assert list(tmp_path.iterdir()) == []
