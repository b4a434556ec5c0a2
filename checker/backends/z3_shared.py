"""Expressions that are evaluated in many states: what reads the same places is evaluated once.

A step leaves most of the state as it was, and so most parts of what a claim says of it.  That they are the very same
expression is known to the solver too: it has nothing to show of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from checker import ir
from checker.backends.z3 import Values
from checker.backends.z3_logic import Expr
from checker.backends.z3_loops import free_names, places_in
from checker.backends.z3_universe import Reader, Store, Universe

Key = tuple[int, ...]


@dataclass
class Memory:
    """What was evaluated so far of one universe, and what its numbers stand for, so that none is used again."""

    answers: dict[Key, tuple[Expr, list[Any]]] = field(default_factory=dict)
    bound: dict[tuple[int, str], Expr] = field(default_factory=dict)
    needs: dict[int, tuple[ir.Fold, list[str], list[tuple[str, str | None]]]] = field(default_factory=dict)


class Shared(Values):
    """Evaluates as `Values` does; each quantifier once for what its places hold and its free names stand for."""

    def __init__(self, universe: Universe, store: Store, memory: Memory) -> None:
        super().__init__(universe, store)
        self._memory = memory

    def value(self, expression: ir.Expr) -> Expr:
        """The value of a scalar expression, that of a quantifier kept.  Raises `Unsupported`."""
        if not isinstance(expression, ir.Fold):
            return super().value(expression)
        names, places = self._needs(expression)
        values: list[Expr] = [self.names[name] for name in names]
        readers: list[Reader] = [self.store[place] for place in places]
        key = (id(expression), *(value.get_id() for value in values), *map(id, readers))
        if key not in self._memory.answers:
            self._memory.answers[key] = super().value(expression), [values, readers]
        return self._memory.answers[key][0]

    def bound(self, fold: ir.Fold, name: str, domain: ir.Domain) -> Expr:
        """The variable of a quantifier, the same one each time: else what is inside would be new each time."""
        key = id(fold), name
        if key not in self._memory.bound:
            self._memory.bound[key] = super().bound(fold, name, domain)
        return self._memory.bound[key]

    def _needs(self, expression: ir.Fold) -> tuple[list[str], list[tuple[str, str | None]]]:
        known = self._memory.needs.get(id(expression))
        if known is None:
            names = sorted(free_names(expression))
            reads = {place.variable for place in places_in(expression)}
            places = [place for place in self.store if place[0] in reads]
            known = self._memory.needs[id(expression)] = expression, names, places
        return known[1:]
