"""Predictions come out of the model: behaviours written down, run as the plain Python that its actions are."""

import pytest

from checker.postgres import behaviours
from checker.postgres.behaviour import Behaviour, NotPossible, last_state
from checker.postgres.outcomes import Outcome
from checker.postgres.prediction import NoOutcome, predict
from checker.postgres.scenarios import SCENARIOS, OutsideModel


def test_a_behaviour_ends_where_its_steps_lead():
    state = last_state(Behaviour(("update_page(A, p1)", "insert_commit(A)", "flush_wal(A)", "receive(B)")))
    assert [(n.label(n), lsn) for n, lsn in state.wal_end.items()] == [("A", 2), ("B", 2)]
    assert [lsn for _, lsn in state.flushed.items()] == [2, 0]


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ("write_page(A)", r"step 2, write_page\(A\): cannot be taken: require\(.*s\.writer\[n\]\.busy"),
        ("not promote(B)", r"step 2, not promote\(B\): can be taken"),
        ("insert_commit(A)", "in several ways"),
        ("insert_commit(A, x9)", "no arguments that begin with A, x9"),
        ("leap(A)", "no action of the model"),
        ("flush wal", "is not written like"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_guard(step, why):
    with pytest.raises(NotPossible, match=why):
        last_state(Behaviour(("update_page(A, p1, x1)", step), bounds={"transactions": 2}))


def test_a_return_that_has_not_ended_has_no_outcome():
    with pytest.raises(NoOutcome, match="down"):
        predict(Behaviour((*behaviours.COMMIT, *behaviours.CRASH)))
    with pytest.raises(NoOutcome, match="has not replayed all"):
        predict(Behaviour((*behaviours.FAILOVER, *behaviours.STREAMS, "update_page(B)", "flush_wal(B)")))


def test_one_gate_makes_the_difference():
    """The behaviour of page_ahead is none of data_flush's, and is again one without the page gate."""
    steps = behaviours.PAGE_AHEAD.steps
    with pytest.raises(NotPossible, match="data_released"):
        predict(Behaviour(steps, {"mode": "data_flush", "tail": "cut"}))
    without = Behaviour(steps, {"mode": "data_flush", "tail": "cut", "page_gate": "false"})
    assert predict(without) == Outcome.SILENT_DIVERGENCE


def test_few_scenarios_are_outside_the_model_and_say_why():
    outside = {
        scenario.name: scenario.foretold for scenario in SCENARIOS if isinstance(scenario.foretold, OutsideModel)
    }
    assert set(outside) == {"gated_delete_fork_segment", "rewind_unlogged_hints"}
    assert all(foretold.reason for foretold in outside.values())
