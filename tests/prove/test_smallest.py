"""The smallest sets of settings that are enough, where they can be counted by hand.

With the first door locked alone nobody gets in, nor with the second alone; the wall alone stops nobody, for the doors
are open.  With both doors locked people go around, unless there is the wall: more protection can be less.
"""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from checker.cli import main
from checker.prove.smallest import smallest, trial
from checker.report.smallest import _answer
from checker.run import Request
from tests.cli.models import MODELS

DOORS = str(MODELS / "locks.py")
CANDIDATES = ("first_door", "second_door", "wall")
REQUEST = Request(DOORS, properties=("nobody_inside",), idle=("leave",))


def test_each_set_up_to_the_smallest():
    found = list(smallest(REQUEST, CANDIDATES, workers=1))
    assert [(t.on, t.exhausted, t.depth) for t in found] == [
        ((), False, 2),
        (("first_door",), True, None),
        (("second_door",), True, None),
        (("wall",), False, 2),
    ]


def test_a_larger_set_may_be_worse():
    assert trial(REQUEST, CANDIDATES, ("first_door", "second_door")).broken == "nobody_inside"
    assert trial(REQUEST, CANDIDATES, CANDIDATES).exhausted


def test_command(tmp_path):
    done = CliRunner().invoke(
        main, ["ablate", "--model", DOORS, "--smallest", "--workers", "1", "--out", str(tmp_path / "out")]
    )
    assert done.exit_code == 0, done.output
    assert "enough    first_door  (1 states)" in done.output
    assert "smallest  2 of 4 sets tried" in done.output
    document = json.loads((tmp_path / "out" / "smallest.json").read_text())
    assert [item["on"] for item in document["enough"]] == [["first_door"], ["second_door"]]
    assert [item["depth"] for item in document["broken"]] == [2, 2]
    page = (tmp_path / "out" / "smallest.md").read_text()
    assert "| `first_door` | 1 |" in page
    assert "`wall`: 2 steps" in page
    assert "`wall`: no. `nobody_inside` is violated in 2 steps." in page
    assert "this would be enough: `first_door`; or `second_door`." in page
    assert document["candidate"]["lacks"] == [["first_door"], ["second_door"]]


def test_what_was_proposed_may_hold_a_set_that_is_enough():
    trials = list(smallest(REQUEST, CANDIDATES, workers=1))
    assert _answer(("first_door", "wall"), trials)["enough"]
    assert not _answer((), trials)["enough"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", DOORS, "--smallest", "--action", "leave"], "--smallest is about settings"),
        (["--model", DOORS, "--property", "nobody_inside"], "--property goes with --smallest"),
        (["--model", str(MODELS / "tank.py"), "--smallest"], "names no PROTECTIONS"),
        (["--model", DOORS, "--smallest", "--property", "nobody"], "nobody_inside"),
    ],
)
def test_what_cannot_be_asked(arguments, message):
    done = CliRunner().invoke(main, ["ablate", *arguments])
    assert done.exit_code == 2
    assert message in done.output
