"""Spaces of the claims by partitions of this process; `python -m tests.cluster.every_claim` does all of them."""

from __future__ import annotations

import pytest

from tests.cluster.every_claim import both, spaces

SAMPLE = 12
"""One space in so many: all of them take minutes."""


@pytest.mark.parametrize("name", spaces("tiny")[::SAMPLE])
def test_partitions_and_one_process_find_the_same(name):
    here, there = both(name, "tiny", parts=3)
    assert here == there
