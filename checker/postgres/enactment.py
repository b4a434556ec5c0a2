"""Servers on which a behaviour of the model is enacted: the first primary's durable writes are held until their turn.

A position k of the model is a slot of the log: the slot's first byte is `base` + k * `slot`, and as many slots as the
model has records in a segment make a segment of the server. So positions compare on servers as they do in the model,
also those of two timelines, and a fork lies in the segment in which the model has it. What fills the slots are logical
messages, which no server replays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from checker.postgres.client import Client
from checker.postgres.cluster import Cluster
from checker.postgres.lsn import format_lsn, segment_start
from checker.postgres.node import SEGMENT_SIZE, Node
from checker.postgres.programs import Programs
from checker.postgres.proxy import Proxy
from checker.postgres.shim import DATA, Kind, Shim
from checker.postgres.waiting import wait_until
from model import settings as chosen
from model.waits import commit_waits, data_waits

PAGE = "p1"
"""The table that is the model's only page: one block, empty since before position 0."""

PREPARED = (
    """do $$ begin
         if exists (select from pg_available_extensions where name = 'pageinspect') then
           create extension pageinspect;
         end if;
       end $$""",
    f"create table {PAGE} (id int, owner text)",
    "create table marker (id int)",
    "create table filler with (fillfactor = 10) as select g id, repeat('x', 200) pad from generate_series(1, 900) g",
    "create index on filler (id)",
    f"insert into {PAGE} values (0, 'nobody')",
    f"delete from {PAGE}",
    f"vacuum (truncate off) {PAGE}",
    "vacuum (truncate off, freeze, analyze)",
)

SERVERS = {
    # all that a slot holds may be in memory only
    "wal_buffers": "16MB",
    "wal_writer_delay": "10ms",
    "wal_receiver_status_interval": "1s",
}

ACTIVITY = "pg_stat_get_activity(null)"
"""What pg_stat_activity shows, without its joins: a session that reads no table needs no buffer, and so evicts none."""

_INSERTED = "select pg_current_wal_insert_lsn()"
_OFFSETS = (0.6, 0.3, 0.1)
"""Where in a slot a record of each timeline lies: where the model calls two equal, the older one is not less."""


class Unmapped(RuntimeError):
    """A step of the model that cannot be done on servers, or not in this order; the message says which and why."""


@dataclass
class Session:
    """The transaction of a backend: its connection while it is open, its number, its commit once that is under way."""

    connection: psycopg.Connection[Any]
    xid: int
    commit: Client | None = None


@dataclass
class Server:
    """A node, and what goes on there."""

    node: Node
    timeline: int = 0
    monitor: psycopg.Connection[Any] | None = None
    sessions: dict[int, Session] = field(default_factory=dict)
    background: list[Client] = field(default_factory=list)
    upstream: Proxy | None = None


