"""Where the small models of these tests are, and how a command is run on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "tests" / "models" / "cli"
TANK = str(MODELS / "tank.py")
BARE = str(MODELS / "bare.py")


def checker(*arguments, cwd=None, **environment):
    """Runs the command line in a process of its own, as a user does; standard output and error are pipes."""
    return subprocess.run(
        [sys.executable, "-m", "checker", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        check=False,
    )


def answer(*arguments):
    """The JSON that a command prints, and its exit code; fails where standard output holds anything else."""
    done = checker(*arguments, "--json")
    return json.loads(done.stdout), done.returncode


def line_of(model, text):
    """Where a text stands in a model, as messages say it: `file:line`."""
    lines = (MODELS / model).read_text().splitlines()
    return f"{model}:{next(number for number, line in enumerate(lines, 1) if text in line)}"
