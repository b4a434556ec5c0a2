"""A few settings of the protocol, searched by both engines; the module beside this one goes on longer by hand."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.settings import Settings
from tests.native.random_settings import compared, differences, sampled

LIMIT = 6_000
"""States of the largest space searched here: a fifth of a second of generated Python."""


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10_000))
def test_machine_code_finds_what_generated_python_finds(seed):
    """Whatever is drawn after it until a space is small enough."""
    *_, last = sampled(seed, 1, LIMIT)
    assert last.whole and last.different == ()


def test_they_are_compared_to_the_end():
    one = compared(Settings(), LIMIT)
    assert one.whole and one.violated and one.different == ()
    assert not compared(Settings(), one.states - 1).whole


def test_a_difference_is_named():
    one = {"states": 3, "fired": {"a": 1}, "the states": {(0,), (1,)}}
    assert differences(one, one | {"the states": {(0,), (2,)}, "fired": {"a": 2}}) == ("fired", "the states")
