"""The experiment of 2013 once more: pgbench under the gate, the standby stopped, the failover, and every way back.

A blog of August 2013 tried version 4 of the patch on 9.4devel, by hand. Here the gate of the shim is the patch, the
servers are today's, and each thing that was seen then stands beside what the model says and what happens now.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from checker.postgres import behaviours, owned, tail
from checker.postgres.behaviour import Behaviour
from checker.postgres.client import Client
from checker.postgres.cluster import Cluster
from checker.postgres.lsn import format_lsn, segment_start
from checker.postgres.node import SEGMENT_SIZE, Node
from checker.postgres.node_socket import PORT
from checker.postgres.prediction import predict
from checker.postgres.programs import Programs
from checker.postgres.returning import Return, come_back, wait_refused_or_streaming
from checker.postgres.shim import DATA, Shim
from checker.postgres.stage import PREPARED
from checker.postgres.tail import Tail
from checker.postgres.waiting import wait_until
from checker.postgres.wal import end_of_wal

TABLE = (
    PREPARED[0],
    "create table test (id int primary key, info text, crt_time timestamp)",
    """create function func() returns void language plpgsql strict as $$
       declare v_id int := round(5000000 * random());
       begin
         update test set info = md5(random()::text), crt_time = clock_timestamp() where id = v_id;
         if not found then
           insert into test values (v_id, md5(random()::text), clock_timestamp());
         end if;
       end $$""",
)
"""What the comparison needs, then its table and its function: a row in five million is changed, or made."""

_SUM = "select count(*), sum(hashtext(test.*::text)) from test"
_PROCEDURES = (Tail.KEEP, Tail.CUT, Tail.COPY, Tail.DELETE, Tail.CUT_LATE)
_FOREIGN = {"max_wal_size": "256MB", "shared_buffers": "64MB", "bgwriter_lru_maxpages": "100"}
OLD, NEW = 1, 2


@dataclass(frozen=True)
class Row:
    """One thing that was tried: what 2013 saw, what the model says, what the server did, whether it is the same."""

    step: str
    then: str
    model: str
    now: str
    same: bool
    evidence: str = ""


class Experiment:
    """The servers and the rows so far; `told` hears of each."""

    def __init__(self, cluster: Cluster, told: Callable[[Row], None]) -> None:
        self.rows: list[Row] = []
        self._told = told
        self._cluster = cluster
        self._primary = cluster.create("primary", shim=True)
        self._primary.start(_FOREIGN)
        for statement in TABLE:
            self._primary.query(statement)
        self._primary.stop_fast()
        self._standby = cluster.cold_copy(self._primary, "standby", shim=True)
        self._primary.start()
        self._proxy = cluster.proxy(self._primary, "proxy")
        self._script = self._primary.directory / "test.sql"
        self._script.write_text("select func();\n")

    def run(self) -> list[Row]:
        """Everything, in the order of the blog. Raises ConditionNotMet, NodeFailed, MissingProgram."""
        self._gate(self._primary)
        self._backup_waits()
        self._standby.become_standby(self._proxy.directory, _FOREIGN)
        self._standby.start()
        self._proxy.wait_connected()
        self._load()
        self._checkpoint_waits()
        self._shutdown_waits()
        self._data_agree()
        self._failover()
        self._ways_back()
        return self.rows

    def _note(self, step: str, then: str, model: str, now: str, same: bool, evidence: str = "") -> None:
        self.rows.append(Row(step, then, model, now, same, evidence))
        self._told(self.rows[-1])

    def _gate(self, node: Node) -> None:
        _shim(node).gate(DATA)

    def _bench(self, seconds: int) -> subprocess.Popen[bytes]:
        """The blog's pgbench on the primary, in the background."""
        arguments: list[str | Path] = [
            *(self._primary.programs.client("pgbench"), "-M", "prepared", "-f", self._script, "-n", "-c", "8"),
            *("-h", self._primary.socket, "-p", str(PORT), "-U", "postgres", "-T", str(seconds), "postgres"),
        ]
        with (self._primary.directory / "pgbench").open("wb") as output:
            return owned.start(arguments, environment={}, output=output)

    # With the standby, and without

    def _backup_waits(self) -> None:
        """No standby is attached yet: whoever wants a checkpoint waits."""
        client = Client(self._primary, "select pg_backup_start('first', true)")
        title = self._waiting_title()
        self._note(
            "base backup, no standby attached",
            "waits, for it makes a checkpoint (observation 2)",
            "`seed-observation-2`: never ends",
            "waits" if not client.answered else "ends",
            not client.answered,
            title,
        )
        _shim(self._primary).open_gate()
        wait_until(lambda: client.ended, "the backup's checkpoint to end")
        self._gate(self._primary)

    def _waiting_title(self) -> str:
        def title() -> str:
            titles = self._primary.processes().values()
            return next((one for one in titles if one.startswith("checkpointer") and "waiting for" in one), "")

        return wait_until(title, "the checkpointer to wait", seen=lambda: ", ".join(self._primary.processes().values()))

    def _load(self) -> None:
        """pgbench, and the standby is stopped meanwhile."""
        before = int(self._primary.value("select count(*) from test"))
        bench = self._bench(3)
        wait_until(lambda: int(self._primary.value("select count(*) from test")) > before + 100, "pgbench to work")
        self._standby.stop_fast()
        bench.wait()
        rows = int(self._primary.value("select count(*) from test"))
        self._note(
            "pgbench goes on while the standby is stopped",
            "2,063,626 transactions in 100 s, commits do not wait",
            "commits never wait in data_flush (`data-flush`)",
            "goes on",
            rows > before + 100,
            f"{rows - before} rows in 3 s",
        )

    def _checkpoint_waits(self) -> None:
        client = Client(self._primary, "checkpoint")
        title = self._waiting_title()
        self._note(
            "CHECKPOINT with the standby away",
            "`checkpointer process waiting for 0/2D0C99D8` (observation 1)",
            "`seed-observation-1`: never ends, and nothing but a crash leads out",
            "waits" if not client.answered else "ends",
            not client.answered,
            title,
        )

    def _shutdown_waits(self) -> None:
        """A fast shutdown waits for the checkpoint, and lets nobody in who could end that."""
        self._primary.stop_fast(wait=False)
        refused = wait_until(self._refusal, "the server to be shutting down")
        hangs = self._primary.running() and bool(self._waiting_title())
        self._note(
            "fast shutdown",
            "hangs (observation 1)",
            "`seed-observation-1-shutdown`: never ends",
            "hangs" if hangs else "ends",
            hangs,
            f"a standby would be told: {refused}",
        )
        self._primary.stop_immediate()
        self._note("immediate shutdown", "works", "a crash is the way out", "works", not self._primary.running())

    def _refusal(self) -> str:
        try:
            self._primary.connect().close()
        except psycopg.OperationalError as error:
            return next((line for line in str(error).splitlines() if "FATAL" in line), "").partition("FATAL:  ")[2]
        return ""

    def _data_agree(self) -> None:
        """The primary is started again, alone, then the standby."""
        _shim(self._primary).restarted()
        self._primary.start()
        ours = self._primary.query(_SUM)[0]
        self._standby.start()
        end = self._primary.flushed()
        wait_until(lambda: self._standby.replayed() >= end, "the standby to have all")
        theirs = self._standby.query(_SUM)[0]
        self._note(
            "restart of both, count and checksum",
            "1828052 and 747103747132 on both (observation 6)",
            "`crash-restart-unguarded`: pages ran ahead; no failover, no harm",
            "the same on both" if ours == theirs else "they differ",
            ours == theirs,
            f"{ours[0]}, {ours[1]}; {theirs[0]}, {theirs[1]}",
        )

    # The failover

    def _failover(self) -> None:
        """The standby is promoted while pgbench runs; it is under the gate as well."""
        bench = self._bench(2)
        begun = self._primary.flushed()
        wait_until(lambda: self._primary.flushed() > begun + SEGMENT_SIZE // 4, "pgbench to work")
        self._proxy.cut_now()
        self._gate(self._standby)
        self._standby.query("select pg_promote(true, 30)")
        with suppress(subprocess.TimeoutExpired):  # its sessions may be at the gate, where nothing lets them go
            bench.wait(10)
        self._primary.stop_immediate()
        bench.wait()
        _shim(self._primary).open_gate()
        fork = tail.fork_of(self._standby, NEW)
        control = self._primary.control_file()
        self._end = end_of_wal(self._primary.pg_wal, OLD, control.redo, SEGMENT_SIZE)
        self._note(
            "promotion while pgbench runs",
            "the log of the old one ends 201.4 MiB behind the fork",
            "`no_wal_tail` is violated in every mode",
            "a tail",
            self._end > fork,
            f"fork {format_lsn(fork)}, end {format_lsn(self._end)}, {self._end - fork} bytes",
        )
        self._fork = fork
        client = Client(self._standby, "checkpoint")
        titles = wait_until(
            lambda: [one for one in self._standby.processes().values() if "waiting for" in one],
            "the promoted server to wait",
        )
        self._note(
            "the promoted server, its old primary not attached yet",
            "waits at every flush (observation 7)",
            "`seed-observation-7`: its checkpoints never end",
            "waits",
            not client.answered,
            ", ".join(titles),
        )
        _shim(self._standby).open_gate()
        wait_until(lambda: client.ended, "the promoted server's checkpoint, its gate opened as in 2013")

    def _ways_back(self) -> None:
        """Every procedure, each on a copy of the old primary as it was found."""
        first = int(self._standby.value("select pg_snapshot_xmax(pg_current_snapshot())::text")) - 1
        for procedure in _PROCEDURES:
            node = self._cluster.cold_copy(self._primary, f"old-{procedure}")
            node.settings.update(_FOREIGN)
            returned = self._return(node, procedure, first)
            expected = predict(self._foretold(procedure))
            self._note(
                f"coming back, tail: {procedure}",
                _THEN.get(procedure, "not tried"),
                str(expected),
                str(returned.outcome),
                returned.outcome == expected,
                returned.line or "; ".join(str(one) for one in returned.differences[:3]),
            )
            node.stop_immediate() if node.running() else node.close_connections()

    def _return(self, node: Node, procedure: Tail, first_xid: int) -> Return:
        if procedure == Tail.COPY:
            tail.copy(node, self._standby)
        elif procedure == Tail.DELETE:
            tail.delete(node)
        elif procedure == Tail.CUT_LATE:
            mark = node.mark()
            node.become_standby(self._standby.socket)
            node.start(wait=False)
            wait_refused_or_streaming(node, NEW, mark)
            node.stop_immediate()
        if procedure in (Tail.CUT, Tail.CUT_LATE):
            tail.cut(node, self._fork)
        return come_back(node, self._standby, NEW, first_xid)

    def _foretold(self, procedure: Tail) -> Behaviour:
        """The model's behaviour with its tail where this one is: in the fork's segment or in a later one."""
        later = segment_start(self._end, SEGMENT_SIZE) > self._fork
        foretold = _BEHAVIOURS[procedure]
        return Behaviour(foretold.steps, foretold.settings, {**foretold.bounds, "segment": 2 if later else 3})


_THEN = {Tail.KEEP: "refused: `requested starting point … is not in this server's history`, or `is ahead of …`"}
_BEHAVIOURS = {
    Tail.KEEP: behaviours.GATED_KEEP,
    Tail.CUT: behaviours.GATED_CUT,
    Tail.COPY: behaviours.GATED_COPY,
    Tail.DELETE: behaviours.GATED_DELETE,
    Tail.CUT_LATE: behaviours.GATED_CUT_LATE,
}


def _shim(node: Node) -> Shim:
    assert node.shim is not None
    return node.shim


def run_experiment(programs: Programs, told: Callable[[Row], None] = lambda row: None) -> list[Row]:
    """The whole experiment on servers of its own. Raises what `run_scenario` raises."""
    with Cluster(programs) as cluster:
        return Experiment(cluster, told).run()
