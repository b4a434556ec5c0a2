"""Random work on a server, and random ends of it: what trials of preflight are made of."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from random import Random
from typing import Any

import psycopg

from checker.postgres.client import Client
from checker.postgres.node import Node
from checker.postgres.shim import DATA, Kind
from checker.postgres.stage import READ_FILLER, Stage
from checker.postgres.waiting import wait_until

TABLES = ("account", "other", "ledger")
SETUP = (
    "create table ledger (id int primary key, amount int, note text)",
    "create table spare (id int primary key)",
    "create table gone as select generate_series(1, 50) id",
    "create sequence ticket",
    "insert into ledger select g, 0, repeat('n', 100) from generate_series(1, 200) g",
    "insert into account select g, repeat('x', 200) from generate_series(1, 150) g",
)
"""More tables than the stage has: with an index, to be truncated, to be dropped."""


def statement(random: Random) -> tuple[str, str]:
    """A name and the statement: something that a client or a DBA does."""
    number, rows = random.randrange(1000, 1_000_000), random.choice((1, 1, 3, 40, 200))
    where = f"id % {random.choice((1, 2, 7, 50))} = 0"
    name = random.choice(sorted(_STATEMENTS))
    return name, _STATEMENTS[name].format(number=number, rows=rows, last=number + rows - 1, where=where)


_STATEMENTS = {
    "insert": "insert into account select g, repeat('y', 100) from generate_series({number}, {last}) g",
    "insert_indexed": "insert into ledger select g, 1, 'new' from generate_series({number}, {last}) g "
    "on conflict do nothing",
    "update": "update account set owner = 'u{number}' where {where}",
    "update_hot": "update ledger set amount = amount + 1 where {where}",
    "delete": "delete from ledger where {where} and id > 20",
    "vacuum": "vacuum ledger, account",
    "freeze": "vacuum (freeze) account",
    "truncating_vacuum": "delete from account where id > 60; vacuum account",
    "select": "select count(*) from account; select count(*) from ledger",
    "index_scan": "set enable_seqscan = off; set enable_bitmapscan = off; "
    "select count(amount) from ledger where id > 0; reset enable_seqscan",
    "checkpoint": "checkpoint",
    "evict": READ_FILLER,
    "create": "create table t{number} as select g id from generate_series(1, {rows}) g",
    "create_index": "create index on account (id)",
    "truncate": "truncate spare",
    "fill": "insert into spare select g from generate_series({number}, {last}) g",
    "drop": "drop table if exists gone",
    "sequence": "select nextval('ticket')",
    "subtransaction": "begin; insert into other values ({number}); savepoint s; insert into ledger values "
    "({number}, 1, 's') on conflict do nothing; release s; commit",
    "rolled_back": "begin; update ledger set amount = -1 where {where}; rollback",
    "prepared": "begin; insert into other values ({number}); prepare transaction 'p{number}'; "
    "commit prepared 'p{number}'",
    "locked": "begin; select id from ledger where {where} for share; commit",
    "switch": "select pg_switch_wal()",
    "message": "select pg_logical_emit_message(true, '', repeat('m', 20000))",
    "analyze": "analyze ledger",
}
_GENTLE = ("insert", "update", "sequence", "subtransaction", "message")
"""Statements that need no page to be written, so that the gate does not hold them."""


def run(node: Node, sql: str) -> None:
    """Runs statements one by one in a session of their own, and gives up where another transaction is in the way."""
    with contextlib.suppress(psycopg.errors.LockNotAvailable), node.connect() as session:
        session.execute("set lock_timeout = '200ms'")
        for one in sql.split("; "):
            if one.strip():
                session.execute(one)


class Workload:
    """Work on the old primary of a stage: what both servers have, then what only the old one has, then its end."""

    def __init__(self, stage: Stage, random: Random, *, gated: bool, waiting: bool) -> None:
        self.stage, self.random = stage, random
        self.gated, self.waiting = gated, waiting
        self.done: list[str] = []
        self._open: psycopg.Connection[Any] | None = None
        self._clients: list[Client] = []

    def shared(self) -> None:
        """What the standby has too, and perhaps a transaction that is still open when nothing is sent any more."""
        for sql in SETUP:
            run(self.stage.old, sql)
        for _ in range(self.random.randrange(4)):
            self._one(self.stage.old)
        if self.random.random() < 0.4:
            self._open = self.stage.old.connect()
            self._open.execute("begin")
            self._open.execute(
                self.random.choice(
                    (
                        "insert into account values (7777, 'open')",
                        "update ledger set amount = 7 where id < 30",
                        "delete from ledger where id between 40 and 60",
                    )
                )
            )
            self.done.append("open transaction")
            self.stage.insert(1, table="other")
            if self.random.random() < 0.5:
                self.stage.checkpoint()
                self.done.append("checkpoint")

    def alone(self) -> None:
        """What only the old primary has."""
        self.done.append("| cut |")
        if self.gated:
            return self._alone_gated()
        if self._open is not None and self.random.random() < 0.8:
            end = self.random.choice(("commit", "commit", "commit", "rollback"))
            self._finish(end)
        for _ in range(self.random.choice((0, 1, 1, 2, 3, 5))):
            self._one(self.stage.old)
        if self.random.random() < 0.35 and not self.waiting:
            self._to_disk()
        if self.random.random() < 0.15 and not self.waiting:
            self._half_a_checkpoint()
        return None

    def _to_disk(self) -> None:
        """Hints are set, and pages go to disk without a checkpoint: what no log and no LSN may show."""
        run(self.stage.old, _STATEMENTS[self.random.choice(("select", "index_scan"))])
        run(self.stage.old, "; ".join([READ_FILLER] * 4))
        self.done.append("queries and evictions")

    def _finish(self, end: str) -> None:
        assert self._open is not None
        self.done.append(end)
        if self.waiting and end == "commit":
            self._background("commit", self._open)
        else:
            self._open.execute(end)

    def _alone_gated(self) -> None:
        """Under the gate small work goes on; a checkpoint and an eviction wait."""
        for _ in range(self.random.randrange(4)):
            name = self.random.choice(_GENTLE)
            number = self.random.randrange(1000, 1_000_000)
            sql = _STATEMENTS[name].format(number=number, rows=2, last=number + 1, where="id = 3")
            client = Client(self.stage.old, sql)
            self._clients.append(client)
            # even small work may have to evict a page first
            self._done_or_waiting(client)
            self.done.append(name)
        self.stage.in_background("checkpoint")
        self.stage.in_background(";".join([READ_FILLER] * 6))
        self.done.append("checkpoint and eviction wait")
        # with nothing written since the cut there is nothing to wait for but the checkpoint's own record
        wait_until(lambda: self.stage.shim.waiting, "somebody to wait at the gate")

    def _done_or_waiting(self, client: Client) -> None:
        wait_until(lambda: client.ended or self.stage.shim.waiting, "small work to be done, or to wait at the gate")

    def _half_a_checkpoint(self) -> None:
        """A checkpoint that a crash ends before its first page; without a page to write it is a whole one."""
        self.stage.shim.hold(Kind.HEAP, role="checkpointer")
        client = Client(self.stage.old, "checkpoint")
        wait_until(lambda: self.stage.shim.holding or client.ended, "the checkpoint to be held, or through")
        self._clients.append(client)
        self.done.append("half a checkpoint")

    def _one(self, node: Node) -> None:
        name, sql = statement(self.random)
        if self.waiting and node is self.stage.old and "| cut |" in self.done:
            self._background(sql, None)
        else:
            run(node, sql)
        self.done.append(name)

    def _background(self, sql: str, session: psycopg.Connection[Any] | None) -> None:
        """A statement whose commit waits for the standby: it ends with the server."""
        client = Client(self.stage.old, sql, session)
        self._clients.append(client)
        waits = "select count(*) from pg_stat_activity where wait_event = 'SyncRep'"
        wait_until(lambda: client.ended or self.stage.old.value(waits), "the commit to wait, or to be through")

    def onward(self, node: Node) -> None:
        """What the new primary does before the old one comes back."""
        self.done.append("| promoted |")
        for _ in range(self.random.randrange(5)):
            self._one(node)
        if self.random.random() < 0.15:
            self._lose_a_transaction(node)

    def _lose_a_transaction(self, node: Node) -> None:
        """A transaction number is used by a transaction that a crash of the new primary ends without a trace."""
        with node.connect() as session:
            session.execute("begin")
            session.execute("insert into account values (8888, 'lost')")
            run(node, "insert into other values (8888)")
            node.stop_immediate()
        node.start()
        self.done.append("a transaction lost in a crash")

    def crash(self) -> None:
        """The old primary goes down, one way or another."""
        # who waits at the gate does not notice that the postmaster is gone
        how: list[tuple[str, Callable[[], None]]] = [("immediate stop", self.stage.old.stop_immediate)]
        how += [] if self.gated else [("kill -9", self._kill)]
        name, crash = self.random.choice(how)
        self.done.append(name)
        crash()
        self.stage.old.close_connections()
        self.stage.shim.let_go()
        for client in self._clients:
            client.join()

    def _kill(self) -> None:
        self.stage.shim.let_go()
        self.stage.old.kill_postmaster()
        self.stage.old.wait_ended()


def gate(stage: Stage) -> None:
    """Data waits for the standby from here on, as under the patch."""
    stage.shim.gate(DATA)
