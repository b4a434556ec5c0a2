"""Shapes of updates and conditions that compilers treat in ways of their own, each in every state of a few cells.

Generated Python and machine code are held against the plain evaluation of the same terms.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from checker.backends.native import compile_native
from checker.backends.python import compile_program
from checker.grounding.ground import evaluate
from tests.native.calls import Step, noticed
from tests.random_models import all_states, successors
from tests.small_models import Builder

SHAPES: dict[str, Callable[[], Builder]] = {}


def shape(function):
    SHAPES[function.__name__] = function
    return function


@shape
def copies_between_cells_of_other_limits():
    b = Builder(low=(1, 4), before=(0, 1), wide=(-2, 5), behind=(0, 1), other=(-2, 5))
    b.action("up", b.const(1), {"wide": b["low"]})
    b.action("same", b.const(1), {"other": b["wide"]})
    b.action("down", b.all(b.op("<=", 1, b["wide"]), b.op("<=", b["wide"], 4)), {"low": b["wide"]})
    return b


@shape
def copies_of_several_cells_at_one_distance():
    b = Builder(a=(0, 3), a2=(0, 1), filler=(0, 1), c=(0, 3), c2=(0, 1))
    b.action("up", b.const(1), {"c": b["a"], "c2": b["a2"]})
    b.action("down", b.const(1), {"a": b["c"], "a2": b["c2"]})
    b.action("exchange", b.const(1), {"a": b["c"], "c": b["a"]})
    return b


@shape
def a_narrow_cell_into_a_wide_one():
    b = Builder(narrow=(0, 1), beside=(0, 3), wide=(0, 7), last=(0, 1))
    b.action("up", b.const(1), {"wide": b["narrow"]})
    b.action("down", b.op("<=", b["wide"], 1), {"narrow": b["wide"]})
    return b


@shape
def new_values_where_the_old_one_is_known():
    b = Builder(n=(-1, 3), m=(2, 5), k=(0, 2))
    b.action("constant", b.eq(b["n"], 1), {"n": -1})
    b.action("computed", b.all(b.eq(b["n"], 2), b.op("<=", b["m"], 4)), {"n": b.op("-", b["m"], 2), "k": 0})
    b.action("counted", b.op("<", b["n"], 3), {"n": b.op("+", b["n"], 1)})
    b.action("counted_down", b.op("<", 2, b["m"]), {"m": b.op("-", b["m"], 1)})
    return b


@shape
def updates_under_a_condition():
    b = Builder(n=(0, 2), m=(0, 2), bit=(0, 1))
    test = b.eq(b["n"], 1)
    b.action("either", b.const(1), {"m": b.op("if", test, b["n"], 2), "bit": b.op("if", test, 0, b["bit"])})
    b.action("other", b.const(1), {"m": b.op("if", test, b["m"], b["n"]), "n": b.op("if", test, 2, b["n"])})
    b.action("toggle", b.const(1), {"bit": b.op("if", b["bit"], 0, 1), "n": b.op("if", b["bit"], b["n"], 2)})
    inner = b.op("if", b["bit"], b.op("if", test, 0, 1), b.op("if", test, 2, b["m"]))
    b.action("nested", b.const(1), {"m": inner})
    return b


@shape
def an_expensive_choice():
    b = Builder(n=(0, 3), m=(0, 3), bit=(0, 1))
    costly = b["m"]
    for step in range(12):
        costly = b.op("%", b.op("+", b.op("*", costly, 3), b.op("+", b["n"], step)), 4)
    b.action("act", b.const(1), {"m": b.op("if", b["bit"], costly, b["n"]), "n": b.op("if", b["bit"], b["n"], costly)})
    test = b.op("if", b.eq(b["n"], 2), b.op("<", costly, 2), b.op("!=", costly, b["n"]))
    b.action("if", test, {"bit": b.op("if", b.eq(b["n"], 2), b.eq(b["n"], 2), b.eq(b["m"], 1))})
    b.invariant("seldom", b.op("or", b["bit"], test))
    return b


@shape
def several_cells_tested_at_once():
    b = Builder(a=(1, 4), c=(-2, 1), bit=(0, 1))
    b.action("all", b.all(b.eq(b["a"], 3), b.eq(b["c"], -1), b["bit"]), {"bit": 0})
    b.action("none", b.all(b.eq(b["a"], 1), b.eq(b["c"], 1), b.op("not", b["bit"])), {"bit": 1})
    b.invariant("not_there", b.op("not", b.all(b.eq(b["a"], 4), b.eq(b["c"], 0))))
    return b


@shape
def all_values_but_one():
    b = Builder(x=(0, 2), y=(0, 2))
    for value in (0, 1):
        b.action("act", b.all(b.eq(b["x"], value), b.op("<", b["y"], 2)), {"y": b.op("+", b["y"], 1)})
    return b


@shape
def all_values():
    b = Builder(x=(0, 2), y=(0, 2))
    for value in (0, 1, 2):
        b.action("all", b.all(b.eq(b["y"], value), b.eq(b["x"], 2)), {"y": (value + 1) % 3})
    return b


@shape
def values_that_a_cell_cannot_have():
    b = Builder(x=(0, 2), y=(0, 1), z=(1, 2))
    b.action("never", b.eq(b["x"], 7), {"y": 1})
    b.action("always", b.op("!=", b["x"], -1), {"y": 0})
    b.action("beside", b.all(b.eq(b["x"], 4), b["y"]), {"x": 0})
    b.action("neither", b.all(b.op("!=", b["z"], 0), b["y"]), {"x": 1})
    b.action("both", b.all(b.op("!=", b["y"], 3), b.eq(b["x"], 1)), {"x": 2})
    return b


@shape
def a_comparison_and_its_mirror_image():
    b = Builder(x=(0, 2), y=(0, 2), bit=(0, 1))
    for number, (sign, left, right) in enumerate(
        [("<", "x", "y"), ("<", "y", "x"), (">", "x", "y"), ("<=", "x", "y"), (">=", "x", "y"), (">=", "y", "x")]
    ):
        b.action("act", b.all(b.op(sign, b[left], b[right]), b.eq(b["bit"], 0)), {"bit": number % 2})
    b.action("both", b.all(b.op("<=", b["x"], b["y"]), b.op("<=", b["y"], b["x"])), {"bit": 1})
    b.action("neither", b.all(b.op("not", b.op("<", b["x"], b["y"])), b.op("<", b["x"], b["y"])), {"bit": 0})
    return b


@shape
def junctions_that_are_decided_in_part():
    b = Builder(x=(0, 1), y=(0, 1), z=(0, 2))
    inner = b.op("and", b["y"], b.op("<", b["z"], 2))
    for value in (0, 1):
        known = b.eq(b["x"], value)
        b.action("or", b.all(known, b.op("or", b.eq(b["x"], 1 - value), inner)), {"z": 0})
        b.action(
            "and", b.all(known, b.op("not", b.op("and", b.eq(b["x"], value), b.op("or", b["y"], inner)))), {"z": 1}
        )
    return b


@shape
def quotients_and_remainders():
    b = Builder(a=(-4, 4), c=(-3, 3), q=(-4, 4), r=(-3, 3))
    b.action("divide", b.const(1), {"q": b.op("//", b["a"], b["c"]), "r": b.op("%", b["a"], b["c"])})
    return b


@shape
def properties_of_several_parts():
    b = Builder(x=(0, 2), y=(0, 2), bit=(0, 1))
    b.invariant("all_parts", b.all(b.op("<", b["x"], 2), b.op("!=", b["y"], 1), b["bit"]))
    b.invariant("some_part", b.op("or", b.op("<", b["x"], 2), b.op("!=", b["y"], 1), b["bit"]))
    b.reachable("both", b.all(b.eq(b["x"], 2), b.eq(b["y"], 1)))
    b.reachable("either", b.op("or", b.eq(b["x"], 2), b.eq(b["y"], 1)))
    return b


def states_of(b):
    grounded = b.grounded(tuple(cell.low for cell in b.cells))
    every = all_states(grounded)
    return grounded, every[:: max(1, len(every) // 300)]


def broken(grounded, state):
    """The properties worth noting, a bit each."""
    return sum(
        (bool(evaluate(prop.body, state)) != (prop.kind == "invariant")) << number
        for number, prop in enumerate(grounded.properties)
    )


@pytest.mark.parametrize("name", SHAPES)
def test_generated_python(name):
    grounded, states = states_of(SHAPES[name]())
    program = compile_program(grounded)
    for state in states:
        packed = program.pack(state)
        found = [(action, program.unpack(after)) for action, after in program.expand(packed)]
        assert found == successors(grounded, state)
        assert program.broken(packed) == broken(grounded, state)


@pytest.mark.parametrize("name", SHAPES)
def test_machine_code(name):
    grounded, states = states_of(SHAPES[name]())
    program = compile_native(grounded)
    for state in states:
        assert sorted(Step(program, [state]).successors) == sorted(after for _, after in successors(grounded, state))
        noted = broken(grounded, state)
        assert noticed(program, [state])[:2] == (0 if noted else 1, noted)
