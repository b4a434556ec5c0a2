"""A ROLLBACK PREPARED that a crash undoes: a checkpoint in the middle of it, on real servers.

What the claim two-phase-checkpoint-race finds, without a failover: the primary crashes and starts again alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from checker.postgres.client import Client
from checker.postgres.cluster import Cluster
from checker.postgres.lsn import format_lsn
from checker.postgres.node import Node
from checker.postgres.programs import Programs
from checker.postgres.shim import Kind, Op
from checker.postgres.stage import PREPARED
from checker.postgres.waiting import ConditionNotMet, wait_until

KNOWN, GHOST = 1, 7
"""The row that is committed, and the row of the prepared transaction."""

PATIENCE = 5.0
"""Seconds after which a checkpoint that has not written the state file is taken to wait for the rollback."""


@dataclass
class Undone:
    """What a server did; `delayed`: the checkpoint waited for the ROLLBACK PREPARED, as it does for a commit.

    `risen`: after the crash the transaction is prepared again.  Then it is committed, and the rows are those that the
    primary and its standby show.
    """

    raced: bool
    delayed: bool = False
    risen: bool = False
    primary_rows: list[int] = field(default_factory=list)
    standby_rows: list[int] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    @property
    def as_predicted(self) -> bool:
        """The model: it rises exactly where a checkpoint fits in between (abort_delays_checkpoint=false)."""
        return self.risen == (self.raced and not self.delayed)


def undo_rollback(programs: Programs, *, raced: bool = True) -> Undone:
    """Rolls a prepared transaction back, with a checkpoint in the middle if `raced`, crashes and starts again.

    The rollback's backend is held where it writes its WAL, which it does before it sets the abort in the commit log.
    A synchronous standby that does not exist keeps it from removing the state file, as a slow one would.
    """
    with Cluster(programs) as cluster:
        old = cluster.create("old", shim=True, prepared=PREPARED)
        old.start({"synchronous_standby_names": "nobody"})
        proxy = cluster.proxy(old, "proxy")
        new = cluster.create("new", prepared=PREPARED)
        new.become_standby(proxy.directory)
        new.start()
        proxy.wait_connected()
        seen = Undone(raced)
        rollback = _rollback(old, seen)
        wait_until(lambda: new.replayed() >= old.flushed(), "the standby to replay the rollback")
        seen.facts["prepared_on_standby"] = ", ".join(_prepared(new)) or "nothing"
        _rows(new)  # a reader there finds the row of an aborted transaction, and marks it
        old.stop_immediate()
        rollback.join()
        seen.facts["state_files_after_crash"] = str(len(_state_files(old)))
        mark = old.mark()
        old.start({"synchronous_standby_names": ""})
        seen.risen = "ghost" in _prepared(old)
        if seen.risen:
            old.query("commit prepared 'ghost'")
        wait_until(lambda: new.replayed() >= old.flushed(), "the standby to replay what came after the crash")
        seen.primary_rows, seen.standby_rows = _rows(old), _rows(new)
        words = ("redo starts", "prepared transaction", "two-phase")
        seen.lines = [line for line in old.log_since(mark).splitlines() if any(word in line for word in words)]
        return seen


def _rollback(old: Node, seen: Undone) -> Client:
    """Up to where the backend waits for its standby, or, if the checkpoint comes late, until all of it is over."""
    assert old.shim is not None
    writer = old.connect()
    writer.execute("set synchronous_commit = local")
    writer.execute(f"insert into account values ({KNOWN}, 'known')")
    writer.execute("begin")
    writer.execute(f"insert into account values ({GHOST}, 'ghost')")
    writer.execute("prepare transaction 'ghost'")
    session, checkpointing, watching = old.connect(), old.connect(), old.connect()
    for each in (session, checkpointing, watching):
        each.execute("select count(*) from account")  # what a first statement has to load is loaded
    if not seen.raced:
        checkpointing.execute("checkpoint")
        return _held_for_standby(old, Client(old, "rollback prepared 'ghost'", session))
    old.shim.hold(Kind.WAL, ops=Op.WRITE, role="backend")
    rollback = Client(old, "rollback prepared 'ghost'", session)
    shim = old.shim
    wait_until(lambda: shim.held(Kind.WAL, Op.WRITE) > 0, "the rollback to write its WAL")
    row = watching.execute("select pg_current_wal_insert_lsn()::text").fetchone()
    seen.facts["end_of_abort_record"] = row[0] if row else ""
    checkpoint = Client(old, "checkpoint", checkpointing)
    try:
        wait_until(lambda: _state_files(old), "the checkpoint to write the state file", limit=PATIENCE)
    except ConditionNotMet:
        seen.delayed = True
    old.shim.let_go()
    wait_until(lambda: checkpoint.ended, "the checkpoint to end")
    seen.facts["redo_point"] = format_lsn(old.control_file().redo)
    return _held_for_standby(old, rollback)


def _held_for_standby(old: Node, rollback: Client) -> Client:
    wait_until(
        lambda: any("ROLLBACK PREPARED waiting for" in title for title in old.processes().values()),
        "the rollback to wait for its standby",
    )
    return rollback


def _state_files(node: Node) -> list[str]:
    return [path.name for path in (node.data / "pg_twophase").iterdir()]


def _prepared(node: Node) -> list[str]:
    return [gid for (gid,) in node.query("select gid from pg_prepared_xacts")]


def _rows(node: Node) -> list[int]:
    return [number for (number,) in node.query("select id from account order by id")]
