"""How large a space will be, and what is said of it."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from checker.backends.native import compile_native
from checker.explore import explore
from checker.explore.cluster import forecast, pilot
from checker.explore.cluster.fleet import Inline
from checker.explore.cluster.forecast import Outlook
from checker.explore.cluster.pilot import Pilot
from checker.explore.compiled import CompiledSearch
from checker.grounding.narrow import narrowed
from tests.cluster.test_partitions import explored
from tests.small_models import bits


def bell(depth, height):
    """Levels as those of many models: the number of states at each depth grows and shrinks as binomials do."""
    return [math.comb(depth, k) * height for k in range(depth + 1)]


@pytest.mark.parametrize("depth", [20, 30, 40])
def test_the_low_guess_is_low(depth):
    levels, total = bell(depth, 1000), 2**depth * 1000
    for k in range(depth):
        assert sum(levels[: k + 1]) <= forecast.least(levels[: k + 1]) <= total


def test_the_other_guess_is_near():
    """Of 2^30 states a tenth is found at depth 11 (the sum of the binomials up to there)."""
    levels = bell(30, 1)[:12]
    assert 2**30 / 3 <= forecast.likely(levels) <= 3 * 2**30


def test_what_shrinks_is_taken_for_nearly_done():
    levels = bell(20, 10)[:15]
    assert forecast.likely(levels) == forecast.least(levels) == sum(levels)


def test_what_is_needed_is_said_in_machines():
    words, states = 5, 10**9
    size = forecast.bytes_of_state(words) * states
    assert 46 < size / states < 47  # 40 bytes of state, and 64 a bucket of 12 that is filled to 0.82
    assert forecast.needed(states, int(size) + 1, words, 4) == "43.3G of memory, 4 machines like these"
    assert forecast.needed(states, int(size / 2.5), words, 1) == "43.3G of memory, 3 machines like this"


def test_a_pilot_search_that_saw_growth_says_what_all_will_need():
    """10^12 states of five words: 2^60 bytes are enough for all of them, a gigabyte not even for those found."""
    for memory, fits in ((1 << 60, True), (1 << 30, False)):
        said = []
        why_not = Outlook(memory, 5, 4, 2, said.append).foretell(bell(30, 1000)[:10], complete=False)
        assert said[0].startswith("a pilot search found 22,964,087,000 states to depth 9: some ")
        assert (why_not == "") is fits
        assert said[0].endswith("they may not fit") is not fits


def test_it_is_told_before_and_while_it_grows():
    said = []
    outlook = Outlook(1 << 30, 5, 4, 2, said.append)
    outlook.offer()
    assert said == ["4 workers on 2 machines with 1G: room for 23.1 M states of 47 bytes"]
    levels = bell(30, 10)
    for k in range(len(levels)):
        outlook.foresee(levels[: k + 1])
    told = [int(text.split()[0].replace(",", "")) for text in said[1:]]
    assert told[0] >= 100_000
    assert all(later >= 4 * earlier for earlier, later in pairwise(told))


def test_what_cannot_fit_is_said_early():
    """The cube of 2^40 corners: long before the memory is full it is known that it will not do."""
    memory = 64 << 20
    result = explored(bits(40).grounded((0,) * 40), parts=2, room=1 << 12, memory=memory)
    assert result.stopped == "memory"
    assert result.levels == tuple(math.comb(40, depth) for depth in range(len(result.levels)))
    assert "are too little" in result.note and "machines like this" in result.note


class Workers:
    """A cluster of one machine, whose two workers are started in this process, or never."""

    parts, nodes = 2, 1

    def __init__(self, memory, start=True):
        self.memory, self.start, self.started = memory, start, False

    def fleet(self, task, memory):
        assert self.start, "workers were started"
        self.started = True
        return Inline(task, memory)


def test_what_cannot_fit_is_said_before_workers_are_started(monkeypatch):
    """The cube of 2^30 corners grows so fast that its first levels say little; so here the low guess is believed."""
    monkeypatch.setattr(forecast, "SURE", 1.0)
    monkeypatch.setattr(pilot, "SECONDS", math.inf)
    said, grounded = [], bits(30).grounded((0,) * 30)
    result = explore(grounded, cluster=Workers(16 << 20, start=False), say=said.append)
    assert result.stopped == "memory"
    assert result.levels[:5] == tuple(math.comb(30, depth) for depth in range(5))
    assert said[0] == "2 workers on 1 machine with 16M: room for 1.16 M states of 15 bytes"
    assert said[1].startswith("a pilot search found 768,212 states to depth 6: some ")
    assert said[1].endswith("machines like this: they may not fit")
    assert "16M are too little" in result.note


def test_what_fits_is_said_too_and_searched_by_the_workers(monkeypatch):
    """2^12 states of a word of 8 bytes, and 6.5 of the table."""
    monkeypatch.setattr(pilot, "SECONDS", math.inf)
    said, workers, grounded = [], Workers(64 << 20), bits(12).grounded((0,) * 12)
    result = explore(grounded, cluster=workers, say=said.append)
    assert workers.started and (result.states, result.stopped) == (2**12, None)
    assert said[1] == "a pilot search found all 4,096 states: they need 58K of memory, 1 machine like this"


def test_a_pilot_search_takes_but_a_moment(monkeypatch):
    """Of 2^40 states it finds no more than it may, in states or in time; the forecast is of whole levels."""
    program = compile_native(narrowed(bits(40).grounded((0,) * 40)))
    few = Pilot(program, None)
    few.run()
    assert not few.complete and not few.interrupted
    assert sum(few.levels) <= pilot.STATES
    assert few.levels == [math.comb(40, depth) for depth in range(len(few.levels))]
    monkeypatch.setattr(pilot, "SECONDS", 0.0)
    monkeypatch.setattr(pilot, "STATES", 1 << 40)
    short = Pilot(program, None)
    short.run()
    assert not short.complete and not short.interrupted
    assert short.levels == [math.comb(40, depth) for depth in range(len(short.levels))]


def test_ctrl_c_in_a_pilot_search_ends_all(monkeypatch):
    def pressed(search):
        raise KeyboardInterrupt

    monkeypatch.setattr(CompiledSearch, "_level", pressed)
    result = explore(bits(8).grounded((0,) * 8), cluster=Workers(64 << 20, start=False))
    assert result.stopped == "interrupted"


@pytest.mark.parametrize("limit", [{"first": True}, {"states": 10}])
def test_what_ends_early_by_itself_has_no_pilot(limit):
    said = []
    explore(bits(8).grounded((0,) * 8), cluster=Workers(64 << 20), say=said.append, **limit)
    assert len(said) == 1
