"""How large a space will be, and what is said of it."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from checker.explore.cluster import forecast
from checker.explore.cluster.forecast import Outlook
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
