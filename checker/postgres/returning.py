"""The old primary comes back as a standby of the new one: what happens, from its log, its life and its data."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass, field

import psycopg

from checker.postgres.compare import Difference, contents, differences
from checker.postgres.lsn import format_lsn, parse_lsn
from checker.postgres.node import Node, NodeFailed
from checker.postgres.outcomes import Outcome, Refusal, refusal_in
from checker.postgres.waiting import wait_until

_STREAMING = """
    select received_tli, pg_last_wal_replay_lsn()::text from pg_stat_wal_receiver where status = 'streaming'
"""

_ASKED = re.compile(r"started (?:streaming WAL|WAL streaming) .*?at (\S+) on timeline (\d+)")
_ENDED = re.compile(r"End of WAL reached on timeline (\d+) at (\S+)\.")
_FOR_EVER = 8
"""Times after which the same again is for ever: a standby that only waits for its upstream is not told an end."""

_STREAMING_ON = re.compile(r"started (?:streaming WAL|WAL streaming) .* on timeline (\d+)")


@dataclass(frozen=True)
class Return:
    """How a return ended: the outcome, the line of the log that says so, and what was found to differ."""

    outcome: Outcome
    line: str = ""
    differences: list[Difference] = field(default_factory=list)


def come_back(node: Node, primary: Node, timeline: int, first_xid: int) -> Return:
    """Starts a stopped node as a standby of `primary`, which is on `timeline`, and judges what comes of it.

    Data is compared for transactions from `first_xid` on. Raises NodeFailed when the node ends for a reason that is
    in no list, ConditionNotMet when nothing happens at all.
    """
    mark = node.mark()
    node.become_standby(primary.socket)
    node.start(wait=False)
    refused = wait_refused_or_streaming(node, timeline, mark)
    if refused is None:
        # Ghosts show only after a record of the running transactions: a checkpoint writes one.
        primary.query("checkpoint")
        refused = _wait_replayed(node, timeline, primary.flushed(), mark)
    if refused is not None:
        return Return(refused.outcome, refused.line)
    return compare_data(node, primary, first_xid)


def compare_data(returned: Node, primary: Node, first_xid: int, dropped: Container[str] = ()) -> Return:
    """Compares all that can be seen; the returned node is read first, to its end.

    It may lack the files of tables that were `dropped` on a history that the primary does not have.
    """
    next_xid = int(returned.value("select pg_snapshot_xmax(pg_current_snapshot())::text"))
    ours = contents(returned, first_xid, next_xid, dropped)
    found = differences(ours, contents(primary, first_xid, next_xid))
    return Return(Outcome.SILENT_DIVERGENCE if found else Outcome.IDENTICAL, differences=found)


def take_over(returned: Node, primary: Node) -> Return:
    """A second failover: a standby does not show which prepared transactions it has, a promoted one does."""
    theirs = {gid for (gid,) in primary.query("select gid from pg_prepared_xacts")}
    primary.stop_immediate()
    returned.query("select pg_promote(true, 30)")
    ours = {gid for (gid,) in returned.query("select gid from pg_prepared_xacts")}
    found = [
        Difference("prepared transaction", gid, "it" if gid in ours else "none", "it" if gid in theirs else "none")
        for gid in sorted(ours ^ theirs)
    ]
    return Return(Outcome.SILENT_DIVERGENCE if found else Outcome.IDENTICAL, differences=found)


def blocked_in(log: str) -> Refusal | None:
    """A standby that asks for ever and gets nothing it can use: so often the same request, and the same end.

    It looks for its checkpoint in standby mode (a minimum recovery point is known), and who could send it has forked.
    That it waits is no sign: it says so only when asking took less than wal_retrieve_retry_interval.
    """
    ends = Counter(_ENDED.findall(log))
    for (start, timeline), times in Counter(_ASKED.findall(log)).items():
        for (ended, end), answers in ends.items():
            if ended == timeline and min(times, answers) >= _FOR_EVER:
                return Refusal(
                    Outcome.BLOCKED, f"asks for {start} on timeline {timeline}, which ends at {end}: {answers} times"
                )
    return None


def wait_refused_or_streaming(node: Node, timeline: int, mark: int) -> Refusal | None:
    """Returns the refusal when the node logs one, None when it streams the timeline. Raises NodeFailed.

    The log says so: pg_stat_wal_receiver calls a walreceiver streaming that has only just asked.
    """

    def settled() -> list[Refusal | None]:
        refusal = _refusal_or_life(node, mark) or blocked_in(node.log_since(mark))
        return [refusal] if refusal or str(timeline) in _STREAMING_ON.findall(node.log_since(mark)) else []

    what = f"{node.name} to stream timeline {timeline}, or to refuse"
    return wait_until(settled, what, seen=lambda: node.log_since(mark)[-1500:])[0]


def _wait_replayed(node: Node, timeline: int, lsn: int, mark: int) -> Refusal | None:
    """Returns the refusal, or None as soon as the node has replayed the timeline up to `lsn`."""

    def settled() -> list[Refusal | None]:
        refusal = _refusal_or_life(node, mark)
        return [refusal] if refusal or replayed_on(node, timeline) >= lsn else []

    what = f"{node.name} to replay timeline {timeline} up to {format_lsn(lsn)}, or to refuse"
    return wait_until(settled, what, seen=lambda: node.log_since(mark)[-1500:])[0]


def _refusal_or_life(node: Node, mark: int) -> Refusal | None:
    """The refusal in the log; without one the node must be alive. The log is read last: its last words count."""
    alive = node.running()
    refusal = refusal_in(node.log_since(mark))
    if not alive and refusal is None:
        raise NodeFailed(f"{node.name} ended for a reason that is in no list:\n{node.log_since(mark)[-3000:]}")
    return refusal


def replayed_on(node: Node, timeline: int) -> int:
    """How far a standby has replayed while it streams `timeline`; 0 while it streams another one or cannot be asked.

    The timeline matters: the tail of a diverged node reaches past positions that the new timeline has not got to.
    """
    try:
        rows = node.query(_STREAMING)
    except psycopg.OperationalError:
        return 0
    if not rows or rows[0][0] != timeline or rows[0][1] is None:
        return 0
    return parse_lsn(rows[0][1])
