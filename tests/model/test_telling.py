"""What a counterexample comes to, in a sentence: the page, record and reason of known traces, taken step by step."""

from __future__ import annotations

import pytest

from checker.draw.ending import ending
from checker.grounding.ground import ground
from checker.pages.sheets import model_of
from checker.run import Request, configured
from checker.traces.retrace import retrace
from model.telling import SAYS

AHEAD = ["update_page(A, p1, x1, 0, 1)", "start_page_write(A, p1)", "flush_wal(A)", "write_page(A, p1)"]
COMMIT = [
    "insert_commit(A, x1, 0, 1)",
    "flush_wal(A)",
    "set_commit_status(A, x1)",
    "answer_commit(A, x1, 0, 1)",
]
PROMOTED = ["crash(A, 0)", "promote(B)", "begin_timeline(B, 0, 1)"]
OPEN = ["insert_end_of_recovery(B, 1, 1)", "flush_wal(B)", "open_for_writes(B, 1)"]
TRUNCATED = ["insert_truncate(A, p1, 0, 1)", "flush_wal(A)", "truncate_file(A, p1)"]
RETURN = ["start_as_standby(A, B)", "connect(A, B)", "receive(A, B)", "fsync_wal(A)", "replay(A, 1, 1)"]


def told(steps: list[str], shows: str, tail: str = "keep", **sets: str) -> str:
    request = Request(sets=(("mode", "commit"), ("tail", tail), *sets.items()), scope="small")
    chosen = configured(model_of(request.model), request)
    grounded = ground(chosen.model, chosen.settings, chosen.bounds)
    shown = ending(retrace(grounded, steps, shows=shows))
    assert shown is not None
    return shown.told


def test_every_invariant_of_the_model_has_words() -> None:
    invariants = {item.name for item in model_of(Request().model).properties if item.kind == "invariant"}
    assert set(SAYS) == invariants


@pytest.mark.parametrize("name", ["page_within_standby", "page_lsn_within_standby_flush"])
def test_a_page_ahead_names_the_page_the_record_and_the_standby(name: str) -> None:
    said = told(AHEAD, name)
    assert said.startswith("A has page p1 on disk with record 1 (an update of p1 by x1), and B has ")
    assert "no WAL yet" in said


def test_a_lost_commit_names_the_transaction_and_who_took_over_with_what() -> None:
    assert told([*COMMIT, *PROMOTED], "acknowledged_commit_survives") == (
        "A client was told that x1 is committed (record 1 of timeline 0), and B took over with WAL only up to 0: "
        "the commit is lost."
    )


def test_a_tail_names_the_first_record_that_nobody_else_has() -> None:
    assert told([*TRUNCATED[:2], *PROMOTED], "no_wal_tail") == (
        "A has flushed WAL up to 1 and timeline 1 of B forked off at 0: record 1 (the truncation of p1) exists on A "
        "alone, and A's next start will replay it."
    )


def test_silent_divergence_names_what_differs() -> None:
    steps = [*TRUNCATED, *PROMOTED, *OPEN, "cut_tail(A, B)", *RETURN]
    assert told(steps, "no_silent_divergence", tail="cut") == (
        "A streams from the new primary and no log line complains, but page p1 is gone there: "
        "A removed its file before it came back, and timeline 1, forked off at 0, never did."
    )


def test_a_refused_return_has_the_words_of_the_servers_log() -> None:
    steps = [*TRUNCATED[:2], *PROMOTED, *OPEN, "start_as_standby(A, B)", "replay(A, 0, 1)", "connect(A, B)"]
    said = told(steps, "failback_succeeds")
    assert said.startswith("A does not come back: its WAL reaches to 1, timeline 1 of B forked off at 0.")
    assert "forked off … before current recovery point" in said


def test_a_relation_map_ahead_is_called_one() -> None:
    steps = ["insert_map_update(A, 0, 1)", "flush_wal(A)", "write_map_file(A)"]
    assert told(steps, "removal_within_standby", map_rewrites="true") == (
        "A has replaced the relation map for record 1 (an update of the relation map), and B has received no WAL yet."
    )
