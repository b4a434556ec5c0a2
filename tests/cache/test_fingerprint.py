"""Digests of what verdicts depend on: they change with it, and with nothing else."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

from checker import fingerprint
from checker.reading import load
from tests.cli.models import MODELS, ROOT, TANK

HELPED = """
from typing import Annotated
from {helper} import little
from model.language import Range, Variables, action, initial, invariant

class State(Variables):
    level: Annotated[int, Range(0, 3)]

@initial
def empty(s: State) -> None:
    s.level = 0

@action
def rise(s: State) -> None:
    s.level = 1

@invariant
def is_little(s: State) -> bool:
    return little(s.level)
"""

LITTLE = """
def little(number: int) -> bool:
    return number < {limit}
"""


@pytest.mark.parametrize("here", [ROOT, MODELS, Path("/")], ids=["root", "beside it", "elsewhere"])
def test_a_model_is_the_same_in_another_process_wherever_that_runs(here):
    code = f"from checker import fingerprint, reading; print(fingerprint.of_model(reading.load({TANK!r})))"
    told = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True, cwd=here, env=told
    )
    assert done.stdout.strip() == fingerprint.of_model(load(TANK))


def test_a_model_read_twice_in_one_process_is_the_same():
    assert fingerprint.of_model(load(TANK)) == fingerprint.of_model(load(TANK))


def test_a_model_whose_text_differs_is_another(tmp_path):
    path = tmp_path / "tank_of_many.py"
    path.write_text((MODELS / "tank.py").read_text())
    first = load(str(path))
    before = fingerprint.of_model(first)
    assert fingerprint.of_model(first) == before
    path.write_text(path.read_text() + "\n# the same\n")
    assert fingerprint.of_model(first) != before


def test_what_is_inlined_from_another_module_counts(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    found = []
    for limit in (2, 3):
        helper = f"helper_of_{limit}"
        (tmp_path / f"{helper}.py").write_text(LITTLE.format(limit=limit))
        path = tmp_path / "model_with_help.py"
        path.write_text(HELPED.format(helper=helper))
        found.append(load(str(path)))
    assert fingerprint.of_model(found[0]) != fingerprint.of_model(found[1])
    same_text = [dataclasses.replace(model, module=found[0].module, state=found[0].state) for model in found]
    assert fingerprint.of_model(same_text[0]) != fingerprint.of_model(same_text[1])


def test_the_checker_is_all_of_its_source():
    assert fingerprint.of_checker() == fingerprint.of_checker()
    assert len(fingerprint.of_checker()) == 64


def test_what_is_not_installed_has_no_version():
    found = fingerprint.installed("z3-solver", "no-such-library-anywhere")
    assert found["z3-solver"]
    assert found["no-such-library-anywhere"] is None
