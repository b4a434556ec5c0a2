"""The command line on the protocol itself: what the three modes are for, as a user asks it.

The numbers of steps are counted by hand: each is the length of the way written beside it.
"""

from __future__ import annotations

import functools
import re

import pytest

from tests.cli.models import answer, checker

WITHIN = {
    "page_within_standby": 4,  # insert an update, flush, take up the page, write it
    "commit_status_within_standby": 5,  # insert COMMIT, flush, set the status, take up the page, write it
    "control_within_standby": 5,  # redo point, commit log, record, flush, control file
    "removal_within_standby": 3,  # insert the truncation, flush, truncate
    "hint_within_standby": 8,  # update, COMMIT, flush, status, answer, hint; take up the page, write it
}
"""The five, and in how many steps each is violated where nothing waits."""

TAIL = {"no_wal_tail": 4}  # insert a record, flush, promote, begin the timeline
LOST = {"acknowledged_commit_survives": 6}  # insert COMMIT, flush, set the status, answer; promote, begin the timeline


@functools.cache
def explored(*options):
    """The verdicts by property, as (word, depth), of a search of the default scope; and the whole answer."""
    document, code = answer("explore", *options)
    assert code == document["exit"] == 12, "each of these has a WAL tail at least"
    assert document["stopped"] is None
    return {item["property"]: (item["verdict"], item["depth"]) for item in document["verdicts"]}, document


def violated(*options):
    """Every violated property with the steps of its counterexample."""
    return {name: depth for name, (word, depth) in explored(*options)[0].items() if word == "violated"}


def test_the_words_are_those_of_the_conventions():
    words = {word for word, _ in explored("--mode", "data_flush")[0].values()}
    assert words == {"exhausted", "violated", "reached"}


def test_data_flush_keeps_the_disk_within_the_standby_and_has_a_wal_tail():
    verdicts, document = explored("--mode", "data_flush")
    assert {verdicts[name] for name in (*WITHIN, "page_lsn_within_standby_flush")} == {("exhausted", None)}
    assert verdicts["no_wal_tail"] == ("violated", TAIL["no_wal_tail"])
    steps = next(item["steps"] for item in document["verdicts"] if item["property"] == "no_wal_tail")
    assert {"flush_wal(A)", "promote(B)", "begin_timeline(B, 0, 1)"} < set(steps)
    assert any("(A, " in step for step in steps), "a record that A inserted"


def test_commit_mode_violates_each_of_the_five_as_soon_as_its_steps_allow():
    assert violated("--mode", "commit").items() >= WITHIN.items()


def test_commit_mode_with_the_tail_cut_diverges_silently():
    """Ahead by truncation 3; crash, 5 to an open primary; cut, start, connect, receive, fsync, replay."""
    found = violated("--mode", "commit", "--set", "tail=cut")
    assert found["no_silent_divergence"] == 3 + 1 + 5 + 6


def test_data_flush_with_the_tail_cut_violates_only_what_no_procedure_can_mend():
    options = ("--mode", "data_flush", "--set", "tail=cut")
    assert violated(*options) == TAIL | LOST
    assert explored(*options)[0]["failback_after_cut_happens"] == ("reached", 14)


def test_all_and_sync_with_the_tail_cut_violates_only_the_tail_itself():
    options = ("--mode", "all", "--set", "sync=true", "--set", "tail=cut")
    assert violated(*options) == TAIL
    assert explored(*options)[0]["failback_after_cut_happens"] == ("reached", 14)


def test_an_acknowledged_write_is_lost_with_the_standbys_system():
    """The same ways, and one step more each: a reply that is believed, of WAL that is received and not fsynced."""
    options = ("--mode", "data_flush", "--set", "ack=write", "--set", "standby_faults=os")
    found = violated(*options)
    assert set(found) >= set(WITHIN)
    # Received and told of is two steps more; the horizon is what is fsynced, so no crash is needed to see it.
    assert {name: found[name] for name in WITHIN} == {name: steps + 2 for name, steps in WITHIN.items()}


def test_an_acknowledged_write_survives_a_crash_of_its_processes():
    """What was written the kernel keeps; only the invariant that names the flush LSN itself is not met."""
    found = violated("--mode", "data_flush", "--set", "ack=write", "--set", "standby_faults=process")
    assert not set(found) & set(WITHIN)
    assert found["page_lsn_within_standby_flush"] == WITHIN["page_within_standby"] + 2


GATES = {
    "page_gate": ("page_within_standby", 4),
    "clog_gate": ("commit_status_within_standby", 5),
    "control_gate": ("control_within_standby", 5),
    "truncate_gate": ("removal_within_standby", 3),
    # Its page still waits, for the update that is its LSN: update, flush, receive, fsync, reply; COMMIT, flush, status,
    # answer, hint, take up the page, write it
    "hint_gate": ("hint_within_standby", 12),
}
"""What each gate keeps, and in how many steps it is violated without: as in mode commit, but for the hints."""


@pytest.mark.parametrize("gate", list(GATES))
def test_without_one_gate_its_own_property_is_violated(gate):
    own, steps = GATES[gate]
    options = ("--mode", "data_flush", "--set", f"{gate}=false", "--property", own, "--first")
    document, code = answer("explore", *options)
    (verdict,) = document["verdicts"]
    assert (code, verdict["verdict"], verdict["depth"]) == (12, "violated", steps)


def test_the_counterexample_is_told_what_changed_first():
    text = checker("explore", "--mode", "data_flush", "--property", "no_wal_tail").stdout
    for told in ("no_wal_tail  in 4 steps", "flush_wal(A)", "begin_timeline(B, 0, 1)", "hint  No mode prevents it"):
        assert told in text
    assert re.search(r"\d flush_wal\(A\)\n( .*\n){1,4} +flushed\[A\]", text), "what changed stands with its step"
