"""Servers on which a behaviour of the model is enacted: the first primary's durable writes are held until their turn.

A position k of the model is a slot of the log: the slot's first byte is `base` + k * `slot`, and as many slots as the
model has records in a segment make a segment of the server. So positions compare on servers as they do in the model,
also those of two timelines, and a fork lies in the segment in which the model has it. What fills the slots are logical
messages, which no server replays.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from checker.postgres.client import Client
from checker.postgres.cluster import Cluster
from checker.postgres.feasible import OFFSETS, Unmapped, check_feasible
from checker.postgres.lsn import format_lsn, segment_start
from checker.postgres.node import SEGMENT_SIZE, Node
from checker.postgres.programs import Programs
from checker.postgres.proxy import Proxy
from checker.postgres.shim import DATA, Kind, Op, Shim
from checker.postgres.waiting import wait_until
from checker.postgres.wal import end_of_wal
from model import settings as chosen
from model.waits import commit_waits, data_waits, write_releases

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
    # what ANALYZE has written: a hint that is set on it later would be logged, and to write that page flush the log
    "vacuum (truncate off, freeze)",
)

SERVERS = {
    # all that a slot holds may be in memory only
    "wal_buffers": "16MB",
    "wal_writer_delay": "10ms",
    "wal_receiver_status_interval": "1s",
}

ACTIVITY = "pg_stat_get_activity(null)"
"""What pg_stat_activity shows, without its joins: a session that reads no table needs no buffer, and so evicts none."""

WAITS = f"select wait_event from {ACTIVITY} where wait_event is not null and backend_type like %s"
WAITS_OF_PROCESS = f"select lower(wait_event) from {ACTIVITY} where pid = %s"
WAITS_OF_KIND = f"select lower(wait_event) from {ACTIVITY} where backend_type = %s"
WAITS_OF_QUERY = f"select lower(wait_event) from {ACTIVITY} where query = %s"
QUESTIONS = ((WAITS, "%"), (WAITS_OF_PROCESS, 0), (WAITS_OF_KIND, ""), (WAITS_OF_QUERY, ""))
"""What is asked while buffers are scarce, each with an argument: asked once before, it needs none to be understood."""

_INSERTED = "select pg_current_wal_insert_lsn()"
NOTHING = Kind(0)


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
    follows: str = ""
    """The node that `upstream` stands in front of."""
    fsynced: int = 0
    """Up to where a standby has fsynced, as the model has it; its server does so at once."""
    stopping: bool = False
    """A shutdown is under way."""
    recovering: bool = False
    """A crash recovery is under way, and this is a primary's."""
    stopped_process: int = 0
    """Its checkpointer, stopped by a signal; 0 when it runs."""

    @property
    def silent(self) -> bool:
        """No session can ask anything."""
        return self.stopping or self.recovering


