"""Models whose shape meets the limits of Python's compiler, and the text that is generated for common updates."""

from __future__ import annotations

import re
import sys

import pytest

from checker.backends.python import compile_program
from checker.grounding.ground import evaluate
from tests.random_models import successors
from tests.small_models import Builder


def ladder(steps: int) -> Builder:
    """Action i needs bits 0..i-1 set and bit i clear, so every guard begins with the one before it."""
    b = Builder(**{f"bit{i}": (0, 1) for i in range(steps)})
    for i in range(steps):
        guard = b.all(*(b[f"bit{j}"] for j in range(i)), b.op("not", b[f"bit{i}"]))
        b.action("climb", guard, {f"bit{i}": 1}, (i,))
    return b


def test_guards_nested_deeper_than_python_allows_blocks():
    program = compile_program(ladder(150).grounded((0,) * 150))
    for height in (0, 1, 75, 149):
        assert program.expand((1 << height) - 1) == [(height, (1 << height + 1) - 1)]
    assert program.expand((1 << 150) - 1) == []


def test_more_actions_than_one_function_holds():
    b = Builder(n=(0, 1999), other=(0, 1))
    for i in range(2000):
        b.action("set", b.all(b.eq(b["other"], i % 2), b.op("!=", b["n"], i)), {"n": i}, (i,))
    program = compile_program(b.grounded((0, 0)))
    assert program.source.count("def step_part") >= 10
    for other in (0, 1):
        found = program.expand(program.pack((7, other)))
        assert found == [(i, program.pack((i, other))) for i in range(other, 2000, 2) if i != 7]


def test_parts_of_steps_of_properties_and_of_ends_are_not_confused():
    """Each is too long for one function, and all are in one module."""
    b = ladder(150)
    for i in range(150):
        b.reachable(f"at{i}", b.all(*(b[f"bit{j}"] for j in range(i)), b.op("not", b[f"bit{i}"])))
    program = compile_program(b.grounded((0,) * 150))
    names = re.findall(r"^def (\w+)", program.source, re.MULTILINE)
    assert len(names) == len(set(names))
    assert {"step_part", "broken_part"} <= {name.rstrip("0123456789") for name in names}
    for height in (0, 75, 149):
        state = (1 << height) - 1
        assert program.expand(state) == [(height, (1 << height + 1) - 1)]
        assert program.broken(state) == 1 << height


@pytest.mark.parametrize("shape", ["sum", "alternating", "chain", "condition", "negation", "choice"])
def test_expressions_nested_deeper_than_python_allows_parentheses(shape, request):
    b = Builder(x=(0, 7), y=(0, 1), z=(0, 400))
    term = b["y"] if shape in ("alternating", "negation") else b["x"]
    for i in range(300):
        test = b.op("<", b["x"], i % 9)
        if shape == "sum":
            term = b.op("-" if i % 2 else "+", b["x"], term)
        elif shape == "alternating":
            term = b.op("and" if i % 2 else "or", test, term)
        elif shape == "chain":
            term = b.op("if", b.eq(b["x"], i), b.const(i), term)
        elif shape == "condition":
            term = b.op("if", b.eq(term, i % 5), b.const(i % 4), b["x"])
        elif shape == "choice":
            term = b.op("if", test, term, b.const(i % 3))
        else:
            term = b.op("not", b.op("==", term, test))
    b.action("use", b.op("<=", term, 10**6), {"z": b.op("max", b.op("min", term, 400), 0)})
    b.invariant("even", b.eq(b.op("%", term, 2), 0))
    grounded = b.grounded((0, 0, 0))
    program = compile_program(grounded)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)  # for the plain evaluation; the compiler did without
    request.addfinalizer(lambda: sys.setrecursionlimit(limit))
    for state in ((0, 0, 0), (3, 1, 5), (7, 0, 9), (5, 1, 0)):
        found = [(action, program.unpack(after)) for action, after in program.expand(program.pack(state))]
        assert found == successors(grounded, state)
        assert program.broken(program.pack(state)) == 1 - evaluate(grounded.properties[0].body, state)


def record_copy() -> Builder:
    """Two records of five fields with one layout, side by side, and an action that copies one to the other."""
    fields = {f"f{i}": (0, 2**i) for i in range(5)}
    b = Builder(on=(0, 1), **{f"a.{n}": r for n, r in fields.items()}, **{f"b.{n}": r for n, r in fields.items()})
    b.action("copy", b["on"], {f"a.{name}": b[f"b.{name}"] for name in fields})
    return b


def test_a_record_is_copied_by_one_shift():
    b = record_copy()
    program = compile_program(b.grounded((1,) + (0,) * 10))
    line = next(line for line in program.source.splitlines() if "successors.append" in line)
    assert line.count(">>") == 1 and line.count("&") == 2 and "<<" not in line and "+" not in line
    state = (1, 0, 0, 0, 0, 0, 1, 2, 3, 7, 15)
    assert program.expand(program.pack(state)) == [(0, program.pack((1, 1, 2, 3, 7, 15, 1, 2, 3, 7, 15)))]


def test_an_update_of_known_cells_is_one_addition():
    b = Builder(role=(0, 2), up=(0, 1), lsn=(0, 7))
    guard = b.all(b.eq(b["role"], 1), b["up"], b.op("<", b["lsn"], 7))
    b.action("crash", guard, {"role": 2, "up": 0, "lsn": b.op("+", b["lsn"], 1)})
    program = compile_program(b.grounded((1, 1, 0)))
    line = next(line for line in program.source.splitlines() if "successors.append" in line)
    assert "&" not in line and "|" not in line
    assert program.expand(program.pack((1, 1, 3))) == [(0, program.pack((2, 0, 4)))]


def test_a_condition_that_many_actions_share_is_tested_once():
    b = Builder(role=(0, 2), **{f"bit{i}": (0, 1) for i in range(20)})
    for role in (0, 1):
        for i in range(20):
            b.action("flip", b.all(b.eq(b["role"], role), b.op("not", b[f"bit{i}"])), {f"bit{i}": 1}, (role, i))
    program = compile_program(b.grounded((0,) * 21))
    step = program.source.split("def broken")[0]
    assert step.count("c0 == ") == 2
    assert [action for action, _ in program.expand(program.pack((1, 1, *(0,) * 19)))] == list(range(21, 40))
    assert program.expand(program.pack((2, *(0,) * 20))) == []


def test_values_that_do_not_fit_are_not_packed():
    b = Builder(x=(-2, 1), only=(5, 5), y=(0, 4))
    program = compile_program(b.grounded((-2, 5, 0)))
    assert program.bits == 2 + 0 + 3
    assert program.unpack(program.pack((1, 5, 4))) == (1, 5, 4)
    for state in ((2, 5, 0), (-3, 5, 0), (0, 6, 0), (0, 5, 8)):
        with pytest.raises(ValueError, match="does not fit"):
            program.pack(state)
