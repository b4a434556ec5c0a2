"""Lemmas found by themselves: what they are, that they hold, and that they can be put into the model as they stand."""

from __future__ import annotations

import pytest

from checker.configuration import configure
from checker.prove.induction import induction
from checker.prove.infer import infer
from checker.reading import load
from tests.cli.models import answer, checker

COUNTERS = """
from typing import Annotated
from model.language import *

class Task(Sort, size="tasks"): ...
Number = Annotated[int, Range(0, "limit")]

@bounds
class Bounds:
    tasks: int = 2
    limit: int = 3

@record
class Span:
    low: Number = 0
    high: Number = 0

class State(Variables):
    bounds: Bounds
    top: Number
    span: Map[Task, Span]
    loose: Map[Task, Number]
    wrong: bool

@initial
def start(s: State) -> None:
    pass

@action
def raise_top(s: State) -> None:
    require(s.top < s.bounds.limit)
    s.top += 1

@action
def raise_high(s: State, t: Task) -> None:
    s.span[t].high = s.top

@action
def raise_low(s: State, t: Task) -> None:
    s.span[t].low = s.span[t].high

@action
def loosen(s: State, t: Task) -> None:
    s.loose[t] = s.bounds.limit

@action
def overtake(s: State, t: Task) -> None:
    require(s.span[t].high < s.span[t].low)
    s.wrong = True

{more}@lemma
def in_order(s: State) -> bool:
    return all(s.span[t].low <= s.span[t].high for t in Task)

@lemma
def loosened_late(s: State) -> bool:
    return all(s.loose[t] == 0 or s.loose[t] == s.bounds.limit for t in Task)

@invariant
def nothing_wrong(s: State) -> bool:
    return not s.wrong
"""


@pytest.fixture
def reference(tmp_path):
    path = tmp_path / "counters.py"
    path.write_text(COUNTERS.format(more=""))
    return str(path)


def test_what_is_found(reference):
    """`high` takes the value of `top`, which only grows, and `low` that of `high`; `loose` goes its own way."""
    found = infer(configure(load(reference)), ["nothing_wrong"])
    names = {one.name for one in found.lemmas}
    assert names == {"span_low_within_span_high", "span_low_within_top", "span_high_within_top"}
    assert (found.covered, found.idle, found.uncovered) == (["in_order"], [], ["loosened_late"])
    assert (found.proved, found.open) == (["nothing_wrong"], [])
    assert found.tried == 9, "of low, high and loose each is within the two others, and within top"


def test_each_stands_in_a_model_as_it_is_printed(reference, tmp_path):
    found = infer(configure(load(reference)), [])
    path = tmp_path / "with_inferred.py"
    path.write_text(COUNTERS.format(more="\n".join(one.source() for one in found.lemmas) + "\n"))
    model = load(str(path))
    said = {lemma.name: lemma.body for lemma in model.lemmas}
    assert all(said[one.name] == one.lemma().body for one in found.lemmas)
    assert "nothing_wrong" in induction(model, None).proved


def test_as_a_command(reference):
    done = checker("prove", "--model", reference, "--infer")
    assert done.returncode == 0, done.stderr
    assert "return all(s.span[t].low <= s.span[t].high for t in Task)" in done.stdout
    assert done.stdout.splitlines()[-1] == "inferred  candidates 9  unrefuted 3  lemmas 3"
    found, _ = answer("prove", "--model", reference, "--infer")
    assert found["covered"] == ["in_order"]


@pytest.mark.parametrize("other", [("--k", "2"), ("--bounded", "3"), ("--out", "x"), ("--bound", "limit=2")])
def test_what_goes_with_a_proof_only(reference, tmp_path, other):
    done = checker("prove", "--model", reference, "--infer", *other, cwd=tmp_path)
    assert done.returncode == 2
    assert other[0] in done.stderr
