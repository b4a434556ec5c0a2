"""Negating a term that folds away must not teach the constants another negation."""

from __future__ import annotations

from checker.grounding.terms import FALSE, TRUE, cell, conjunction, less, negation, unfolded


def test_the_negation_of_a_constant_is_the_other_constant_whatever_was_negated_before() -> None:
    x, y = cell(0, 0, 3), cell(1, 0, 3)
    contradiction = conjunction((less(x, y), unfolded("<=", (y, x), 0, 0, 1)))
    negation(less(x, y))
    negation(contradiction)
    assert negation(TRUE) is FALSE
    assert negation(FALSE) is TRUE
