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
    assert not any(option in document["command"] for option in ("--slice", "--symmetry", "--order"))


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


def test_one_order_says_what_it_does_not_show():
    full, _ = answer("explore", *TINY)
    document, code = answer("explore", *TINY, "--order")
    assert code == 12 and document["states"] < full["states"] and document["idle"] == full["idle"]
    assert document["reduction"]["order"] == {"not_shown": ["whether a counterexample is a shortest one"]}
    assert document["reduction"]["slice"] is document["reduction"]["symmetry"] is None
    assert "--order" in document["command"].split()
    text = flat(checker("explore", *TINY, "--order"))
    assert "one order of steps that commute" in text
    assert "not looked for in one order: whether a counterexample is a shortest one" in text


def test_one_order_goes_on_where_it_was_killed(tmp_path):
    whole, _ = answer("explore", *TINY, "--order")
    folder = str(tmp_path / "run")
    cut, code = answer("explore", *TINY, "--order", "--resume", folder, "--states", "1000")
    assert code in (3, 12) and cut["states"] < whole["states"]
    document, _ = answer("explore", *TINY, "--order", "--resume", folder)
    assert (document["states"], document["transitions"]) == (whole["states"], whole["transitions"])
    done = checker("explore", *TINY, "--resume", folder)
    assert done.returncode == 2 and "reduction" in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--symmetry", "Node"], "--symmetry Node: the model names A (model/"),
        (["--symmetry", "Page"], "--symmetry Page: Page has but one element in this scope"),
        (["--symmetry", "Pages"], "no sort 'Pages'; did you mean Page?"),
        (["--slice", "--liveness"], "--slice, --symmetry and --order are right for what one state decides, not"),
        (["--order", "--liveness"], "--slice, --symmetry and --order are right for what one state decides, not"),
        (["--order", "--workers", "2"], "--order is of the search by generated Python; --workers does not go with it"),
        (["--order", "--engine", "native"], "--order is of the search by generated Python; --engine native does not"),
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
