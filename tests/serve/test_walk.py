"""Stepping by plain execution, and the reasons it gives for what cannot be done."""

from __future__ import annotations

import random

import pytest

from checker import plain
from checker.reading import load
from checker.requirements import guarded
from checker.serve.address import Address, read, short
from checker.serve.walk import opener, walk

MODEL = load("model")
OPENED = opener(MODEL, "model")
QUERIES = ["", "set.mode=data_flush&set.tail=cut", "set.mode=all&set.sync=true&set.tail=clean", "scope=tiny"]


@pytest.mark.parametrize("query", QUERIES)
def test_what_no_requirement_stops_is_what_plain_execution_can_do(query):
    """Along random behaviours, both agree on every instance of every action."""
    world = OPENED(read(query))
    chance = random.Random(query)
    state = plain.initial_states(MODEL, world.configuration.settings, world.configuration.bounds)[0]
    instances = guarded(world.grounded)
    kinds = {step.name: [kind for _, kind in step.parameters] for step in MODEL.actions}
    for _ in range(25):
        possible = list(plain.successors(MODEL, state))
        done = {
            (step.name, tuple(plain.number(k, v) for k, v in zip(kinds[step.name], chosen, strict=True)))
            for step, chosen, _ in possible
        }
        cells = plain.encode(world.grounded, state)
        assert {(one.name, one.arguments) for one in instances if one.stopped_by(cells) is None} == done
        if not possible:
            break
        state = chance.choice(possible)[2]


def test_every_requirement_stands_where_it_says():
    world = OPENED(Address())
    requirements = {one for instance in world.instances.values() for one in instance.requirements}
    assert requirements
    for one in requirements:
        assert one.at.text.strip().startswith("require(")


def test_an_address_survives_being_written_and_read():
    text = "preset=ideal&set.mode=commit&scope=tiny&bound.records=2&path=flush_wal(A);crash(A,0)&at=1&other=scope%3Dci"
    assert read(text).query() == text
    assert read(read(text).query()) == read(text)


def test_a_walk_goes_as_far_as_it_can():
    world = OPENED(read("scope=tiny"))
    first = next(plain.successors(MODEL, walk(world, Address()).states[0]))[0]
    label = next(short(one.label) for one in world.instances.values() if one.name == first.name)
    taken = walk(world, Address(path=(label, "no_such_step")))
    assert (len(taken.trace), taken.stop.step) == (1, 1)
