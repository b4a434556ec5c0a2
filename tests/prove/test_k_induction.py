"""k-induction: what is kept only after the steps that lead there, and never what exploration refutes.

Rooms 0, 1 and 2 lead round and round; from room 5 a way leads over 3 to 4, where nobody should be.  Nobody comes to 5.
"""

from __future__ import annotations

import pytest

from checker.explore import explore
from checker.grounding.ground import ground
from checker.prove.induction import induction
from checker.reading import load
from tests.cli.models import answer, checker

ROOMS = """
from typing import Annotated
from model.language import *

class Guest(Sort, size="guests"): ...

@bounds
class Bounds:
    guests: int = 2

class State(Variables):
    bounds: Bounds
    room: Map[Guest, Annotated[int, Range(0, 5)]]

@initial
def start(s: State) -> None:
    for g in Guest:
        s.room[g] = {start}

@action
def round(s: State, g: Guest) -> None:
    require(s.room[g] < 3)
    s.room[g] = 0 if s.room[g] == 2 else s.room[g] + 1

@action
def hurry(s: State, g: Guest) -> None:
    require(s.room[g] == 5)
    s.room[g] = 3

@action
def stray(s: State, g: Guest) -> None:
    require(s.room[g] == 3)
    s.room[g] = 4

@invariant
def nobody_in_4(s: State) -> bool:
    return all(s.room[g] != 4 for g in Guest)
"""


@pytest.fixture
def rooms(tmp_path):
    def write(start):
        path = tmp_path / "rooms.py"
        path.write_text(ROOMS.format(start=start))
        return str(path)

    return write


@pytest.mark.parametrize(("guests", "k", "proved"), [(1, 1, False), (1, 2, False), (1, 3, True), (2, 3, False)])
def test_as_many_steps_as_it_takes(rooms, guests, k, proved):
    """In 3, one came from 5, where nobody comes from: three steps.  Of two, one may stay in 3 while the other walks."""
    found = induction(load(rooms(0)), None, k=k, fixed={"guests": guests})
    assert (found.proved == ["nobody_in_4"]) is proved
    if proved:
        assert {answer.step for answer in found.of("nobody_in_4")} == {"start", "round", "hurry", "stray"}


@pytest.mark.parametrize("start", [3, 5])
@pytest.mark.parametrize("k", [2, 3, 4])
def test_what_is_violated_is_never_shown(rooms, start, k):
    model = load(rooms(start))
    assert [finding.word for finding in explore(ground(model)).findings] == ["violated"]
    assert induction(model, None, k=k, fixed={"guests": 1}).proved == []


def test_as_a_command(rooms):
    asked = ("prove", "--model", rooms(0), "--bound", "guests=1")
    assert answer(*asked, "--k", "2")[1] == 3
    found, code = answer(*asked, "--k", "3")
    assert (code, found["outcome"]) == (0, "proved")
    assert found["command"].endswith("--k 3")


@pytest.mark.parametrize("other", [("--out", "x"), ("--bounded", "3")])
def test_what_does_not_go_together(rooms, tmp_path, other):
    done = checker("prove", "--model", rooms(0), "--k", "2", *other, cwd=tmp_path)
    assert done.returncode == 2
    assert "--k is induction over several" in done.stderr
