"""Searches of models whose counts follow from an argument."""

from __future__ import annotations

from math import comb

import pytest

from checker.backends.python import compile_program
from checker.explore import explore
from checker.explore.search import Search
from checker.explore.walk import DEADLOCK, NotABehaviour, replayed, walk_back
from checker.grounding.grounded import Check
from tests.small_models import HERE, Builder, bits, counter, die


def two_counters(a: int, b: int) -> Builder:
    """Two numbers, each counted up on its own: a grid."""
    builder = Builder(x=(0, a), y=(0, b))
    for name, high in (("x", a), ("y", b)):
        builder.action(f"up_{name}", builder.op("<", builder[name], high), {name: builder.op("+", builder[name], 1)})
    return builder


@pytest.mark.parametrize("count", [1, 5, 10])
def test_independent_bits(count):
    found = explore(bits(count).grounded((0,) * count))
    assert (found.states, found.transitions, found.depth) == (2**count, count * 2**count, count)
    assert found.levels == tuple(comb(count, flipped) for flipped in range(count + 1))
    assert found.fired == {"flip": count * 2**count}
    assert found.exhausted and found.deadlocks.count == 0


def test_a_die_loops_on_each_face():
    found = explore(die().grounded((0,)))
    assert (found.states, found.transitions, found.levels) == (7, 7 * 6, (1, 6))


def test_a_grid():
    found = explore(two_counters(3, 5).grounded((0, 0)))
    assert found.states == 4 * 6
    assert found.fired == {"up_x": 3 * 6, "up_y": 5 * 4}
    assert found.transitions == 3 * 6 + 5 * 4
    assert found.depth == 3 + 5
    assert found.deadlocks.count == 1 and len(found.deadlocks.trace) == 3 + 5


def test_levels_that_span_many_blocks():
    found = explore(bits(14).grounded((0,) * 14))
    assert (found.states, found.transitions, max(found.levels)) == (2**14, 14 * 2**14, comb(14, 7))


def test_equal_initial_states_are_one_state_and_all_are_at_depth_0():
    found = explore(counter(5).grounded((4,), (1,), (4,)))
    assert found.levels == (len({4, 1}), len({5, 2}), len({3}))
    assert (found.states, found.transitions) == (5, 4)


def test_an_action_that_changes_nothing_is_a_transition_and_no_deadlock():
    builder = Builder(n=(0, 1))
    builder.action("wait", builder.eq(builder["n"], 0), {})
    found = explore(builder.grounded((0,)))
    assert (found.states, found.transitions, found.deadlocks.count) == (1, 1, 0)


def test_a_state_that_enables_nothing_is_a_deadlock_unless_it_is_an_end():
    builder = two_counters(2, 2)
    stuck = explore(builder.grounded((0, 0)))
    assert stuck.deadlocks.trace.states[-1] == (2, 2) and stuck.deadlocks.trace.property == "deadlock"
    builder.end = builder.eq(builder["x"], 2)
    assert explore(builder.grounded((0, 0))).deadlocks.count == 0
    builder.end = builder.eq(builder["x"], 1)
    assert explore(builder.grounded((0, 0))).deadlocks.count == 1


def test_of_several_deadlocks_a_nearest_one_is_shown():
    """It begins at 1, 3 and 5, in this order, and is stuck at 3 and at 9."""
    builder = Builder(n=(0, 9))
    n = builder["n"]
    builder.action("up", builder.all(builder.op("<", n, 9), builder.op("!=", n, 3)), {"n": builder.op("+", n, 1)})
    found = explore(builder.grounded((1,), (3,), (5,)))
    assert (found.deadlocks.count, found.deadlocks.trace.states, len(found.deadlocks.trace)) == (2, ((3,),), 0)


def test_idle_and_off_actions():
    builder = counter(3)
    builder.action("never", builder.eq(builder["n"], -1), {"n": 0})
    builder.off = ("ruled_out",)
    found = explore(builder.grounded((0,)))
    assert found.fired == {"up": 3, "never": 0}
    assert found.idle == ("never",) and found.off == ("ruled_out",)


def test_every_property_in_one_pass_after_violations_too():
    builder = counter(9)
    n = builder["n"]
    builder.invariant("below_3", builder.op("<", n, 3))
    builder.invariant("below_7", builder.op("<", n, 7))
    builder.invariant("below_10", builder.op("<", n, 10))
    builder.reachable("five", builder.eq(n, 5))
    builder.reachable("both", builder.all(builder.eq(n, 1), builder.op("<", 4, n)))
    found = explore(builder.grounded((0,)))
    words = {item.property.name: (item.word, item.depth) for item in found.findings}
    assert words == {
        "below_3": ("violated", 3),
        "below_7": ("violated", 7),
        "below_10": ("exhausted", None),
        "five": ("reached", 5),
        "both": ("unreached", None),
    }
    assert found.states == 10 and found.exhausted
    assert found.finding("below_7").trace.states == tuple((i,) for i in range(8))
    assert [action.name for action in found.finding("five").trace.actions] == ["up"] * 5


