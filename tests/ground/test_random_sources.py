"""Random models, from their source text on, against plain execution."""

from __future__ import annotations

import itertools
import sys

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from checker.grounding.ground import ground
from checker.reading import ModelError, load
from tests.ground.agreement import compare_properties, compare_steps, states
from tests.ground.random_sources import sources

NUMBER = itertools.count()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("random")


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(sources(), st.data())
def test_random_models_agree_with_plain_execution(folder, source, data):
    name = f"random_model_{next(NUMBER)}"
    path = folder / f"{name}.py"
    path.write_text(source)
    try:
        grounded = ground(load(str(path)))
    except ModelError as error:
        assert "assigned twice" in error.message or "more than 1000 numbers" in error.message, f"{error}\n{source}"
        assume(False)
    finally:
        sys.modules.pop(name, None)
    for values in data.draw(st.lists(states(grounded), min_size=1, max_size=8)):
        compare_steps(grounded, values)
        compare_properties(grounded, values)
