"""Python functions from a tree of rules: nested tests, locals for what is used more than once, several functions
where one would be too large."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from checker.backends.decision import Node, side_by_side
from checker.backends.literals import Facts, Literal, value_test
from checker.backends.packing import Layout
from checker.backends.python_text import Scope, certain, count, merged, test, text, too_deep
from checker.grounding.grounded import Term

LARGEST = 200
"""Rules in one function: larger ones take Python's compiler longer than their calls save."""

DEEPEST = 50
"""Blocks inside one another in one function; Python allows 99."""

SPAN = 60
"""Bits that one comparison of several cells may reach over: beyond that the masked state is a large number itself."""


class Rule(Protocol):
    """What is done where the conditions of a node hold."""

    def roots(self, facts: Facts) -> Iterable[Term]:
        """The terms whose values it may need."""

    def write(self, writer: Writer, scope: Scope, uses: dict[Term, int], depth: int) -> None:
        """Writes its lines."""


class Writer:
    """Collects the text of functions with these `parameters`; `call` is how one is called, `{}` standing for its name,
    `first` and `last` are lines each of them begins and ends with."""

    def __init__(self, layout: Layout, parameters: str, call: str, first: str = "", last: str = "") -> None:
        self.layout = layout
        self.parameters, self.call, self.first, self.last = parameters, call, first, last
        self.finished: list[str] = []
        self.lines: list[str] = []
        self.names = 0
        self.stem = ""

    def line(self, depth: int, content: str) -> None:
        """Adds one line."""
        self.lines.append(" " * depth + content)

    def new_name(self, prefix: str) -> str:
        """A name that no other thing has."""
        self.names += 1
        return f"{prefix}{self.names}"

    def function(self, name: str, node: Node[Rule]) -> None:
        """Writes a function that applies the rules of a node whose tests hold."""
        self.stem = self.stem or name  # what is written by another writer is in the same module
        around, self.lines = self.lines, []
        self.line(0, f"def {name}({self.parameters}):")
        if self.first:
            self.line(1, self.first)
        self._body(node, Scope(self.layout, node.facts), 1)
        self.line(1, self.last or "return")
        self.finished.append("\n".join(self.lines))
        self.lines = around

    def _body(self, node: Node[Rule], scope: Scope, depth: int) -> None:
        if depth > DEEPEST:
            self._elsewhere(node, depth)
            return
        uses: dict[Term, int] = {}
        _count_below(node, scope, uses)
        for rule in node.rules:
            rule.write(self, scope, uses, depth)
        packets = list(_packets(node))
        for children in packets:
            if len(packets) > 1:
                self._elsewhere(Node([], node.facts, [], children), depth)
                continue
            for group in side_by_side(children):
                self._group(group, scope, uses, depth)

    def _elsewhere(self, node: Node[Rule], depth: int) -> None:
        name = self.new_name(f"{self.stem}_part")
        self.line(depth, self.call.format(name))
        self.function(name, node)

    def _group(self, group: list[Node[Rule]], scope: Scope, uses: dict[Term, int], depth: int) -> None:
        """Nodes of which one at most applies."""
        self.assign(_root(group[0].tests[0]), scope, uses, depth)
        exhaustive = len(group) > 1 and _covers_all(group)
        for number, child in enumerate(group):
            word = "if" if number == 0 else "else" if exhaustive and child is group[-1] else "elif"
            self._enter(child, word, exhaustive, scope, depth)

    def _enter(self, node: Node[Rule], word: str, alone: bool, scope: Scope, depth: int) -> None:
        """The tests of a node, in one condition as far as no local is wanted between them, and what is below.

        The first test stands `alone` where an `else` follows that is to mean its opposite.
        """
        uses: dict[Term, int] = {}
        _count_node(node, scope, uses)
        passed: list[Literal] = [node.tests[0]]
        scope = scope.inner({})
        for literal in node.tests[1:]:
            if alone or (depth < DEEPEST and any(self._wanted(_root(literal), scope, uses))):
                depth = self._open(word, passed, scope, depth)
                scope = scope.inner(_facts(passed))
                self.assign(_root(literal), scope, uses, depth)
                word, passed, alone = "if", [], False
            passed.append(literal)
        depth = self._open(word, passed, scope, depth)
        self._body(node, scope.inner(node.facts), depth)

    def _open(self, word: str, tests: list[Literal], scope: Scope, depth: int) -> int:
        self.line(depth, "else:" if word == "else" else f"{word} {_condition(tests, scope)}:")
        return depth + 1

    def assign(self, root: Term, scope: Scope, uses: dict[Term, int], depth: int) -> None:
        """Makes locals of the parts of a term, about to be evaluated, that are used again or that nest too deeply."""
        for term in list(self._wanted(root, scope, uses)):
            if term not in scope.names:
                shown = text(term, scope)
                name = f"c{term.value}" if term.operator == "cell" else self.new_name("e")
                self.line(depth, f"{name} = {shown}")
                scope.names[term] = name

    def _wanted(self, root: Term, scope: Scope, uses: dict[Term, int]) -> Iterator[Term]:
        yield from too_deep(root, scope)
        for term in certain(root, scope):
            if uses.get(term, 0) > 1:
                yield term
        within: dict[Term, int] = {}
        count([root], scope, within)
        for term, times in within.items():
            if times > 2 and term.operator == "cell":
                yield term


