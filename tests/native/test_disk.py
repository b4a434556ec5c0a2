"""A search that goes on on disk: the same results, within its memory, and nothing left behind."""

from __future__ import annotations

import math
import tempfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.backends.python import compile_program
from checker.explore import disk, explore, files
from checker.explore.sorting import distinct, sort, strike, up_to, without
from checker.grounding.ground import ground
from checker.reading import load
from model.settings import Mode, Settings, Tail
from model.state import Bounds
from tests.native.test_compiled_search import by_python, made, search, told
from tests.random_models import models
from tests.small_models import bits, counter

SLOW_DRAWS = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))

LITTLE = 9_000
"""Bytes that hold some 500 states of one word."""


@pytest.fixture(autouse=True)
def temporary_files(tmp_path, monkeypatch):
    """Where temporary files go; a test fails that leaves any."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def on_disk(grounded, early=False, **terms):
    """The result of a search that is moved to disk: at once, or when memory is short."""
    little = {} if early else {"memory": LITTLE}
    found = made(grounded, **{"capacity": 1, "room": 32, "disk": None, **little, **terms})
    if early:
        begin = found._begin

        def begin_on_disk():
            begin()
            found.kept.move()

        found._begin = begin_on_disk
    found.run()
    assert found.kept.on_disk
    result = found.result(compile_program(grounded))
    found.close()
    return result


@SLOW_DRAWS
@given(models())
def test_results_are_those_of_generated_python(model):
    grounded, _ = model
    assert told(on_disk(grounded, early=True)) == told(by_python(grounded))


@SLOW_DRAWS
@given(models(checks=True))
def test_a_mistake_ends_both_alike(model):
    grounded, _ = model
    found, expected = told(on_disk(grounded, early=True)), told(by_python(grounded))
    mine, other = found.pop("error"), expected.pop("error")
    assert (mine and mine[1]) == (other and other[1])
    assert found == expected


def test_a_search_that_outgrows_its_memory_goes_on_with_runs(temporary_files):
    count = 13
    b = bits(count)
    b.invariant("few", b.op("not", b.all(*(b[f"bit{i}"] for i in range(5)))))
    result = on_disk(b.grounded((0,) * count))
    assert result.levels == tuple(math.comb(count, depth) for depth in range(count + 1))
    assert result.transitions == count * 2**count
    assert (result.stopped, result.finding("few").depth) == (None, 5)
    assert str(temporary_files) in result.note
    assert result.disk >= 8 * 2**count


def test_one_worker_or_three(monkeypatch):
    monkeypatch.setattr("checker.explore.workers.DEALT", 16)
    grounded = bits(12).grounded((0,) * 12)
    assert told(on_disk(grounded, workers=3)) == told(on_disk(grounded))


def test_the_first_violation_ends_it():
    b = bits(13)
    b.invariant("few", b.op("not", b.all(*(b[f"bit{i}"] for i in range(6)))))
    grounded = b.grounded((0,) * 13)
    assert told(on_disk(grounded, first=True)) == told(by_python(grounded, first=True))


def test_a_limit_of_states_ends_it_after_a_level():
    result = on_disk(bits(13).grounded((0,) * 13), states=3000)
    assert result.stopped == "states" and result.states == sum(math.comb(13, depth) for depth in range(7))


def test_a_long_chain_of_small_levels():
    b = counter(150)
    b.invariant("small", b.op("<", b["n"], 120))
    result = on_disk(b.grounded((0,)), early=True)
    assert (result.states, result.depth, result.finding("small").depth) == (151, 150, 120)


@pytest.mark.parametrize(
    "chosen",
    [Settings(mode=Mode.COMMIT, tail=Tail.CUT), Settings(mode=Mode.DATA_FLUSH), Settings(mode=Mode.ALL, sync=True)],
    ids=lambda chosen: chosen.mode.value,
)
def test_the_protocol_within_a_fifth_of_the_memory(chosen):
    grounded = ground(load("model"), chosen, Bounds(records=1))
    store = search(grounded, room=64, capacity=1).kept.store
    memory = store.fixed + (store.bytes - store.fixed) // 5
    assert told(on_disk(grounded, memory=memory, room=64)) == told(explore(grounded, engine="python"))


def test_a_disk_that_is_full_ends_it_with_what_is_known(monkeypatch):
    b = bits(13)
    b.invariant("few", b.op("not", b.all(b["bit0"], b["bit1"])))
    grounded = b.grounded((0,) * 13)
    result = on_disk(grounded, disk=20_000)
    assert result.stopped == "disk" and "of disk" in result.note
    assert (result.finding("few").word, result.finding("few").depth) == ("violated", 2)
    assert result.levels == tuple(math.comb(13, depth) for depth in range(len(result.levels)))
    monkeypatch.setattr(files, "SPARE", 1 << 62)
    found = search(grounded, memory=LITTLE, capacity=1, room=32, disk=None)
    assert (found.stopped, found.kept.on_disk) == ("disk", False)
    assert found.result(compile_program(grounded)).finding("few").depth == 2
    found.close()


def test_no_disk_ends_it_at_its_memory():
    found = search(bits(13).grounded((0,) * 13), memory=LITTLE, capacity=1, room=32, disk=0)
    assert (found.stopped, found.disk) == ("memory", 0)
    assert 256 < found.count < 2**13


def test_ctrl_c_in_the_middle_of_a_level_keeps_the_finished_ones(monkeypatch):
    inner, calls = disk.sort, []

    def interrupted(*arguments):
        calls.append(None)
        if len(calls) > 40:
            raise KeyboardInterrupt
        return inner(*arguments)

    monkeypatch.setattr(disk, "sort", interrupted)
    result = on_disk(bits(13).grounded((0,) * 13))
    assert result.stopped == "interrupted"
    assert result.levels == tuple(math.comb(13, depth) for depth in range(len(result.levels)))
    assert result.transitions == 13 * sum(result.levels[:-1])


# --- the loops ----------------------------------------------------------------------------------------------


@st.composite
def rows(draw, words):
    number = st.sampled_from([0, 1, 2, 3, 2**63, 2**64 - 1])
    return draw(st.lists(st.tuples(*[number] * words), max_size=120))


def flat(states):
    return np.array(states, np.uint64).reshape(-1)


def rowed(array, words):
    return [tuple(map(int, row)) for row in array.reshape(-1, words)]


@SLOW_DRAWS
@given(st.data(), st.integers(1, 3))
def test_sorted_distinct_and_struck_out_as_python_does(data, words):
    states, known = data.draw(rows(words)), sorted(set(data.draw(rows(words))))
    array, shape = flat(states), (0,) * words
    sort(shape, array, len(states))
    assert rowed(array, words) == sorted(states)
    count = distinct(shape, array, len(states))
    kept = sorted(set(states))
    assert rowed(array, words)[:count] == kept
    for bound in kept:
        assert up_to(shape, array, count, flat([bound])) == kept.index(bound) + 1
    struck, at, done = np.zeros(count, np.uint8), 0, 0
    for start in range(0, len(known), 7):
        some = known[start : start + 7]
        at, used = strike(shape, array, at, count, flat(some), len(some), struck)
        done += used
    left = without(shape, array, count, struck)
    assert rowed(array, words)[:left] == [state for state in kept if state not in set(known)]


@pytest.mark.parametrize("made", ["up", "down", "equal", "saw", "random"])
def test_many_states_in_any_order(made):
    numbers = np.arange(20_000, dtype=np.uint64)
    orders = {"up": numbers, "down": numbers[::-1], "equal": numbers * 0, "saw": numbers % 7}
    array = orders.get(made, np.random.default_rng(1).permutation(numbers)).copy()
    expected = np.sort(array)
    sort((0,), array, array.size)
    assert (array == expected).all()


def test_known_states_that_follow_each_other_are_all_struck_out():
    states, known = np.array([1, 3, 5, 7, 9], np.uint64), np.array([1, 3, 4, 5, 9], np.uint64)
    struck = np.zeros(5, np.uint8)
    assert strike((0,), states, 0, 5, known, 5, struck) == (5, 5)
    assert struck.tolist() == [1, 1, 1, 0, 1]
