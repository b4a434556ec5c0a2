"""What stands in the way of an action: each `require` of each of its instances, and which is false in a state."""

from __future__ import annotations

import ast
import linecache
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from checker import ir
from checker.grounding import terms
from checker.grounding.evaluation import evaluate
from checker.grounding.ground import choices, label
from checker.grounding.grounded import Grounded, State, Term
from checker.grounding.instance import Instance, Ruled
from checker.grounding.layout import Layout
from checker.grounding.terms import disjunction, negation
from model import language


@dataclass(frozen=True)
class Requirement:
    """One `require`: where it stands, what is written there, and its condition on the state before the step."""

    at: ir.Place
    text: str
    condition: Term


@dataclass(frozen=True)
class Guarded:
    """An instance of an action, possible or not, with its requirements in the order in which they are made."""

    name: str
    arguments: tuple[int, ...]
    label: str
    requirements: tuple[Requirement, ...]

    def stopped_by(self, state: State) -> int | None:
        """The number of the first requirement that is false in this state; None where all are true."""
        for number, requirement in enumerate(self.requirements):
            if not evaluate(requirement.condition, state):
                return number
        return None


def guarded(grounded: Grounded) -> list[Guarded]:
    """Every instance of every action, also those that the settings and bounds rule out, in the model's order."""
    with language.within(grounded.bounds):
        layout = Layout(grounded.model, grounded.settings, grounded.bounds)
        return [
            _guarded(step, arguments, layout) for step in grounded.model.actions for arguments in choices(step, layout)
        ]


def _guarded(step: ir.Step, arguments: tuple[int, ...], layout: Layout) -> Guarded:
    names = {name: terms.constant(value) for (name, _), value in zip(step.parameters, arguments, strict=True)}
    run = _Requiring(layout, names)
    with suppress(Ruled):
        run.run(_to_the_last_require(step.body))
    return Guarded(step.name, arguments, label(step, arguments), tuple(run.made))


def _to_the_last_require(body: tuple[ir.Statement, ...]) -> tuple[ir.Statement, ...]:
    """A body without the assignments at its end: what an action does stands in nobody's way."""
    last = max((number for number, statement in enumerate(body) if _requires(statement)), default=-1)
    return body[: last + 1]


def _requires(statement: ir.Statement) -> bool:
    if isinstance(statement, ir.Branch):
        return any(map(_requires, (*statement.then, *statement.otherwise)))
    if isinstance(statement, ir.Loop):
        return any(map(_requires, statement.body))
    return isinstance(statement, ir.Require)


class _Requiring(Instance):
    """Notes each `require` before it is assumed."""

    def __init__(self, layout: Layout, names: dict[str, Term]) -> None:
        super().__init__(layout, names)
        self.made: list[Requirement] = []

    def run(self, statements: tuple[ir.Statement, ...]) -> None:
        for statement in statements:
            if isinstance(statement, ir.Require):
                here = self.path.condition(guards=False)
                condition = disjunction((negation(here), self.value(statement.condition)))
                self.made.append(Requirement(statement.at, _written(statement.at), condition))
            super().run((statement,))


def _written(at: ir.Place) -> str:
    """What is required at a place, on one line however it is broken there."""
    return _texts(at.file, "".join(linecache.getlines(at.file))).get(at.line, at.text.strip())


@lru_cache(maxsize=256)
def _texts(_file: str, text: str) -> dict[int, str]:
    return {
        node.lineno: ast.unparse(node.args[0])
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "require" and node.args
    }
