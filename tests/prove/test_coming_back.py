"""That coming back is sound, for any number of nodes, pages and transactions: the steps on which it rests.

The whole induction is what the claims `data-flush-cut` and others demand; here are single obligations of it.
"""

from __future__ import annotations

import functools

import pytest

from checker.backends.z3_universe import Universe
from checker.prove.claims import claims_of
from checker.prove.induction import induction
from checker.prove.obligation import transitions
from checker.reading.errors import ModelError
from tests.agreement.protocol import protocol
from tests.prove.test_induction import COUNTING, counting, settings_of

EFFORT = 12_000_000
"""Four times what a claim gets."""

TRIES = 3
"""How often new steps are asked what the solver gave up on: how it goes about it depends on all that was before."""

VIOLATED = ("no_wal_tail", "acknowledged_commit_survives")
"""What these settings break; with the first of them known nobody would cut a tail."""


@functools.cache
def steps(attempt=0):
    """The steps under mode=data_flush, tail=cut, with one failover and one record before the fork, by name."""
    universe = Universe(protocol(), settings_of(mode="data_flush", tail="cut"), {"promotions": 1, "records": 1})
    assert universe.few
    found = {step.step.name: step for step in transitions(universe, claims_of(universe))}
    for name in ("cut_tail", "replay"):
        found[name].prepare(universe.axioms, EFFORT)
    return found


def asked(step, claim, *without):
    for attempt in range(TRIES):
        one = steps(attempt)[step]
        answer = one.ask(claim, [name for name in one.claims if name not in (*VIOLATED, *without)])
        if answer.result != "unknown":
            break
    return answer


def test_each_record_leaves_a_page_ideal_or_behind_the_disk():
    """Redo of a record applies it to the page, restores it from an image, or skips what the page has already."""
    answer = asked("replay", "redo_is_ideal_or_behind_the_disk")
    assert answer.result == "proved"
    assert {"changed_page_existed", "disk_is_its_wal_up_to_a_position"} <= answer.uses


def test_no_record_of_the_new_timeline_is_for_a_page_that_is_missing():
    assert asked("replay", "failback_succeeds").result == "proved"
    assert asked("replay", "failback_succeeds", "changed_page_existed").result == "fails"


def test_a_tail_can_be_cut_where_all_that_is_shown_holds():
    tried = (steps(attempt)["cut_tail"] for attempt in range(TRIES))
    assert any(one.possible([name for name in one.claims if name not in VIOLATED]) for one in tried)


@pytest.mark.parametrize("within", ["page_within_standby", "removal_within_standby", "control_within_standby"])
def test_a_cut_is_sound_because_nothing_was_ahead(within):
    """What is on disk is in the WAL that is left: without one of the five it need not be."""
    assert asked("cut_tail", "disk_is_within_own_wal").result == "proved"
    assert asked("cut_tail", "disk_is_within_own_wal", within).result == "fails"


LEMMAS = (
    COUNTING[: COUNTING.index("@invariant\ndef small")]
    + """
@lemma_for("limit")
def few(s: State) -> bool:
    return s.high <= 3

@invariant
def low_is_small(s: State) -> bool:
    return s.low <= 3
"""
)


def test_a_lemma_for_fixed_bounds_is_nothing_without_them(tmp_path):
    """Whether `low` stays small is known from `high`, and that it does is said where the limit is 3 only."""
    model = counting(tmp_path, LEMMAS)
    assert "few" not in induction(model, None, ["low_is_small"]).claims
    assert induction(model, None, ["low_is_small"]).failed == ["low_is_small"]
    fixed = induction(model, None, ["low_is_small", "few"], fixed={"limit": 3})
    assert fixed.failed == [] and {"few", "low_is_small"} <= set(fixed.proved)


def test_a_lemma_for_a_bound_that_is_none_is_refused(tmp_path):
    with pytest.raises(ModelError, match="`few` is said of a bound that the model does not have: limits"):
        counting(tmp_path, LEMMAS.replace('for("limit")', 'for("limits")'))
