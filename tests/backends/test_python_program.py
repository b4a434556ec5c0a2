"""Generated Python against plain evaluation of the same terms."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.backends.program import Mistake
from checker.backends.python import compile_program
from checker.grounding.ground import evaluate, ground
from checker.reading import load
from tests.random_models import all_states, mistaken, models, successors

SLOW_DRAWS = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@SLOW_DRAWS
@given(models(), st.data())
def test_steps_are_those_of_plain_evaluation(model, data):
    grounded, _ = model
    program = compile_program(grounded)
    states = all_states(grounded)
    for state in data.draw(st.lists(st.sampled_from(states), max_size=12, unique=True)):
        found = [(action, program.unpack(after)) for action, after in program.expand(program.pack(state))]
        assert found == successors(grounded, state), program.source


@SLOW_DRAWS
@given(models(), st.data())
def test_properties_and_ends_are_those_of_plain_evaluation(model, data):
    grounded, _ = model
    program = compile_program(grounded)
    safe, seen = grounded.properties
    for state in data.draw(st.lists(st.sampled_from(all_states(grounded)), max_size=12, unique=True)):
        expected = (not evaluate(safe.body, state)) | bool(evaluate(seen.body, state)) << 1
        assert program.broken(program.pack(state)) == expected, program.source
        assert program.at_end(program.pack(state)) is bool(evaluate(grounded.end, state))


@SLOW_DRAWS
@given(models(checks=True), st.data())
def test_a_check_raises_exactly_where_it_is_wrong(model, data):
    grounded, _ = model
    program = compile_program(grounded)
    for state in data.draw(st.lists(st.sampled_from(all_states(grounded)), max_size=12, unique=True)):
        wrong = mistaken(grounded, state)
        if wrong:
            with pytest.raises(Mistake) as told:
                program.expand(program.pack(state))
            assert (told.value.origin.name, told.value.check) in wrong
        else:
            program.expand(program.pack(state))


def test_the_protocol_as_plain_evaluation_has_it():
    """Random walks through the model that comes with the checker: its size and shapes are those that matter."""
    grounded = ground(load("model"))
    program = compile_program(grounded)
    choice = random.Random(2013)
    for _ in range(8):
        packed = choice.choice(program.initials)
        for _ in range(40):
            state = program.unpack(packed)
            found = program.expand(packed)
            assert [(action, program.unpack(after)) for action, after in found] == successors(grounded, state)
            noted = sum(
                (evaluate(prop.body, state) != (prop.kind == "invariant")) << i
                for i, prop in enumerate(program.properties)
            )
            assert program.broken(packed) == noted
            if not found:
                break
            packed = choice.choice(found)[1]