def _condition(tests: list[Literal], scope: Scope) -> str:
    """All the tests; neighbours that ask for the value of a cell which is no local yet are one comparison."""
    parts: list[str] = []
    run: list[Literal] = []
    for literal in [*tests, None]:
        if literal is not None and _mergeable(literal, scope) and _span([*run, literal], scope) <= SPAN:
            run.append(literal)
            continue
        if run:
            parts.append(merged(run, scope) if len(run) > 1 else test(run[0], scope))
            run = []
        if literal is not None:
            if _mergeable(literal, scope):
                run = [literal]
            else:
                parts.append(test(literal, scope))
    return " and ".join(parts)


def _mergeable(literal: Literal, scope: Scope) -> bool:
    return value_test(literal) is not None and not scope.is_name(_root(literal))


def _span(tests: list[Literal], scope: Scope) -> int:
    slots = [scope.layout.slots[value[0]] for literal in tests if (value := value_test(literal)) is not None]
    return max(slot.offset + slot.width for slot in slots) - min(slot.offset for slot in slots)


def _root(literal: Literal) -> Term:
    """The term whose value a test needs: of a test of one cell, the cell."""
    if value_test(literal) is not None and literal.term.operator != "cell":
        return next(argument for argument in literal.term.arguments if argument.operator == "cell")
    return literal.term


def _facts(tests: list[Literal]) -> Facts:
    return dict(value for literal in tests if (value := value_test(literal)) is not None)


def _covers_all(group: list[Node[Rule]]) -> bool:
    cell = _root(group[0].tests[0])
    return len(group) == cell.high - cell.low + 1


def _packets(node: Node[Rule]) -> Iterator[list[Node[Rule]]]:
    """The children of a node, as many together as one function may hold."""
    packet: list[Node[Rule]] = []
    for group in side_by_side(node.children):
        if packet and sum(map(_weight, packet + group)) > LARGEST:
            yield packet
            packet = []
        packet += group
    if packet:
        yield packet


def _weight(node: Node[Rule]) -> int:
    """The rules that stand in the function itself: a node with too many gets functions of its own."""
    return min(node.weight, LARGEST // 2)


def _count_node(node: Node[Rule], scope: Scope, uses: dict[Term, int]) -> None:
    count((_root(literal) for literal in node.tests), scope, uses)
    _count_below(node, scope, uses)


def _count_below(node: Node[Rule], scope: Scope, uses: dict[Term, int]) -> None:
    inner = scope.inner(node.facts)
    for rule in node.rules:
        count(rule.roots(node.facts), inner, uses)
    for child in node.children:
        _count_node(child, inner, uses)
