"""The command `prove` as a user runs it: what it prints, its exit codes, its JSON.  The model is the tank."""

from __future__ import annotations

import re

import pytest

from tests.cli.models import TANK, answer, checker

LAST = re.compile(r"^(\w+)  (.*)obligations [\d,]+(?:  depth (\d+))?  \d+\.\d s$")


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        (["--property", "never_over"], 0, "proved"),
        (["--property", "never_over", "--mode", "open"], 12, "violated"),
        (["--property", "never_over", "--mode", "open", "--bounded", "3"], 3, "incomplete"),
        (["--property", "never_over", "--mode", "open", "--bounded", "4"], 12, "violated"),
        (["--property", "fills_up", "--bounded", "2"], 3, "incomplete"),
        (["--property", "fills_up", "--bounded", "3"], 0, "proved"),
        (["--property", "never_over", "--bounded", "9"], 3, "incomplete"),
    ],
)
def test_exit_code_and_last_line(options, code, word):
    """The tank of size 3 overflows in 4 steps and fills up in 3; that a bound was reached is never a success."""
    done = checker("prove", "--model", TANK, *options)
    assert done.returncode == code, done.stderr
    assert LAST.fullmatch(done.stdout.splitlines()[-1])[1] == word


def test_a_proof_in_json():
    found, code = answer("prove", "--model", TANK, "--property", "never_over")
    assert (code, found["exit"], found["outcome"]) == (0, 0, "proved")
    (verdict,) = found["verdicts"]
    assert (verdict["property"], verdict["verdict"], verdict["depth"]) == ("never_over", "proved", None)
    asked = [(item["property"], item["action"]) for item in found["obligations"]]
    assert len(asked) == len(set(asked))
    assert {item["action"] for item in found["obligations"] if item["property"] == "never_over"} >= {"fill", "spill"}
    assert all(item["result"] in ("proved", "unchanged", "off") for item in found["obligations"])
    assert all(item["seconds"] >= 0 for item in found["obligations"])


def test_a_counterexample_in_json_is_that_of_explore():
    options = ["--model", TANK, "--mode", "open", "--property", "never_over"]
    proved, _ = answer("prove", *options)
    explored, _ = answer("explore", *options)
    (mine,), (theirs,) = proved["verdicts"], explored["verdicts"]
    assert (mine["verdict"], mine["depth"]) == (theirs["verdict"], theirs["depth"]) == ("violated", 4)
    assert proved["settings"] == explored["settings"]


def test_its_command_does_the_same_again():
    options = ["--model", TANK, "--mode", "open", "--property", "never_over", "--bound", "size=5", "--bounded", "7"]
    found, _ = answer("prove", *options)
    words = found["command"].split()
    assert words[0] == "checker"
    again, _ = answer(*words[1:])
    assert again["command"] == found["command"]
    assert again["verdicts"] == found["verdicts"]
    assert again["verdicts"][0]["depth"] == 6


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--property", "never_ovr"], "did you mean never_over"),
        (["--set", "mood=open"], "mode"),
        (["--bounded", "-1"], "-1"),
    ],
)
def test_what_does_not_exist_is_refused(options, said):
    done = checker("prove", "--model", TANK, *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""
