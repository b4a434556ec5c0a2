"""Traces of the model on real servers: what is found, what is done, what is held against what."""

import json

import pytest
from click.testing import CliRunner

from checker.cli import main
from checker.configuration import configure
from checker.postgres import behaviours_removal, observed, replaying
from checker.postgres.behaviour import Behaviour, protocol, trace_of
from checker.postgres.behaviours import ACKNOWLEDGE, CHECKPOINT, DATA_FLUSH, FAILOVER, PAGE_AHEAD, STREAMS, UPDATE
from checker.postgres.enacting import KNOWN
from checker.postgres.enactment import Enactment
from checker.postgres.feasible import NO_SERVER, Unmapped
from checker.postgres.moves import MOVES, move
from checker.postgres.outcomes import Outcome
from checker.postgres.replaying import replay_trace
from checker.postgres.returning import Return
from checker.postgres.waiting import ConditionNotMet
from checker.run import Request, run
from checker.traces.itf import write_itf
from model.language import within

UNHAD: list[tuple[dict[str, str], dict[str, int], str]] = [
    ({name: value, **({"mode": "data_flush"} if name == "promotion_guard" else {})}, {}, f"{name}={value}: ")
    for name, (values, _) in NO_SERVER.items()
    for value in values
]

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


def found(case):
    name, settings, bounds, _ = CASES[case]
    request = Request(
        scope="small", sets=tuple(settings.items()), bounds=tuple(bounds.items()), properties=(name,), first=True
    )
    (verdict,) = run(request).verdicts
    return verdict.trace


def test_a_promoted_node_that_is_lost_before_its_first_checkpoint_comes_back(programs):
    """From A to B to A, the timeline of B cut off: its minimum recovery point, of that timeline, refuses nothing.

    Its commit is flushed at once on the server, in the model when A has received what was before it.
    """
    early = ("insert_commit(B, x1)", "receive(A)", "fsync_wal(A)", "flush_wal(B)")
    there = (*FAILOVER, "start_as_standby(A)", "connect(A)", *early, "replay(A)*", "crash(B)")
    back = [step.replace("(B)", "(A)") for step in FAILOVER if step not in ("crash(A)", "replay(B)*")]
    returns = (
        *("cut_tail(B)", "start_as_standby(B)", "replay(B)*", "connect(B)"),
        "receive(B)",
        "fsync_wal(B)",
        "replay(B)*",
    )
    behaviour = Behaviour((*there, *back, *returns), {**DATA_FLUSH, "tail": "cut"}, {"promotions": 2})
    done = replay_trace(trace_of(behaviour), programs)
    assert done.agrees, done
    assert done.shown.startswith(Outcome.IDENTICAL)


@pytest.mark.parametrize("case", CASES)
def test_servers_do_what_the_model_does(programs, case):
    done = replay_trace(found(case), programs)
    assert done.agrees, done
    assert CASES[case][3] in done.shown
    assert all(step.observations for step in done.steps[:4])


def test_what_is_seen_otherwise_is_told(programs, monkeypatch):
    trace = trace_of(PAGE_AHEAD)
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
    told = ("silent_divergence; nothing told of is lost", "identical; nothing told of is lost")
    assert (done.predicted, done.shown, done.agrees) == (*told, False)


def test_a_trace_from_a_file_is_replayed_by_the_command(programs, tmp_path):
    path = tmp_path / "trace.itf.json"
    write_itf(found("tail"), path)
    done = CliRunner().invoke(main, ["replay", str(path), "--json"])
    assert done.exit_code == 0, done.output
    (replay,) = json.loads(done.stdout)["replays"]
    assert replay["agrees"] is True
    assert [step["step"] for step in replay["steps"]] == [action.label for action in found("tail").actions]
    spoiled = json.loads(path.read_text())
    spoiled["states"][-1]["flushed"] = spoiled["states"][0]["flushed"]
    path.write_text(json.dumps(spoiled))
    done = CliRunner().invoke(main, ["replay", str(path)])
    assert done.exit_code == 2
    assert "leads elsewhere" in done.output


