"""Strategies as a user has them: states of the types, behaviours of the model, and a system held against it."""

from __future__ import annotations

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from checker import plain
from checker.refusal import UsageError
from checker.run import Request, run
from checker.strategies import behaviours, machine, opened, states
from tests.cli.models import ROOT, TANK

LOCK = opened(str(ROOT / "tests" / "models" / "lock.py"), settings={"order": "turns"})
OPEN_TANK = opened(TANK, settings={"mode": "open"}, bounds={"size": 2})
QUICK = settings(max_examples=50, deadline=None, database=None)


def test_settings_as_the_command_line_or_as_python_has_them():
    order = type(LOCK.grounded.settings.order)
    told = opened(str(ROOT / "tests" / "models" / "lock.py"), settings={"order": order.TURNS, "dies": True})
    chosen = told.grounded.settings
    assert (chosen.order.name, chosen.dies) == ("TURNS", True)
    with pytest.raises(UsageError, match="setting dies cannot be '1': it is true or false"):
        opened(str(ROOT / "tests" / "models" / "lock.py"), settings={"dies": 1})


@QUICK
@given(states(LOCK))
def test_a_state_is_one_of_the_model_s_types(state):
    plain.validate(state)
    assert type(state) is LOCK.model.state


@QUICK
@given(behaviours(LOCK, most=10))
def test_a_behaviour_is_one_of_the_model(behaviour):
    """Plain execution, the model's own functions, takes the same steps."""
    assert behaviour.initial in plain.initial_states(LOCK.model, LOCK.grounded.settings, LOCK.grounded.bounds)
    assert len(behaviour.states) == len(behaviour.steps) + 1 <= 11
    for before, step in zip(behaviour.states, behaviour.steps, strict=False):
        action = next(action for action in LOCK.model.actions if action.name == step.action)
        after = plain.step(action, before, tuple(step.arguments[name] for name, _ in action.parameters))
        assert after == step.state


def test_behaviours_shrink():
    """The shortest way to a spilt tank of 2 litres is 3 steps: two fill it."""
    found = []

    @settings(QUICK, max_examples=300)
    @given(behaviours(OPEN_TANK, most=20))
    def never_spills(behaviour):
        if behaviour.states[-1].level > 2:
            found.append(behaviour)
            raise AssertionError

    with pytest.raises(AssertionError):
        never_spills()
    assert [str(step) for step in found[-1].steps] == ["fill()", "fill()", "spill()"]


# --- a lock of a user's, in plain Python --------------------------------------------------------------------


class Lock:
    """Peterson's lock as somebody might have written it."""

    def __init__(self, state):
        self.line = dict.fromkeys(state.line, "idle")
        self.turn = state.turn
        self.closed = False

    def other(self, p):
        return next(q for q in self.line if q != p)

    def want(self, p):
        self.line[p] = "waiting"
        self.turn = self.other(p)

    def enter(self, p):
        assert self.line[self.other(p)] != "waiting" or self.turn == p, "the model lets in whom this does not"
        self.line[p] = "in"

    def leave(self, p):
        self.line[p] = "idle"

    def check(self, state):
        assert {p: line.value for p, line in state.line.items()} == self.line
        assert list(self.line.values()).count("in") < 2


class Impatient(Lock):
    """Forgets to give way."""

    def want(self, p):
        self.line[p] = "waiting"
        self.turn = p


class Careless(Lock):
    """Forgets who is in."""

    def leave(self, p):
        self.line = dict.fromkeys(self.line, "idle")


TestLock = machine(LOCK, Lock).TestCase
TestLock.settings = settings(QUICK, max_examples=25, stateful_step_count=20)


@pytest.mark.parametrize("system", [Impatient, Careless])
def test_a_system_that_does_otherwise_is_found(system):
    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            machine(LOCK, system), settings=settings(QUICK, max_examples=200, phases=[Phase.generate])
        )


def test_a_system_is_closed():
    closed = []

    class Closing(Lock):
        def close(self):
            closed.append(self)

    run_state_machine_as_test(machine(LOCK, Closing), settings=settings(max_examples=5, deadline=None, database=None))
    assert closed


def test_nothing_more_can_happen_is_no_error():
    class Tank:
        def __init__(self, state):
            self.level = state.level

        def fill(self):
            self.level += 1

        spill = fill

        def check(self, state):
            assert self.level == state.level

    few = settings(max_examples=10, stateful_step_count=10, deadline=None, database=None)
    run_state_machine_as_test(machine(OPEN_TANK, Tank), settings=few)


def test_a_method_that_is_missing_is_named():
    with pytest.raises(UsageError, match="Silent has no method want, enter, leave and check"):
        machine(LOCK, type("Silent", (), {}))


def test_what_the_model_does_not_have_is_refused():
    with pytest.raises(UsageError, match="did you mean order"):
        opened(str(ROOT / "tests" / "models" / "lock.py"), settings={"oder": "turns"})


@QUICK
@given(st.data())
def test_the_states_of_behaviours_are_reachable(data):
    """As many as an exploration finds, and no other: the tank of 2 with its valve open has 4."""
    behaviour = data.draw(behaviours(OPEN_TANK, most=5))
    assert {state.level for state in behaviour.states} <= set(range(4))
    assert run(Request(TANK, sets=(("mode", "open"),), bounds=(("size", 2),))).exploration.states == 4
