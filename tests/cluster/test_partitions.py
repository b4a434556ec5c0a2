"""Partitions in one process: the same results as one machine, whatever the number of partitions, shares and buffers."""

from __future__ import annotations

import dataclasses
import math
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from checker.backends.native import compile_native
from checker.backends.python import compile_program
from checker.explore.cluster import exchange, partition, rings, scatter
from checker.explore.cluster.exchange import Inbox
from checker.explore.cluster.fleet import Inline
from checker.explore.cluster.messages import Ended, Parcel
from checker.explore.cluster.search import ClusterSearch
from checker.explore.limits import Terms
from checker.grounding.grounded import Check
from checker.grounding.narrow import narrowed
from tests.native.test_compiled_search import by_python, told
from tests.random_models import models
from tests.small_models import HERE, bits, counter

SLOW_DRAWS = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))

MEMORY = 256 << 20


@contextmanager
def divided(grounded, parts=3, room=32, memory=MEMORY, near=False, fleet=Inline, **terms):
    """A search by so many partitions, done."""
    program = compile_native(narrowed(grounded))
    found = ClusterSearch(program, Terms(memory=memory, **terms), parts, lambda task: fleet(task, memory, near), room)
    try:
        found.run()
        yield found
    finally:
        found.close()


def explored(grounded, **options):
    with divided(grounded, **options) as found:
        return found.result(compile_program(grounded))


@pytest.fixture(params=["large", "tiny", "tiny, by rings"])
def near(request, monkeypatch):
    """Parcels and buffers so small that all of their limits are met all the time; a level for each call."""
    if "tiny" in request.param:
        monkeypatch.setattr(exchange, "LARGEST", 3)
        monkeypatch.setattr(exchange, "AHEAD", 1)
        monkeypatch.setattr(exchange, "Inbox", lambda room: Inbox(0))
        monkeypatch.setattr(partition, "MOMENT", 0.0)
        monkeypatch.setattr(partition, "PIECE", 2)
        monkeypatch.setattr(partition, "REMEMBERED", 4)
        monkeypatch.setattr(rings, "LARGEST", 2)
        monkeypatch.setattr(rings, "SLOTS", 2)
    return "rings" in request.param


@SLOW_DRAWS
@given(models())
def test_random_models(near, model):
    grounded, _ = model
    assert told(explored(grounded, near=near)) == told(by_python(grounded))


@SLOW_DRAWS
@given(models())
def test_the_first_violation_or_deadlock_ends_both_alike(near, model):
    grounded, _ = model
    assert told(explored(grounded, first=True, near=near)) == told(by_python(grounded, first=True))


@SLOW_DRAWS
@given(models(checks=True))
def test_a_mistake_ends_both_alike(near, model):
    grounded, _ = model
    found, expected = explored(grounded, near=near), by_python(grounded)
    assert (found.error is None) == (expected.error is None)
    assert found.stopped == expected.stopped
    if found.error is not None:
        assert len(found.error.trace) == len(expected.error.trace)
        assert told(found) == told(explored(grounded, parts=2, near=near))


def test_a_mistake_leaves_the_counts_of_whole_levels():
    """A state with three bits set has a mistake; of the others of its level some partitions expand more than others."""
    b = bits(8)
    three = b.all(*(b[f"bit{number}"] for number in range(3)))
    b.action("wrong", b.const(1), {}, checks=[Check(three, "these three", HERE, early=True)])
    for parts in (1, 2, 5):
        found = explored(b.grounded((0,) * 8), parts=parts)
        assert (found.stopped, found.levels) == ("error", (1, 8, 28, 56))
        # Each state of a level is expanded into one for each bit, and by the action that does nothing.
        assert found.transitions == (1 + 8 + 28) * (8 + 1)


def test_the_counterexample_is_the_same_for_any_number_of_partitions():
    """Of the 8! ways to set all bits."""
    b = bits(8)
    b.invariant("not_all", b.op("not", b.all(*(b[f"bit{number}"] for number in range(8)))))
    grounded = b.grounded((0,) * 8)
    found = {tuple(explored(grounded, parts=parts).finding("not_all").trace.states) for parts in (1, 2, 5)}
    assert [len(states) for states in found] == [9]


class Shuffled(Inline):
    """Partitions whose post brings parcels in any order."""

    def __init__(self, task, memory, near):
        super().__init__(task, memory, near)
        self._posts = [ThreadPoolExecutor(4) for _ in self.partitions]
        self._random = random.Random(1)

    def send(self, part, parcel):
        copy, pause = dataclasses.replace(parcel, states=parcel.states.copy()), self._random.random() / 200

        def late():
            time.sleep(pause)
            self.partitions[part].deliver(copy)

        return self._posts[part].submit(late)


def test_parcels_may_come_in_any_order(monkeypatch):
    monkeypatch.setattr(exchange, "LARGEST", 3)
    grounded = bits(10).grounded((0,) * 10)
    assert told(explored(grounded, fleet=Shuffled)) == told(by_python(grounded))


@pytest.mark.parametrize("near", [False, True])
@pytest.mark.parametrize("parts", [1, 2, 7])
def test_independent_bits(parts, near):
    """Each of the 2^16 states is in one partition, and each partition has its part of them and of every level."""
    with divided(bits(16).grounded((0,) * 16), parts=parts, room=1 << 10, near=near) as found:
        sizes = np.array(found.sizes).sum(axis=0)
        assert (sum(found.levels), found.counts[0]) == (2**16, 16 * 2**16)
    assert sizes.size == parts
    assert sizes.max() / sizes.mean() < 1.05


