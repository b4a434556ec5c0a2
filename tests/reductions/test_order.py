"""One order of steps that commute: whatever the full search notices is noticed, in fewer states."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from checker.explore import explore, reduction
from checker.explore.search import Search
from checker.grounding.ground import ground
from checker.grounding.grounded import Check
from checker.grounding.narrow import narrowed
from checker.reductions.order import Order
from checker.traces.replay import replay
from tests.random_models import all_states, models, successors
from tests.reductions.comparing import model_of, searched, traces
from tests.reductions.random_items import sources
from tests.reductions.test_protocol import MODES, grounded
from tests.reductions.test_slicing import is_behaviour
from tests.small_models import HERE, Builder

MANY = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


def compare(whole, names, cone=False, sorts=()):
    """Holds a search in one order against the full one: all but lengths and counts."""
    full = explore(whole, properties=names, engine="python")
    less = searched(whole, names, reduction(whole, names, cone, sorts, True), "auto")
    assert (less.error is None) == (full.error is None) or cone
    assert less.states <= full.states or full.error is not None
    if full.error is None:
        assert less.error is None
        assert [(f.property.name, f.word, f.constant) for f in less.findings] == [
            (f.property.name, f.word, f.constant) for f in full.findings
        ]
        for mine, other in zip(less.findings, full.findings, strict=True):
            assert mine.depth is None or mine.depth >= other.depth
        if not cone:
            assert less.idle == full.idle
            assert (less.deadlocks.count > 0) == (full.deadlocks.count > 0)
            assert less.deadlocks.count == full.deadlocks.count or sorts
    return full, less


def told(full, less):
    event("fewer" if less.states < full.states else "all of them")


@st.composite
def loose(draw, checks=False):
    """Some small machines side by side, each of one cell, which look at each other now and then."""
    number = draw(st.integers(2, 4))
    b = Builder(**{f"v{i}": (0, 3) for i in range(number)})
    value, place = st.integers(0, 3), st.integers(0, number - 1)
    now_and_then = st.sampled_from([False, False, False, False, True])

    def test(of, signs=("==", "!=", "<=", "<")):
        return b.op(draw(st.sampled_from(signs)), b[f"v{of}"], draw(value))

    for own in range(number):
        for act in range(draw(st.integers(1, 3))):
            guard = [test(own, ("==", "<="))]
            if draw(now_and_then):
                guard.append(test(draw(place)))
            if draw(now_and_then):
                guard.append(b.op("or", test(draw(place)), test(draw(place))))
            turned = b.op("if", b.op("<", b[f"v{own}"], 3), b.op("+", b[f"v{own}"], 1), 0)
            updates = {f"v{own}": draw(value) if draw(st.booleans()) else turned}
            if draw(now_and_then):
                updates[f"v{draw(place)}"] = draw(value)
            wrong = [b.all(test(draw(place)), test(draw(place)))] if checks and draw(now_and_then) else []
            mistakes = [Check(term, "wrong", HERE, draw(st.booleans())) for term in wrong]
            b.action(f"act{own}", b.all(*guard), updates, (act,), mistakes)
    b.invariant("safe", b.op("or", test(draw(place)), test(draw(place))))
    b.reachable("seen", b.all(test(draw(place)), test(draw(place))))
    b.end = test(draw(place))
    return b.grounded(tuple(draw(value) for _ in range(number)))


@MANY
@given(loose(), st.sampled_from([["safe"], ["seen"], ["safe", "seen"]]))
def test_machines_side_by_side(whole, names):
    full, less = compare(whole, names)
    told(full, less)
    for trace in traces(less):
        is_behaviour(trace)


@MANY
@given(models(checks=True), st.sampled_from([["safe"], ["seen"], ["safe", "seen"]]))
def test_any_model_and_its_mistakes(model, names):
    full, less = compare(model[0], names)
    told(full, less)
    for trace in traces(less) + ([] if less.error is None else [less.error.trace]):
        is_behaviour(trace)


@MANY
@given(loose(checks=True))
def test_mistakes_of_machines_side_by_side(whole):
    full, less = compare(whole, ["safe"])
    event("a mistake" if full.error is not None else "none")
    if less.error is not None:
        is_behaviour(less.error.trace)


@MANY
@given(loose(), st.sampled_from([["safe"], ["seen"]]))
def test_within_a_slice(whole, names):
    told(*compare(whole, names, cone=True))


@settings(MANY, max_examples=40)
@given(sources(slips=0), st.booleans())
def test_up_to_names(tmp_path_factory, source, cone):
    whole = ground(model_of(tmp_path_factory.mktemp("order"), source))
    assume(whole.bounds.items > 1)
    full, less = compare(whole, [prop.name for prop in whole.properties], cone, ["Item"])
    told(full, less)
    assert less.represented is None
    if full.error is None:
        for trace in traces(less):
            replay(trace)


@MANY
@given(models())
def test_what_is_in_accord_commutes(model):
    """The table against the meaning of the terms, in states that their cells allow."""
    whole = model[0]
    order = Order(whole, ())
    states = all_states(whole)
    for state in states[:: len(states) // 50 + 1]:
        steps = dict(successors(whole, state))
        for one, after in steps.items():
            for other in steps.keys() - {one}:
                if not order.against(one) >> other & 1:
                    then = dict(successors(whole, after))
                    assert other in then and then[other] == dict(successors(whole, steps[other]))[one]


def lines(number, length):
    """Counters side by side that go from 0 to their end, and do not know each other."""
    b = Builder(**{f"n{i}": (0, length) for i in range(number)})
    for i in range(number):
        b.action("up", b.op("<", b[f"n{i}"], length), {f"n{i}": b.op("+", b[f"n{i}"], 1)}, (i,))
    return b


def test_one_path_is_left_of_a_lattice():
    # Five counters of four values: 4^5 states, and 5 * 3 steps lead from corner to corner.
    b = lines(5, 3)
    b.invariant("positive", b.op("<=", 0, b["n0"]))
    full, less = compare(b.grounded((0,) * 5), ["positive"])
    assert (full.states, less.states, less.transitions) == (4**5, 5 * 3 + 1, 5 * 3)
    assert less.deadlocks.count == 1


def test_what_the_property_reads_is_kept_apart():
    # `n0 == 1 and n1 == 2` holds in states that the one path may pass by; what leads to it is taken.
    b = lines(4, 3)
    b.invariant("apart", b.op("or", b.op("!=", b["n0"], 1), b.op("!=", b["n1"], 2)))
    full, less = compare(b.grounded((0,) * 4), ["apart"])
    assert less.finding("apart").word == "violated" and full.finding("apart").depth == 3
    assert less.states < full.states


def test_a_circle_keeps_nobody_waiting():
    # The wheel turns for ever and touches nothing: taken alone in every state it would leave the counter at 0.
    b = Builder(wheel=(0, 2), n=(0, 3))
    b.action("turn", b.const(1), {"wheel": b.op("if", b.op("<", b["wheel"], 2), b.op("+", b["wheel"], 1), 0)})
    b.action("up", b.op("<", b["n"], 3), {"n": b.op("+", b["n"], 1)})
    b.invariant("low", b.op("<", b["n"], 3))
    whole = b.grounded((0, 0))
    _, less = compare(whole, ["low"])
    assert less.finding("low").word == "violated"
    program = reduction(whole, ["low"], False, (), True).program(["low"])
    search = Search(program)
    program.closed = lambda packed: False  # as if nothing were ever expanded: the proviso is what the test is about
    search.run()
    assert search.found < less.states


def test_a_step_that_ends_what_is_asked_for_waits():
    # `close` is possible at once and commutes with `up`; taken first, it would hide that n reaches 2 while it is open.
    b = Builder(closed=(0, 1), n=(0, 2))
    b.action("close", b.op("not", b["closed"]), {"closed": 1})
    b.action("up", b.op("<", b["n"], 2), {"n": b.op("+", b["n"], 1)})
    b.reachable("open_at_two", b.all(b.op("not", b["closed"]), b.op("==", b["n"], 2)))
    _, less = compare(b.grounded((0, 0)), ["open_at_two"])
    assert less.finding("open_at_two").word == "reached"


def test_a_mistake_on_another_order_is_found():
    b = lines(3, 2)
    wrong = Check(b.all(b.op("==", b["n1"], 1), b.op("==", b["n2"], 0)), "n1 before n2", HERE, True)
    b.action("look", b.op("==", b["n0"], 2), {"n0": 2}, checks=[wrong])
    b.invariant("fine", b.op("<=", b["n0"], 2))
    full, less = compare(b.grounded((0,) * 3), ["fine"])
    assert full.error is not None and less.error.check.message == "n1 before n2"


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: "-".join(mode.values()))
def test_the_protocol(mode):
    whole = grounded(mode)
    names = [prop.name for prop in whole.properties if prop.kind != "eventually"]
    full, less = compare(whole, names)
    assert less.states < full.states and less.transitions < full.transitions
    assert less.fired.keys() == full.fired.keys()
    for trace in traces(less):
        replay(trace)


def test_limits_show_what_excludes_what():
    # Two steps of a machine that is in one place at a time; and one that another machine waits for.
    b = Builder(place=(0, 2), other=(0, 1))
    b.action("first", b.op("==", b["place"], 0), {"place": 1})
    b.action("second", b.op("==", b["place"], 1), {"place": 2})
    b.action("wait", b.op("==", b["place"], 2), {"other": 1})
    b.action("never", b.op("==", b["place"], 2), {"place": 2})
    order = Order(narrowed(b.grounded((0, 0))), ())
    assert [order.against(number) for number in range(4)] == [0, 0, 0, 0]
    two = order.events[2].parts[0]
    assert order.enabling(two) == 1 << 1
