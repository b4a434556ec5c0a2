"""Claims as pytest items: where they are asked for, one exploration a claim, the counterexample in the failure."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from tests.cli.models import ROOT
from tests.gate.test_gate import BREAKS, HOLDS, claims, folder

__all__ = ["claims", "folder"]

INI = "[pytest]\nchecker_specs = specs\ntestpaths = specs\naddopts = -p no:cacheprovider\n"
WRONG = BREAKS.replace('{ verdict = "violated", depth = 4 }', '"exhausted"')


@pytest.fixture
def project(claims):
    """A project with claims, and pytest told of them."""

    def write(ini=INI, **specs):
        made = claims(**specs)
        (made / "pytest.ini").write_text(ini)
        return made

    return write


def run(folder, *arguments):
    """Pytest as a user runs it, without what the run around it told its processes."""
    told = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=120,
        env={**told, "PYTHONPATH": str(ROOT), "COLUMNS": "120"},
        check=False,
    )


def last(done):
    return done.stdout.splitlines()[-1]


def test_an_item_for_each_property_and_one_for_the_space(project):
    done = run(project(holds=HOLDS), "--collect-only", "-q")
    assert done.stdout.splitlines()[:3] == [f"specs/holds.toml::{name}" for name in ("never_over", "fills_up", "space")]


def test_claims_that_hold_pass(project):
    done = run(project(holds=HOLDS, breaks=BREAKS))
    assert done.returncode == 0, done.stdout
    assert "6 passed" in last(done)


def test_a_failure_shows_the_counterexample(project):
    done = run(project(wrong=WRONG))
    assert done.returncode == 1
    assert "1 failed, 2 passed" in last(done)
    for said in (
        "wrong: never_over",
        "never_over: expected exhausted, came out violated in 4 steps",
        "4 spill",
        "never_over is violated after step 4",
        "see it: checker explore --model",
    ):
        assert said in done.stdout
    assert "Traceback" not in done.stdout


def test_the_space_is_an_item_of_its_own(project):
    done = run(project(claim=HOLDS.replace("states = 4", "states = 5")))
    assert "1 failed, 2 passed" in last(done)
    assert "states: expected 5, came out 4" in done.stdout


def test_a_deadlock_is_shown(project):
    done = run(project(claim=HOLDS.replace("[expect]", "[settings]\npump = false\n[expect]")), "-k", "space")
    assert "deadlocks: expected 0, came out 1" in done.stdout
    assert "deadlock in the initial state" in done.stdout


def test_keywords_choose_items(project):
    done = run(project(holds=HOLDS, wrong=WRONG), "-k", "fills_up or holds")
    assert "4 passed, 2 deselected" in last(done)


def test_last_failed_runs_what_failed(project):
    made = project(ini=INI.replace("addopts = -p no:cacheprovider\n", ""), holds=HOLDS, wrong=WRONG)
    assert "1 failed, 5 passed" in last(run(made))
    again = run(made, "--lf")
    assert "1 failed" in last(again)
    assert "passed" not in last(again)


@pytest.mark.parametrize("how", ["load", "loadfile", "loadgroup"])
def test_in_several_processes(project, how):
    done = run(project(a=HOLDS, b=BREAKS, c=WRONG), "-n", "2", "--dist", how)
    assert done.returncode == 1
    assert "1 failed, 8 passed" in last(done)


def test_junit(project):
    made = project(wrong=WRONG)
    run(made, "--junit-xml=out.xml")
    cases = ET.parse(made / "out.xml").findall(".//testcase")
    assert [(case.get("name"), case.find("failure") is not None) for case in cases] == [
        ("never_over", True),
        ("fills_up", False),
        ("space", False),
    ]
    assert "never_over is violated after step 4" in cases[0].find("failure").text


def test_one_exploration_for_the_items_of_a_claim(project):
    """The model notes that it was imported: once for three items."""
    made = project(holds=HOLDS)
    model = made / "specs" / "tank.py"
    note = "from pathlib import Path\nwith Path(__file__).with_suffix('.log').open('a') as log:\n    log.write('x')\n"
    head, mark, rest = model.read_text().partition("from __future__ import annotations\n")
    model.write_text(head + mark + note + rest)
    done = run(made)
    assert "3 passed" in last(done), done.stdout
    assert model.with_suffix(".log").read_text() == "x"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = 3", "title must be text"),
        (HOLDS.replace("never_over", "never_ower"), "did you mean never_over?"),
        (HOLDS.replace("tank.py", "broken.py"), "broken.py"),
    ],
)
def test_a_broken_claim_fails_and_says_why(project, text, said):
    done = run(project(bad=text))
    assert done.returncode in (1, 2)
    assert said in done.stdout
    assert "Traceback" not in done.stdout


def test_nobody_who_did_not_ask_gets_claims(project):
    made = project(ini="[pytest]\n", holds=HOLDS)
    assert "no tests ran" in last(run(made))
    assert "no tests ran" in last(run(made, "specs"))


def test_a_file_that_is_named_is_run(project):
    done = run(project(ini="[pytest]\n", holds=HOLDS, wrong=WRONG), "specs/holds.toml")
    assert "3 passed" in last(done)


def test_one_item_that_is_named_is_run(project):
    done = run(project(holds=HOLDS), "specs/holds.toml::space")
    assert "1 passed" in last(done)


def test_a_toml_file_elsewhere_is_nobody_s_claim(project):
    made = project(holds=HOLDS)
    (made / "specs" / "deeper").mkdir()
    (made / "specs" / "deeper" / "settings.toml").write_text("x = 1")
    assert "3 passed" in last(run(made))


LOADED = """
import sys

def test_loaded():
    found = [name for name in sys.modules if name.startswith(("checker", "model"))]
    assert found == ["checker", "checker.pytest_plugin"]
"""


def test_without_claims_nothing_of_the_checker_is_loaded(tmp_path):
    (tmp_path / "test_it.py").write_text(LOADED)
    (tmp_path / "odd.toml").write_text("x = 1")
    done = run(tmp_path)
    assert "1 passed" in last(done), done.stdout


def test_this_project_s_own_tests_do_not_run_its_claims_a_second_time():
    """The gate runs them."""
    done = run(ROOT, "--collect-only", "-q", "-p", "no:cacheprovider", "tests/ci")
    assert "test_pytest_plugin" in done.stdout
    assert ".toml::" not in done.stdout
    assert 'testpaths = ["tests"]' in (ROOT / "pyproject.toml").read_text()
