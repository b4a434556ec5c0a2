"""The grounded form of a model: one scope, one choice of settings, every parameter and quantifier instantiated.

A state is a tuple of small integers, one a cell.  `checker.grounding.ground` makes this form from the structured one,
the back ends read it.  Expressions are a shared graph: equal expressions are the same object, so identity is equality.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from checker import ir
from checker.plain import key_in_map
from model import language

State: TypeAlias = tuple[int, ...]
"""Values of the cells, in their order."""


@dataclass(frozen=True)
class Cell:
    """One scalar place of the state.

    `low` and `high` are its limits; `name` is as the model writes it: `disk[A, p1].lsn`.
    """

    index: int
    variable: str
    keys: tuple[int, ...]
    part: str | None
    type: ir.ScalarType
    low: int
    high: int
    name: str


@dataclass(frozen=True, eq=False, repr=False)
class Term:
    """An expression.  `operator` is `const` (value is the number), `cell` (value is the index of the cell), or one of
    not and or == != < <= + - * // % neg min max if, on `arguments`.  Always within `low`..`high`."""

    operator: str
    arguments: tuple[Term, ...]
    value: int
    low: int
    high: int


@dataclass(frozen=True)
class Check:
    """A mistake of the model that only a reachable state can show: `wrong` is true where it is made.

    In plain execution it raises `OutOfModel`.  `early`: it is made while the guard is evaluated, so it counts even
    where the guard turns out false; otherwise only where the action is enabled.
    """

    wrong: Term
    message: str
    at: ir.Place
    early: bool


@dataclass(frozen=True)
class Action:
    """One instance of an action: `arguments` in the order of its parameters, `updates` by index of the cell.

    All terms speak of the state before the step.  `label` is as a trace shows it: `write_page(A, p1)`.  `fair` and
    `outside` are what liveness assumes of it, see `model.language.action`.
    """

    name: str
    arguments: tuple[int, ...]
    label: str
    guard: Term
    updates: tuple[tuple[int, Term], ...]
    checks: tuple[Check, ...]
    fair: bool = True
    outside: bool = False


@dataclass(frozen=True)
class Property:
    """`kind` is invariant, reachable or eventually.  A `body` that is a constant says nothing under these settings."""

    name: str
    kind: str
    doc: str
    body: Term
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Grounded:
    """A grounded model.

    `end` is true where a behaviour may stop; `off` are actions these settings and bounds rule out, none where only
    some actions were asked for.
    """

    model: ir.Model
    settings: Any
    bounds: Any
    cells: tuple[Cell, ...]
    initials: tuple[State, ...]
    actions: tuple[Action, ...]
    properties: tuple[Property, ...]
    end: Term
    off: tuple[str, ...]
    numbers: dict[str, int] = field(compare=False, repr=False)
    """Index of each cell by its name."""

    @cached_property
    def keys(self) -> tuple[Any, ...]:
        """The key that each cell has in its map, as plain execution has it; None for one that is in none."""
        kinds = dict(self.model.variables)
        return tuple(key_in_map(kinds[cell.variable], cell.keys) for cell in self.cells)

    @cached_property
    def blank(self) -> Any:
        """A state as plain execution has it, to be copied and filled."""
        with language.within(self.bounds):
            return self.model.state.blank(self.settings, self.bounds)
