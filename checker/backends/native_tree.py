"""LLVM blocks for a tree of rules: each test once, then what applies under it, then on to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from checker.backends.decision import Node, side_by_side
from checker.backends.literals import Literal, value_test
from checker.backends.native_terms import Evaluator

CASES = 3
"""Values of one cell from which on a jump table is wanted rather than comparisons."""

TOGETHER = 32
"""Total size of tests that are made with one branch rather than one each."""


class Rule(Protocol):
    """What is done where a condition holds."""

    def write(self, evaluator: Evaluator) -> None:
        """Writes its instructions; the block that is open then need not be the one it started in."""


def write_tree(node: Node[Rule], evaluator: Evaluator) -> None:
    """Writes the rules of a node whose tests were made, and everything below it."""
    for rule in node.rules:
        with evaluator.block():
            rule.write(evaluator)
    for group in side_by_side(node.children):
        if len(group) >= CASES and all(value_test(child.tests[0]) is not None for child in group):
            _switch(group, evaluator)
        else:
            for child in group:
                _enter(child, child.tests, evaluator)


def _switch(group: Sequence[Node[Rule]], evaluator: Evaluator) -> None:
    function = evaluator.function
    first = group[0].tests[0].term
    cell = first if first.operator == "cell" else next(a for a in first.arguments if a.operator == "cell")
    value = evaluator.integer(cell)
    labels = [function.new_label() for _ in group]
    after = function.new_label()
    wanted = [value_test(child.tests[0]) for child in group]
    cases = [(test[1], label) for test, label in zip(wanted, labels, strict=True) if test is not None]
    function.choose(value, cases, after)
    for child, label in zip(group, labels, strict=True):
        function.open(label)
        with evaluator.block():
            _enter(child, child.tests[1:], evaluator)
        function.jump(after)
    function.open(after)


def _enter(node: Node[Rule], tests: Sequence[Literal], evaluator: Evaluator) -> None:
    """Makes the tests, the cheap ones first, and writes what is below them.

    The first tests belong to the block that also makes the tests after this node: what they evaluate is shared.
    """
    if not tests:
        with evaluator.block(node.facts):
            write_tree(node, evaluator)
        return
    function = evaluator.function
    after = function.new_label()
    batches = list(_batches(tests, evaluator))
    _branch(batches[0], after, evaluator)
    with evaluator.block(node.facts):
        for batch in batches[1:]:
            _branch(batch, after, evaluator)
        for literal in tests:
            evaluator.assume(literal)
        write_tree(node, evaluator)
    function.jump(after)
    function.open(after)


def _branch(batch: Sequence[Literal], after: str, evaluator: Evaluator) -> None:
    inside = evaluator.function.new_label()
    evaluator.function.branch(evaluator.holds(batch), inside, after)
    evaluator.function.open(inside)


def _batches(tests: Sequence[Literal], evaluator: Evaluator) -> Iterator[list[Literal]]:
    """The tests in the order of their cost, as many together as is worth one branch."""
    batch: list[Literal] = []
    total = 0
    for literal in sorted(tests, key=lambda literal: evaluator.size(literal.term)):
        size = evaluator.size(literal.term)
        if batch and total + size > TOGETHER:
            yield batch
            batch, total = [], 0
        batch.append(literal)
        total += size
    yield batch