ENACTED = {
    "restarts_alone": (
        Behaviour(
            (
                *("crash(A)", "restart_alone(A)", "start_checkpoint(A)", "checkpoint_commit_log(A)"),
                *("insert_checkpoint(A)", "flush_wal(A)", "update_control_file(A)", "open_after_restart(A)"),
                *(*UPDATE, *FAILOVER, "cut_tail(A)", "start_as_standby(A)"),
            ),
            {**DATA_FLUSH, "crash_restart": "true", "tail": "cut"},
        ),
        "no_checkpoint",
    ),
    "prepared": (behaviours_removal.GATED_ROLLED_BACK_AHEAD, "silent_divergence"),
    "state_file": (behaviours_removal.STATE_FILE_REMOVED_AHEAD, "silent_divergence"),
    "dropped": (behaviours_removal.DROPPED_AHEAD, "silent_divergence"),
    "restartpoint": (
        Behaviour(
            (
                *(*CHECKPOINT, "receive(B)", "fsync_wal(B)", "replay(B)*", "take_restartpoint(B)"),
                *("crash_standby(B)", *UPDATE, *FAILOVER, "cut_tail(A)", *STREAMS),
            ),
            {"restartpoints": "true", "tail": "cut"},
            {"records": 3},
        ),
        "identical",
    ),
    "other_standby": (
        Behaviour(
            (
                *(*UPDATE, *ACKNOWLEDGE, "receive(C, A)", "fsync_wal(C)", "crash(A)", "promote(C)"),
                *("replay(C)*", "begin_timeline(C)", "insert_end_of_recovery(C)", "flush_wal(C)"),
                *("open_for_writes(C)", "receive(B, C)", "fsync_wal(B)", "start_as_standby(A, C)", "replay(A)*"),
                *("connect(A, C)", "receive(A, C)", "fsync_wal(A)", "replay(A)*"),
            ),
            {**DATA_FLUSH, "tail": "cut", "promote": "any"},
            {"nodes": 3},
        ),
        "identical",
    ),
}
"""What needs a standby of its own, a second start or a second session: the behaviour, and what is shown at its end."""


@pytest.mark.parametrize("case", ENACTED)
def test_servers_are_brought_to_do_it(programs, case):
    behaviour, shown = ENACTED[case]
    done = replay_trace(trace_of(behaviour), programs)
    assert done.agrees, done
    assert shown in done.shown


def test_a_step_that_comes_out_otherwise_for_its_order_cannot_be_done(programs, monkeypatch):
    """Servers write the commit log in a checkpoint, and no record comes between: the trace asks for too much."""
    first = ("update_page(A, p1, x1)", "flush_wal(A)", "insert_commit(A, x1)", "flush_wal(A)")
    later = ("set_commit_status(A, x1)", "start_commit_log_write(A)", "write_commit_log(A)", "insert_commit(A, x2)")
    behaviour = Behaviour((*first, *later), {}, {"records": 3, "transactions": 2})
    monkeypatch.setattr(replaying, "observe", lambda e, state: [])
    with pytest.raises(ConditionNotMet, match="asked"):
        _replay_with(monkeypatch, behaviour, programs, "insert_commit(A, x1")
    with pytest.raises(Unmapped, match=r"step 8, insert_commit.*nothing is inserted meanwhile"):
        _replay_with(monkeypatch, behaviour, programs, "insert_commit(A, x2")


def _replay_with(monkeypatch, behaviour, programs, failing):
    """Replays on servers that do nothing but fail at one step."""

    def fail(e, step):
        if step.label.startswith(failing):
            raise ConditionNotMet("asked in vain")
        return ""

    class Nobody:
        def __init__(self, *_):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(replaying, "enact", fail)
    monkeypatch.setattr(replaying, "Enactment", Nobody)
    replay_trace(trace_of(behaviour), programs)


@pytest.mark.parametrize(("sets", "bounds", "why"), [({}, {"nodes": 4}, "two or three nodes"), *UNHAD])
def test_what_no_server_can_be_is_refused_with_the_reason(sets, bounds, why):
    chosen = configure(protocol(), sets=sets, bounds=bounds)
    with within(chosen.bounds):
        state = protocol().state.blank(chosen.settings, chosen.bounds)
    with pytest.raises(Unmapped, match=why):
        Enactment(state)


def test_the_actions_that_no_server_does_are_known():
    """A new action of the model has to get a move, or to be written down here: a lack must not go unnoticed."""
    assert {action.name for action in protocol().actions} - KNOWN == {
        *("flush_acknowledged_wal", "insert_drop_database", "remove_database"),
        *(
            "crash_promoted",
            "flush_part",
            "receive_part",
            "reply_part",
            "switch_on",
            "rely_on_mode",
            "insert_map_update",
            "write_map_file",
        ),
    }
    with pytest.raises(ValueError, match="flush_wal has two moves"):
        move(MOVES["flush_wal"])
