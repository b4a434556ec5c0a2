"""The compiled search: exact counts, the same results as generated Python, and its ends."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from checker.backends.native import compile_native
from checker.backends.python import compile_program
from checker.explore import kernel
from checker.explore.compiled import ROOM, CompiledSearch
from checker.explore.limits import Terms
from checker.explore.search import Search
from checker.explore.table import OutOfMemory, Store
from checker.grounding.grounded import Check
from checker.grounding.narrow import narrowed
from tests.random_models import models
from tests.small_models import HERE, Builder, bits, counter, die

SLOW_DRAWS = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))

MEMORY = 64 << 20


def made(grounded, capacity=1 << 16, room=ROOM, **terms):
    program = compile_native(narrowed(grounded))
    return CompiledSearch(program, Terms(**{"memory": MEMORY, "disk": 0, **terms}), capacity, room)


def search(grounded, **options):
    found = made(grounded, **options)
    found.run()
    return found


def explored(grounded, **options):
    return search(grounded, **options).result(compile_program(grounded))


def by_python(grounded, **options):
    found = Search(compile_program(grounded), Terms(**options))
    found.run()
    return found.result()


def told(result):
    """What must not depend on the engine."""
    findings = [(f.property.name, f.word, f.depth, f.constant) for f in result.findings]
    deadlock = result.deadlocks.trace
    return {
        "states": result.states,
        "transitions": result.transitions,
        "levels": result.levels,
        "fired": result.fired,
        "findings": findings,
        "deadlocks": (result.deadlocks.count, None if deadlock is None else len(deadlock)),
        "error": None if result.error is None else (result.error.check, len(result.error.trace)),
        "stopped": result.stopped,
    }


def states_of(found):
    """The states of a compiled search, as values."""
    words = found.program.words
    rows = (
        row for depth in range(len(found.levels)) for some in found.chunks(depth) for row in some.reshape(-1, words)
    )
    return {found.program.unpack(row) for row in rows}


@SLOW_DRAWS
@given(models())
def test_results_are_those_of_generated_python(model):
    grounded, _ = model
    program = compile_program(grounded)
    other = Search(program)
    other.run()
    found = search(grounded)
    assert told(found.result(program)) == told(other.result())
    assert states_of(found) == {program.unpack(state) for level in other.levels for state in level}


@SLOW_DRAWS
@given(models())
def test_the_first_violation_or_deadlock_ends_both_alike(model):
    grounded, _ = model
    assert told(explored(grounded, first=True)) == told(by_python(grounded, first=True))


@SLOW_DRAWS
@given(models(checks=True))
def test_a_mistake_ends_both_alike(model):
    grounded, _ = model
    found, expected = explored(grounded), by_python(grounded)
    assert (found.error is None) == (expected.error is None)
    assert found.stopped == expected.stopped
    if found.error is not None:
        assert len(found.error.trace) == len(expected.error.trace)


@pytest.mark.parametrize("count", [1, 5, 12])
def test_independent_bits(count):
    # Every subset of the bits is reached, each bit can flip everywhere, and depth is the number of bits that are set.
    result = explored(bits(count).grounded((0,) * count))
    assert result.states == 2**count
    assert result.transitions == count * 2**count
    assert result.levels == tuple(math.comb(count, depth) for depth in range(count + 1))
    assert result.fired == {"flip": count * 2**count}
    assert (result.stopped, result.deadlocks.count) == (None, 0)


def test_the_table_grows_from_a_tiny_one_without_losing_a_state():
    found = search(bits(16).grounded((0,) * 16), capacity=1, room=32)
    assert found.count == 2**16
    assert found.kept.store.capacity >= 2**16
    assert len(states_of(found)) == 2**16


@pytest.mark.parametrize("words", [2, 3, 4, 5, 6, 7, 8, 9])
def test_states_of_several_words(words):
    # A counter of three values in each word, with cells around it that fill the word.  Each is turned on its own, so
    # there are 3^n states; the witness is all of them at 2, two steps each.
    names = [f"n{i}" for i in range(words)]
    b = Builder(
        **{name: limits for i in range(words) for name, limits in [(f"n{i}", (-1, 1)), (f"fill{i}", (0, 2**60))]}
    )
    for name in names:
        b.action("turn", b.op("<", b[name], 1), {name: b.op("+", b[name], 1), name.replace("n", "fill"): 2**59 + 1})
    b.reachable("all_turned", b.all(*(b.eq(b[name], 1) for name in names)))
    start = (-1, 5) * words
    found = search(b.grounded(start))
    result = found.result(compile_program(b.grounded(start)))
    assert found.program.words == words
    assert result.states == 3**words
    assert result.depth == 2 * words
    assert result.finding("all_turned").depth == 2 * words
    assert all(state[1::2] == tuple(5 if n < 0 else 2**59 + 1 for n in state[::2]) for state in states_of(found))


def test_states_that_differ_in_one_bit_of_any_word_are_different():
    store = Store(3, MEMORY, room=256)
    states = [(1 << bit if word == 0 else 0, 1 << bit if word == 1 else 0, 1 << bit if word == 2 else 0)
              for word in range(3) for bit in range(64)]  # fmt: skip
    store.add(states)
    store.add(states)
    assert store.count == 192
    assert [store.state(number) for number in range(192)] == states


@pytest.mark.parametrize(("words", "growing"), [(1, 2.2), (2, 1.9), (4, 1.6)])
def test_a_state_takes_little_more_than_its_packed_size(words, growing):
    # 8 bytes a word, and 64 / 12 / 0.82 = 6.5 for its share of a table that is full.
    store = Store(words, MEMORY, room=4096)
    for start in range(0, 600_000, 4096):
        rows = np.zeros((4096, words), np.uint64)
        rows[:, 0] = np.arange(start, start + 4096)
        while store.count + store.room > store.capacity:
            store.grow()
        store.insert(rows.reshape(-1))
        if store.count > 300_000:
            assert (store.bytes - store.fixed) / store.count <= growing * 8 * words


def test_every_state_is_still_known_when_the_table_is_nearly_full():
    store = Store(1, MEMORY, room=64, capacity=20_000)
    states = [(number * number,) for number in range(19_900)]
    store.add(states)
    assert store.capacity == 20_000
    store.add(states)
    assert store.count == 19_900


def test_a_table_made_anew_when_nearly_full_knows_every_state():
    store = Store(1, MEMORY, room=64, capacity=20_000)
    states = [(number * number,) for number in range(19_900)]
    store.add(states)
    store.drop_table()
    store.capacity = 20_000
    store.refill()
    assert store.table.reshape(-1, kernel.LANES)[:, 15].max() == kernel.SLOTS, "some buckets are full"
    store.add(states)
    assert store.count == 19_900


def test_a_counterexample_is_walked_back_through_every_level():
    b = counter(500)
    b.invariant("small", b.op("<", b["n"], 400))
    trace = explored(b.grounded((0,))).finding("small").trace
    assert [state[0] for state in trace.states] == list(range(401))


def test_a_violation_in_an_initial_state_has_no_steps():
    b = die()
    b.invariant("rolled", b.op("!=", b["face"], 0))
    finding = explored(b.grounded((0,))).finding("rolled")
    assert (finding.word, finding.depth) == ("violated", 0)


def test_deadlocks_are_counted_and_one_is_shown():
    # Steps of 2 and 3 from 0: 9 and 10 of 0..10 enable nothing; 9 and 10 are 3 + 3 + 3 and one step of 2 and more.
    b = Builder(n=(0, 10))
    for step in (2, 3):
        b.action("add", b.op("<=", b["n"], 8 if step == 2 else 7), {"n": b.op("+", b["n"], step)}, (step,))
    result = explored(b.grounded((0,)))
    assert result.deadlocks.count == 2
    assert len(result.deadlocks.trace) == 3
    b.end = b.eq(b["n"], 9)
    result = explored(b.grounded((0,)))
    assert (result.deadlocks.count, len(result.deadlocks.trace)) == (1, 4)


def test_no_initial_state():
    result = explored(bits(2).grounded())
    assert (result.states, result.levels, result.stopped) == (0, (), None)


def test_a_mistake_in_a_step_is_told_with_the_way_to_it():
    b = Builder(n=(0, 9))
    check = Check(b.eq(b["n"], 7), "no eight", HERE, False)
    b.action("up", b.const(1), {"n": b.op("+", b["n"], 1)}, checks=[check])
    error = explored(b.grounded((3,))).error
    assert (error.check, error.action.name, len(error.trace)) == (check, "up", 4)


def test_a_mistake_in_a_property_is_told_with_the_way_to_it():
    b = counter(9)
    check = Check(b.eq(b["n"], 5), "no five", HERE, False)
    b.invariant("fine", b.const(1), checks=[check])
    error = explored(b.grounded((0,))).error
    assert (error.check, error.property.name, len(error.trace)) == (check, "fine", 5)


def test_a_limit_of_states_leaves_the_rest_unknown():
    b = bits(14)
    b.invariant("not_all", b.op("not", b.all(*(b[f"bit{i}"] for i in range(14)))))
    result = explored(b.grounded((0,) * 14), states=1000)
    assert result.stopped == "states"
    assert 1000 <= result.states < 2**14
    assert result.finding("not_all").word == "unknown"
    assert sum(result.levels) == result.states


def test_a_limit_of_memory_ends_the_search_within_it():
    # 2^21 states of 8 bytes take 16 MiB without their table: a quarter of that is not enough.
    b = bits(21)
    b.invariant("not_all", b.op("not", b.all(*(b[f"bit{i}"] for i in range(21)))))
    budget = 4 << 20
    found = search(b.grounded((0,) * 21), memory=budget, room=64)
    result = found.result(compile_program(b.grounded((0,) * 21)))
    assert result.stopped == "memory"
    assert result.finding("not_all").word == "unknown"
    assert found.kept.store.bytes <= budget
    # The budget is used, not merely kept: no state needs more than its 8 bytes and 7 of the table.
    assert result.states > budget / 15 * 0.8
    assert sum(result.levels) == result.states < 2**21


def test_a_budget_too_small_to_begin_with():
    result = explored(bits(3).grounded((0, 0, 0)), memory=100_000)
    assert (result.stopped, result.states) == ("memory", 0)


def test_a_store_that_may_not_grow_keeps_what_it_has():
    store = Store(1, 200_000, room=64, capacity=128)
    with pytest.raises(OutOfMemory):
        store.add([(number,) for number in range(100_000)])
    kept = store.count
    assert 5_000 < kept < 25_000
    assert {store.state(number) for number in range(kept)} == {(number,) for number in range(kept)}


def test_ctrl_c_ends_the_search_with_what_is_known(monkeypatch):
    inner, calls = kernel.advance, []

    def interrupted(*arguments):
        calls.append(None)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return inner(*arguments)

    monkeypatch.setattr(kernel, "advance", interrupted)
    b = bits(12)
    b.invariant("few", b.op("not", b.all(b["bit0"], b["bit1"])))
    b.invariant("not_all", b.op("not", b.all(*(b[f"bit{i}"] for i in range(12)))))
    result = explored(b.grounded((0,) * 12))
    assert result.stopped == "interrupted"
    assert (result.finding("few").word, result.finding("few").depth) == ("violated", 2)
    assert result.finding("not_all").word == "unknown"
    assert 0 < result.states < 2**12
