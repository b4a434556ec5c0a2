"""Two-phase commit: a transaction manager and resource managers that commit together or abort together.

After Gray and Lamport, "Consensus on Transaction Commit" (2006), section 3, whose TLA+ module TwoPhase has, with three
resource managers, 288 reachable states.  Messages are never lost and never forgotten, so the set of them only grows.
"""

from __future__ import annotations

from enum import Enum

from model.language import Map, Sort, Variables, action, bounds, end_state, initial, invariant, reachable, require


class Manager(Sort, size="managers", names="r"):
    """A resource manager."""


class Local(Enum):
    """What a resource manager has done."""

    WORKING = "working"
    PREPARED = "prepared"
    COMMITTED = "committed"
    ABORTED = "aborted"


class Decision(Enum):
    """What the transaction manager has done."""

    OPEN = "open"
    COMMITTED = "committed"
    ABORTED = "aborted"


@bounds
class Bounds:
    managers: int = 3


class State(Variables):
    """The managers, what the transaction manager has heard, and the messages sent."""

    bounds: Bounds
    local: Map[Manager, Local]
    decision: Decision
    heard: Map[Manager, bool]
    sent_prepared: Map[Manager, bool]
    sent_commit: bool
    sent_abort: bool


SCOPES = {"one": Bounds(managers=1), "two": Bounds(managers=2), "three": Bounds(managers=3)}
DEFAULT_SCOPE = "three"


@initial
def start(s: State) -> None:
    """Every resource manager works, nothing is decided, nothing is sent."""
    s.decision = Decision.OPEN


@action
def hear_prepared(s: State, r: Manager) -> None:
    """The transaction manager notes that a resource manager is prepared."""
    require(s.decision == Decision.OPEN)
    require(s.sent_prepared[r])
    s.heard[r] = True


@action
def decide_commit(s: State) -> None:
    """The transaction manager commits once every resource manager is prepared."""
    require(s.decision == Decision.OPEN)
    require(all(s.heard[r] for r in Manager))
    s.decision = Decision.COMMITTED
    s.sent_commit = True


@action
def decide_abort(s: State) -> None:
    """The transaction manager aborts."""
    require(s.decision == Decision.OPEN)
    s.decision = Decision.ABORTED
    s.sent_abort = True


@action
def prepare(s: State, r: Manager) -> None:
    """A resource manager prepares and says so."""
    require(s.local[r] == Local.WORKING)
    s.local[r] = Local.PREPARED
    s.sent_prepared[r] = True


@action
def choose_abort(s: State, r: Manager) -> None:
    """A resource manager aborts on its own."""
    require(s.local[r] == Local.WORKING)
    s.local[r] = Local.ABORTED


@action
def follow_commit(s: State, r: Manager) -> None:
    """A resource manager is told to commit."""
    require(s.sent_commit)
    s.local[r] = Local.COMMITTED


@action
def follow_abort(s: State, r: Manager) -> None:
    """A resource manager is told to abort."""
    require(s.sent_abort)
    s.local[r] = Local.ABORTED


@invariant
def managers_agree(s: State) -> bool:
    """No resource manager has aborted while another has committed."""
    return not any(s.local[a] == Local.ABORTED and s.local[b] == Local.COMMITTED for a in Manager for b in Manager)


@reachable
def all_commit(s: State) -> bool:
    """Every resource manager commits."""
    return all(s.local[r] == Local.COMMITTED for r in Manager)


@end_state
def everything_is_decided(s: State) -> bool:
    """Every resource manager has committed or aborted."""
    return all(s.local[r] in (Local.COMMITTED, Local.ABORTED) for r in Manager)
