"""What the model says of how a return ends: the outcome it records at the end of a behaviour, and what diverged."""

from __future__ import annotations

from typing import Any

from checker import plain
from checker.postgres.behaviour import Behaviour, last_state, protocol
from checker.postgres.outcomes import Outcome
from model import vocabulary as words

REFUSALS = {
    words.Outcome.TAIL_DIVERGED: Outcome.TAIL_DIVERGED,
    words.Outcome.NOT_IN_HISTORY: Outcome.NOT_IN_HISTORY,
    # the servers' list knows one word for both: what the node has is not in the history it asks for
    words.Outcome.MIN_RECOVERY: Outcome.NOT_IN_HISTORY,
    words.Outcome.NO_CHECKPOINT: Outcome.NO_CHECKPOINT,
    words.Outcome.INVALID_PAGES: Outcome.INVALID_PAGES,
    words.Outcome.START_AHEAD: Outcome.START_AHEAD,
    words.Outcome.BLOCKED: Outcome.BLOCKED,
}
"""The words of the model for a return that does not end in streaming, as this package's."""


FIRST = words.Node(0)
"""The primary at first."""


class NoOutcome(RuntimeError):
    """A state from which it cannot be said how the return ends: it has not ended."""


def predict(behaviour: Behaviour) -> Outcome:
    """How the return of node A ends in a behaviour. Raises NoOutcome, and what `last_state` raises."""
    return outcome_of(last_state(behaviour))


def outcome_of(state: Any, returned: words.Node = FIRST) -> Outcome:
    """How the return of a node ended in a state. Raises NoOutcome where it has not ended."""
    outcome = state.outcome[returned]
    if outcome == words.Outcome.STREAMING:
        _all_replayed(state, returned)
        return Outcome.IDENTICAL if holds("no_silent_divergence", state) else Outcome.SILENT_DIVERGENCE
    if outcome in REFUSALS:
        return REFUSALS[outcome]
    if state.role[returned] == words.Role.RESTARTING and _stuck(state):
        return Outcome.BLOCKED
    raise NoOutcome(f"node {returned} is {state.role[returned].value}, and its return has not ended")


def _all_replayed(state: Any, returned: words.Node) -> None:
    """The servers are compared when the returned node has replayed all there is: also what the new primary has not
    flushed, for it makes a checkpoint first, and an image among that would heal a page."""
    behind = [
        n for n in state.role if state.role[n] == words.Role.PRIMARY and state.replayed[returned] < state.wal_end[n]
    ]
    if behind:
        raise NoOutcome(f"node {returned} streams, but has not replayed all that {behind[0]!r} has")


def holds(name: str, state: Any) -> bool:
    """Whether a property of the protocol holds in a state, by plain execution."""
    (item,) = [item for item in protocol().properties if item.name == name]
    return plain.holds(item, state)


def _stuck(state: Any) -> bool:
    """No process of any server can take a step: what is left is up to the operator, or to faults."""
    return all(action.outside for action, _, _ in plain.successors(protocol(), state))
