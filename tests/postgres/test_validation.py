"""Recorded runs held against the model: what a pattern means, and two real runs."""

import json

import pytest
from click.testing import CliRunner

from checker.cli import main
from checker.postgres.recording import Ends, Load, Recording, transaction_of
from checker.postgres.shim import DurableWrite
from checker.postgres.validation import FLUSH, RECEIVE, REPLY, Explainer, validate

IN_STEP = (FLUSH, RECEIVE, REPLY)


@pytest.fixture(scope="module")
def gated():
    return Explainer({"mode": "data_flush"})


@pytest.fixture(scope="module")
def stock():
    return Explainer({"mode": "commit"})


@pytest.mark.parametrize("write", ["write_page", "write_commit_log", "update_control_file"])
def test_the_gate_lets_through_what_is_acknowledged(gated, stock, write):
    for explainer in (gated, stock):
        judgement = explainer.judge((*IN_STEP, write))
        assert not judgement.unexplained
        assert not judgement.violated
    ahead = gated.judge((FLUSH, write))
    assert ahead.unexplained == write
    assert "data_released" in ahead.reason
    assert gated.judge((FLUSH, RECEIVE, write)).unexplained == write


def test_without_the_gate_a_write_ahead_is_a_step_that_violates(stock):
    judgement = stock.judge((FLUSH, "write_page"))
    assert not judgement.unexplained
    assert "page_within_standby" in judgement.violated
    # it may have fsynced what it received: then nothing is ahead
    assert stock.judge((FLUSH, RECEIVE, "write_page")).violated == ()


def test_no_page_comes_before_its_log(stock, gated):
    for explainer in (stock, gated):
        assert explainer.judge(("write_page",)).unexplained == "write_page"


def made(*pages):
    """A recording of page writes, each an LSN and what was acknowledged then, the log flushed to 100 before."""
    writes = [
        DurableWrite(1000 + number, 1, "backend", "write", "heap", "base/5/1", 8192 * number, 8192, lsn, told)
        for number, (lsn, told) in enumerate(pages)
    ]
    return Recording(Load(True), 15, 10, writes, Ends([(1, 100)]), Ends([]), Ends([]))


def test_the_first_event_that_no_behaviour_explains_is_named(gated):
    found = validate(made((5, 0), (20, 30), (40, 30), (50, 30)), gated, {"mode": "data_flush"})
    assert (found.events, found.ahead, found.unexplained) == (3, 2, 2)
    event, pattern, judgement = found.first_unexplained
    assert "base/5/1 block 2" in str(event)
    assert "LSN 0/28" in str(event)
    assert pattern == (FLUSH, "write_page")
    assert judgement.unexplained == "write_page"


def test_positions_are_reached_in_time():
    ends = Ends([(1, 10), (5, 10), (7, 30), (9, 20)])
    assert [ends.since(lsn) for lsn in (5, 10, 11, 30, 31)] == [1, 1, 7, 7, None]


def test_a_page_of_the_commit_log_names_its_last_transaction():
    write = DurableWrite(1, 1, "checkpointer", "write", "clog", "pg_xact/0001", 8192, 8192, 4, 0)
    assert transaction_of(write) == (32 + 1) * 32768 + 3
    assert transaction_of(write._replace(page_lsn=0)) == 0


@pytest.mark.parametrize("mode", ["commit", "data_flush"])
def test_real_servers_are_explained(programs, mode):
    done = CliRunner().invoke(main, ["observe", "--mode", mode, "--seconds", "2", "--json"])
    (seen,) = json.loads(done.stdout)
    assert seen["unexplained"] == 0
    if mode == "commit":
        assert done.exit_code == 12
        assert seen["violated"]["page_within_standby"] > 100
        assert "LSN" in seen["first_violation"]["page_within_standby"]
    else:
        assert done.exit_code == 0, seen
        assert (seen["ahead"], seen["violated"]) == (0, {})
        assert seen["writes"] > 20
