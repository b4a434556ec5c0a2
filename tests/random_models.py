"""Random small grounded models, and what they mean by a plain evaluation of their terms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from hypothesis import strategies as st

from checker.grounding.ground import evaluate
from checker.grounding.grounded import Check, Grounded, State, Term
from tests.small_models import HERE, Builder

Draw: TypeAlias = Callable[..., Any]


def successors(grounded: Grounded, state: State) -> list[tuple[int, State]]:
    """The transitions of a state, by action."""
    found = []
    for number, action in enumerate(grounded.actions):
        if evaluate(action.guard, state):
            after = list(state)
            for cell, term in action.updates:
                after[cell] = evaluate(term, state)
            found.append((number, tuple(after)))
    return found


def mistaken(grounded: Grounded, state: State) -> list[tuple[str, Check]]:
    """The checks of actions that fail in a state, with the names of the actions."""
    return [
        (action.name, check)
        for action in grounded.actions
        for check in action.checks
        if evaluate(check.wrong, state) and (check.early or evaluate(action.guard, state))
    ]


class Terms:
    """Draws terms over the cells of a builder; earlier terms come back, so that there is something to share."""

    def __init__(self, builder: Builder, draw: Draw) -> None:
        self.builder, self.draw = builder, draw
        self.booleans: list[Term] = []
        self.numbers: list[Term] = [builder[cell.name] for cell in builder.cells]

    def pick(self, options):
        return self.draw(st.sampled_from(options))

    def boolean(self, depth: int) -> Term:
        b = self.builder
        bits = [b[cell.name] for cell in b.cells if (cell.low, cell.high) == (0, 1)]
        kind = self.pick(["test", "test", "bit", "old", *(["and", "or", "not", "compare", "if"] if depth else [])])
        if kind == "bit" and bits:
            return self.pick(bits)
        if kind == "old" and self.booleans:
            return self.pick(self.booleans)
        if kind in ("and", "or"):
            parts = [self.boolean(depth - 1) for _ in range(self.draw(st.integers(1, 3)))]
            made = b.op(kind, *parts)
        elif kind == "not":
            made = b.op("not", self.boolean(depth - 1))
        elif kind == "compare":
            operator = self.pick(["==", "!=", "<", "<=", ">", ">="])
            made = b.op(operator, self.number(depth - 1), self.number(depth - 1))
        elif kind == "if":
            made = b.op("if", self.boolean(depth - 1), self.boolean(depth - 1), self.boolean(depth - 1))
        else:
            cell = self.pick(b.cells)
            made = b.op(self.pick(["==", "!="]), b[cell.name], self.draw(st.integers(cell.low, cell.high)))
        self.booleans.append(made)
        return made

    def number(self, depth: int) -> Term:
        b = self.builder
        kind = self.pick(["const", "old", *(["sum", "binary", "if", "neg", "truth", "extreme"] if depth else [])])
        if kind == "const":
            return b.const(self.draw(st.integers(-3, 3)))
        if kind == "old":
            return self.pick(self.numbers)
        if kind == "if":
            made = b.op("if", self.boolean(depth - 1), self.number(depth - 1), self.number(depth - 1))
        elif kind == "neg":
            made = b.op("neg", self.number(depth - 1))
        elif kind == "truth":
            made = self.boolean(depth - 1)
        elif kind == "extreme":
            made = b.op(self.pick(["min", "max"]), self.number(depth - 1), self.number(depth - 1))
        else:
            operator = "+" if kind == "sum" else self.pick(["-", "*", "//", "%"])
            made = b.op(operator, self.number(depth - 1), self.number(depth - 1))
        self.numbers.append(made)
        return made

    def within(self, name: str) -> Term:
        """A term whose value the cell of that name can take, of the shapes that updates have."""
        b, cell = self.builder, self.builder.cells[self.builder.numbers[name]]
        fitting = [b[other.name] for other in b.cells if cell.low <= other.low and other.high <= cell.high]
        kind = self.pick(["const", "copy", "copy", "choice", "choice", "counter", "any"])
        if kind == "const":
            return b.const(self.draw(st.integers(cell.low, cell.high)))
        if kind == "copy":
            return self.pick(fitting)
        if kind == "choice":
            condition = self.pick(self.booleans) if self.booleans and self.draw(st.booleans()) else self.boolean(2)
            return b.op("if", condition, self.within(name), b[name] if self.draw(st.booleans()) else self.within(name))
        if kind == "counter":
            room = b.op("<", b[name], cell.high)
            return b.op("if", room, b.op("+", b[name], b.const(1)), b.op("-", b[name], b.op("-", b[name], cell.low)))
        return b.op("max", b.op("min", self.number(2), cell.high), cell.low)


@st.composite
def models(draw: Draw, checks: bool = False) -> tuple[Grounded, Builder]:
    """A model of up to six cells and eight actions, with an invariant and a witness to look for."""
    ranges = st.sampled_from([(0, 1), (0, 1), (0, 2), (0, 3), (-2, 1), (1, 4), (2, 2), (-3, -1)])
    builder = Builder(**{f"v{i}": draw(ranges) for i in range(draw(st.integers(1, 6)))})
    terms = Terms(builder, draw)
    names = [cell.name for cell in builder.cells]
    for number in range(draw(st.integers(0, 8))):
        guard = builder.all(*(terms.boolean(2) for _ in range(draw(st.integers(0, 3)))))
        changed = draw(st.lists(st.sampled_from(names), unique=True, max_size=4))
        updates = {name: terms.within(name) for name in changed}
        made = [Check(terms.boolean(2), f"wrong {number}", HERE, draw(st.booleans()))] if checks and number < 2 else []
        builder.action(f"act{number}", guard, updates, checks=made)
    builder.invariant("safe", terms.boolean(3))
    builder.reachable("seen", terms.boolean(3))
    builder.end = terms.boolean(2)
    states = st.tuples(*(st.integers(cell.low, cell.high) for cell in builder.cells))
    return builder.grounded(*draw(st.lists(states, min_size=1, max_size=3))), builder


def all_states(grounded: Grounded) -> list[State]:
    """Every combination of values of the cells."""
    states: list[State] = [()]
    for cell in grounded.cells:
        states = [(*state, number) for state in states for number in range(cell.low, cell.high + 1)]
    return states
