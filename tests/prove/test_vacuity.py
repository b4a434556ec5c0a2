"""Vacuity: a proof whose hypothesis rules its step out says nothing, and is never counted as if it did."""

from __future__ import annotations

import pytest

from checker.configuration import configure
from checker.prove.induction import induction
from checker.prove.obligation import Transition
from checker.reading import load
from tests.agreement.protocol import protocol
from tests.cli.models import answer, checker

FIVE = [f"{name}_within_standby" for name in ("page", "commit_status", "control", "removal", "hint")]


def test_every_proof_of_the_protocol_says_something():
    """What the solver was asked and proved: each step can be taken where what it rests on holds."""
    settings = configure(protocol(), sets={"mode": "data_flush"}).settings
    found = induction(protocol(), settings, [*FIVE, "ack_is_true", "fork_covers_acks"])
    words = [answer.hypothesis for name in found.proved for answer in found.of(name) if answer.result == "proved"]
    assert set(found.asked) <= set(found.proved)
    assert set(words) == {"needed", "spare"}
    assert words.count("needed") > words.count("spare")
    waits = {"page": "write_page", "control": "update_control_file", "removal": "truncate_file"}
    for name, step in waits.items():
        assert found.obligations[f"{name}_within_standby", step].hypothesis == "needed"


HILL = """
from typing import Annotated
from model.language import *

class State(Variables):
    low: Annotated[int, Range(0, 20)]
    high: Annotated[int, Range(0, 20)]

@initial
def start(s: State) -> None:
    pass

@action
def raise_both(s: State) -> None:
    require(s.high < 20)
    s.low = min(s.low, s.high) + 1
    s.high += 1

@action
def level(s: State) -> None:
    s.low = s.high

@action
def below(s: State) -> None:
    require(s.high < s.low)
    s.low += 1

@invariant
def in_order(s: State) -> bool:
    \"\"\"Low is never above high.\"\"\"
    return s.low <= s.high
"""


@pytest.fixture
def hill(tmp_path):
    path = tmp_path / "hill.py"
    path.write_text(HILL)
    return str(path)


def test_a_hypothesis_that_rules_its_step_out(hill):
    """Nobody can be below where `in_order` holds; `raise_both` and `level` put in order what was not."""
    found = induction(load(hill), None, ["in_order"])
    said = {step: found.obligations["in_order", step].hypothesis for step in ("raise_both", "level", "below")}
    assert said == {"raise_both": "spare", "level": "spare", "below": "rules the step out"}
    assert [one.step for one in found.with_hypothesis("rules the step out")] == ["below"]
    assert found.excluded == ["below"]


def test_what_holds_because_of_what_was_before(tmp_path):
    """With `s.low += 1` instead, what was out of order stays so."""
    path = tmp_path / "needed.py"
    path.write_text(HILL.replace("min(s.low, s.high) + 1", "s.low + 1"))
    found = induction(load(str(path)), None, ["in_order"])
    assert found.obligations["in_order", "raise_both"].hypothesis == "needed"


def test_it_is_told_and_not_counted(hill):
    """Three steps and the initial state are asked of the solver; of `below` nothing is said."""
    document, code = answer("prove", "--model", hill, "--property", "in_order")
    (verdict,) = document["verdicts"]
    words = [item["hypothesis"] for item in document["obligations"] if item["result"] == "proved"]
    ruled = words.count("rules the step out")
    assert code == 0 and ruled >= 1
    assert verdict["evidence"].startswith(f"{len(words) - ruled} obligations, {ruled} more of steps")
    text = checker("prove", "--model", hill, "--property", "in_order").stdout
    assert "what in_order uses rules below out, so that proof says nothing" in " ".join(text.split())


def test_a_goal_that_is_left_in_a_solver_is_noticed(hill, monkeypatch):
    """Of an unsatisfiable solver everything follows, so all that is asked later is proved: of steps ruled out."""
    made = Transition._made

    def forgetful(self, axioms, effort):
        solver = made(self, axioms, effort)
        solver.pop = lambda: None
        return solver

    honest = induction(load(hill), None, ["in_order"])
    monkeypatch.setattr(Transition, "_made", forgetful)
    found = induction(load(hill), None, ["in_order"])
    assert found.proved == honest.proved
    assert found.with_hypothesis("needed") == found.with_hypothesis("spare") == []
    assert set(found.excluded) > set(honest.excluded) == {"below"}
