"""Liveness on the command line and in claims: asked for, it has an exit code, a place in the JSON and in a spec."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.cli.models import ROOT, answer, checker

LOCK = str(ROOT / "tests" / "models" / "lock.py")

CLAIM = """
title = "left can wait for ever"
why = "Right overtakes it again and again, see the model."
model = "lock.py"
[expect]
one_at_a_time = "exhausted"
"""


def test_it_has_to_be_asked_for():
    document, code = answer("explore", "--model", LOCK)
    assert [verdict["property"] for verdict in document["verdicts"]] == ["one_at_a_time"] and code == 0
    text = checker("explore", "--model", LOCK).stdout
    assert "not asked for, see --liveness: left_is_served" in " ".join(text.split())


@pytest.mark.parametrize("options", [["--liveness"], ["--property", "left_is_served"]])
def test_violated(options):
    document, code = answer("explore", "--model", LOCK, *options)
    verdict = document["verdicts"][-1]
    assert code == 13 == document["exit"] and document["outcome"] == "violated"
    assert (verdict["verdict"], verdict["depth"], verdict["loop"], verdict["possible"]) == ("violated", 1, 1, True)
    assert verdict["steps"] == ["want(LEFT)", "want(RIGHT)", "enter(RIGHT)", "leave(RIGHT)"]


def test_exhausted():
    document, code = answer("explore", "--model", LOCK, "--set", "order=turns", "--liveness")
    verdict = document["verdicts"][-1]
    assert code == 0 and (verdict["verdict"], verdict["possible"], verdict["steps"]) == ("exhausted", True, None)


def test_the_text_says_loop_or_stop():
    loop = checker("explore", "--model", LOCK, "--liveness")
    assert loop.returncode == 13 and "and then for ever:" in loop.stdout
    stop = checker("explore", "--model", LOCK, "--liveness", "--set", "dies=true", "--set", "order=turns")
    assert stop.returncode == 13 and "and stops here: nothing that must happen can" in stop.stdout
    assert "no way" in stop.stdout


def test_traces_are_written(tmp_path):
    done = checker(
        "explore", "--model", LOCK, "--liveness", "--set", "dies=true", "--set", "order=turns", "--out", tmp_path
    )
    assert done.returncode == 13
    names = {path.name for path in tmp_path.iterdir()}
    assert {"left_is_served.itf.json", "left_is_served.no-way.itf.json", "left_is_served.txt"} <= names
    written = json.loads((tmp_path / "left_is_served.itf.json").read_text())
    assert written["loop"] == 4 == len(written["states"]) - 1


@pytest.fixture
def gate(tmp_path):
    (tmp_path / "specs").mkdir()
    shutil.copy(LOCK, tmp_path / "specs")

    def run(text):
        (tmp_path / "specs" / "claim.toml").write_text(text)
        document = json.loads(checker("gate", "--json", cwd=tmp_path).stdout)
        claim = document["claims"][0]
        return document["exit"], [str(d["what"]) for d in claim["differences"]], claim["message"]

    return run


def test_a_spec_that_does_not_name_it_is_whole(gate):
    assert gate(CLAIM) == (0, [], "")


def test_a_spec_claims_it(gate):
    right = 'left_is_served = { verdict = "violated", depth = 1, possible = true }'
    assert gate(CLAIM + right) == (0, [], "")


@pytest.mark.parametrize(
    "wrong",
    [
        'left_is_served = "exhausted"',
        'left_is_served = { verdict = "violated", depth = 2 }',
        'left_is_served = { verdict = "violated", possible = false }',
    ],
)
def test_a_wrong_claim(gate, wrong):
    assert gate(CLAIM + wrong) == (1, ["left_is_served"], "")


def test_what_cannot_be_claimed(gate):
    code, _, message = gate(CLAIM + 'left_is_served = "reached"')
    assert code == 150 and "exhausted or violated" in message
    code, _, message = gate(CLAIM.replace('"exhausted"', '{ verdict = "exhausted", possible = true }'))
    assert code == 150 and "liveness only" in message
