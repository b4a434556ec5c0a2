"""Every function that makes a term, against Python's own operators in every state of three cells."""

from __future__ import annotations

import itertools

import pytest

from checker.grounding import terms
from checker.grounding.ground import evaluate

A, B, FLAG = terms.cell(0, -2, 3), terms.cell(1, 0, 4), terms.cell(2, 0, 1)
STATES = list(itertools.product(range(-2, 4), range(5), range(2)))
NUMBERS = {
    "a": (A, lambda a, b, f: a),
    "b": (B, lambda a, b, f: b),
    "-3": (terms.constant(-3), lambda a, b, f: -3),
    "0": (terms.constant(0), lambda a, b, f: 0),
    "2": (terms.constant(2), lambda a, b, f: 2),
    "a+2": (terms.add(terms.constant(2), A), lambda a, b, f: a + 2),
    "a if f else 1": (terms.choose(FLAG, A, terms.constant(1)), lambda a, b, f: a if f else 1),
    "4 if b==2 else b": (
        terms.choose(terms.equal(B, terms.constant(2)), terms.constant(4), B),
        lambda a, b, f: 4 if b == 2 else b,
    ),
}
OPERATIONS = {
    "==": (terms.equal, lambda x, y: x == y),
    "!=": (terms.differ, lambda x, y: x != y),
    "<": (terms.less, lambda x, y: x < y),
    "<=": (terms.at_most, lambda x, y: x <= y),
    "+": (terms.add, lambda x, y: x + y),
    "-": (terms.subtract, lambda x, y: x - y),
    "*": (terms.multiply, lambda x, y: x * y),
    "//": (terms.divide, lambda x, y: x // y if y else 0),
    "%": (terms.remainder, lambda x, y: x % y if y else 0),
    "min": (terms.least, min),
    "max": (terms.greatest, max),
}
PAIRS = list(itertools.product(NUMBERS, NUMBERS))
COMPARISONS = ("==", "!=", "<", "<=")


def truths():
    """Truth values of many shapes: the flag, and every comparison of two numbers."""
    yield FLAG, lambda a, b, f: bool(f)
    for name in COMPARISONS:
        for left, right in PAIRS:
            (one, first), (other, second) = NUMBERS[left], NUMBERS[right]
            made, meant = OPERATIONS[name]
            yield (
                made(one, other),
                lambda a, b, f, meant=meant, first=first, second=second: meant(first(a, b, f), second(a, b, f)),
            )


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_mean_what_python_means(name):
    made, meant = OPERATIONS[name]
    for left, right in PAIRS:
        (one, first), (other, second) = NUMBERS[left], NUMBERS[right]
        term = made(one, other)
        for state in STATES:
            expected = meant(first(*state), second(*state))
            assert evaluate(term, state) == expected, (name, left, right, state)
            assert term.low <= expected <= term.high, (name, left, right, state)


def test_negations_are_opposite_and_undo_themselves():
    for term, meant in truths():
        opposite = terms.negation(term)
        assert terms.negation(opposite) is term
        for state in STATES:
            assert evaluate(opposite, state) == (not meant(*state))


def test_junctions_and_choices_of_truth_values():
    some = list(truths())[::9]
    for (one, first), (other, second) in itertools.product(some, some):
        made = [
            (terms.conjunction((one, other)), lambda p, q, f: p and q),
            (terms.disjunction((one, other)), lambda p, q, f: p or q),
            (terms.iff(one, other), lambda p, q, f: p == q),
            (terms.either(FLAG, one, other), lambda p, q, f: p if f else q),
            (
                terms.negation(terms.conjunction((FLAG, terms.disjunction((one, other))))),
                lambda p, q, f: not (f and (p or q)),
            ),
        ]
        for state in STATES[::3]:
            values = first(*state), second(*state), state[2]
            for term, meant in made:
                assert evaluate(term, state) == bool(meant(*values))


def test_what_is_equal_is_one_object():
    assert terms.add(A, B) is terms.add(A, B)
    assert terms.less(A, B) is terms.negation(terms.at_most(B, A))
    assert terms.at_most(terms.add(A, terms.constant(2)), terms.constant(3)) is terms.less(A, terms.constant(2))


def test_junctions_are_flat_and_keep_their_order():
    first, second, third = FLAG, terms.equal(A, B), terms.less(B, A)
    nested = terms.conjunction((first, terms.conjunction((second, first)), third))
    assert nested.arguments == (first, second, third)
    assert terms.conjuncts(nested) == (first, second, third)
    assert terms.conjunction((first, terms.negation(first))) is terms.FALSE
    assert terms.disjunction((second, terms.negation(second))) is terms.TRUE


def test_choices_inside_choices():
    """All shapes in which an inner choice shares a condition or a value with the outer one."""
    conditions = [(FLAG, lambda a, b, f: f), (terms.equal(B, terms.constant(2)), lambda a, b, f: b == 2)]
    numbers = [NUMBERS[name] for name in ("a", "b", "2")]
    for (outer, first), (inner, second) in itertools.product(conditions, repeat=2):
        for (x, one), (y, two), (z, three) in itertools.product(numbers, repeat=3):
            left = terms.choose(outer, terms.choose(inner, x, y), z)
            right = terms.choose(outer, z, terms.choose(inner, x, y))
            for state in STATES:
                within = (one if second(*state) else two)(*state)
                assert evaluate(left, state) == (within if first(*state) else three(*state))
                assert evaluate(right, state) == (three(*state) if first(*state) else within)
