"""Digests of what verdicts depend on: they change with it, and with nothing else."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
import tomllib
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


def of_copy(package):
    """The digest that a checker of that source would give itself."""
    code = f"import sys; sys.path.insert(0, {str(package.parent)!r}); from checker import fingerprint as f; "
    code += "print(f.__file__, f.of_checker())"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=60, check=True)
    file, digest = done.stdout.split()
    assert Path(file).parent == package
    return digest


def test_the_checker_is_all_of_its_source_but_what_only_shows(tmp_path):
    package = tmp_path / "checker"
    shutil.copytree(Path(fingerprint.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    assert of_copy(package) == fingerprint.of_checker()
    for shown in fingerprint.SHOWN:
        assert list((package / shown).glob("*.py")), shown
        for path in (package / shown).rglob("*.py"):
            path.write_text(path.read_text() + "\n# the same\n")
    assert of_copy(package) == fingerprint.of_checker()
    for name in ("gate.py", "explore/engine.py", "backends/python.py"):
        path = package / name
        before, text = of_copy(package), path.read_text()
        path.write_text(text + "\n# the same\n")
        assert of_copy(package) != before, name
        path.write_text(text)


def test_what_the_digest_leaves_out_no_verdict_may_import():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    contract = next(one for one in contracts if one["name"] == "no verdict depends on how it is shown")
    assert {f"checker.{name}" for name in fingerprint.SHOWN} == set(contract["forbidden_modules"])


def test_what_is_not_installed_has_no_version():
    found = fingerprint.installed("z3-solver", "no-such-library-anywhere")
    assert found["z3-solver"]
    assert found["no-such-library-anywhere"] is None
