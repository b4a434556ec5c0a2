"""Outcomes told from log lines: the lines are those that PostgreSQL 15 prints."""

import pytest

from checker.postgres.outcomes import Outcome, refusal_in
from checker.postgres.returning import blocked_in

LINES = {
    "startup LOG:  new timeline 2 forked off current database system timeline 1 before current recovery point 0/5A": (
        Outcome.TAIL_DIVERGED
    ),
    "ERROR:  requested starting point 0/700000 is ahead of the WAL flush position of this server 0/6F5F40": (
        Outcome.START_AHEAD
    ),
    (
        "walreceiver requested start point 0/00900000 on timeline 1 is ahead of the upstream server's flush position"
        " 0/008002E0, waiting"
    ): Outcome.START_AHEAD,
    "ERROR:  requested starting point 0/700000 on timeline 1 is not in this server's history": Outcome.NOT_IN_HISTORY,
    "FATAL:  requested timeline 2 does not contain minimum recovery point 0/6F6130 on timeline 1": (
        Outcome.NOT_IN_HISTORY
    ),
    "PANIC:  could not locate a valid checkpoint record": Outcome.NO_CHECKPOINT,
    "PANIC:  could not locate a valid checkpoint record at 0/7000028": Outcome.NO_CHECKPOINT,
    "PANIC:  WAL contains references to invalid pages": Outcome.INVALID_PAGES,
}


@pytest.mark.parametrize("line", LINES)
def test_a_line_decides(line):
    refusal = refusal_in(f"LOG:  entering standby mode\n{line}\nLOG:  shutting down")
    assert refusal is not None
    assert refusal == (LINES[line], line)


def test_a_healthy_log_decides_nothing():
    log = "LOG:  redo starts at 0/6F5E90\nLOG:  started streaming WAL from primary at 0/600000 on timeline 1\n"
    assert refusal_in(log) is None


def test_the_first_line_counts():
    lines = list(LINES)
    refusal = refusal_in("\n".join(reversed(lines)))
    assert refusal is not None
    assert refusal.line == lines[-1]


ASKED = """walreceiver LOG:  started streaming WAL from primary at 0/{start} on timeline 1
walreceiver LOG:  replication terminated by primary server
walreceiver DETAIL:  End of WAL reached on timeline 1 at 0/8002E0.
"""
WAITS = "startup LOG:  waiting for WAL to become available at 0/800330\n"


def test_who_asks_for_the_same_again_and_again_is_blocked():
    """cut_late with the checkpoint in the tail: in standby mode a server looks for its record for ever."""
    assert blocked_in(ASKED.format(start="800000") * 7) is None
    for log in ((ASKED.format(start="800000") + WAITS) * 8, ASKED.format(start="800000") * 8):
        # whether it waits before it asks again is a matter of how long the last time took
        found = blocked_in(log)
        assert found is not None
        assert (found.outcome, "0/800000" in found.line) == (Outcome.BLOCKED, True)
    assert blocked_in("".join(ASKED.format(start=f"80{number}000") for number in range(8))) is None


def test_who_waits_for_an_upstream_is_not_blocked():
    """One that is not there, and one that has nothing new: neither tells it an end."""
    assert blocked_in(WAITS * 20) is None
    assert blocked_in((ASKED.partition("\n")[0].format(start="800000") + "\n" + WAITS) * 20) is None
    assert blocked_in(ASKED.format(start="800000") + WAITS * 20) is None
