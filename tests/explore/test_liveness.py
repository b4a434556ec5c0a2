"""Liveness on models whose answers are argued by hand: a loop, a stop, a fault that ceases, a way out of none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from checker.draw.text import trace_text
from checker.explore import explore, with_liveness
from checker.grounding.ground import ground
from checker.grounding.grounded import Property
from checker.reading import load
from checker.traces.itf import ItfError, trace_from_itf, trace_to_itf
from checker.traces.replay import NotReplayed, replay
from checker.verdict import exit_code, shortcomings, verdicts
from tests.small_models import Builder, counter

LOCK = str(Path(__file__).parents[1] / "models" / "lock.py")


def lock(order="NONE", dies=False):
    model = load(LOCK)
    chosen = model.settings(order=model.module.Order[order], dies=dies)
    grounded = ground(model, chosen)
    found = with_liveness(explore(grounded), ["left_is_served"])
    return found, found.finding("left_is_served")


def labels(trace):
    return [action.label for action in trace.actions]


def test_the_reader_keeps_who_is_fair():
    steps = {step.name: (step.fair, step.outside) for step in load(LOCK).actions}
    assert steps == {"want": (False, False), "enter": (True, False), "leave": (True, False), "die": (False, True)}


def test_overtaken_again_and_again_is_a_loop():
    found, finding = lock()
    assert (finding.word, finding.depth, finding.possible) == ("violated", 1, True)
    assert labels(finding.trace) == ["want(LEFT)", "want(RIGHT)", "enter(RIGHT)", "leave(RIGHT)"]
    assert finding.trace.loop == 1 and finding.trace.states[1] == finding.trace.states[-1]
    assert finding.no_way is None
    replay(finding.trace)
    assert exit_code(found) == 13
    assert "a loop of 3 steps" in verdicts(found)[-1].evidence


def test_turns_serve_both():
    found, finding = lock("TURNS")
    assert (finding.word, finding.depth, finding.possible, finding.trace) == ("exhausted", None, True, None)
    assert finding.waiting  # it says something: there are states in which left waits
    assert exit_code(found) == 0


def test_a_stop_with_no_way_out():
    found, finding = lock("TURNS", dies=True)
    assert (finding.word, finding.depth, finding.possible) == ("violated", 4, False)
    assert sorted(labels(finding.trace)) == ["die(RIGHT)", "enter(RIGHT)", "want(LEFT)", "want(RIGHT)"]
    assert finding.trace.loop == 4 == len(finding.trace)
    assert len(finding.no_way) == 4
    assert "left_is_served is out of reach after step 4" in trace_text(finding.no_way, color=False, width=80)
    replay(finding.trace)
    replay(finding.no_way)
    assert exit_code(found) == 13


def test_itf_keeps_the_loop():
    trace = lock()[1].trace
    document = trace_to_itf(trace)
    assert document["loop"] == 1
    assert trace_from_itf(document, trace.grounded) == trace
    with pytest.raises(ItfError, match="`loop` is 2"):
        trace_from_itf(document | {"loop": 2}, trace.grounded)


def test_a_loop_that_is_none_is_not_replayed():
    _, finding = lock()
    trace = finding.trace
    with pytest.raises(NotReplayed, match="holds in its loop"):
        replay(replace(trace, loop=0))
    with pytest.raises(NotReplayed, match="does not come back"):
        replay(replace(trace, loop=2))
    stopped = replace(trace, states=trace.states[:2], actions=trace.actions[:1], loop=1)
    with pytest.raises(NotReplayed, match="enter is possible"):
        replay(stopped)


def test_a_loop_with_a_step_from_outside_is_not_replayed():
    """The same loop, were wanting the operator's: it would go on for a while only."""
    trace = lock()[1].trace
    model = trace.grounded.model
    changed = replace(model, actions=(replace(model.actions[0], fair=False, outside=True), *model.actions[1:]))
    with pytest.raises(NotReplayed, match="from outside"):
        replay(replace(trace, grounded=replace(trace.grounded, model=changed)))


