"""What it is to commit a transaction: resource managers that prepare and decide, each seeing what all others have done.

After TCommit of the TLA+ examples collection (github.com/tlaplus/Examples, specifications/transaction_commit).  Its
manifest.json says of TCommit.cfg, three managers: 34 distinct states, 94 generated, depth 7.
"""

from __future__ import annotations

from enum import Enum

from model.language import Map, Sort, Variables, action, bounds, end_state, initial, invariant, require


class Manager(Sort, size="managers", names="r"):
    """A resource manager."""


class Stage(Enum):
    """What a manager has done."""

    WORKING = "working"
    PREPARED = "prepared"
    COMMITTED = "committed"
    ABORTED = "aborted"


@bounds
class Bounds:
    managers: int = 3


class State(Variables):
    """The managers."""

    bounds: Bounds
    stage: Map[Manager, Stage]


@initial
def start(s: State) -> None:
    """Every manager works."""
    for r in Manager:
        s.stage[r] = Stage.WORKING


@action
def prepare(s: State, r: Manager) -> None:
    """A manager is ready to commit."""
    require(s.stage[r] == Stage.WORKING)
    s.stage[r] = Stage.PREPARED


@action
def commit(s: State, r: Manager) -> None:
    """A prepared manager commits once every one is prepared or has committed."""
    require(s.stage[r] == Stage.PREPARED)
    require(all(s.stage[q] in (Stage.PREPARED, Stage.COMMITTED) for q in Manager))
    s.stage[r] = Stage.COMMITTED


@action
def abort(s: State, r: Manager) -> None:
    """An undecided manager aborts while none has committed."""
    require(s.stage[r] in (Stage.WORKING, Stage.PREPARED))
    require(all(s.stage[q] != Stage.COMMITTED for q in Manager))
    s.stage[r] = Stage.ABORTED


@invariant
def managers_agree(s: State) -> bool:
    """No manager has aborted while another has committed."""
    return not any(s.stage[q] == Stage.ABORTED and s.stage[r] == Stage.COMMITTED for q in Manager for r in Manager)


@end_state
def all_is_decided(s: State) -> bool:
    """Every manager has committed or aborted."""
    return all(s.stage[r] in (Stage.COMMITTED, Stage.ABORTED) for r in Manager)
