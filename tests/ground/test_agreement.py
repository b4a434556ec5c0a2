"""Grounded models against plain execution, on states drawn at random."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker import plain
from checker.grounding.ground import evaluate, ground
from checker.reading import load
from tests.ground.agreement import compare_properties, compare_steps, limits_hold, states

MODELS = Path(__file__).parents[1] / "models"
NAMES = ("features", "peterson", "two_phase_commit")
MANY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def variants(name):
    """A model under each choice of its settings; without settings, once."""
    model = load(str(MODELS / f"{name}.py"))
    if model.settings is None:
        return [ground(model)]
    mode = type(model.settings().mode)
    return [ground(model, model.settings(mode=m, wraps=w)) for m in mode for w in (False, True)]


GROUNDED = [(name, grounded) for name in NAMES for grounded in variants(name)]
EACH = pytest.mark.parametrize("grounded", [g for _, g in GROUNDED], ids=[name for name, _ in GROUNDED])


@EACH
@MANY
@given(st.data())
def test_actions_do_the_same(grounded, data):
    compare_steps(grounded, data.draw(states(grounded)))


@EACH
@MANY
@given(st.data())
def test_properties_say_the_same(grounded, data):
    compare_properties(grounded, data.draw(states(grounded)))


@EACH
@MANY
@given(st.data())
def test_end_states_are_the_same(grounded, data):
    values = data.draw(states(grounded))
    expected = any(plain.holds(item, plain.decode(grounded, values)) for item in grounded.model.end_states)
    assert bool(evaluate(grounded.end, values)) == expected


@EACH
def test_initial_states_are_the_same(grounded):
    found = plain.initial_states(grounded.model, grounded.settings, grounded.bounds)
    assert [plain.encode(grounded, state) for state in found] == list(grounded.initials)


@EACH
@MANY
@given(st.data())
def test_a_state_is_its_values(grounded, data):
    values = data.draw(states(grounded))
    assert plain.encode(grounded, plain.decode(grounded, values)) == values


@EACH
@MANY
@given(st.data())
def test_terms_lie_within_their_limits(grounded, data):
    values, done = data.draw(states(grounded)), set()
    for item in grounded.properties:
        limits_hold(item.body, values, done)
    for action in grounded.actions:
        for term in (action.guard, *(term for _, term in action.updates), *(check.wrong for check in action.checks)):
            limits_hold(term, values, done)
