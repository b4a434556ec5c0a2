"""Packing into words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.backends.words import WORD, TooWide, word_layout
from tests.small_models import Builder


def cells(*ranges):
    return Builder(**{f"v{i}": limits for i, limits in enumerate(ranges)}).cells


LIMITS = st.tuples(st.integers(-1000, 1000), st.integers(0, 2**20)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.lists(LIMITS, max_size=40), st.data())
def test_what_is_packed_is_unpacked(ranges, data):
    layout = word_layout(cells(*ranges))
    values = tuple(data.draw(st.integers(low, high)) for low, high in ranges)
    assert layout.unpack(layout.pack(values)) == values


@given(st.lists(LIMITS, max_size=40))
def test_slots_neither_straddle_words_nor_overlap(ranges):
    layout = word_layout(cells(*ranges))
    taken = set()
    for slot in layout.slots:
        bits = {(slot.word, bit) for bit in range(slot.offset, slot.offset + slot.width)}
        assert slot.offset + slot.width <= WORD
        assert slot.word < layout.words
        assert not bits & taken
        taken |= bits


def test_a_cell_of_one_value_takes_no_bits():
    layout = word_layout(cells((5, 5), (0, 1), (-7, -7)))
    assert (layout.words, layout.bits) == (1, 1)
    assert layout.unpack(layout.pack((5, 1, -7))) == (5, 1, -7)


def test_cells_in_order_stand_side_by_side():
    layout = word_layout(cells((0, 3), (0, 1), (0, 6)))
    assert [(slot.word, slot.offset, slot.width) for slot in layout.slots] == [(0, 0, 2), (0, 2, 1), (0, 3, 3)]


def test_order_gives_way_where_it_would_cost_a_word():
    # In order 40 + 40 and 24 + 24 bits need three words; two hold 40 + 24 each.
    ranges = [(0, 2**40 - 1), (0, 2**40 - 1), (0, 2**24 - 1), (0, 2**24 - 1)]
    assert word_layout(cells(*ranges)).words == 2


def test_a_model_without_cells_has_one_word():
    assert word_layout(()).words == 1


@pytest.mark.parametrize("value", [-1, 4])
def test_a_value_that_does_not_fit_is_refused(value):
    with pytest.raises(ValueError, match="does not fit"):
        word_layout(cells((0, 3))).pack((value,))


def test_a_cell_wider_than_a_word_is_refused_by_name():
    with pytest.raises(TooWide, match="v0"):
        word_layout(cells((0, 2**62)))
