"""Several threads come to what one does, to the order of the states."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from checker.backends.python import compile_program
from checker.explore import workers
from checker.ground import ground
from checker.reading import load
from model.settings import Mode, Settings
from model.state import Bounds
from tests.native.test_compiled_search import search, told
from tests.random_models import models
from tests.small_models import bits, counter

SLOW_DRAWS = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def small_shares(monkeypatch):
    monkeypatch.setattr(workers, "DEALT", 8)


def order(found):
    """The states, level by level, as they lie in memory."""
    return [np.concatenate(list(found.chunks(depth))).tolist() for depth in range(len(found.levels))]


def alike(grounded, **terms):
    """What several threads found, after it was compared with what one finds."""
    program = compile_program(grounded)
    one, many = search(grounded, **terms), search(grounded, workers=3, **terms)
    results = [found.result(program) for found in (one, many)]
    assert told(results[0]) == told(results[1])
    assert order(one) == order(many)
    for mine, other in zip(results[0].findings, results[1].findings, strict=True):
        assert (mine.trace and mine.trace.states) == (other.trace and other.trace.states)
    return results[1]


@SLOW_DRAWS
@given(models())
def test_random_models(model):
    alike(model[0])


@SLOW_DRAWS
@given(models(checks=True))
def test_random_models_with_mistakes(model):
    alike(model[0])


def test_the_table_grows_while_they_search():
    assert alike(bits(14).grounded((0,) * 14), capacity=1, room=32).states == 2**14


def test_the_first_violation():
    b = bits(10)
    b.invariant("few", b.op("not", b.all(b["bit0"], b["bit1"], b["bit2"])))
    assert alike(b.grounded((0,) * 10), first=True).finding("few").depth == 3


def test_a_violation_in_the_last_share_of_a_level():
    b = counter(9)
    b.invariant("small", b.op("<", b["n"], 9))
    assert alike(b.grounded(*((n,) for n in range(9)))).finding("small").depth == 1


@pytest.mark.parametrize("mode", [Mode.COMMIT, Mode.ALL])
def test_the_protocol(mode):
    alike(ground(load("model"), Settings(mode=mode), Bounds(records=1)))
