"""Rules with shared conditions, arranged so that a condition that many rules have is tested once.

Terms are total for a back end that arranges them so (a division by zero has some value, its `Check` speaks of it),
so the order of tests is free: what most rules ask comes first, what is cheap before what is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from checker.backends.literals import Facts, Literal, conjuncts, simplified, value_test
from checker.grounding.grounded import Term

R = TypeVar("R")

Pending = list[tuple[R, list[Literal]]]


@dataclass
class Node(Generic[R]):
    """`rules` apply where `tests` hold and so do those of every node above; `facts` hold there too.

    Children that test values of one cell stand side by side.
    """

    tests: list[Literal]
    facts: Facts
    rules: list[R] = field(default_factory=list)
    children: list[Node[R]] = field(default_factory=list)

    @property
    def weight(self) -> int:
        """The number of rules from here down."""
        return len(self.rules) + sum(child.weight for child in self.children)


def arrange(rules: Iterable[tuple[R, Literal]], facts: Facts) -> Node[R]:
    """The tree of rules, each given with its condition.  A rule that cannot apply under the facts is left out."""
    pending = [
        (rule, literals)
        for rule, condition in rules
        if (literals := conjuncts(condition.term, condition.positive)) is not None
    ]
    top = _node([], facts, pending)
    if not top.tests:
        return top
    return Node([], facts, [], [top] if top.rules or top.children else [])


def _node(tests: list[Literal], facts: Facts, rules: Pending[R]) -> Node[R]:
    """A node for rules that share `tests`, which are not among their literals any more."""
    facts = {**facts, **dict(value for test in tests if (value := value_test(test)) is not None)}
    open_rules = [(rule, left) for rule, literals in rules if (left := simplified(literals, facts)) is not None]
    node = Node(tests, facts, [rule for rule, left in open_rules if not left])
    pending = [(rule, left) for rule, left in open_rules if left]
    if len(pending) == len(open_rules) and (common := _common(pending)):
        return _node(tests + common, facts, _without(pending, {literal.key for literal in common}))
    for group in _topics(pending):
        chosen: dict[tuple[Any, ...], Pending[R]] = {}
        for test, rule, literals in group:
            chosen.setdefault(test.key, []).append((rule, literals))
        asked = {test.key: test for test, _, _ in reversed(group)}
        for key, some in chosen.items():
            child = _node([asked[key]], facts, _without(some, {key}))
            if child.rules or child.children:
                node.children.append(child)
    return node


def _topics(rules: Pending[R]) -> Iterator[list[tuple[Literal, R, list[Literal]]]]:
    """The rules in groups that ask for the same, each rule once, with the literal that asks.

    First comes the topic that most rules have, a large expression counting for less; then the one that most of the
    rest have, and so on.
    """
    weights: dict[tuple[Any, ...], float] = {}
    members: dict[tuple[Any, ...], dict[int, Literal]] = {}
    for number, (_, literals) in enumerate(rules):
        for literal in literals:
            if literal.topic not in weights:
                weights[literal.topic] = 1 / size(literal.term) ** 0.5
            members.setdefault(literal.topic, {}).setdefault(number, literal)
    while members:
        best = max(members, key=lambda topic: len(members[topic]) * weights[topic])
        group = members.pop(best)
        yield [(literal, *rules[number]) for number, literal in group.items()]
        for number in group:
            for topic in {literal.topic for literal in rules[number][1]} - {best}:
                members[topic].pop(number)
                if not members[topic]:
                    del members[topic]


def _without(rules: Pending[R], keys: set[tuple[Any, ...]]) -> Pending[R]:
    return [(rule, [literal for literal in literals if literal.key not in keys]) for rule, literals in rules]


def _common(rules: Pending[R]) -> list[Literal]:
    """The literals that all the rules have, in the order of the first."""
    if not rules:
        return []
    shared = set.intersection(*({literal.key for literal in literals} for _, literals in rules))
    return [literal for literal in rules[0][1] if literal.key in shared]


def size(term: Term) -> int:
    """The number of different expressions in an expression."""
    seen: set[Term] = set()
    pending = [term]
    while pending:
        term = pending.pop()
        if term not in seen:
            seen.add(term)
            pending.extend(term.arguments)
    return len(seen)


def side_by_side(children: Sequence[Node[R]]) -> list[list[Node[R]]]:
    """The children in groups of which at most one can apply: those whose first tests want values of one cell."""
    groups: list[list[Node[R]]] = []
    last: int | None = None
    for child in children:
        value = value_test(child.tests[0])
        if value is not None and value[0] == last:
            groups[-1].append(child)
        else:
            groups.append([child])
        last = None if value is None else value[0]
    return groups
