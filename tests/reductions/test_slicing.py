"""The cone of influence: what is dropped, and that nobody who asks only for the rest can tell."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.explore import explore, reduction
from checker.reductions.slicing import sliced
from tests.random_models import models, successors
from tests.reductions.comparing import searched, traces, verdicts
from tests.small_models import HERE, Builder, bits, counter

MANY = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def is_behaviour(trace):
    """Whether every step is one of the whole model, by a plain evaluation of its terms."""
    grounded = trace.grounded
    assert trace.states[0] in grounded.initials
    for before, action, after in zip(trace.states, trace.actions, trace.states[1:], strict=False):
        assert (grounded.actions.index(action), after) in successors(grounded, before)


@MANY
@given(models(), st.sampled_from([["safe"], ["seen"], ["safe", "seen"]]), st.sampled_from(["python", "native"]))
def test_the_same_verdicts_after_as_many_steps(model, names, engine):
    grounded, _ = model
    full = explore(grounded, properties=names)
    less = searched(grounded, names, reduction(grounded, names, True, ()), engine)
    assert verdicts(less) == verdicts(full)
    assert less.states <= full.states and less.stopped is None
    for trace in traces(less):
        assert trace.grounded is grounded
        is_behaviour(trace)


@MANY
@given(models(checks=True), st.sampled_from([["safe"], ["seen"]]))
def test_a_mistake_that_is_kept_is_found(model, names):
    # The whole search may stop at a mistake of what is dropped; the other way round there is no such thing.
    grounded, _ = model
    full = explore(grounded, properties=names)
    less = searched(grounded, names, reduction(grounded, names, True, ()))
    if full.error is None:
        assert less.error is None and verdicts(less) == verdicts(full)
    if less.error is not None:
        is_behaviour(less.error.trace)
        assert len(less.error.trace) >= len(full.error.trace)


def test_what_bears_on_nothing_is_dropped():
    # Twelve bits, a property of the first: two states are left of 2^12.
    b = bits(12)
    b.invariant("first", b.op("not", b["bit0"]))
    grounded = b.grounded((0,) * 12)
    part = sliced(grounded, ["first"])
    assert [cell.name for cell in part.dropped_cells] == [f"bit{n}" for n in range(1, 12)]
    assert [action.label for action in part.dropped_actions] == [f"flip({n})" for n in range(1, 12)]
    found = searched(grounded, ["first"], reduction(grounded, ["first"], True, ()))
    assert (found.states, found.transitions) == (2, 2)
    assert found.finding("first").depth == 1 and found.finding("first").trace.states[-1] == (1,) + (0,) * 11


def test_what_was_dropped_goes_along():
    # `both` moves two numbers at once; only one is asked for, and the trace has the other as well.
    b = Builder(asked=(0, 3), other=(0, 3))
    b.action("both", b.op("<", b["asked"], 3), {"asked": b.op("+", b["asked"], 1), "other": b["asked"]})
    b.invariant("low", b.op("<", b["asked"], 3))
    grounded = b.grounded((0, 0))
    found = searched(grounded, ["low"], reduction(grounded, ["low"], True, ()))
    assert found.finding("low").trace.states == ((0, 0), (1, 0), (2, 1), (3, 2))


def test_a_guard_bears_on_what_it_guards():
    b = Builder(door=(0, 1), inside=(0, 1), light=(0, 1))
    b.action("open", b.const(1), {"door": 1})
    b.action("enter", b["door"], {"inside": 1})
    b.action("switch", b["inside"], {"light": b.op("not", b["light"])})
    b.reachable("in", b["inside"])
    part = sliced(b.grounded((0, 0, 0)), ["in"])
    assert [cell.name for cell in part.dropped_cells] == ["light"]
    assert [action.name for action in part.dropped_actions] == ["switch"]


@pytest.mark.parametrize("lasting", [True, False])
def test_nothing_is_taken_once_all_is_settled(lasting):
    # `gone or n < 8`: once gone, for good unless something comes back, nothing can break it; n goes on for nothing.
    b = Builder(gone=(0, 1), n=(0, 8))
    b.action("up", b.op("<", b["n"], 8), {"n": b.op("+", b["n"], 1)})
    b.action("go", b.op("==", b["n"], 2), {"gone": 1})
    if not lasting:
        b.action("come_back", b["gone"], {"gone": 0})
    b.invariant("fine", b.op("or", b["gone"], b.op("<", b["n"], 8)))
    grounded = b.grounded((0, 0))
    found = searched(grounded, ["fine"], reduction(grounded, ["fine"], True, ()))
    assert found.finding("fine").depth == 8
    whole = explore(grounded)
    assert (found.states, whole.states) == ((9 + 1, 9 + 7) if lasting else (whole.states, 9 + 7))


def test_two_properties_are_settled_when_both_are():
    b = Builder(one=(0, 1), two=(0, 1), n=(0, 5))
    b.action("up", b.op("<", b["n"], 5), {"n": b.op("+", b["n"], 1)})
    b.action("settle", b.const(1), {"one": 1}, (1,))
    b.action("settle", b.const(1), {"two": 1}, (2,))
    b.invariant("first", b.op("or", b["one"], b.op("<", b["n"], 5)))
    b.invariant("second", b.op("or", b["two"], b.op("<", b["n"], 5)))
    grounded = b.grounded((0, 0, 0))
    names = ["first", "second"]
    found = searched(grounded, names, reduction(grounded, names, True, ()))
    assert verdicts(found) == verdicts(explore(grounded)) and found.finding("second").depth == 5
    # With n from 0 to 5: neither settled, one, or the other; both from those that are found, and n stands still then.
    assert found.states == 4 * 6


def test_a_deadlock_is_not_looked_for():
    grounded = counter(3).grounded((0,))
    assert explore(grounded).deadlocks.count == 1
    b = counter(3)
    b.invariant("positive", b.op("<=", 0, b["n"]))
    grounded = b.grounded((0,))
    found = searched(grounded, ["positive"], reduction(grounded, ["positive"], True, ()))
    assert found.deadlocks.count == 0 and found.idle == ()


def test_a_mistake_along_the_way_ends_it():
    # What is dropped may be mistaken where a counterexample leads by: the whole search would have ended there.
    from checker.grounding.grounded import Check

    b = Builder(n=(0, 3), other=(0, 1))
    b.action("up", b.op("<", b["n"], 3), {"n": b.op("+", b["n"], 1)})
    wrong = Check(b.op("==", b["n"], 1), "other is mistaken", HERE, True)
    b.action("change", b.const(1), {"other": 1}, checks=[wrong])
    b.invariant("low", b.op("<", b["n"], 3))
    grounded = b.grounded((0, 0))
    found = searched(grounded, ["low"], reduction(grounded, ["low"], True, ()))
    assert found.stopped == "error" and found.error.check.message == "other is mistaken"
    assert [finding.word for finding in found.findings] == ["unknown"]
    assert len(found.error.trace) == len(explore(grounded).error.trace) == 1
