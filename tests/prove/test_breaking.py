"""Counterexamples to induction: one step, and whether the state before it can come about."""

from __future__ import annotations

import pytest

from checker.prove.proof import Asked, prove
from checker.prove.reached import reached
from checker.run import Request
from tests.cli.models import answer, checker

COUNT = """
from typing import Annotated
from model.language import *

class State(Variables):
    count: Annotated[int, Range(0, 20)]
    armed: bool
    wrong: bool

@initial
def start(s: State) -> None:
    pass

@action
def tick(s: State) -> None:
    require(s.count < 20)
    s.count += 1

@action
def spoil(s: State) -> None:
    require({guard})
    s.wrong = True

@invariant
def right(s: State) -> bool:
    \"\"\"Nothing is wrong.\"\"\"
    return not s.wrong
"""

NEVER = "s.armed"
LATE = "s.count == 15 and not s.armed"


@pytest.fixture
def model(tmp_path):
    def write(guard):
        path = tmp_path / "count.py"
        path.write_text(COUNT.format(guard=guard))
        return str(path)

    return write


def breaking(reference):
    found = prove(Asked(Request(reference)))
    return found, found.breaking["right"]


def test_a_state_that_cannot_come_about(model):
    """Nothing arms it, so of 21 counts none is armed."""
    found, step = breaking(model(NEVER))
    assert [action.name for action in step.step.actions] == ["spoil"]
    assert (step.before.word, step.before.states, step.counterexample) == ("unreachable", 21, None)
    assert [verdict.word for verdict in found.verdicts] == ["bounded"]


def test_a_state_that_comes_about_later_than_was_searched_makes_a_counterexample(model):
    """15 ticks and one more step: beyond the 12 of bounded model checking."""
    found, step = breaking(model(LATE))
    assert (step.before.word, step.before.depth) == ("reachable", 15)
    (verdict,) = found.verdicts
    assert (verdict.word, verdict.depth, found.code) == ("violated", 16, 12)


def test_beyond_a_limit_it_is_unknown(model):
    _, step = breaking(model(LATE))
    found = reached(step.step.grounded, step.step.states[0], limit=10)
    assert found.word == "unknown"
    assert 5 < found.depth < 10, "states are 0, 1, 2, ..., one a step"
    assert "unknown beyond" in str(found)


def test_as_text_and_as_a_picture(model, tmp_path):
    done = checker("prove", "--model", model(NEVER), "--out", tmp_path / "out")
    assert done.returncode == 3
    assert "right: a step that breaks it, from a state that is unreachable: it is none of the 21 states" in done.stdout
    assert "wrong  false -> true" in done.stdout
    text = (tmp_path / "out" / "right.step.txt").read_text()
    assert "  spoil" in text and "armed  true" in text
    assert "a state, reachable or not" in (tmp_path / "out" / "right.step.svg").read_text()
    checker("prove", "--model", model("s.wrong"), "--out", tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.step.*")), "a proof leaves no step of an earlier run behind"


def test_in_json(model):
    found, code = answer("prove", "--model", model(NEVER))
    assert code == 3
    (step,) = found["breaking"]
    assert (step["property"], step["action"], step["state_before"]) == ("right", "spoil", "unreachable")
    assert (step["before"]["armed"], step["changes"]) == ("true", {"wrong": "true"})
