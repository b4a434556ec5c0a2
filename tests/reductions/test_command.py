"""Reductions on the command line: switched on one by one, what they leave out is said, in words and as JSON."""

from __future__ import annotations

import pytest

from tests.cli.models import ROOT, TANK, answer, checker

TINY = ["--mode", "commit", "--scope", "tiny"]
PEOPLE = ["--bound", "pages=2", "--bound", "transactions=2"]


def flat(done):
    return " ".join(done.stdout.split())


def test_without_them_nothing_changes():
    document, code = answer("explore", *TINY)
    assert document["reduction"] is None and code == 12
    assert "--slice" not in document["command"] and "--symmetry" not in document["command"]


def test_a_slice_says_what_it_left_out():
    document, code = answer("explore", *TINY, "--slice", "--property", "control_within_standby")
    left = document["reduction"]["slice"]
    assert code == 12 and document["verdicts"][0]["verdict"] == "violated"
    assert "told[0, 1]" in left["variables"] and left["settled"] == "came_back[A]"
    assert left["not_shown"] == ["deadlocks", "actions that never fire", "mistakes of the model in what was dropped"]
    assert document["idle"] == [] and "--slice" in document["command"].split()
    text = flat(checker("explore", *TINY, "--slice", "--property", "control_within_standby"))
    assert "searched what bears on the properties" in text
    assert "dropped variables:" in text and "told" in text
    assert "not looked for in a slice: deadlocks; actions that never fire;" in text
    assert "what happens once came_back[A], which settles all that was asked" in text


def test_a_slice_of_everything_is_no_failure():
    # No action of it counts as one that never fires, whatever is dropped.
    document, code = answer(
        "explore", "--mode", "data_flush", "--scope", "tiny", "--slice", "--property", "ack_is_true"
    )
    assert (code, document["outcome"], document["shortcomings"]) == (0, "exhausted", [])


def test_symmetry_says_what_its_states_stand_for():
    full, _ = answer("explore", *TINY, *PEOPLE)
    document, code = answer("explore", *TINY, *PEOPLE, "--symmetry", "Page", "--symmetry", "Transaction")
    assert code == 12 and document["states"] < full["states"]
    said = document["reduction"]["symmetry"]
    assert said == {"elements": ["Page p1 p2", "Transaction x1 x2"], "states": full["states"]}
    assert "--symmetry Page --symmetry Transaction" in document["command"]
    text = flat(checker("explore", *TINY, *PEOPLE, "--symmetry", "all"))
    assert "up to the names of Page p1 p2, Transaction x1 x2" in text
    assert f"these states stand for {full['states']:,}, " in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--symmetry", "Node"], "--symmetry Node: the model names A (model/"),
        (["--symmetry", "Page"], "--symmetry Page: Page has but one element in this scope"),
        (["--symmetry", "Pages"], "no sort 'Pages'; did you mean Page?"),
        (["--slice", "--liveness"], "--slice and --symmetry are right for what one state decides, not for liveness"),
        (["--symmetry", "all", "--property", "checkpoint_completes"], "not for liveness properties"),
    ],
)
def test_refused(options, message):
    done = checker("explore", *TINY, *options)
    assert done.returncode == 2 and message in " ".join(done.stderr.split()) and not done.stdout


def test_a_model_without_sorts():
    done = checker("explore", "--model", TANK, "--symmetry", "all")
    assert done.returncode == 2 and "of no sort can two elements change places" in " ".join(done.stderr.split())


def test_the_command_it_tells_is_the_same_search():
    document, _ = answer("explore", *TINY, *PEOPLE, "--slice", "--symmetry", "all", "--property", "no_wal_tail")
    words = document["command"].split()[1:]
    assert answer(*words)[0]["states"] == document["states"]
    assert (ROOT / "model").is_dir()
