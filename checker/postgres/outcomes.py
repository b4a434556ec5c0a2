"""How the return of an old primary can end: a closed list, told from what the server logs and whether it lives."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    """The first four are what the log of the returning server says; the last three need more evidence than a line."""

    TAIL_DIVERGED = "tail_diverged"
    START_AHEAD = "start_ahead"
    NOT_IN_HISTORY = "not_in_history"
    NO_CHECKPOINT = "no_checkpoint"
    INVALID_PAGES = "invalid_pages"
    IDENTICAL = "identical"
    SILENT_DIVERGENCE = "silent_divergence"
    BLOCKED = "blocked"


class Refusal(NamedTuple):
    """A line of the log that decides."""

    outcome: Outcome
    line: str


_LINES: tuple[tuple[Outcome, re.Pattern[str]], ...] = tuple(
    (outcome, re.compile(pattern))
    for outcome, pattern in (
        (Outcome.TAIL_DIVERGED, r"new timeline \d+ forked off current database system timeline \d+ before current"),
        (Outcome.START_AHEAD, r"requested starting point \S+ is ahead of the WAL flush position of this server"),
        # in 15.20, not yet in 15.18: up to one segment ahead it does not ask, but waits for wal_receiver_timeout
        (
            Outcome.START_AHEAD,
            r"requested start point \S+ .*is ahead of the upstream server's flush position \S+, waiting",
        ),
        (Outcome.NOT_IN_HISTORY, r"requested starting point \S+ on timeline \d+ is not in this server's history"),
        (Outcome.NOT_IN_HISTORY, r"requested timeline \d+ does not contain minimum recovery point"),
        (Outcome.NOT_IN_HISTORY, r"requested timeline \d+ is not a child of this server's history"),
        (Outcome.NO_CHECKPOINT, r"could not locate a valid checkpoint record"),
        (Outcome.NO_CHECKPOINT, r"could not locate required checkpoint record"),
        (Outcome.INVALID_PAGES, r"WAL contains references to invalid pages"),
    )
)


def refusal_in(log: str) -> Refusal | None:
    """The first line that says why the server does not come back; None while there is none."""
    for line in log.splitlines():
        for outcome, pattern in _LINES:
            if pattern.search(line):
                return Refusal(outcome, line)
    return None
