"""What every scenario shares: an old primary under the shim, its standby behind the proxy, and a table to harm."""

from __future__ import annotations

from collections.abc import Mapping

from checker.postgres.client import Client
from checker.postgres.cluster import Cluster
from checker.postgres.lsn import format_lsn
from checker.postgres.node import SEGMENT_SIZE, Node
from checker.postgres.programs import Programs
from checker.postgres.shim import Shim
from checker.postgres.tail import fork_of
from checker.postgres.waiting import wait_until
from checker.postgres.wal import end_of_wal

PREPARED = (
    """do $$ begin
         if exists (select from pg_available_extensions where name = 'pageinspect') then
           create extension pageinspect;
         end if;
       end $$""",
    "create table account (id int, owner text)",
    "create table other (id int)",
    "create table marker (id int)",
    "create table filler with (fillfactor = 10) as select g id, repeat('x', 200) pad from generate_series(1, 900) g",
    "create index on filler (id)",
    "vacuum (freeze, analyze)",
)
"""`filler` has three times as many pages as there are buffers: to read it is to evict everything else."""

READ_FILLER = """
    set enable_seqscan = off; set enable_bitmapscan = off; select sum(length(pad)) from filler where id > 0
"""
"""By the index: a sequential scan of a table this long would recycle a few buffers of its own."""

OLD_TIMELINE, NEW_TIMELINE = 1, 2


class Stage:
    """`old` is the primary at first, `new` its standby, which is promoted. `facts` collects what a report shows."""

    def __init__(self, cluster: Cluster, settings: Mapping[str, str], *, base_backup: bool = False) -> None:
        self.cluster = cluster
        self.facts: dict[str, str] = {}
        self.old = cluster.create("old", shim=True, prepared=PREPARED)
        self.old.start(settings)
        self.proxy = cluster.proxy(self.old, "proxy")
        self.new = self._standby(base_backup)
        self.new.become_standby(self.proxy.directory, {**settings, "synchronous_standby_names": ""})
        self.new.start()
        self.proxy.wait_connected()
        self.first_xid = self.next_xid()
        # from here to the end of a segment is room for every scenario: where a segment ends must not be chance
        self.old.query("select pg_switch_wal()")
        self._cut_mark = self.shim.mark()
        self._clients: list[Client] = []

    def _standby(self, base_backup: bool) -> Node:
        """A base backup, or a copy of the same template, which is one: of the moment before the first start."""
        if base_backup and self.cluster.programs.has("pg_basebackup"):
            self.facts["copied_by"] = "pg_basebackup"
            return self.cluster.base_backup(self.old, "new")
        return self.cluster.create("new", prepared=PREPARED)

    # On the old primary

    def insert(self, *ids: int, table: str = "account") -> None:
        """Commits one row each, in transactions of their own, on the old primary."""
        insert(self.old, *ids, table=table)

    def settle(self) -> None:
        """Waits until the standby has acknowledged and applied all there is.

        Only a commit flushes what others have logged without one (the pruning of a catalog page by a mere query).
        """
        self.insert(0, table="marker")
        self.proxy.wait_acknowledged(self.old.flushed(), "apply")

    def checkpoint(self) -> None:
        """A checkpoint that the standby knows of: the next change of a page carries its image."""
        self.old.query("checkpoint")
        self.settle()

    def cut(self) -> None:
        """From here on the old primary writes a tail: nothing more passes to the standby."""
        self.settle()
        self.facts["cut"] = format_lsn(self.proxy.cut_now())
        self._cut_mark = self.shim.mark()

    def next_xid(self) -> int:
        """The transaction that the old primary would begin next."""
        return int(self.old.value("select pg_snapshot_xmax(pg_current_snapshot())::text"))

    def evict(self, table: str = "account") -> None:
        """Forces the pages of a table out of the buffers of the old primary, until the last one's write is seen."""
        path = self.old.value("select pg_relation_filepath(%s)", table)
        mark = self.shim.mark()

        def written() -> bool:
            self.old.query(READ_FILLER)
            return any(entry.path == path for entry in self.shim.writes(mark))

        wait_until(written, f"the eviction of {table}")

    def in_background(self, sql: str) -> None:
        """Begins a statement on the old primary that is expected to wait; its session ends with the server."""
        self._clients.append(Client(self.old, sql))

    def crash(self) -> None:
        """Immediate stop of the old primary; its end of WAL goes into the facts."""
        self.old.stop_immediate()
        for client in self._clients:
            client.join()
        self.facts["end_of_wal"] = format_lsn(self.end_of_wal())
        self.facts["pages_ahead"] = str(self.pages_ahead())

    def pages_ahead(self) -> int:
        """How many durable writes of a page since the cut had an LSN that the standby had not acknowledged."""
        return sum(entry.ahead for entry in self.shim.writes(self._cut_mark))

    def end_of_wal(self) -> int:
        """The end of the old primary's own WAL on its own timeline; it must be down."""
        control = self.old.control_file()
        return end_of_wal(self.old.pg_wal, OLD_TIMELINE, control.redo, SEGMENT_SIZE)

    @property
    def shim(self) -> Shim:
        """The shim of the old primary."""
        assert self.old.shim is not None
        return self.old.shim

    # On the new primary

    def promote(self) -> None:
        """Promotes the standby; the fork goes into the facts."""
        self.new.query("select pg_promote(true, 30)")
        self.facts["fork"] = format_lsn(self.fork)

    @property
    def fork(self) -> int:
        """Where the new timeline left the old one."""
        return fork_of(self.new, NEW_TIMELINE)


def insert(node: Node, *ids: int, table: str = "account") -> None:
    """Commits one row each, in transactions of their own."""
    with node.connect() as connection:
        for number in ids:
            values = "(%s, 'x')" if table == "account" else "(%s)"
            connection.execute(f"insert into {table} values {values}", [number])


def open_stage(programs: Programs, settings: Mapping[str, str], *, base_backup: bool = False) -> Stage:
    """A stage in a new cluster, which the caller closes; nothing is left behind when it cannot be built."""
    cluster = Cluster(programs)
    try:
        return Stage(cluster, settings, base_backup=base_backup)
    except BaseException:
        cluster.close()
        raise
