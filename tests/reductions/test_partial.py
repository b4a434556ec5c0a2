"""Partial evaluation: what is left means the same wherever what was taken for granted is so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from checker import ir
from checker.grounding import partial
from checker.grounding.ground import evaluate, ground
from checker.reading import ModelError
from tests.ground.agreement import states
from tests.ground.random_sources import sources
from tests.reductions.comparing import model_of

KNOWN = [
    ("flag", (), 0),
    ("flag", (), 1),
    ("count", (), 0),
    ("count", (), 2),
    ("spare", "dirty", 1),
    ("spare", "lsn", 3),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("partial")


def known_as(variable, part, value):
    """What says that one place has a value before the step."""

    def known(node):
        found = isinstance(node, ir.Read) and node.variable == variable and node.part == (part or None)
        return value if found else None

    return known


def assigned(body):
    return {node.target.variable for node in partial.nodes(body) if isinstance(node, ir.Assign)}


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(sources(), st.sampled_from(KNOWN), st.data())
def test_what_is_left_means_the_same(folder, source, place, data):
    try:
        model = model_of(folder, source)
        whole = ground(model)
    except ModelError:
        assume(False)
    variable, part, value = place
    known = known_as(*place)
    step, item = model.actions[0], model.properties[0]
    assume(variable not in assigned(step.body))  # a read after it would see another value
    left = ground(
        replace(
            model,
            actions=(replace(step, body=partial.block(step.body, known)),),
            properties=(replace(item, body=partial.expression(item.body, known)),),
        )
    )
    cell = next(c for c in whole.cells if c.variable == variable and c.part == (part or None))
    for state in data.draw(st.lists(states(whole), min_size=1, max_size=6)):
        state = (*state[: cell.index], value, *state[cell.index + 1 :])
        if not _mistaken(whole.properties[0].checks, state):
            assert evaluate(whole.properties[0].body, state) == evaluate(left.properties[0].body, state)
        for action in whole.actions:
            if not _mistaken(action.checks, state):
                same = next((other for other in left.actions if other.arguments == action.arguments), None)
                assert _after(action, state) == (None if same is None else _after(same, state))


def _mistaken(checks, state):
    return any(evaluate(check.wrong, state) for check in checks)


def _after(action, state):
    if not evaluate(action.guard, state):
        return None
    after = list(state)
    for cell, term in action.updates:
        after[cell] = evaluate(term, state)
    return after
