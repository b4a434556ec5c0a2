"""Whether a state can come about: asked of exploration, for the state before a counterexample to induction."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from checker.explore import explore
from checker.grounding.grounded import Grounded, Property, State
from checker.grounding.terms import cell, conjunction, constant, equal
from checker.traces.trace import Trace

LIMIT = 300_000
"""States after which the search for one of them ends."""

NAME = "this state"
"""Of the property that a state is that one; no property of a model has a name of two words."""


@dataclass(frozen=True)
class Reached:
    """`reachable` by `trace`; `unreachable` in the whole scope; `unknown` beyond `depth` steps.

    `states` were looked at, all that are up to `depth` steps away.
    """

    word: Literal["reachable", "unreachable", "unknown"]
    depth: int
    states: int
    trace: Trace | None = None

    def __str__(self) -> str:
        if self.word == "reachable":
            return f"reachable in {self.depth} steps"
        if self.word == "unreachable":
            return f"unreachable: it is none of the {self.states:,} states of its scope"
        return f"unreachable in up to {self.depth} steps, unknown beyond ({self.states:,} states looked at)"


def reached(grounded: Grounded, state: State, limit: int = LIMIT) -> Reached:
    """Looks for a state among those that are reachable, the nearest first, until it has seen so many."""
    cells = grounded.cells
    here = conjunction(equal(cell(one.index, one.low, one.high), constant(state[one.index])) for one in cells)
    asked = dataclasses.replace(grounded, properties=(Property(NAME, "reachable", "", here, ()),))
    found = explore(asked, properties=[NAME], states=limit)
    (finding,) = found.findings
    if finding.word == "reached":
        trace = finding.trace
        assert trace is not None
        return Reached("reachable", len(trace), found.states, dataclasses.replace(trace, grounded=grounded))
    if found.stopped is None:
        return Reached("unreachable", found.depth, found.states)
    return Reached("unknown", max(0, found.depth - 1), found.states)