def shaky(**marks):
    """Two steps up to 2; what happens at 1 may lead back to 0."""
    builder = Builder(n=(0, 2))
    n = builder["n"]
    builder.action("first", builder.eq(n, 0), {"n": 1})
    builder.action("second", builder.eq(n, 1), {"n": 2})
    builder.action("drop", builder.eq(n, 1), {"n": 0})
    builder.actions[-1] = replace(builder.actions[-1], **marks)
    builder.end = builder.eq(n, 2)
    builder.properties.append(Property("up", "eventually", "", builder.eq(n, 2), ()))
    grounded = builder.grounded((0,))
    return with_liveness(explore(grounded), ["up"]).finding("up")


@pytest.mark.parametrize("marks", [{}, {"fair": False}])
def test_what_may_happen_for_ever_can_starve(marks):
    """`second` is not possible at 0, so going to and fro between 0 and 1 owes it nothing; 2 can always be reached."""
    finding = shaky(**marks)
    assert (finding.word, finding.depth, finding.possible) == ("violated", 0, True)
    assert [action.name for action in finding.trace.actions] == ["first", "drop"]


def test_what_comes_from_outside_ceases():
    """Once `drop` has ceased nothing leads away from 1 but `second`, which is fair."""
    finding = shaky(fair=False, outside=True)
    assert (finding.word, finding.possible, finding.waiting) == ("exhausted", True, 2)


def test_a_step_from_outside_is_no_way():
    """Only an operator gets from 0 to 1."""
    builder = counter(1)
    builder.actions[-1] = replace(builder.actions[-1], fair=False, outside=True)
    builder.properties.append(Property("up", "eventually", "", builder.eq(builder["n"], 1), ()))
    finding = with_liveness(explore(builder.grounded((0,))), ["up"]).finding("up")
    assert (finding.word, finding.depth, finding.possible, len(finding.no_way)) == ("violated", 0, False, 0)


def test_what_need_not_happen_is_still_a_way():
    builder = counter(1)
    builder.actions[-1] = replace(builder.actions[-1], fair=False)
    builder.properties.append(Property("up", "eventually", "", builder.eq(builder["n"], 1), ()))
    finding = with_liveness(explore(builder.grounded((0,))), ["up"]).finding("up")
    assert (finding.word, finding.depth, finding.possible) == ("violated", 0, True)
    assert finding.trace.loop == len(finding.trace) == 0


def test_a_fair_action_that_changes_nothing_does_not_force_progress():
    """`wink` is fair and always taken; `up` is not fair: 0 for ever, by a loop of one step that changes nothing."""
    builder = counter(1)
    builder.actions[-1] = replace(builder.actions[-1], fair=False)
    builder.action("wink", builder.const(1), {})
    builder.properties.append(Property("up", "eventually", "", builder.eq(builder["n"], 1), ()))
    finding = with_liveness(explore(builder.grounded((0,))), ["up"]).finding("up")
    assert finding.trace.loop == 0 and [action.name for action in finding.trace.actions] == ["wink"]


def test_liveness_is_left_out_unless_asked_for():
    found = explore(ground(load(LOCK)))
    assert [finding.property.name for finding in found.findings] == ["one_at_a_time"]
    with pytest.raises(ValueError, match="liveness"):
        explore(ground(load(LOCK)), properties=["left_is_served"])


def test_limits_leave_it_unknown():
    stopped = explore(ground(load(LOCK)), states=2)
    assert with_liveness(stopped, ["left_is_served"]).finding("left_is_served").word == "unknown"
    found = with_liveness(explore(ground(load(LOCK))), ["left_is_served"], memory=1)
    assert found.finding("left_is_served").word == "unknown"
    assert exit_code(found) == 3 and "was not judged: its state graph" in shortcomings(found)[-1]


def test_a_safety_violation_outranks_it():
    model = load(LOCK)
    grounded = ground(model)
    wrong = replace(grounded.properties[0], body=grounded.properties[1].body)  # left never waits
    found = with_liveness(explore(replace(grounded, properties=(wrong, grounded.properties[1]))), ["left_is_served"])
    assert {finding.word for finding in found.findings} == {"violated"} and exit_code(found) == 12
