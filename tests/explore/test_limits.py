"""A search that is cut short says so, and says what it knows."""

from __future__ import annotations

import sys

import pytest

from checker.backends.python import compile_program
from checker.explore import explore, limits
from checker.explore.limits import Limits, footprint
from checker.explore.search import BLOCK, Search
from checker.verdict import exit_code
from tests.small_models import bits


def model(count: int):
    """Bits with an invariant that breaks at depth 2, one that holds, and a witness only the last level has."""
    builder = bits(count)
    first_two = builder.all(builder["bit0"], builder["bit1"])
    builder.invariant("not_both", builder.op("not", first_two))
    builder.invariant("sane", builder.op("<=", builder["bit0"], 1))
    builder.reachable("all_set", builder.all(*(builder[f"bit{i}"] for i in range(count))))
    return builder.grounded((0,) * count)


def words(found):
    return [finding.word for finding in found.findings]


def test_the_limit_of_states():
    found = explore(model(14), states=1000)
    assert found.stopped == "states" and not found.exhausted
    assert 1000 <= found.states <= 1000 + 14 * BLOCK < 2**14
    assert sum(found.levels) == found.states
    assert words(found) == ["violated", "unknown", "unknown"]
    assert len(found.finding("not_both").trace) == 2


def test_a_limit_that_is_not_reached_changes_nothing():
    found = explore(model(8), states=2**8 + 1, memory=1 << 30)
    assert found.exhausted and found.states == 2**8
    assert words(found) == ["violated", "exhausted", "reached"]


def test_the_memory_limit():
    found = explore(model(16), memory=1 << 20, disk=0)
    assert found.stopped == "memory" and 0 < found.states < 2**16
    assert words(found) == ["violated", "unknown", "unknown"]
    assert exit_code(found) == 12


def test_the_footprint_is_counted_before_the_table_doubles():
    """The most that building a set of n numbers ever held, by asking it at every step, was foreseen."""
    seen: set[int] = set()
    foreseen = 0
    for number in range(100_000):
        before = sys.getsizeof(seen)
        foreseen = footprint(seen, len(seen), 60)
        seen.add(number)
        after = sys.getsizeof(seen)
        if after != before:
            header = sys.getsizeof(set())
            assert foreseen >= before + after - header + number * (sys.getsizeof(1 << 59) + 8)
    assert Limits(foreseen, None, 60).hit(seen, len(seen)) == "memory"
    assert Limits(foreseen * 8, None, 60).hit(seen, len(seen)) is None


def test_running_out_of_memory_is_survived():
    """What the operating system refuses ends the search as the limit would, with the counterexamples found so far."""
    program = compile_program(model(12))
    step, calls = program.step, 0

    def failing(state, actions, successors):
        nonlocal calls
        calls += 1
        if calls == 700:
            raise MemoryError
        step(state, actions, successors)

    program.step = failing
    search = Search(program)
    search.run()
    found = search.result()
    assert found.stopped == "memory" and words(found) == ["violated", "unknown", "unknown"]


def test_ctrl_c_ends_with_what_is_known(monkeypatch):
    monkeypatch.setattr(limits, "EVERY", 0.0)

    def interrupt(progress):
        if progress.depth >= 5:
            raise KeyboardInterrupt

    found = explore(model(12), progress=interrupt)
    assert found.stopped == "interrupted"
    assert found.depth == 5
    assert words(found) == ["violated", "unknown", "unknown"]


def test_an_interruption_without_a_violation_has_its_own_code(monkeypatch):
    monkeypatch.setattr(limits, "EVERY", 0.0)

    def interrupt(progress):
        raise KeyboardInterrupt

    assert exit_code(explore(model(12), properties=["sane"], progress=interrupt)) == 130


def test_progress_adds_up(monkeypatch):
    monkeypatch.setattr(limits, "EVERY", 0.0)
    told = []
    found = explore(model(12), progress=told.append)
    assert [p.states for p in told] == sorted(p.states for p in told)
    assert all(0 <= p.queue <= p.states for p in told)
    assert (told[-1].states, told[-1].transitions) == (found.states, found.transitions)
    assert told[-1].queue == pytest.approx(0, abs=BLOCK)


def test_progress_is_not_told_all_the_time(monkeypatch):
    monkeypatch.setattr(limits, "EVERY", 3600.0)
    told = []
    explore(model(10), progress=told.append)
    assert told == []
