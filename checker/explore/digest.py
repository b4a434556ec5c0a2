"""What tells one model, as it is searched, from another: a digest of its grounded form."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

from checker.grounding.grounded import Check, Grounded, Property, Term


class Searched(Protocol):
    """What a search works with, whatever the engine."""

    @property
    def grounded(self) -> Grounded:
        """The model."""

    @property
    def properties(self) -> tuple[Property, ...]:
        """Those it looks at."""

    @property
    def initials(self) -> Sequence[object]:
        """The packed initial states."""


def digest(program: Searched, *more: object) -> str:
    """A digest of all that decides what a search finds, and of `more`, such as how states are packed.

    Names count only where they are part of a result; comments and docstrings of the model do not.
    """
    grounded, said = program.grounded, _Said()
    for cell in grounded.cells:
        said.add("cell", cell.name, cell.low, cell.high)
    for action in grounded.actions:
        updates = [(cell, said.term(term)) for cell, term in action.updates]
        said.add("action", action.label, said.term(action.guard), updates, said.checks(action.checks))
    for prop in program.properties:
        said.add("property", prop.name, prop.kind, said.term(prop.body), said.checks(prop.checks))
    said.add("end", said.term(grounded.end), list(program.initials), *more)
    return said.made.hexdigest()


class _Said:
    """Collects the digest; a term is told once, and has a number from then on."""

    def __init__(self) -> None:
        self.made = hashlib.blake2b(digest_size=16)
        self.numbers: dict[Term, int] = {}

    def add(self, *words: object) -> None:
        self.made.update(f"{words}\n".encode())

    def term(self, term: Term) -> int:
        if term not in self.numbers:
            self.add(term.operator, [self.term(part) for part in term.arguments], term.value)
            self.numbers[term] = len(self.numbers)
        return self.numbers[term]

    def checks(self, checks: Sequence[Check]) -> list[tuple[int, bool]]:
        return [(self.term(check.wrong), check.early) for check in checks]
