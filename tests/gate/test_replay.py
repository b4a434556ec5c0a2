"""A trace counts only when plain execution takes the same steps: a forged one is refused where it goes wrong."""

from dataclasses import replace

import pytest

from checker.report.explore import traces_of
from checker.run import Request, run
from checker.traces.replay import NotReplayed, replay
from tests.cli.models import TANK


@pytest.fixture(scope="module")
def spilled():
    """Levels 0 1 2 3 4: three times `fill`, then `spill`."""
    return traces_of(run(Request(TANK, mode="open")))["never_over"]


def test_a_true_trace(spilled):
    replay(spilled)
    assert [state[0] for state in spilled.states] == [0, 1, 2, 3, 4]


def test_a_wrong_start(spilled):
    with pytest.raises(NotReplayed, match="does not begin in an initial state"):
        replay(replace(spilled, states=spilled.states[1:], actions=spilled.actions[1:]))


def test_a_wrong_state(spilled):
    states = (*spilled.states[:2], (3,), *spilled.states[3:])
    with pytest.raises(NotReplayed, match="step 2, fill, leads elsewhere"):
        replay(replace(spilled, states=states))


def test_a_step_that_cannot_be_taken(spilled):
    actions = (spilled.actions[3], *spilled.actions[1:])
    with pytest.raises(NotReplayed, match="step 1, spill, cannot be taken"):
        replay(replace(spilled, actions=actions))


def test_an_end_that_shows_nothing(spilled):
    with pytest.raises(NotReplayed, match="never_over holds in its last state"):
        replay(replace(spilled, states=spilled.states[:-1], actions=spilled.actions[:-1]))


def test_a_witness_of_nothing(spilled):
    with pytest.raises(NotReplayed, match="fills_up does not hold in its last state"):
        replay(replace(spilled, property="fills_up"))


def test_a_deadlock_is_one_in_plain_execution_too(spilled):
    dry = traces_of(run(Request(TANK, preset="dry")))["deadlock"]
    replay(dry)
    start = replace(spilled, states=spilled.states[:1], actions=(), property="deadlock")
    with pytest.raises(NotReplayed, match="an action can be taken"):
        replay(start)
    with pytest.raises(NotReplayed, match="is a declared end"):
        replay(replace(spilled, property="deadlock"))
