"""States that random walks reach, under random settings: generated Python takes the steps of plain execution there."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from checker import plain
from model.settings import Faults, Mode, Settings, Tail
from model.state import Bounds
from tests.agreement.protocol import Both, any_bounds, any_settings, settings_by

SCOPES = st.one_of(
    any_bounds(records=3),
    any_bounds(nodes=3, records=2),
    any_bounds(records=2, promotions=2),
    any_bounds(pages=2, transactions=2, records=3),
)


def agree(chosen, limits, size):
    """Asserts that everything agrees at so many states, which follow from what is chosen."""
    both = Both(chosen, limits)
    for packed in both.sample(Random(repr((chosen, limits))), size):
        state = both.plain(packed)
        assert both.packed(state) == packed
        assert plain.encode(both.grounded, state) == both.program.unpack(packed)
        both.compare_steps(state)
        both.compare_properties(state)


@pytest.mark.parametrize("tail", list(Tail))
def test_every_step_is_the_same(tail):
    @settings(
        max_examples=4,
        phases=[Phase.generate],
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(chosen=any_settings(tail=tail), limits=SCOPES)
    def compare(chosen, limits):
        agree(chosen, limits, 40)

    compare()


@pytest.mark.parametrize("seed", range(3))
def test_every_step_is_the_same_with_several_of_everything(seed):
    """Random settings by a seed: too large to try many, or to make smaller what failed."""
    limits = Bounds(nodes=3, pages=2, transactions=2, records=1, promotions=2)
    agree(settings_by(Random(seed)), limits, 30)


RARE = {
    "set_logged_hint": (Settings(wal_log_hints=True, standby_faults=Faults.NONE), Bounds(records=4)),
    "reply_past_fork": (
        Settings(mode=Mode.ALL, sync=True, standby_faults=Faults.NONE),
        Bounds(records=1, promotions=2),
    ),
}
"""Actions that few random settings allow or few walks come to: settings and bounds that do."""


@pytest.mark.parametrize("name", list(RARE))
def test_every_step_is_the_same_where_a_rare_action_can_be_taken(name):
    both = Both(*RARE[name])
    found = both.walk(Random(name), 30_000)
    states = [packed for packed, names in found.items() if name in names]
    assert states
    for packed in states[:20]:
        assert any(taken.startswith(name) for taken in both.compare_steps(both.plain(packed)))
