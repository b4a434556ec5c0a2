"""The command `trace check`: traces that are behaviours, and those that are none, with the step and the reason."""

from __future__ import annotations

import json

import pytest

from checker.grounding.ground import ground
from checker.reading import load
from checker.traces.check import check_trace
from tests.cli.models import ROOT, TANK, answer, checker, line_of
from tests.reductions.comparing import model_of

LOCK = str(ROOT / "tests" / "models" / "lock.py")
INCOMPLETE = 3


def written(tmp_path, *states, **more):
    path = tmp_path / "trace.itf.json"
    path.write_text(json.dumps({"states": list(states), **more}))
    return path


def tank(level, action=None):
    return {"level": level, **({"mbt::actionTaken": action} if action else {})}


def lock(left=None, right=None, turn=None, action=None):
    """A state of the lock, with what is given of it."""
    entries = [[name, value] for name, value in (("LEFT", left), ("RIGHT", right)) if value]
    said = {"line": {"#map": entries}} if entries else {}
    return said | ({"turn": turn} if turn else {}) | ({"#meta": {"action": action}} if action else {})


def test_what_explore_writes_is_a_behaviour_under_the_settings_it_names(tmp_path):
    checker("explore", "--model", TANK, "--preset", "leaky", "--bound", "size=2", "--out", tmp_path)
    path = tmp_path / "never_over.itf.json"
    said, code = answer("trace", "check", path, "--model", TANK)
    assert (code, said["behaviour"], said["whole"]) == (0, True, True)
    assert said["actions"] == ["fill", "fill", "spill"]
    assert said["settings"]["mode"] == "open" and said["bounds"] == {"size": 2}
    refused = checker("trace", "check", path, "--model", TANK, "--mode", "open")
    assert refused.returncode == 2 and "says its own settings" in refused.stderr


def test_a_trace_that_does_not_show_its_property_is_none(tmp_path):
    path = written(tmp_path, tank(0), tank(1, "fill"), **{"#meta": {"property": "never_over"}})
    done = checker("trace", "check", path, "--model", TANK)
    assert done.returncode == 1
    assert "never_over holds in its last state" in done.stdout
    assert done.stdout.splitlines()[-1] == "no behaviour  step 1 of 1  model tank"


def test_a_guard_that_is_false_is_told_with_its_place_and_values(tmp_path):
    path = written(tmp_path, tank(2), tank(3, "spill"))
    said, code = answer("trace", "check", path, "--model", TANK)
    assert code == 1 and said["refused"]["step"] == 0
    assert said["refused"]["start"] == ["level is 2 in the trace, 0 in the model"]
    path = written(tmp_path, *(tank(level) for level in range(4)), tank(4, "spill"))
    said, code = answer("trace", "check", path, "--model", TANK)
    (meant,) = said["refused"]["meant"]
    assert (code, said["refused"]["step"], meant["action"]) == (1, 4, "spill")
    place = line_of("tank.py", "s.settings.mode == Mode.OPEN and")
    assert meant["guard"]["at"].endswith(place), "the mode closes it"
    said, code = answer("trace", "check", path, "--model", TANK, "--mode", "open")
    assert (code, said["behaviour"]) == (0, True)


def test_the_variable_that_differs_comes_first(tmp_path):
    path = written(tmp_path, tank(0), tank(1, "fill"), tank(1, "fill"))
    done = checker("trace", "check", path, "--model", TANK)
    assert done.returncode == 1
    assert "step 2, fill, does not lead from state 1 to state 2" in done.stdout
    assert "level is 1 in the trace, 2 in the model" in done.stdout


def test_without_a_name_the_nearest_actions_are_told(tmp_path):
    """Both want, then both are in at once: entering is one of two changes, and the other is not possible after it."""
    both = lock("WAITING", "WAITING")
    path = written(
        tmp_path, lock("IDLE", "IDLE"), lock("WAITING", "IDLE"), both, lock("IN", "WAITING"), lock("IN", "IN")
    )
    said, code = answer("trace", "check", path, "--model", LOCK)
    assert (code, said["refused"]["step"]) == (1, 4)
    nearest = said["refused"]["nearest"][0]
    assert nearest["action"] == "enter(RIGHT)" and nearest["differences"] == []
    assert "s.line[other(p)] != Line.IN" in nearest["guard"]["text"]
    assert nearest["facts"] == ["line[LEFT] is IN"]


def test_what_is_left_out_is_filled_in(tmp_path):
    """Only that the left process is in at the end: it wanted and entered, with right doing nothing or wanting too."""
    path = written(tmp_path, lock("IDLE"), {}, {}, lock("IN", action="enter(LEFT)"))
    said, code = answer("trace", "check", path, "--model", LOCK)
    assert (code, said["whole"]) == (0, False)
    assert sorted(said["actions"]) == ["enter(LEFT)", "want(LEFT)", "want(RIGHT)"]
    path = written(tmp_path, lock("IDLE"), lock("IN"))
    assert answer("trace", "check", path, "--model", LOCK)[1] == 1, "no process enters in one step"


def test_an_action_may_be_named_without_its_arguments_and_as_quint_does(tmp_path):
    picks = {"p": {"tag": "Some", "value": "RIGHT"}, "q": {"tag": "None", "value": {"#tup": []}}}
    waiting = {"line": {"#map": [["RIGHT", {"tag": "WAITING", "value": {"#tup": []}}]]}}
    path = written(tmp_path, {"turn": "LEFT"}, {**waiting, "mbt::actionTaken": "want", "mbt::nondetPicks": picks})
    assert answer("trace", "check", path, "--model", LOCK)[0]["actions"] == ["want(RIGHT)"]
    path = written(tmp_path, {"turn": "LEFT"}, {**waiting, "action_taken": "want"})
    assert answer("trace", "check", path, "--model", LOCK)[0]["actions"] == ["want(RIGHT)"]


