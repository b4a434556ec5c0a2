"""Machine code against plain evaluation of the same terms."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.backends.native import compile_native
from checker.grounding.ground import evaluate as value
from checker.grounding.grounded import Check
from tests.native.calls import Step, noticed
from tests.random_models import all_states, mistaken, models, successors
from tests.small_models import HERE, Builder, bits, counter

SLOW_DRAWS = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def some_states(data, grounded):
    return data.draw(st.lists(st.sampled_from(all_states(grounded)), max_size=12, unique=True))


@SLOW_DRAWS
@given(models(), st.data())
def test_steps_are_those_of_plain_evaluation(model, data):
    grounded, _ = model
    program = compile_native(grounded)
    for state in some_states(data, grounded):
        expected = successors(grounded, state)
        found = Step(program, [state])
        assert sorted(found.successors) == sorted(after for _, after in expected), program.source
        assert found.fired == [sum(a == number for a, _ in expected) for number in range(len(grounded.actions))]
        stuck = not expected and not value(grounded.end, state)
        assert (found.stuck, found.stuck_states) == ((0, 1) if stuck else (-1, 0))


@SLOW_DRAWS
@given(models(), st.data())
def test_properties_are_those_of_plain_evaluation(model, data):
    grounded, _ = model
    program = compile_native(grounded)
    safe, seen = grounded.properties
    for state in some_states(data, grounded):
        expected = (not value(safe.body, state)) | bool(value(seen.body, state)) << 1
        assert noticed(program, [state]) == ((0, expected, None) if expected else (1, 0, None)), program.source
        assert noticed(program, [state], found=expected)[0] == 1


@SLOW_DRAWS
@given(models(checks=True), st.data())
def test_a_check_tells_exactly_where_it_is_wrong(model, data):
    grounded, _ = model
    program = compile_native(grounded)
    for state in some_states(data, grounded):
        wrong = mistaken(grounded, state)
        found = Step(program, [state])
        if wrong:
            check, action = found.mistake
            assert (action.name, check) in wrong
            assert (found.done, found.successors) == (0, [])
        else:
            assert found.mistake is None


def test_states_one_after_the_other_up_to_the_room_there_is():
    program = compile_native(bits(3).grounded((0, 0, 0)))
    states = [(0, 0, 0), (1, 1, 1), (0, 1, 0)]
    found = Step(program, states, room=8)
    assert found.done == 2
    assert sorted(found.successors[:3]) == [(0, 0, 1), (0, 1, 0), (1, 0, 0)]
    assert sorted(found.successors[3:]) == [(0, 1, 1), (1, 0, 1), (1, 1, 0)]
    assert found.fired == [2, 2, 2]


def test_the_state_with_a_mistake_is_told_and_those_before_it_are_kept():
    b = Builder(n=(0, 3))
    b.action(
        "up", b.op("<", b["n"], 3), {"n": b.op("+", b["n"], 1)}, checks=[Check(b.eq(b["n"], 2), "two", HERE, False)]
    )
    found = Step(compile_native(b.grounded((0,))), [(0,), (1,), (2,), (0,)])
    assert (found.done, found.successors, found.mistake[0].message) == (2, [(1,), (2,)], "two")


def test_of_several_stuck_states_the_first_is_told():
    program = compile_native(counter(3).grounded((0,)))
    found = Step(program, [(0,), (3,), (1,), (3,), (2,)])
    assert (found.stuck, found.stuck_states) == (1, 2)


def test_more_than_64_properties():
    b = Builder(n=(0, 99))
    for number in range(100):
        b.reachable(f"is{number}", b.eq(b["n"], number))
    program = compile_native(b.grounded((0,)))
    for number in (0, 62, 63, 64, 99):
        assert noticed(program, [(number,)]) == (0, 1 << number, None)
    known = sum(1 << number for number in range(100) if number != 70)
    assert noticed(program, [(n,) for n in range(100)], found=known) == (70, 1 << 70, None)


def test_two_values_wanted_of_one_cell_never_hold():
    b = Builder(n=(0, 3))
    b.action("both", b.all(b.eq(b["n"], 1), b.eq(b["n"], 2)), {"n": 0})
    b.invariant("one", b.op("or", b.op("!=", b["n"], 1), b.op("!=", b["n"], 2)))
    program = compile_native(b.grounded((0,)))
    for number in range(4):
        assert Step(program, [(number,)]).successors == []
        assert noticed(program, [(number,)]) == (1, 0, None)


def test_the_sign_of_a_division_is_pythons():
    b = Builder(a=(-7, 7), b=(-7, 7), q=(-7, 7), r=(-7, 7))
    b.action("divide", b.const(1), {"q": b.op("//", b["a"], b["b"]), "r": b.op("%", b["a"], b["b"])})
    program = compile_native(b.grounded((0, 0, 0, 0)))
    for left in range(-7, 8):
        for right in range(-7, 8):
            expected = (left // right, left % right) if right else (0, 0)
            assert Step(program, [(left, right, 0, 0)]).successors == [(left, right, *expected)]


def test_an_expression_nested_deeply_does_not_overflow_the_generator():
    b = Builder(n=(0, 3), m=(0, 1))
    term = b["n"]
    for _ in range(3000):
        term = b.op("if", b.eq(b["m"], 1), b.op("-", b.const(3), term), term)
    b.action("turn", b.const(1), {"n": term})
    program = compile_native(b.grounded((0, 0)))
    assert Step(program, [(1, 1)]).successors == [(1, 1)]
    assert Step(program, [(1, 0)]).successors == [(1, 0)]


def test_a_condition_nested_deeply_does_not_overflow_the_generator():
    b = Builder(**{f"v{i}": (0, 3) for i in range(9)})
    term = b.op("<", b["v0"], b["v1"])
    for step in range(1500):
        left, right = b[f"v{step % 9}"], b[f"v{step % 7}"]
        term = b.op("or" if step % 2 else "and", b.op("<=", left, b.op("+", right, step % 3)), term)
    b.action("go", term, {"v0": 3})
    b.invariant("so", b.op("not", term))
    grounded = b.grounded((0,) * 9)
    program = compile_native(grounded)
    for state in [(0,) * 9, (3, 0, 1, 2, 3, 0, 1, 2, 3), (0, 3, 2, 1, 0, 3, 2, 1, 0)]:
        holds = state[0] < state[1]
        for step in range(1500):
            test = state[step % 9] <= state[step % 7] + step % 3
            holds = (holds or test) if step % 2 else (holds and test)
        assert len(Step(program, [state]).successors) == holds
        assert noticed(program, [state])[1] == int(holds)