def test_what_was_sent_is_not_sent_again():
    """A state of the cube with k bits set has k predecessors: without a memory each would send it."""
    count = 12
    with divided(bits(count).grounded((0,) * count), parts=2, room=1 << 10) as found:
        steps = count * 2**count  # half of which lead to another partition, by and large
        assert found.tally.repeated > 0
        assert found.tally.exchanged < steps / 2 * 8 / 4


def test_what_was_sent_before_a_level_was_given_up_is_sent_again():
    """The third level is begun, then taken back: what it sent is remembered for nothing then."""
    grounded = bits(8).grounded((0,) * 8)
    with divided(grounded, parts=2, room=64, states=30) as found:
        assert found.stopped == "states"
        found.stopped, found.terms = None, Terms()
        found._go_back()
        found._search()
        assert told(found.result(compile_program(grounded))) == told(by_python(grounded))


@pytest.mark.parametrize("moment", [0.0, 60.0])
def test_levels_that_take_but_a_moment_are_one_call(monkeypatch, moment):
    """The cube of 2^10 corners has 11 levels; a twelfth, of none, shows that these are all."""
    monkeypatch.setattr(partition, "MOMENT", moment)
    grounded, calls = bits(10).grounded((0,) * 10), []
    work = partition.Partition.work
    monkeypatch.setattr(partition.Partition, "work", lambda *asked: calls.append(asked) or work(*asked))
    with divided(grounded, parts=2) as found:
        assert found.levels == tuple(math.comb(10, depth) for depth in range(11))
    assert len(calls) == (2 if moment else 2 * 11)


def test_a_call_that_comes_late_is_not_carried_out():
    with divided(bits(6).grounded((0,) * 6), parts=2) as found:
        one = found.fleet.partitions[0]
        before, at = one.levels.store.count, one.at
        assert one.work((at[0] - 1, at[1]), [], None, 1)[0].status == "stale"
        assert one.work((at[0], at[1] - 1), [], None, 1)[0].status == "stale"
        assert one.close((at[0], at[1] - 1), []).status == "stale"
        assert (one.levels.store.count, one.at) == (before, at)


def test_what_arrives_late_or_twice_does_no_harm():
    """A parcel of an attempt that was given up, one of a level that is closed, and states that are known."""
    with divided(bits(6).grounded((0,) * 6), parts=2) as found:
        one = found.fleet.partitions[0]
        attempt, depth = one.at
        before = one.levels.store.count
        again, foreign = one.levels.store.states[:2].copy(), np.arange(100, 200, dtype=np.uint64)
        one.give_up(attempt)
        for when, states in [((attempt - 1, depth), foreign), ((attempt, depth - 1), foreign), (one.at, again)]:
            one.deliver(Parcel(when, 1, states, Ended(1, finished=False, willing=True, some=True)))
        assert one.work(one.at, [], None, 1)[0].status == "done"
        assert one.levels.store.count == before


def test_a_partition_that_lags_behind_is_waited_for():
    """While one does nothing, what others send it waits with them, but for a parcel and those on their way."""
    inbox, sent = Inbox(8), []
    parcels = [Parcel((1, 0), 1, np.zeros(1, np.uint64)) for _ in range(5)]

    def sender():
        for parcel in parcels:
            inbox.put(parcel)
            sent.append(parcel)

    thread = threading.Thread(target=sender)
    thread.start()
    thread.join(0.1)
    assert len(sent) == 2
    taken = []
    while len(taken) < len(parcels):
        taken += inbox.take(1.0)
    thread.join()
    assert taken == parcels


def test_who_waits_with_a_parcel_of_an_attempt_that_is_given_up_waits_no_more():
    inbox = Inbox(0)
    inbox.put(Parcel((1, 0), 1, np.zeros(1, np.uint64)))
    thread = threading.Thread(target=inbox.put, args=(Parcel((1, 0), 1, np.zeros(1, np.uint64)),))
    thread.start()
    inbox.give_up(2)
    thread.join()
    assert inbox.take() == []


def test_memory_that_does_not_suffice_ends_it_with_whole_levels():
    result = explored(bits(20).grounded((0,) * 20), parts=2, room=1 << 10, memory=8 << 20)
    assert result.stopped == "memory"
    assert (
        result.levels == by_python(bits(20).grounded((0,) * 20), states=sum(result.levels)).levels[: len(result.levels)]
    )
    assert result.transitions == sum(20 * states for states in result.levels[:-1])


def test_a_limit_of_states_ends_it():
    result = explored(bits(14).grounded((0,) * 14), states=5000)
    assert result.stopped == "states"
    assert 5000 <= result.states < 2**14


def test_a_limit_of_states_that_is_not_reached(monkeypatch):
    """Shares of what is left are used up by some partitions, while others have expanded all of theirs."""
    monkeypatch.setattr(partition, "PIECE", 2)
    grounded = bits(10).grounded((0,) * 10)
    assert told(explored(grounded, states=2**10 + 1)) == told(by_python(grounded))


def test_the_way_back_goes_through_all_partitions():
    b = counter(40)
    b.invariant("small", b.op("<", b["n"], 40))
    with divided(b.grounded((0,)), parts=3) as found:
        owners = [list(sizes).index(1) for sizes in found.sizes[:-1]]
        assert set(owners) == {0, 1, 2}
        trace = found.result(compile_program(b.grounded((0,)))).finding("small").trace
    assert [state for (state,) in trace.states] == list(range(41))


def test_owners_do_not_depend_on_the_place_in_the_table():
    """Of random states each partition gets its part, and those of one partition fill all parts of a table evenly."""
    states = np.random.default_rng(1).integers(0, 1 << 40, 1 << 15, np.uint64)
    chosen = np.empty_like(states)
    count = scatter.select((0,), 4, 2, states, chosen)
    assert abs(count - states.size / 4) < 5 * (states.size * 3 / 16) ** 0.5
