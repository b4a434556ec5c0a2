"""Symmetry: the same verdicts from one state an orbit, whose orbits are the whole space; refused where it is not so."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from checker.backends.images import compiled_images, one_word
from checker.backends.packing import layout
from checker.explore import explore, reduction
from checker.grounding.ground import ground
from checker.reductions.symmetry import symmetry
from checker.refusal import UsageError
from checker.traces.replay import replay
from tests.reductions.comparing import model_of, searched, traces, verdicts
from tests.reductions.random_items import sources

MANY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("symmetry")


def compare(grounded, engine, cone=False):
    """Holds a search up to the names of items against the full one."""
    names = [prop.name for prop in grounded.properties]
    full = explore(grounded)
    less = searched(grounded, names, reduction(grounded, names, cone, ["Item"]), engine)
    assert (less.error is None) == (full.error is None)
    if full.error is not None:
        assert len(less.error.trace) == len(full.error.trace)
        return full, less
    assert verdicts(less) == verdicts(full)
    for trace in traces(less):
        replay(trace)
    if not cone:
        assert less.represented == (full.states if less.reduction.symmetry.exact else None)
        assert len(less.levels) == len(full.levels)
        assert less.fired.keys() == full.fired.keys()
        assert [name for name, times in less.fired.items() if times] == [n for n, times in full.fired.items() if times]
        assert (less.deadlocks.trace is None) == (full.deadlocks.trace is None)
        if full.deadlocks.trace is not None:
            assert len(less.deadlocks.trace) == len(full.deadlocks.trace)
    return full, less


@MANY
@given(sources(slips=0), st.sampled_from(["python", "native"]))
def test_models_that_treat_all_alike(folder, source, engine):
    grounded = ground(model_of(folder, source))
    items = grounded.bounds.items
    assert symmetry(grounded, ["Item"]).elements == {"Item": tuple(range(items))}
    full, less = compare(grounded, engine)
    event("exact" if less.represented is not None else "not exact")
    event("smaller" if less.states < full.states else "as large")
    assert less.states <= full.states


@MANY
@given(sources(slips=15), st.sampled_from(["python", "native"]))
def test_what_is_not_refused_is_right(folder, source, engine):
    grounded = ground(model_of(folder, source))
    try:
        symmetry(grounded, ["Item"])
    except UsageError:
        event("refused")
        assume(False)
    compare(grounded, engine)


@MANY
@given(sources(slips=0), st.sampled_from(["python", "native"]))
def test_a_slice_up_to_names(folder, source, engine):
    compare(ground(model_of(folder, source)), engine, cone=True)


@MANY
@given(sources(slips=0), st.data())
def test_packed_images_are_the_images(folder, source, data):
    grounded = ground(model_of(folder, source))
    same = symmetry(grounded, ["Item"])
    packing = layout(grounded.cells)
    state = data.draw(st.tuples(*(st.integers(cell.low, cell.high) for cell in grounded.cells)))
    made = compiled_images(packing, same.images)(packing.pack(state))
    assert [packing.unpack(one) for one in made] == [state, *(image.of(state) for image in same.images)]
    assert one_word(packing).pack(state) == (packing.pack(state),)
    # A permutation of an orbit is the orbit: what is least does not depend on where one begins.
    for image in same.images:
        assert same.orbit(image.of(state)) == same.orbit(state)
        assert same.canonical(image.of(state)) == same.canonical(state)


SPREAD = """
from typing import Annotated
from model.language import Map, Range, Sort, Variables, action, initial, invariant, require

class Item(Sort, size=4, names="ijkl"): ...

class State(Variables):
    number: Map[Item, Annotated[int, Range(0, 999999)]]
    weight: Map[Item, Annotated[int, Range(0, 999999)]]

@initial
def none(s: State) -> None:
    for i in Item:
        s.number[i] = 0
        s.weight[i] = 0

@action
def one(s: State, i: Item) -> None:
    require(s.number[i] == 0)
    s.number[i] = 1

@action
def many(s: State, i: Item) -> None:
    require(s.number[i] == 0)
    s.number[i] = 524288

@action
def weigh(s: State, i: Item) -> None:
    require(s.weight[i] == 0)
    s.weight[i] = 999999

@invariant
def in_range(s: State) -> bool:
    return all(s.number[i] <= 524288 for i in Item)
"""
"""Four items of twice twenty bits: three words, and states of an orbit that agree in the first of them.

Each item is, by itself, in one of 3 * 2 states: 6 ** 4 states in all; up to names these are the multisets of four of
six: 9 over 4.
"""


@pytest.mark.parametrize("engine", ["python", "native"])
def test_orbits_over_several_words(folder, engine):
    grounded = ground(model_of(folder, SPREAD))
    full, less = compare(grounded, engine)
    assert (full.states, less.states, less.represented) == (6**4, math.comb(9, 4), 6**4)