def test_a_violation_in_an_initial_state_has_a_trace_of_no_steps():
    builder = counter(3)
    builder.invariant("positive", builder.op("<", 0, builder["n"]))
    finding = explore(builder.grounded((0,))).finding("positive")
    assert (finding.word, finding.depth, finding.trace.states, finding.trace.actions) == ("violated", 0, ((0,),), ())


def test_chosen_properties_and_constant_ones():
    builder = counter(3)
    builder.invariant("always", builder.const(1))
    builder.invariant("small", builder.op("<", builder["n"], 2))
    found = explore(builder.grounded((0,)), properties=["always"])
    assert [(item.property.name, item.word, item.constant) for item in found.findings] == [
        ("always", "exhausted", True)
    ]
    with pytest.raises(KeyError):
        explore(builder.grounded((0,)), properties=["smal"])
    with pytest.raises(KeyError):
        found.finding("small")


def test_first_stops_at_the_first_violation():
    builder = counter(500)
    builder.reachable("two", builder.eq(builder["n"], 2))
    builder.invariant("below_9", builder.op("<", builder["n"], 9))
    builder.invariant("below_90", builder.op("<", builder["n"], 90))
    found = explore(builder.grounded((0,)), first=True)
    assert found.stopped == "first" and found.depth == 9
    assert [(item.word, item.depth) for item in found.findings] == [("reached", 2), ("violated", 9), ("unknown", None)]


def test_first_stops_at_a_deadlock_too():
    builder = two_counters(1, 500)
    builder.action("trap", builder.eq(builder["y"], 0), {"x": 0, "y": 500})
    builder.actions[0:1] = []
    found = explore(builder.grounded((0, 0)), first=True)
    assert found.stopped == "first" and len(found.deadlocks.trace) == 1 and found.depth < 10


def grown_beyond(high: int) -> Builder:
    """A counter that the model forgot to stop: wrong where it is about to leave its range."""
    builder = Builder(n=(0, high))
    n = builder["n"]
    wrong = Check(builder.eq(n, high), "n would be too large", HERE, early=False)
    builder.action("up", builder.const(1), {"n": builder.op("+", n, 1)}, checks=[wrong])
    builder.invariant("fine", builder.op("<=", n, high))
    return builder


def test_a_mistake_in_an_action_ends_the_search_with_the_way_to_it():
    found = explore(grown_beyond(4).grounded((0,)))
    assert found.stopped == "error"
    assert found.error.action.name == "up" and found.error.property is None
    assert found.error.trace.states == ((0,), (1,), (2,), (3,), (4,))
    assert found.finding("fine").word == "unknown"
    assert str(found.error) == "model.py:1: n would be too large (in up(), after 4 steps)"


def test_a_late_check_says_nothing_where_its_action_is_disabled_but_an_early_one_does():
    for early in (False, True):
        builder = counter(4)
        wrong = Check(builder.eq(builder["n"], 2), "read outside the map", HERE, early)
        builder.action("never", builder.eq(builder["n"], -1), {}, checks=[wrong])
        found = explore(builder.grounded((0,)))
        assert (found.error is not None) is early
        assert found.states == (3 if early else 5)


def test_a_mistake_in_a_property():
    builder = counter(4)
    wrong = Check(builder.eq(builder["n"], 3), "division by zero", HERE, early=True)
    builder.invariant("ratio", builder.op("<=", builder["n"], 4), [wrong])
    found = explore(builder.grounded((0,)))
    assert found.error.property.name == "ratio" and found.error.action is None
    assert len(found.error.trace) == 3 and found.error.trace.property == "error"


def test_the_same_search_twice_gives_the_same():
    builder = two_counters(6, 6)
    builder.invariant("far", builder.op("<", builder.op("+", builder["x"], builder["y"]), 9))
    one, other = (explore(builder.grounded((0, 0))).finding("far").trace for _ in range(2))
    assert one.states == other.states and [a.label for a in one.actions] == [a.label for a in other.actions]


def test_a_path_that_is_no_behaviour_is_refused():
    builder = counter(5)
    builder.invariant("low", builder.op("<", builder["n"], 3))
    program = compile_program(builder.grounded((0,)))
    assert len(replayed(program, ([0, 1, 2, 3], [0, 0, 0]), 0)) == 3
    for states, actions in (([0, 1, 2], [0, 0]), ([1, 2, 3], [0, 0]), ([0, 1, 3], [0, 0]), ([0, 1, 2, 3], [0, 0])):
        with pytest.raises(NotABehaviour):
            replayed(program, (states, actions), 0)
    with pytest.raises(NotABehaviour):
        walk_back(program, [[0], [1]], {0: (1, 5)})
    assert replayed(program, ([0, 1, 2, 3, 4, 5], [0] * 5), DEADLOCK).states[-1] == (5,)
    with pytest.raises(NotABehaviour, match="deadlock"):
        replayed(program, ([0, 1, 2], [0, 0]), DEADLOCK)


def test_a_program_that_contradicts_itself_is_found_out():
    """The counterexample is replayed: an engine that says "broken" once and "fine" later is not believed."""
    builder = counter(5)
    builder.invariant("low", builder.op("<", builder["n"], 3))
    program = compile_program(builder.grounded((0,)))
    search = Search(program)
    search.run()
    program.broken = lambda state: 0
    with pytest.raises(NotABehaviour, match="low"):
        search.result()
