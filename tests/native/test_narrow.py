"""Tighter limits keep every behaviour."""

from __future__ import annotations

import itertools

from hypothesis import HealthCheck, given, settings

from checker.grounding.ground import evaluate
from checker.grounding.narrow import narrowed
from tests.random_models import models, successors
from tests.small_models import Builder

SLOW_DRAWS = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def reachable(grounded):
    """States and transitions by plain evaluation."""
    found = {}
    pending = list(grounded.initials)
    while pending:
        state = pending.pop()
        if state not in found:
            found[state] = successors(grounded, state)
            pending += [after for _, after in found[state]]
    return found


@SLOW_DRAWS
@given(models())
def test_behaviours_and_properties_are_the_same(model):
    grounded, _ = model
    lean = narrowed(grounded)
    states = reachable(grounded)
    assert reachable(lean) == states
    for state in states:
        assert all(cell.low <= value <= cell.high for cell, value in zip(lean.cells, state, strict=True))
        for prop, lean_prop in zip(grounded.properties, lean.properties, strict=True):
            assert evaluate(prop.body, state) == evaluate(lean_prop.body, state)
        assert evaluate(grounded.end, state) == evaluate(lean.end, state)


def limits(grounded):
    return {cell.name: (cell.low, cell.high) for cell in narrowed(grounded).cells}


def test_a_cell_that_nothing_assigns_keeps_its_value():
    b = Builder(still=(0, 9), moved=(0, 9))
    b.action("move", b.const(1), {"moved": 9})
    assert limits(b.grounded((4, 5))) == {"still": (4, 4), "moved": (5, 9)}


def test_values_are_followed_through_copies():
    # a takes 2 or 7; b takes a's values, and its own 0; c gets what of b's values fits it: 0 up to 5.
    b = Builder(a=(0, 9), b=(0, 9), c=(0, 5))
    b.action("first", b.const(1), {"a": 7})
    b.action("second", b.const(1), {"b": b.op("if", b.eq(b["a"], 7), b["a"], b["b"])})
    b.action("third", b.op("<=", b["b"], 5), {"c": b["b"]})
    assert limits(b.grounded((2, 0, 0))) == {"a": (2, 7), "b": (0, 7), "c": (0, 5)}


def test_values_are_followed_through_a_chain_of_copies_whatever_their_order():
    names = "abcde"
    for order in (names, names[::-1], "cabed"):
        b = Builder(**dict.fromkeys(order, (0, 9)))
        for source, target in itertools.pairwise(names):
            b.action(f"to_{target}", b.const(1), {target: b[source]})
        b.action("first", b.const(1), {"a": 7})
        assert limits(b.grounded((0,) * len(names))) == dict.fromkeys(order, (0, 7))


def test_an_action_that_proves_impossible_tightens_further():
    # n never leaves 0, so the second action never happens, so neither does the value 3 of m.
    b = Builder(n=(0, 9), m=(0, 9))
    b.action("stay", b.const(1), {"n": 0})
    b.action("never", b.op("<", b.const(4), b["n"]), {"m": 3})
    lean = narrowed(b.grounded((0, 1)))
    assert [(cell.low, cell.high) for cell in lean.cells] == [(0, 0), (1, 1)]
    assert [action.guard.value for action in lean.actions] == [1, 0]
