"""The structured reading in Z3 against plain execution: same enabledness, same successor, same properties."""

from __future__ import annotations

import itertools
import sys
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from checker import plain
from checker.backends.z3_universe import Unsupported
from checker.grounding.ground import ground
from checker.prove.induction import induction
from checker.reading import ModelError, load
from model import language
from model.settings import Tail
from tests.agreement.protocol import Both, any_bounds, any_settings
from tests.ground.agreement import TWICE, by_evaluation, by_plain_execution, instances, states
from tests.ground.random_sources import sources
from tests.prove.concrete import Concrete, compare

QUICK = {
    "phases": [Phase.generate],
    "deadline": None,
    "derandomize": True,
    "database": None,
    "suppress_health_check": list(HealthCheck),
}
NUMBER = itertools.count()


def compare_properties(concrete, values):
    """Asserts that every property says the same; where plain execution makes a mistake, nothing is said."""
    state = plain.decode(concrete.grounded, values)
    for item in concrete.grounded.model.properties + concrete.grounded.model.lemmas:
        try:
            expected = plain.holds(item, state)
        except language.OutOfModel:
            continue
        assert concrete.holds(item, values) == expected, item.name


@pytest.mark.parametrize("tail", list(Tail))
def test_the_protocol_does_the_same(tail):
    @settings(max_examples=2, **QUICK)
    @given(chosen=any_settings(tail=tail), limits=any_bounds(nodes=3, records=2, promotions=2), seed=st.integers(0, 99))
    def compare_samples(chosen, limits, seed):
        both, random = Both(chosen, limits), Random(seed)
        concrete = Concrete(both.grounded)
        enabled, disabled = {}, {}
        for packed in both.sample(random, 30):
            values = both.program.unpack(packed)
            for step, arguments, action in instances(both.grounded):
                if action is not None:
                    kept = enabled if by_evaluation(action, values) is not None else disabled
                    kept.setdefault(step.name, []).append((step, arguments, action, values))
        for kept, each in ((enabled, 2), (disabled, 1)):
            for found in kept.values():
                for step, arguments, action, values in random.sample(found, min(each, len(found))):
                    expected = by_plain_execution(both.grounded, step, arguments, values)
                    compare(concrete, step, action.arguments, expected, values)
        for packed in both.sample(random, 2):
            compare_properties(concrete, both.program.unpack(packed))

    compare_samples()


@pytest.mark.parametrize("name", ["peterson", "two_phase_commit"])
def test_small_models_do_the_same(name):
    grounded = ground(load(f"tests/models/{name}.py"))
    concrete = Concrete(grounded)

    @settings(max_examples=10, **QUICK)
    @given(values=states(grounded))
    def compare_state(values):
        for step, arguments, action in instances(grounded):
            if action is not None:
                expected = by_plain_execution(grounded, step, arguments, values)
                compare(concrete, step, action.arguments, expected, values)
        compare_properties(concrete, values)

    compare_state()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("random")


def test_random_models_do_the_same(folder):
    """Where a model assigns a cell twice, or sums, or loops so that iterations meet, there is nothing to compare."""
    compared = []

    @settings(max_examples=40, **QUICK)
    @given(sources(), st.data())
    def compare_model(source, data):
        path = folder / f"random_structured_{next(NUMBER)}.py"
        path.write_text(source)
        try:
            grounded = ground(load(str(path)))
        except ModelError:
            assume(False)
        finally:
            sys.modules.pop(path.stem, None)
        concrete = Concrete(grounded)
        for values in data.draw(st.lists(states(grounded), min_size=1, max_size=2)):
            for step, arguments, action in instances(grounded):
                if action is not None and by_evaluation(action, values) is not TWICE:
                    expected = by_plain_execution(grounded, step, arguments, values)
                    try:
                        compare(concrete, step, action.arguments, expected, values)
                    except Unsupported:
                        continue
                    compared.append(expected is not None)

    compare_model()
    assert compared.count(True) > 20 and compared.count(False) > 20


MEETING = """
from typing import Annotated
from model.language import *

Number = Annotated[int, Range(0, "last")]

@bounds
class Bounds:
    last: int = 3

class State(Variables):
    bounds: Bounds
    table: Map[tuple[Number, Number], Number]

@initial
def start(s: State) -> None:
    pass

@action
def mirror(s: State, k: Number, old: Number) -> None:
    require(k != old)
    for x in range(0, s.bounds.last + 1):
        if x != k:
            s.table[k, x] = s.table[old, x]
            s.table[x, k] = s.table[old, x]

@invariant
def two_at_most(s: State) -> bool:
    return all(s.table[x, y] <= 2 for x in range(0, s.bounds.last + 1) for y in range(0, s.bounds.last + 1))
"""


def test_iterations_that_write_a_row_and_a_column_do_the_same(tmp_path):
    """Row and column k: each iteration has its own cells, and none reads another's, as long as k is not `old`."""
    path = tmp_path / "meeting.py"
    path.write_text(MEETING)
    grounded = ground(load(str(path)))
    concrete = Concrete(grounded)

    @settings(max_examples=15, **QUICK)
    @given(values=states(grounded))
    def compare_state(values):
        for step, arguments, action in instances(grounded):
            if action is not None:
                expected = by_plain_execution(grounded, step, arguments, values)
                compare(concrete, step, action.arguments, expected, values)

    compare_state()
    assert induction(load(str(path)), None, ["two_at_most"]).proved == ["two_at_most"]


def test_iterations_that_meet_prove_nothing(tmp_path):
    """Every iteration reads what the one for 0 may have written: read from before the loop, it would be wrong."""
    path = tmp_path / "meeting_more.py"
    path.write_text(MEETING.replace("s.table[x, k] = s.table[old, x]", "s.table[x, k] = s.table[k, 0]"))
    found = induction(load(str(path)), None, ["two_at_most"])
    assert (found.failed, found.obligations["two_at_most", "mirror"].result) == (["two_at_most"], "fails")
