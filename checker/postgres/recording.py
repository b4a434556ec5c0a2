"""pgbench on a real primary whose standby lags or is cut off, and all that is recorded of it meanwhile.

What is durable is told by the shim, what the standby can have and has acknowledged by the proxy, what the log's
positions mean by the log itself.
"""

from __future__ import annotations

import subprocess
import time
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from checker.postgres import owned
from checker.postgres.cluster import Cluster
from checker.postgres.lsn import parse_segment_name
from checker.postgres.node import SEGMENT_SIZE, Node
from checker.postgres.node_socket import PORT
from checker.postgres.programs import Programs
from checker.postgres.shim import DATA, DurableWrite
from checker.postgres.waiting import wait_until
from checker.postgres.wal import XLOG, read_records

BUSY = {
    "shared_buffers": "2MB",
    "bgwriter_lru_maxpages": "200",
    "bgwriter_delay": "20ms",
    "wal_writer_delay": "10ms",
    "checkpoint_completion_target": "0",
    "wal_recycle": "off",
    "wal_keep_size": "1GB",
}
"""Buffers are scarce, so that pages are written by backends, background writer and checkpointer."""

_XACTS_A_PAGE = 8192 * 4
_PAGES_A_SEGMENT = 32
_CHECKPOINTS = (0x00, 0x10)
"""The XLOG records of a shutdown's and an online checkpoint."""


@dataclass(frozen=True)
class Load:
    """What to run: `lag` seconds that the standby is behind, or `cut`: it gets nothing from halfway on."""

    gated: bool
    cut: bool = False
    lag: float = 0.03
    seconds: float = 4.0
    clients: int = 4
    scale: int = 2


class Ends:
    """Positions that were reached one after another: from which moment (nanoseconds) on a position was."""

    def __init__(self, reached: list[tuple[int, int]]) -> None:
        self._moments: list[int] = []
        self._ends: list[int] = []
        for moment, end in reached:
            if not self._ends or end > self._ends[-1]:
                self._moments.append(moment)
                self._ends.append(end)

    def since(self, lsn: int) -> int | None:
        """The first moment at which all up to `lsn` was reached; None: never."""
        index = bisect_left(self._ends, lsn)
        return self._moments[index] if index < len(self._ends) else None


@dataclass
class Recording:
    """What was seen: durable writes in their order, and since when which position was flushed, passed on, acknowledged.

    `flushed` is counted in whole pages of the log, as the log is written. `commits` and `checkpoints` are ends of
    records, by transaction and in their order.
    """

    load: Load
    major: int
    begins: int
    writes: list[DurableWrite]
    flushed: Ends
    passed: Ends
    acknowledged: Ends
    commits: dict[int, int] = field(default_factory=dict)
    checkpoints: list[int] = field(default_factory=list)
    transactions: int = 0
    titles: list[str] = field(default_factory=list)


def record(load: Load, programs: Programs) -> Recording:
    """Runs the load on servers of their own, and removes them. Raises MissingProgram, ConditionNotMet, NodeFailed."""
    with Cluster(programs) as cluster:
        primary = cluster.create("primary", shim=True)
        primary.start(BUSY)
        owned.run([*_pgbench(primary), "-i", "-q", "-s", str(load.scale), "postgres"])
        primary.query("create sequence mark")
        primary.stop_fast()
        standby = cluster.cold_copy(primary, "standby")
        primary.start()
        shim = primary.shim
        assert shim is not None
        proxy = cluster.proxy(primary, "proxy")
        standby.become_standby(proxy.directory, BUSY)
        standby.start()
        proxy.wait_connected()
        primary.query("checkpoint")
        begins = primary.flushed()
        proxy.wait_acknowledged(begins)
        proxy.lag(load.lag)
        if load.gated:
            shim.gate(DATA)
        mark = shim.mark()
        titles = _run(primary, load, proxy.cut_now)
        primary.stop_immediate()
        writes = shim.writes(mark)
        found = Recording(
            load,
            programs.major,
            begins,
            writes,
            _flushed(writes),
            Ends([(int(moment * 1e9), end) for moment, end in proxy.passes]),
            Ends([(int(reply.moment * 1e9), reply.status.flush) for reply in proxy.replies]),
            titles=titles,
        )
        _read_log(found, primary)
        return found


def _pgbench(node: Node) -> list[str | Path]:
    return [node.programs.client("pgbench"), "-h", node.socket, "-p", str(PORT), "-U", "postgres"]


def _run(primary: Node, load: Load, cut: Callable[[], object]) -> list[str]:
    """pgbench, a checkpoint a third on, a cut halfway; the titles of the processes at the end."""
    arguments = [*_pgbench(primary), "-n", "-c", str(load.clients), "-T", str(int(load.seconds + 30)), "postgres"]
    with (primary.directory / "pgbench").open("wb") as output:
        bench = owned.start(arguments, environment={}, output=output)
        begun = time.monotonic()
        try:
            _wait_for(begun + load.seconds / 3, bench)
            checkpointer = owned.start(
                [
                    primary.programs.client("psql"),
                    "-h",
                    primary.socket,
                    "-U",
                    "postgres",
                    "-c",
                    "checkpoint",
                    "postgres",
                ],
                environment={},
                output=output,
            )
            _wait_for(begun + load.seconds / 2, bench)
            if load.cut:
                cut()
            _wait_for(begun + load.seconds, bench)
            titles = [title for title in primary.processes().values() if "waiting for" in title]
        finally:
            for process in (bench, checkpointer):
                process.terminate()
                process.wait()
    return titles


def _wait_for(moment: float, bench: subprocess.Popen[bytes]) -> None:
    wait_until(lambda: time.monotonic() >= moment or bench.poll() is not None, "pgbench to do its work", limit=600)


def _flushed(writes: list[DurableWrite]) -> Ends:
    """Since when the log is fsynced up to where; a line is written before what it tells of."""
    reached, written = [], 0
    for one in writes:
        if one.kind != "wal":
            continue
        name = parse_segment_name(one.path.rpartition("/")[2], SEGMENT_SIZE)
        if one.op == "write" and name is not None:
            written = max(written, name.start + one.offset + one.length)
        elif one.op == "fsync":
            reached.append((one.nanoseconds, written))
    return Ends(reached)


def _read_log(found: Recording, primary: Node) -> None:
    """What the positions mean."""
    for record in read_records(primary.pg_wal, 1, found.begins, SEGMENT_SIZE):
        if record.transaction_end == "commit" and record.xid:
            found.commits[record.xid] = record.end
            found.transactions += 1
        elif record.manager == XLOG and record.info & 0xF0 in _CHECKPOINTS:
            found.checkpoints.append(record.end)


def transaction_of(write: DurableWrite) -> int:
    """The last committed transaction in a page of the commit log that was written; 0 when there is none."""
    if not write.page_lsn:
        return 0
    segment = int(write.path.rpartition("/")[2], 16)
    page = segment * _PAGES_A_SEGMENT + write.offset // 8192
    return page * _XACTS_A_PAGE + write.page_lsn - 1
