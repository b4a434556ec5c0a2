"""The false acknowledgement: an old primary that comes back un-rewound confirms commits of the new one that it lacks.

An acknowledgement is an LSN without a timeline. The returning node replays its own tail to R, past the fork F, and
reports R; the new primary takes that for its own history and releases every commit up to R. Nobody else has them.
"""

from __future__ import annotations

import signal
import threading
from dataclasses import dataclass, field
from pathlib import Path

from checker.postgres import tail
from checker.postgres.client import Client
from checker.postgres.lsn import format_lsn
from checker.postgres.node import Node
from checker.postgres.outcomes import Outcome, refusal_in
from checker.postgres.programs import Programs, find_programs
from checker.postgres.returning import replayed_on
from checker.postgres.stage import NEW_TIMELINE, PREPARED, Stage, open_stage
from checker.postgres.waiting import wait_until

WAITING_CLIENTS = 4
LATER_CLIENTS = 4
ATTEMPTS = 3
"""How often the returning node must have been refused before "nobody was released" is believed."""

_SYNC_WAITERS = "select count(*) from pg_stat_activity where wait_event = 'SyncRep'"


_CLAIMED = "select coalesce(max(flush_lsn), '0/0') from pg_stat_replication where application_name = 'old'"


_STREAMING = "select count(*) from pg_stat_replication where application_name = 'old' and state = 'streaming'"


@dataclass(frozen=True)
class Variant:
    """What is done differently. `names` is synchronous_standby_names; `old` is the returning node, `third` another.

    A third node is attached to the new primary, but gets no WAL: it can confirm nothing. With `late_replies` the
    replies of the returning node arrive when the upstream's walsender streams, a moment that they else may miss.
    """

    name: str
    names: str = "old"
    third: bool = False
    later_segment: bool = False
    cut: bool = False
    late_replies: bool = False


DEFECT = Variant("defect", late_replies=True)
UNAIDED = Variant("defect_unaided")
"""The same and nothing between the two nodes: it comes out in all but few runs, and raises ConditionNotMet in those."""

CONTROLS = (
    Variant("later_segment", later_segment=True),
    Variant("first_third", names="FIRST 1 (third, old)", third=True),
    Variant("any_two", names="ANY 2 (third, old)", third=True),
    Variant("tail_cut", cut=True),
)


@dataclass
class Report:
    """Rows whose commit a client was told of while the old primary was attached (`released`) or gone again
    (`released_later`), and those of them that are `lost` when the old primary takes over."""

    variant: Variant
    released: list[int] = field(default_factory=list)
    released_later: list[int] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)


def run_variant(variant: Variant, programs: Programs | None = None) -> Report:
    """Carries out one variant on real servers. Raises what `run_scenario` raises."""
    stage = open_stage(programs or find_programs(), {})
    report = Report(variant, facts=stage.facts)
    try:
        _make_tail(stage, variant)
        if variant.third:
            _attach_third(stage)
        stage.promote()
        stage.new.configure({"synchronous_standby_names": variant.names})
        clients = _begin_commits(stage.new, range(1001, 1001 + WAITING_CLIENTS))
        wait_until(
            lambda: stage.new.value(_SYNC_WAITERS) == WAITING_CLIENTS, "the commits to wait for a synchronous standby"
        )
        _attach_old_primary(stage, variant, clients, report)
        report.released = _answered(clients)
        if report.released and not variant.cut:
            _detach_old_primary(stage)
            later = _begin_commits(stage.new, range(2001, 2001 + LATER_CLIENTS))
            wait_until(lambda: _all_settled(stage.new, later), "the later commits to be answered or to wait")
            report.released_later = _answered(later)
        stage.facts["new_primary_end"] = format_lsn(stage.new.flushed())
        stage.new.stop_immediate()
        report.lost = _lost(stage.old, report.released + report.released_later)
    finally:
        stage.cluster.close()
    return report