class Enactment:
    """Two servers as the model's initial state has them: A the primary, B its standby. Use it in a `with` statement."""

    def __init__(self, state: Any, programs: Programs | None = None) -> None:
        self.settings: chosen.Settings = state.settings
        self.bounds = state.bounds
        self._check()
        self.ends: dict[tuple[int, int], int] = {}
        self.numbers: dict[int, int] = {}
        self.forks: dict[int, int] = {}
        self.timelines: dict[int, tuple[str, int]] = {0: ("A", 1)}
        self.returns: list[int] = []
        self.refused_later = False
        self.checkpoint: Client | None = None
        self.page_mark = 0
        self.evictor: Callable[[], None] | None = None
        self.cluster = Cluster(programs)
        try:
            self._build(state)
        except BaseException:
            self.cluster.close()
            raise

    def __enter__(self) -> Enactment:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends and removes everything."""
        self.stop_evicting()
        self.cluster.close()

    def _check(self) -> None:
        if self.bounds.nodes != 2 or self.bounds.pages != 1 or self.bounds.promotions >= len(_OFFSETS):
            raise Unmapped(
                f"two nodes, one page and up to {len(_OFFSETS) - 1} promotions can be enacted: {self.bounds}"
            )
        if self.settings.promotion_guard == chosen.Waiting.WAIT and self.settings.mode != chosen.Mode.COMMIT:
            raise Unmapped("promotion_guard=wait: a promoted server of today does not wait before it opens")

    # Building

    def _build(self, state: Any) -> None:
        self.names = "B" if commit_waits(state) else ""
        common = {
            **SERVERS,
            "full_page_writes": "on" if self.settings.full_page_writes else "off",
            "wal_log_hints": "on" if self.settings.wal_log_hints else "off",
        }
        first = Server(self.cluster.create("A", shim=True, prepared=PREPARED))
        first.node.start(common)
        second = Server(self.cluster.create("B", prepared=PREPARED))
        second.upstream = self.cluster.proxy(first.node, "A-to-B")
        second.node.become_standby(second.upstream.directory, common)
        second.node.start()
        second.upstream.wait_connected()
        self.servers = {"A": first, "B": second}
        self.file = first.node.value("select pg_relation_filepath(%s)", PAGE)
        self.slot = SEGMENT_SIZE // self.bounds.segment // 8 * 8
        self._begin()
        if commit_waits(state):
            commit = {"synchronous_standby_names": "B", "synchronous_commit": self.settings.synchronous_commit.value}
            first.node.configure(commit)
        elif self.settings.synchronous_commit == chosen.SynchronousCommit.OFF:
            first.node.configure({"synchronous_commit": "off"})
        # what the session asks later it asks now: its catalogs are read before a buffer is anything to wait for
        self.inserted("A")
        self.flushed("A")
        self.waits_of("A")
        self.ask("A", "select pg_logical_emit_message(false, 'pad', repeat('x', 10))")
        self.hold()
        if data_waits(state):
            self._gate()

    def _begin(self) -> None:
        """Position 0: a checkpoint and all before it is on the standby, and a segment begins."""
        first, proxy = self.servers["A"].node, self.servers["B"].upstream
        assert proxy is not None
        first.query("select pg_switch_wal()")
        first.query("checkpoint")
        self.first_xid = int(first.value("select pg_snapshot_xmax(pg_current_snapshot())::text"))
        end = first.flushed()
        self.base = segment_start(end, SEGMENT_SIZE)
        proxy.wait_acknowledged(end, "apply")
        self.ends[0, 0] = proxy.cut_now()
        proxy.keep_replies()

    def _gate(self) -> None:
        if self.settings.guard == chosen.Guard.INSIDE_XLOGFLUSH or self.settings.wait_cancellable:
            return
        kinds = Kind(0)
        for on, kind in (
            (self.settings.page_gate, Kind.HEAP),
            (self.settings.clog_gate, Kind.CLOG),
            (self.settings.control_gate, Kind.CONTROL),
            (self.settings.truncate_gate, Kind.REMOVAL),
        ):
            kinds |= kind if on else Kind(0)
        self.shim.gate(kinds, released_by=self.settings.ack.value)

    # The first primary's durable writes

    @property
    def shim(self) -> Shim:
        """The shim of node A."""
        shim = self.servers["A"].node.shim
        assert shim is not None
        return shim

    def hold(self, let: Kind | None = None) -> None:
        """Nothing becomes durable on node A but writes of the kind `let`; of relations only the model's page."""
        everything = DATA | Kind.WAL
        self.shim.hold(everything if let is None else everything & ~let, path=f"{self.file}$")

    def release(self, kind: Kind, done: Callable[[], Any], what: str) -> None:
        """Lets writes of one kind happen until `done`."""
        self.hold(kind)
        try:
            wait_until(done, what, seen=lambda: str(self.waits_of("A")))
        finally:
            self.hold()

    def stop_evicting(self) -> None:
        """Ends what forces the page out."""
        if self.evictor is not None:
            self.evictor()
            self.evictor = None

    # Questions

    def ask(self, name: str, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of a query on a running server, in a session kept for that."""
        server = self.servers[name]
        if server.monitor is None or server.monitor.closed:
            server.monitor = server.node.connect()
        return server.monitor.execute(sql, parameters or None).fetchall()

    def waits_of(self, name: str, backend: str = "") -> set[str]:
        """What the processes of a server wait for, by the names of pg_stat_activity; those of one kind, or all."""
        sql = f"select wait_event from {ACTIVITY} where wait_event is not null and backend_type like %s"
        return {event for (event,) in self.ask(name, sql, backend or "%")}

    def inserted(self, name: str) -> int:
        """The end of the WAL that a primary has inserted."""
        return self._lsn(name, _INSERTED)

    def flushed(self, name: str) -> int:
        """The end of the WAL that a primary has flushed."""
        return self._lsn(name, "select pg_current_wal_flush_lsn()")

    def _lsn(self, name: str, sql: str) -> int:
        (value,) = self.ask(name, f"select ({sql}) - '0/0'::pg_lsn")[0]
        return int(value)

    # Positions

    def position(self, timeline: int, lsn: int) -> int:
        """The last position of a timeline that ends at or before `lsn`; positions before its fork are its parent's."""
        return max(k for (t, k), end in self.ends.items() if t <= timeline and end <= lsn)

    def pad(self, name: str, timeline: int, position: int) -> None:
        """Fills the log up to where the record of a position has to lie. Raises Unmapped when it is past it."""
        target = self.base + int((position + _OFFSETS[timeline]) * self.slot)
        missing = target - self.inserted(name)
        if missing < 0 and self.inserted(name) >= self.base + (position + 1) * self.slot:
            raise Unmapped(
                f"the server's log is at {format_lsn(self.inserted(name))} already, past position {position}"
            )
        if missing > 1000:
            # page headers take three thousandths
            self.ask(name, "select pg_logical_emit_message(false, 'pad', repeat('x', %s))", int(missing * 0.99))

    def mark(self, name: str, timeline: int, position: int) -> str:
        """Notes that the record of a position ends where the server's log does now."""
        self.ends[timeline, position] = self.inserted(name)
        return f"position {position} of timeline {timeline + 1} is {format_lsn(self.ends[timeline, position])}"

    def number(self, name: str, transaction: int, xid: int) -> None:
        """Notes a transaction's number. Raises Unmapped when the two servers would give it different ones.

        That matters: what a tail left behind of a number is taken for the number's next owner.
        """
        if self.numbers.setdefault(transaction, xid) != xid:
            raise Unmapped(
                f"transaction {transaction + 1} is {self.numbers[transaction]} elsewhere, and {xid} on {name}"
            )

    def later(self, name: str, sql: str) -> Client:
        """Begins a statement that may have to wait."""
        client = Client(self.servers[name].node, sql)
        self.servers[name].background.append(client)
        return client
