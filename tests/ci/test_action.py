"""The GitHub action and the pre-commit hook: what they run, as their runners would."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys

import pytest

from tests.cli.models import ROOT
from tests.gate.test_gate import BREAKS, HOLDS, claims, folder

__all__ = ["claims", "folder"]

ACTION = ROOT / ".github" / "actions" / "gate"


@pytest.fixture
def programs(tmp_path):
    """A folder with a `checker` that is this one."""
    made = tmp_path / "bin"
    made.mkdir()
    program = made / "checker"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m checker "$@"\n')
    program.chmod(0o755)
    return made


def run(programs, cwd, *command, **inputs):
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), **inputs}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120, env=environment, check=False)


def action(programs, cwd, **inputs):
    return run(programs, cwd, str(ACTION / "gate.sh"), **inputs)


def test_the_action_without_inputs(programs, claims):
    done = action(programs, claims(holds=HOLDS, breaks=BREAKS))
    assert done.returncode == 0, done.stderr
    assert "passed  claims 2" in done.stdout


def test_the_inputs_of_the_action(programs, claims):
    made = claims(holds=HOLDS, breaks=BREAKS, wrong=HOLDS.replace("states = 4", "states = 5"))
    done = action(programs, made.parent, FOLDER=made.name, SPECS="holds  wrong", FRESH="true", SARIF="out.sarif")
    assert done.returncode == 1
    assert "failed  claims 2" in done.stdout
    assert json.loads((made.parent / "out.sarif").read_text())["runs"][0]["results"]


@pytest.mark.parametrize("inputs", [{"SPECS": "--json"}, {"SPECS": "$(touch harm)"}, {"SPECS": "; touch harm"}])
def test_an_input_is_never_an_option_or_a_command(programs, claims, inputs):
    made = claims(holds=HOLDS)
    done = action(programs, made, **inputs)
    assert done.returncode == 2
    assert "no spec" in done.stderr
    assert not (made / "harm").exists()


def test_every_input_is_used_and_no_other():
    text = (ACTION / "action.yml").read_text()
    declared = set(re.findall(r"^  ([a-z]+):$", text.split("runs:")[0], re.MULTILINE))
    assert declared == set(re.findall(r"\$\{\{ inputs\.([a-z]+) \}\}", text))
    in_commands = [line for line in text.splitlines() if "run:" in line and "${{" in line]
    assert not in_commands, "an input inside a command would be run as one"


def test_the_hook_runs_a_command_that_exists(programs, claims):
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    (entry,) = re.findall(r"^  entry: (.*)$", text, re.MULTILINE)
    done = run(programs, claims(holds=HOLDS), *shlex.split(entry))
    assert done.returncode == 0, done.stderr