def _make_tail(stage: Stage, variant: Variant) -> None:
    """Commits that only the old primary has, 20 kB of WAL in all, so that R leaves room for commits behind F."""
    stage.insert(1, 2, 3)
    stage.checkpoint()
    stage.cut()
    stage.insert(101)
    stage.old.query("select pg_logical_emit_message(false, '', repeat('x', 20000))")
    stage.insert(102)
    if variant.later_segment:
        stage.old.query("select pg_switch_wal()")
        stage.insert(103)
    stage.crash()


def _attach_third(stage: Stage) -> None:
    """A standby of the new primary, attached while that is a standby itself, which gets no WAL from now on."""
    third = stage.cluster.create("third", prepared=PREPARED)
    proxy = stage.cluster.proxy(stage.new, "proxy-third")
    third.become_standby(proxy.directory)
    third.start()
    proxy.wait_connected()
    position = stage.new.replayed()
    proxy.wait_acknowledged(position)
    proxy.cut_at(position)


def _begin_commits(node: Node, rows: range) -> dict[int, Client]:
    return {row: Client(node, f"insert into account values ({row}, 'client')") for row in rows}


def _answered(clients: dict[int, Client]) -> list[int]:
    return [row for row, client in clients.items() if client.answered]


def _all_settled(node: Node, clients: dict[int, Client]) -> bool:
    return len(_answered(clients)) + int(node.value(_SYNC_WAITERS)) >= len(clients)


def _attach_old_primary(stage: Stage, variant: Variant, clients: dict[int, Client], report: Report) -> None:
    """Starts the old primary and waits until every client is released, or until it was refused often enough."""
    if variant.cut:
        tail.cut(stage.old, stage.fork)
    end_of_tail = stage.end_of_wal()
    mark = stage.old.mark()
    stage.old.become_standby(_late_replies(stage) if variant.late_replies else stage.new.socket)
    stage.old.start()

    def over() -> bool:
        if len(_answered(clients)) == len(clients):
            return True
        refusals = [refusal_in(line) for line in stage.old.log_since(mark).splitlines()]
        if variant.later_segment:
            return (
                sum(refusal is not None and refusal.outcome == Outcome.NOT_IN_HISTORY for refusal in refusals)
                >= ATTEMPTS
            )
        # nobody is released although the upstream has the claim: then this configuration does not believe it
        return bool(variant.third and any(refusals) and stage.new.lsn(_CLAIMED) >= end_of_tail)

    wait_until(over, "the waiting commits to be released, or not", seen=lambda: stage.old.log_since(mark)[-800:])
    if variant.cut:
        end = stage.new.flushed()
        wait_until(lambda: replayed_on(stage.old, NEW_TIMELINE) >= end, "the returned node to replay all there is")
    report.lines = [
        line for line in stage.old.log_since(mark).splitlines() if refusal_in(line) or "started streaming WAL" in line
    ][:2]


def _late_replies(stage: Stage) -> Path:
    """A proxy that lets the replies of the old primary pass as soon as its walsender says that it streams."""
    proxy = stage.cluster.proxy(stage.new, "proxy-late")
    proxy.keep_replies()

    def pass_them() -> None:
        wait_until(lambda: stage.new.value(_STREAMING), "the walsender of the old primary to stream")
        proxy.keep_replies(False)

    threading.Thread(target=pass_them, daemon=True).start()
    return proxy.directory


def _detach_old_primary(stage: Stage) -> None:
    """The old primary goes away, running: stopped now, it would never start again (its minimum recovery point is R)."""
    stage.old.configure({"primary_conninfo": ""})
    if stage.old.pid_of("walreceiver"):
        # idle at the end of the old timeline, it stays attached whatever its configuration says
        stage.old.kill("walreceiver", signal.SIGTERM)
    attached = "select count(*) from pg_stat_replication where application_name = 'old'"
    wait_until(lambda: stage.new.value(attached) == 0, "the old primary to be detached")


def _lost(old: Node, told: list[int]) -> list[int]:
    """The old primary takes over; which of the rows that clients were told of does it not have?"""
    old.query("select pg_promote(true, 30)")
    kept = {row for (row,) in old.query("select id from account")}
    return [row for row in told if row not in kept]
