"""Where the primary is started again alone, or its system crashes: what each lemma about that is needed for."""

from __future__ import annotations

import functools

import pytest

from checker.backends.z3_universe import Universe
from checker.prove.claims import claims_of
from checker.prove.obligation import transitions
from tests.agreement.protocol import protocol
from tests.prove.test_coming_back import EFFORT, TRIES
from tests.prove.test_induction import settings_of

OPEN = ("no_wal_tail", "acknowledged_commit_survives", "failback_succeeds")
"""What exploration says to be violated under these settings."""

RESTART = (("crash_restart", "true"), ("recovery_guard", "wait"))
SYSTEM = (("primary_faults", "os"), ("tail", "cut"))


@functools.cache
def steps(chosen, attempt):
    """The steps under mode=data_flush and these settings, by name."""
    universe = Universe(protocol(), settings_of(mode="data_flush", **dict(chosen)))
    found = {step.step.name: step for step in transitions(universe, claims_of(universe))}
    return universe, found


def result(chosen, name, claim, *without):
    for attempt in range(TRIES):
        universe, found = steps(chosen, attempt)
        step = found[name]
        step.prepare(universe.axioms, EFFORT)
        answer = step.ask(claim, [one for one in step.claims if one not in (*OPEN, *without)]).result
        if answer != "unknown":
            break
    return answer


@pytest.mark.parametrize(
    ("chosen", "step", "claim", "lemma"),
    [
        # Redo would change a page that the writer has taken up.
        (RESTART, "replay", "written_page_is_unchanged", "nothing_is_written_during_redo"),
        # A checkpoint that is not the last would leave its own record to be redone, with writers at work.
        (RESTART, "update_control_file", "nothing_is_written_during_redo", "recovery_ends_with_one_checkpoint"),
        # A commit that is redone is one of the first timeline's own.
        (RESTART, "replay", "status_knows_its_record", "first_timeline_has_no_ancestor"),
        # The older page is on disk again.
        (SYSTEM, "lose_page_write", "page_within_standby", "synced_files_within_standby"),
        (SYSTEM, "lose_commit_log_write", "commit_status_within_standby", "synced_files_within_standby"),
    ],
)
def test_a_step_keeps_it_because_of_one_lemma(chosen, step, claim, lemma):
    assert result(chosen, step, claim) == "proved"
    assert result(chosen, step, claim, lemma) == "fails"


def test_recovery_that_does_not_wait_keeps_nothing():
    """The five are violated then, and no lemma may hide it."""
    chosen = (("crash_restart", "true"), ("recovery_guard", "bypass"))
    assert result(chosen, "write_page", "page_within_standby") == "fails"