class Enactment:
    """Servers as the model's initial state has them: A the primary, its standbys. Use it in a `with` statement."""

    def __init__(self, state: Any, programs: Programs | None = None) -> None:
        self.initial = state
        self.settings: chosen.Settings = state.settings
        self.bounds = state.bounds
        check_feasible(self.settings, self.bounds)
        self.ends: dict[tuple[int, int], int] = {}
        self.numbers: dict[int, int] = {}
        self.forks: dict[int, int] = {}
        self.timelines: dict[int, tuple[str, int]] = {0: ("A", 1)}
        self.returns: list[int] = []
        self.refused_later = False
        self.checkpoint: Client | None = None
        self.page_mark = 0
        self.evictor: Callable[[], None] | None = None
        self.synced: dict[Path, bytes] = {}
        self.rewind_said = ""
        self.vacuumed = False
        self.dropped = False
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
        for name in getattr(self, "servers", {}):
            self.wake(name)
        self.cluster.close()

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
        self.servers = {"A": first}
        for name in "BC"[: self.bounds.nodes - 1]:
            self.servers[name] = self._standby(name, common)
        self.acknowledging = self.upstream_of("B")
        """Where what the first primary is told passes: from B, whose reports release its waits."""
        self.file = first.node.value("select pg_relation_filepath(%s)", PAGE)
        self.slot = SEGMENT_SIZE // self.bounds.segment // 8 * 8
        self.prepare_questions()
        self._begin()
        if commit_waits(state):
            commit = {"synchronous_standby_names": "B", "synchronous_commit": self.settings.synchronous_commit.value}
            first.node.configure(commit)
        elif self.settings.synchronous_commit == chosen.SynchronousCommit.OFF:
            first.node.configure({"synchronous_commit": "off"})
        self.hold()
        self.gate()
        self.splits_reception = write_releases(state) or self.settings.standby_faults == chosen.Faults.OS
        """What a standby has received and not fsynced makes a difference. It fsyncs at once; what A is told of that,
        and what a crash of its system leaves, is as if it did so when the model says."""
        for name in self.standbys:
            self.is_fsynced(name, self.ends[0, 0])

    def _standby(self, name: str, settings: Mapping[str, str]) -> Server:
        """A standby of A that streams."""
        server = Server(self.cluster.create(name, prepared=PREPARED))
        server.upstream, server.follows = self.cluster.proxy(self.servers["A"].node, f"A-to-{name}"), "A"
        server.node.become_standby(server.upstream.directory, settings)
        server.node.start()
        server.upstream.wait_connected()
        return server

    @property
    def standbys(self) -> list[str]:
        """The nodes that are standbys at first."""
        return [name for name in self.servers if name != "A"]

    def upstream_of(self, name: str) -> Proxy:
        """The proxy between a standby and its upstream."""
        proxy = self.servers[name].upstream
        assert proxy is not None
        return proxy

    def _begin(self) -> None:
        """Position 0: a checkpoint and all before it is on the standby, and a segment begins."""
        first = self.servers["A"].node
        first.query("select pg_switch_wal()")
        first.query("checkpoint")
        self.first_xid = int(first.value("select pg_snapshot_xmax(pg_current_snapshot())::text"))
        end = first.flushed()
        self.base = segment_start(end, SEGMENT_SIZE)
        for name in self.standbys:
            self.upstream_of(name).wait_acknowledged(end, "apply")
        self.ends[0, 0] = max(self.upstream_of(name).cut_now() for name in self.standbys)
        for name in self.standbys:
            # a reply of C releases nobody
            proxy = self.upstream_of(name)
            proxy.keep_replies() if name == "B" else proxy.lose_replies()
        self.note_synced()

    def gate(self, but: Kind = NOTHING) -> None:
        """From now on the first primary's writes wait for the standby, as the settings say, but those of a kind."""
        if not data_waits(self.initial):
            return
        if self.settings.guard == chosen.Guard.INSIDE_XLOGFLUSH or self.settings.wait_cancellable:
            return
        kinds = Kind(0)
        for on, kind in (
            (self.settings.page_gate, Kind.HEAP),
            (self.settings.clog_gate and self.knows_commit_lsn, Kind.CLOG),
            (self.settings.control_gate, Kind.CONTROL),
            (self.settings.truncate_gate, Kind.REMOVAL),
        ):
            kinds |= kind if on else Kind(0)
        in_recovery = self.servers["A"].recovering and self.settings.recovery_guard == chosen.Waiting.WAIT
        self.shim.gate(kinds & ~but, released_by=self.settings.ack.value, in_recovery=in_recovery)

    @property
    def knows_commit_lsn(self) -> bool:
        """Every status in the commit log has an LSN to wait for."""
        asynchronous = self.settings.synchronous_commit == chosen.SynchronousCommit.OFF
        return asynchronous or self.settings.commit_lsn != chosen.CommitLsn.ASYNC_ONLY

    # The first primary's durable writes

    @property
    def shim(self) -> Shim:
        """The shim of node A."""
        shim = self.servers["A"].node.shim
        assert shim is not None
        return shim

    def hold(self, let: Kind | None = None, fsync: bool = False) -> None:
        """Nothing becomes durable on node A but writes of the kind `let`; of relations only the model's page.

        Where its system may crash, fsyncs are held too, unless they are let happen.
        """
        first = self.servers["A"]
        everything = DATA if first.silent else DATA | Kind.WAL
        ops = ~Op.FSYNC if fsync or not self.may_lose_writes else ~Op(0)
        # recovery notes in the control file that it begins, and that the server is open: the checkpoint is held only
        role = "checkpointer" if first.recovering else ""
        self.shim.hold(everything if let is None else everything & ~let, ops=ops, role=role, path=f"{self.file}$")

    def release(self, kind: Kind, done: Callable[[], Any], what: str) -> None:
        """Lets writes of one kind happen until `done`."""
        self.hold(kind)
        try:
            wait_until(done, what, seen=self.titles)
        finally:
            self.hold()

    def titles(self) -> str:
        """What the processes of node A say that they do."""
        return ", ".join(self.servers["A"].node.processes().values())

    @property
    def may_lose_writes(self) -> bool:
        """The first primary's system may crash, and with it what was not fsynced is lost."""
        return self.settings.primary_faults == chosen.PrimaryFaults.OS

    def note_synced(self) -> None:
        """The page and the commit log are on node A's disk as they are now: fsynced."""
        data = self.servers["A"].node.data
        paths = (data / self.file, data / "pg_xact" / "0000")
        self.synced = {path: path.read_bytes() for path in paths if path.exists()}

    def is_fsynced(self, name: str, lsn: int) -> None:
        """From now on a standby has fsynced up to `lsn`."""
        self.servers[name].fsynced = lsn
        if self.splits_reception:
            self.upstream_of(name).report_flushed(lsn)

    def keep_from_checkpoints(self, name: str) -> None:
        """Stops the checkpointer of a node: what a promoted server would do by itself is not to happen."""
        server = self.servers[name]
        server.stopped_process = server.node.kill("checkpointer", signal.SIGSTOP)

    def wake(self, name: str) -> None:
        """Lets the checkpointer go on."""
        server = self.servers[name]
        if server.stopped_process and server.node.pid_of("checkpointer") == server.stopped_process:
            server.node.kill("checkpointer", signal.SIGCONT)
        server.stopped_process = 0

    def stop_evicting(self) -> None:
        """Ends what forces the page out."""
        if self.evictor is not None:
            self.evictor()
            self.evictor = None

    # Questions

    def prepare_questions(self) -> None:
        """What the session asks node A later it asks now: its catalogs are read before buffers are scarce."""
        self.inserted("A")
        self.flushed("A")
        self.ask("A", "select pg_logical_emit_message(false, 'pad', repeat('x', 10))")

    def ask(self, name: str, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of a query on a running server, in a session kept for that."""
        server = self.servers[name]
        if server.monitor is None or server.monitor.closed:
            server.monitor = server.node.connect()
            for question, one in QUESTIONS:
                server.monitor.execute(question, (one,))
        return server.monitor.execute(sql, parameters or None).fetchall()

    def waits_of(self, name: str, backend: str = "") -> set[str]:
        """What the processes of a server wait for, by the names of pg_stat_activity; those of one kind, or all."""
        return {event for (event,) in self.ask(name, WAITS, backend or "%")}

    def inserted(self, name: str) -> int:
        """The end of the WAL that a primary has inserted; one that stops flushes all it inserts."""
        return self.flushed(name) if self.servers[name].silent else self._lsn(name, _INSERTED)

    def flushed(self, name: str) -> int:
        """The end of the WAL that a primary has flushed."""
        if self.servers[name].silent:
            return self.end_of_wal()
        return self._lsn(name, "select pg_current_wal_flush_lsn()")

    def end_of_wal(self) -> int:
        """The end of the first timeline in the files of node A."""
        return end_of_wal(self.servers["A"].node.pg_wal, 1, self.base, SEGMENT_SIZE)

    def _lsn(self, name: str, sql: str) -> int:
        (value,) = self.ask(name, f"select ({sql}) - '0/0'::pg_lsn")[0]
        return int(value)

    # Positions

    def position(self, timeline: int, lsn: int) -> int:
        """The last position of a timeline that ends at or before `lsn`; positions before its fork are its parent's."""
        return max(k for (t, k), end in self.ends.items() if t <= timeline and end <= lsn)

    def pad(self, name: str, timeline: int, position: int) -> None:
        """Fills the log up to where the record of a position has to lie. Raises Unmapped when it is past it."""
        target = self.base + int((position + OFFSETS[timeline]) * self.slot)
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