def test_the_arguments_that_are_picked_count_where_nothing_else_is_said():
    grounded = ground(load(LOCK))
    for name in ("LEFT", "RIGHT"):
        taken = {"mbt::actionTaken": "want", "mbt::nondetPicks": {"p": name}}
        found = check_trace({"states": [{"turn": "LEFT"}, taken]}, grounded)
        assert [action.label for action in found.trace.actions] == [f"want({name})"]


def test_a_loop_that_is_not_fair_is_none(tmp_path):
    """Left waits for ever while right wants, enters and leaves; but not while nothing at all happens."""
    names = ["want(LEFT)", "want(RIGHT)", "enter(RIGHT)", "leave(RIGHT)"]
    right = ["IDLE", "WAITING", "IN", "IDLE"]
    states = [lock("WAITING", at, action=name) for at, name in zip(right, names, strict=True)]
    meta = {"#meta": {"property": "left_is_served"}}
    assert (
        answer("trace", "check", written(tmp_path, lock("IDLE", "IDLE"), *states, loop=1, **meta), "--model", LOCK)[1]
        == 0
    )
    path = written(tmp_path, lock("IDLE", "IDLE"), states[0], loop=1, **meta)
    said, code = answer("trace", "check", path, "--model", LOCK)
    assert code == 1 and "enter is possible" in said["refused"]["why"]
    said, code = answer("trace", "check", written(tmp_path, lock("IDLE", "IDLE"), *states, loop=0), "--model", LOCK)
    assert code == 1 and "not state 0" in said["refused"]["why"]


@pytest.mark.parametrize(
    ("states", "why"),
    [
        ([], "the trace has no states"),
        ([{"levle": 0}], "none of the variables of the model, which are: level"),
        ([{"level": 0}, {"level": 1, "mbt::actionTaken": "fil"}], "no action 'fil'; did you mean fill?"),
        ([{"level": 0}, {"level": 1, "mbt::actionTaken": "fill(2)"}], "no step of the model in this scope"),
        ([{"level": 77}], "77 is not within 0..4"),
        ([{"level": "x"}], "is no integer"),
        ([7], "must be a JSON object"),
    ],
)
def test_a_file_that_is_no_trace_of_the_model_is_refused(tmp_path, states, why):
    done = checker("trace", "check", written(tmp_path, *states), "--model", TANK)
    assert done.returncode == 2 and why in done.stderr, done.stderr


def test_keys_that_the_model_does_not_have_are_refused(tmp_path):
    path = written(tmp_path, {"line": {"#map": [["MIDDLE", "IDLE"]]}})
    done = checker("trace", "check", path, "--model", LOCK)
    assert done.returncode == 2 and '"MIDDLE" is no key' in done.stderr
    missing = checker("trace", "check", tmp_path / "missing.itf.json", "--model", LOCK)
    assert missing.returncode == 2 and "cannot read" in missing.stderr


def test_what_is_left_undecided_is_not_a_success(tmp_path, monkeypatch):
    from click.testing import CliRunner

    from checker.cli import main
    from checker.traces import check as trace_check

    monkeypatch.setattr(trace_check, "MOST_STATES", 1)
    path = written(tmp_path, lock("IDLE"), {}, {})
    done = CliRunner().invoke(main, ["trace", "check", str(path), "--model", LOCK])
    assert done.exit_code == INCOMPLETE and "write more of it" in done.output


SHELF = """
from typing import Annotated
from model.language import Map, Range, Sort, Variables, action, initial, reachable, require

class Side(Sort, size=2, names="AB"): ...

Place = Annotated[int, Range(0, 1)]

class State(Variables):
    there: Map[tuple[Side, Place], bool]
    moved: bool

@initial
def empty(s: State) -> None:
    s.moved = False
    for side in Side:
        for place in range(2):
            s.there[side, place] = False

@action
def put(s: State, side: Side, place: Place) -> None:
    require(not s.moved)
    s.there[side, place] = True
    s.moved = True

@action
def rest(s: State) -> None:
    require(s.moved)
    s.moved = False

@action
def clear(s: State, side: Side, place: Place) -> None:
    require(s.moved and s.there[side, place])
    s.there[side, place] = False
    s.moved = False

@reachable
def full(s: State) -> bool:
    return all(s.there[side, 1] for side in Side)
"""


def test_of_several_ways_one_that_closes_the_loop_is_found(tmp_path):
    """What is put away before the end may have stayed: then the last state is not the first, to which it goes back."""
    grounded = ground(model_of(tmp_path, SHELF))
    document = {"states": [{"moved": False}, {"moved": True}, {"moved": False}], "loop": 0}
    found = check_trace(document, grounded)
    assert found.trace is not None, found.refused
    assert found.trace.states[2] == found.trace.states[0]
    assert [action.name for action in found.trace.actions] == ["put", "clear"]


@pytest.mark.parametrize("number", [1, {"#bigint": "1"}], ids=["plain", "big"])
def test_a_number_within_a_key_is_the_same_big_or_plain(tmp_path, number):
    grounded = ground(model_of(tmp_path, SHELF))
    states = [{"there": {"#map": [[{"#tup": ["B", number]}, value]]}} for value in (False, True)]
    found = check_trace({"states": states}, grounded)
    assert found.trace is not None, found.refused
    assert [action.label for action in found.trace.actions] == ["put(B, 1)"]
