"""Terms made anew with something else in the place of their cells; what that decides folds away."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from functools import reduce

from checker.grounding import terms
from checker.grounding.grounded import Action, Check, Property, Term


class Rewriting:
    """Makes terms anew: `cell` gives what stands for a cell, which is asked for once each."""

    def __init__(self, cell: Callable[[Term], Term]) -> None:
        self.cell = cell
        self.done: dict[Term, Term] = {}

    def __call__(self, root: Term) -> Term:
        pending = [root]
        while pending:
            term = pending[-1]
            missing = [argument for argument in term.arguments if argument not in self.done]
            if missing:
                pending += missing
            else:
                pending.pop()
                if term not in self.done:
                    self.done[term] = self._made(term, [self.done[argument] for argument in term.arguments])
        return self.done[root]

    def _made(self, term: Term, arguments: list[Term]) -> Term:
        if term.operator == "const":
            return terms.constant(term.value)
        if term.operator == "cell":
            return self.cell(term)
        if term.operator in ("and", "or"):
            return (terms.conjunction if term.operator == "and" else terms.disjunction)(arguments)
        if term.operator in _UNARY:
            return _UNARY[term.operator](arguments[0])
        if term.operator == "if":
            return terms.choose(*arguments)
        return reduce(terms.BINARY[term.operator], arguments)

    def checks(self, made: Iterable[Check]) -> tuple[Check, ...]:
        """The same mistakes, asked for anew."""
        return tuple(dataclasses.replace(check, wrong=self(check.wrong)) for check in made)

    def action(self, made: Action) -> Action:
        """The same action with its guard, updates and checks anew."""
        updates = tuple((cell, self(term)) for cell, term in made.updates)
        return dataclasses.replace(made, guard=self(made.guard), updates=updates, checks=self.checks(made.checks))

    def property(self, made: Property) -> Property:
        """The same property with its body and checks anew."""
        return dataclasses.replace(made, body=self(made.body), checks=self.checks(made.checks))


_UNARY: dict[str, Callable[[Term], Term]] = {
    "not": terms.negation,
    "neg": lambda term: terms.subtract(terms.constant(0), term),
}


def reads(*roots: Term) -> set[int]:
    """The cells, by index, on which terms depend."""
    seen: set[Term] = set()
    found: set[int] = set()
    pending = list(roots)
    while pending:
        term = pending.pop()
        if term not in seen:
            seen.add(term)
            pending += term.arguments
            if term.operator == "cell":
                found.add(term.value)
    return found
