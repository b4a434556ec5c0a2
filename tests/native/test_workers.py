"""Several threads come to what one does, to the order of the states."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from checker.backends.python import compile_program
from checker.explore import workers
from checker.explore.compiled import CompiledSearch
from checker.grounding.ground import ground
from checker.reading import load
from model.settings import Mode, Settings
from model.state import Bounds
from tests.native.test_compiled_search import search, told
from tests.random_models import models
from tests.small_models import bits, counter

SLOW_DRAWS = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def small_shares(monkeypatch):
    monkeypatch.setattr(workers, "DEALT", 2)
    monkeypatch.setattr(workers, "CHUNK", 4)


def levels(found):
    """The states of each level, as a set; each once."""
    words = found.program.words
    made = []
    for depth, size in enumerate(found.levels):
        rows = [tuple(row) for some in found.chunks(depth) for row in some.reshape(-1, words).tolist()]
        assert len(rows) == size == len(set(rows))
        made.append(set(rows))
    return made


def alike(grounded, **terms):
    """What several threads found, after it was compared with what one finds, and with what they find once more."""
    program = compile_program(grounded)
    one, many, again = (search(grounded, workers=number, **terms) for number in (1, 3, 2))
    results = [found.result(program) for found in (one, many, again)]
    told_one, told_many = told(results[0]), told(results[1])
    assert told_many == told(results[2])
    if results[0].error is None:
        assert told_one == told_many
    else:
        assert without_choice(told_one) == without_choice(told_many)
    assert levels(one) == levels(many) == levels(again)
    for mine, other in zip(results[1].findings, results[2].findings, strict=True):
        assert (mine.trace and mine.trace.states) == (other.trace and other.trace.states)
    assert results[1].deadlocks == results[2].deadlocks
    return results[1]


def without_choice(told_of_error):
    """What is said of a search that a mistake ends, but for which of several mistakes it was, and what else the states
    of its depth showed."""
    depth = told_of_error["error"][1]
    findings = [item for item in told_of_error["findings"] if item[2] is not None and item[2] < depth]
    return {**told_of_error, "findings": findings, "error": depth}


@SLOW_DRAWS
@given(models())
def test_random_models(model):
    alike(model[0])


@SLOW_DRAWS
@given(models(checks=True))
def test_random_models_with_mistakes(model):
    alike(model[0])


def test_the_table_grows_while_they_search(monkeypatch):
    together = CompiledSearch._together
    ranges = []

    def noted(self, source):
        ranges.append(together(self, source))
        return ranges[-1]

    monkeypatch.setattr(CompiledSearch, "_together", noted)
    assert alike(bits(14).grounded((0,) * 14), capacity=1, room=32).states == 2**14
    assert any(left for _, left in ranges), "they were never stopped for it"


def test_the_first_violation():
    b = bits(10)
    b.invariant("few", b.op("not", b.all(b["bit0"], b["bit1"], b["bit2"])))
    assert alike(b.grounded((0,) * 10), first=True).finding("few").depth == 3


@pytest.mark.parametrize("limit", [{"states": 9_000}, {"memory": 200_000, "disk": 0}])
def test_a_limit_in_the_middle_of_a_level(limit):
    b = bits(14)
    b.invariant("few", b.op("not", b.all(*(b[f"bit{i}"] for i in range(6)))))
    found = search(b.grounded((0,) * 14), workers=3, capacity=1, room=32, **limit)
    result = found.result(compile_program(b.grounded((0,) * 14)))
    assert result.stopped == next(iter(limit))
    assert result.finding("few").depth == 6
    assert result.states == sum(map(len, levels(found))) < 2**14


def test_a_violation_in_the_last_share_of_a_level():
    b = counter(9)
    b.invariant("small", b.op("<", b["n"], 9))
    assert alike(b.grounded(*((n,) for n in range(9)))).finding("small").depth == 1


@pytest.mark.parametrize("mode", [Mode.COMMIT, Mode.ALL])
def test_the_protocol(mode):
    alike(ground(load("model"), Settings(mode=mode), Bounds(records=1)))
