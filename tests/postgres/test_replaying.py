"""Traces of the model on real servers: what is found, what is done, what is held against what."""

import json

import pytest
from click.testing import CliRunner

from checker.cli import main
from checker.configuration import configure
from checker.itf import write_itf
from checker.postgres import observed, replaying
from checker.postgres.behaviour import protocol
from checker.postgres.enacting import KNOWN
from checker.postgres.enactment import Enactment, Unmapped
from checker.postgres.moves import MOVES, move
from checker.postgres.outcomes import Outcome
from checker.postgres.replaying import replay_trace
from checker.postgres.returning import Return
from checker.run import Request, run
from model.language import within

CASES = {
    "tail": ("no_wal_tail", {"mode": "data_flush"}, {}, "flushed[A] 1"),
    "kept": ("failback_succeeds", {"mode": "data_flush"}, {}, "tail_diverged"),
    "truncated": ("no_silent_divergence", {"mode": "commit", "tail": "cut"}, {}, "silent_divergence"),
    "no_page_gate": (
        "no_silent_divergence",
        {"mode": "data_flush", "tail": "cut", "page_gate": "false"},
        {},
        "silent_divergence",
    ),
    "no_clog_gate": (
        "no_silent_divergence",
        {"mode": "data_flush", "tail": "cut", "clog_gate": "false"},
        {},
        "silent_divergence",
    ),
    "no_hint_gate": (
        "no_silent_divergence",
        {"mode": "data_flush", "tail": "cut", "hint_gate": "false"},
        {"records": 3},
        "silent_divergence",
    ),
    "checkpoint": ("failback_succeeds", {"mode": "commit", "tail": "cut"}, {}, "no_checkpoint"),
    "told": ("acknowledged_commit_survives", {"mode": "data_flush"}, {}, "position 1 of timeline 1"),
    "false_acknowledgement": (
        "acknowledged_commit_survives",
        {"mode": "commit", "sync": "true"},
        {"records": 2, "promotions": 2, "segment": 3},
        "position 2 of timeline 2",
    ),
    "comes_back": ("failback_after_cut_happens", {"mode": "data_flush", "tail": "cut"}, {}, "identical"),
}
"""Property, settings, bounds, and what the servers must show at the end: the words of real-postgresql.md's rows."""


def trace_of(case):
    name, settings, bounds, _ = CASES[case]
    request = Request(
        scope="small", sets=tuple(settings.items()), bounds=tuple(bounds.items()), properties=(name,), first=True
    )
    (verdict,) = run(request).verdicts
    return verdict.trace


@pytest.mark.parametrize("case", CASES)
def test_servers_do_what_the_model_does(programs, case):
    done = replay_trace(trace_of(case), programs)
    assert done.agrees, done
    assert CASES[case][3] in done.shown
    assert all(step.observations for step in done.steps[:4])


def test_what_is_seen_otherwise_is_told(programs, monkeypatch):
    trace = trace_of("no_page_gate")
    with monkeypatch.context() as patched:
        patched.setattr(observed, "disk_page_lsn", lambda e: 0)
        done = replay_trace(trace, programs)
    wrong = [step.label for step in done.steps if not step.agrees]
    assert wrong[0] == "write_page(A, p1)"
    assert done.predicted == done.shown
    assert not done.agrees
    monkeypatch.setattr(replaying, "compare_data", lambda *_: Return(Outcome.IDENTICAL))
    done = replay_trace(trace, programs)
    assert all(step.agrees for step in done.steps)
    assert (done.predicted, done.shown, done.agrees) == ("silent_divergence", "identical", False)


def test_a_trace_from_a_file_is_replayed_by_the_command(programs, tmp_path):
    path = tmp_path / "trace.itf.json"
    write_itf(trace_of("tail"), path)
    done = CliRunner().invoke(main, ["replay", str(path), "--json"])
    assert done.exit_code == 0, done.output
    (replay,) = json.loads(done.stdout)["replays"]
    assert replay["agrees"] is True
    assert [step["step"] for step in replay["steps"]] == [action.label for action in trace_of("tail").actions]
    spoiled = json.loads(path.read_text())
    spoiled["states"][-1]["flushed"] = spoiled["states"][0]["flushed"]
    path.write_text(json.dumps(spoiled))
    done = CliRunner().invoke(main, ["replay", str(path)])
    assert done.exit_code == 2
    assert "leads elsewhere" in done.output


def test_three_servers_cannot_be_had():
    chosen = configure(protocol(), bounds={"nodes": 3})
    with within(chosen.bounds):
        state = protocol().state.blank(chosen.settings, chosen.bounds)
    with pytest.raises(Unmapped, match="two nodes"):
        Enactment(state)


def test_the_actions_that_no_server_does_are_known():
    """A new action of the model has to get a move, or to be written down here: a lack must not go unnoticed."""
    assert {action.name for action in protocol().actions} - KNOWN == {
        *("restart_alone", "open_after_restart", "take_restartpoint", "flush_acknowledged_wal"),
        *("prepare_transaction", "rollback_prepared", "set_abort_status", "answer_rollback", "remove_state_file"),
        *("insert_drop_table", "insert_drop_database", "remove_database"),
    }
    with pytest.raises(ValueError, match="flush_wal has two moves"):
        move(MOVES["flush_wal"])
