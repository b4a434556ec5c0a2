"""What can happen in the model: every outcome of a return, every action, each under settings that allow it."""

from __future__ import annotations

import dataclasses

import pytest

from checker.explore import explore
from checker.grounding.ground import ground
from checker.grounding.grounded import Property
from checker.grounding.terms import cell as cell_term
from checker.grounding.terms import constant, disjunction, equal
from checker.reading import load
from model.settings import (
    Drop,
    Faults,
    Mode,
    PrimaryFaults,
    Settings,
    SplitRecords,
    SwitchedOn,
    Tail,
    Waiting,
    WalOrder,
)
from model.state import Bounds
from model.vocabulary import Outcome

MODEL = load("model")
ENOUGH = 100_000
"""States after which a search ends: those nearest to the beginning are enough here."""


def nearest(settings, bounds, variable, member):
    """The length of a shortest way to a state where the variable of some node is this member, None if there is none."""
    grounded = ground(MODEL, settings, bounds)
    seen = disjunction(
        equal(cell_term(cell.index, cell.low, cell.high), constant(list(type(member)).index(member)))
        for cell in grounded.cells
        if cell.variable == variable
    )
    asked = dataclasses.replace(grounded, properties=(Property("seen", "reachable", "", seen, ()),))
    (found,) = explore(asked, states=ENOUGH).findings
    return found.depth


# The ways, step by step.  To open: promote, begin the timeline, end of recovery, flush, open: 5 steps.
WAYS = {
    # crash, 5 to open, start, connect, receive, fsync, replay
    Outcome.STREAMING: (Settings(), Bounds(records=1), 11),
    # insert, flush, crash, 5 to open, start, replay the one record, connect: R = 1, F = 0, seg(1) = 0
    Outcome.TAIL_DIVERGED: (Settings(), Bounds(records=1, segment=2), 11),
    # the same, with seg(1) = 1
    Outcome.NOT_IN_HISTORY: (Settings(), Bounds(records=1, segment=1), 11),
    # crash, 5 to open, start: of an empty WAL there is nothing to delete, and no checkpoint in it
    Outcome.NO_CHECKPOINT: (Settings(tail=Tail.DELETE), Bounds(records=1), 7),
    # insert, flush, crash, 5 to open, start, replay, connect: from now on 1 is needed; cut to 0, start
    Outcome.MIN_RECOVERY: (Settings(tail=Tail.CUT_LATE), Bounds(records=1), 13),
    # Without images: insert a truncation, flush, truncate, crash; 5 to open, an update and its flush; cut, start,
    # connect, receive, fsync, replay the end-of-recovery record and the update
    Outcome.INVALID_PAGES: (Settings(tail=Tail.CUT, full_page_writes=False), Bounds(records=1), 18),
    # insert, flush, crash; promote, begin, and no more: the upstream waits for ever; start, replay, connect:
    # seg(1) = 1, and the upstream has flushed 0
    Outcome.START_AHEAD: (
        Settings(mode=Mode.DATA_FLUSH, promotion_guard=Waiting.WAIT), Bounds(records=1, segment=1), 8,
    ),
    # crash, 5 to open, pg_rewind
    Outcome.REWIND_REFUSED: (Settings(tail=Tail.REWIND), Bounds(records=1), 7),
    # crash, promote, begin; start, connect
    Outcome.BLOCKED: (Settings(mode=Mode.DATA_FLUSH, promotion_guard=Waiting.WAIT), Bounds(records=1), 5),
}  # fmt: skip


def test_the_list_of_outcomes_is_closed():
    assert set(WAYS) == set(Outcome) - {Outcome.NONE}


@pytest.mark.parametrize("outcome", list(WAYS), ids=lambda outcome: outcome.value)
def test_every_outcome_is_reached_as_soon_as_its_steps_allow(outcome):
    settings, bounds, steps = WAYS[outcome]
    assert nearest(settings, bounds, "outcome", outcome) == steps


KINDS = [
    (Settings(wal_log_hints=True, standby_faults=Faults.NONE), Bounds(records=3)),
    (Settings(mode=Mode.ALL, sync=True, wait_cancellable=True, crash_restart=True), Bounds(records=1)),
    (Settings(mode=Mode.ALL, sync=True, standby_faults=Faults.NONE), Bounds(records=1, promotions=2)),
    (Settings(primary_faults=PrimaryFaults.OS, crash_restart=True), Bounds(records=2)),
    (Settings(tail=Tail.REWIND, wal_log_hints=True), Bounds(records=1)),
    (Settings(promotion_crash=True, map_rewrites=True), Bounds(records=1)),
    (Settings(mode=Mode.DATA_FLUSH, switched_on=SwitchedOn.WITH_INTERLOCK), Bounds(records=1)),
    *((Settings(tail=tail), Bounds(records=1)) for tail in Tail),
    (Settings(prepared_transactions=True, standby_faults=Faults.NONE), Bounds(records=4, promotions=0)),
    *((Settings(drop=drop, standby_faults=Faults.NONE), Bounds(records=2)) for drop in Drop),
    (Settings(restartpoints=True), Bounds(records=1)),
    (Settings(wal_order=WalOrder.REMOTE_FIRST), Bounds(records=1)),
    (Settings(sync=True, split_records=SplitRecords.BYTES), Bounds(records=1)),
]


def test_every_action_can_be_taken():
    fired = set()
    for settings, bounds in KINDS:
        found = explore(ground(MODEL, settings, bounds), states=ENOUGH)
        assert found.error is None
        fired |= {name for name, times in found.fired.items() if times}
    assert fired == {action.name for action in MODEL.actions}
