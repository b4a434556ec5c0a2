"""The shim of one server: built on demand, its orders in a shared mapping, its log of durable writes.

Usable alone: start any server with the variables of `Shim.environment()`, give orders through the methods, and read
the log with `Shim.writes()`. Pages with checksums cannot be scrubbed; everything else does not care.
"""

from __future__ import annotations

import ctypes
import hashlib
import mmap
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from enum import IntFlag
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from checker.postgres import owned
from checker.postgres.programs import find_gcc

_SOURCES = ("shim.c", "shim_server.h", "shim_page.h", "shim_orders.h")
_POSITIONS = ("write", "flush", "apply")


class Kind(IntFlag):
    """What a file holds; REMOVAL is the truncation or unlinking of a relation's file."""

    WAL = 1
    HEAP = 2
    CLOG = 4
    CONTROL = 8
    REMOVAL = 16


DATA = Kind.HEAP | Kind.CLOG | Kind.CONTROL | Kind.REMOVAL
"""What `synchronous_transfer` makes wait in data_flush: everything durable but the log itself."""


class Op(IntFlag):
    """What is done to a file."""

    WRITE = 1
    FSYNC = 2
    TRUNCATE = 4
    UNLINK = 8
    RENAME = 16


class _Orders(ctypes.Structure):
    """`struct orders` of shim_orders.h, field by field."""

    _fields_ = (
        ("acknowledged", ctypes.c_uint64 * 3),
        ("released_by", ctypes.c_uint32),
        ("gated_kinds", ctypes.c_uint32),
        ("gate_in_recovery", ctypes.c_uint32),
        ("held_kinds", ctypes.c_uint32),
        ("held_ops", ctypes.c_uint32),
        ("first_unacknowledged_xid", ctypes.c_uint32),
        ("waiting", ctypes.c_uint32),
        ("holding", ctypes.c_uint32),
        ("waiting_for", ctypes.c_uint64),
        ("held_role", ctypes.c_char * 32),
        ("held_path", ctypes.c_char * 64),
        ("held", (ctypes.c_uint32 * 5) * 5),
        ("passes", ctypes.c_uint32 * 5),
    )


class DurableWrite(NamedTuple):
    """One line of the log: `page_lsn` is 0 where the file has no pages, `acknowledged` the LSN that opens the gate.

    Of a page of the commit log `page_lsn` is the number in it of its last committed transaction, counted from 1.
    """

    nanoseconds: int
    pid: int
    role: str
    op: str
    kind: str
    path: str
    offset: int
    length: int
    page_lsn: int
    acknowledged: int

    @property
    def ahead(self) -> bool:
        """Whether a page became durable whose LSN the standby had not acknowledged."""
        return self.kind == "heap" and self.op == "write" and self.page_lsn > self.acknowledged


class Shim:
    """Orders and log of the shim of one data directory; both files lie in `directory`."""

    def __init__(self, directory: Path, data: Path) -> None:
        self._library = build_shim()
        self._data = data
        self._orders_path = directory / "orders"
        self.log_path = directory / "durable"
        self._orders_path.write_bytes(bytes(mmap.PAGESIZE))
        self.log_path.touch()
        for path in (self._orders_path, self.log_path):
            owned.give(path)
        with self._orders_path.open("r+b") as file:
            self._mapping = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        self._orders = _Orders.from_buffer(self._mapping)
        self._orders.released_by = _POSITIONS.index("flush")

    def environment(self) -> dict[str, str]:
        """The variables that put a server under the shim."""
        return {
            "LD_PRELOAD": str(self._library),
            "FAILBACK_SHIM_ORDERS": str(self._orders_path),
            "FAILBACK_SHIM_LOG": str(self.log_path),
            "FAILBACK_SHIM_DATA": str(self._data),
        }

    def acknowledge(self, write: int, flush: int, apply: int) -> None:
        """Publishes the LSNs that the standby has acknowledged."""
        self._orders.acknowledged[:] = (write, flush, apply)

    def gate(self, kinds: Kind, *, released_by: str = "flush", in_recovery: bool = False) -> None:
        """From now on these writes wait for an acknowledgement: pages of their LSN, all else of the end of WAL.

        `released_by` is `write`, `flush` or `apply`. Without `in_recovery` a server in recovery does not wait.
        """
        self._orders.released_by = _POSITIONS.index(released_by)
        self._orders.gate_in_recovery = int(in_recovery)
        self._orders.gated_kinds = int(kinds)

    def open_gate(self) -> None:
        """Nothing waits any more."""
        self._orders.gated_kinds = 0

    def hold(self, kinds: Kind, *, ops: Op = ~Op.FSYNC, role: str = "", path: str = "") -> None:
        """From now on these writes stop before they happen, until `let_go`.

        `path` is a part of the path of a relation, with a `$` the end of it; other kinds are held whatever their path.
        The gate is for relations of that path only, too.
        """
        self._orders.held_role = role.encode()
        self._orders.held_path = path.encode()
        self._orders.held_ops = int(ops) & 31
        self._orders.held_kinds = int(kinds)

    def let_go(self) -> None:
        """Held writes happen."""
        self._orders.held_kinds = 0

    def held(self, kind: Kind, op: Op = Op.WRITE) -> int:
        """How many processes are held at such a write."""
        return int(self._orders.held[kind.bit_length() - 1][op.bit_length() - 1])

    def let_pass(self, kind: Kind, count: int = 1) -> None:
        """Lets that many held writes of a kind happen, now or when they come; the next are held again."""
        self._orders.passes[kind.bit_length() - 1] = count

    def scrub_hints_from(self, xid: int) -> None:
        """Hints "committed" of transaction `xid` and later ones are cleared in pages on their way to disk; 0: none."""
        self._orders.first_unacknowledged_xid = xid

    def restarted(self) -> None:
        """To be called before a server starts anew: nobody waits, and nothing was acknowledged to it."""
        self._orders.waiting = self._orders.holding = 0
        self._orders.waiting_for = 0
        ctypes.memset(self._orders.held, 0, ctypes.sizeof(self._orders.held))
        ctypes.memset(self._orders.passes, 0, ctypes.sizeof(self._orders.passes))
        self.acknowledge(0, 0, 0)

    @property
    def waiting_for(self) -> int:
        """The LSN that a process at the gate waits for; 0 when nobody waits."""
        return int(self._orders.waiting_for) if self._orders.waiting else 0

    @property
    def waiting(self) -> int:
        """How many processes are at the gate now."""
        return int(self._orders.waiting)

    @property
    def holding(self) -> int:
        """How many processes are held."""
        return int(self._orders.holding)

    def mark(self) -> int:
        """The present length of the log, for `writes`."""
        return self.log_path.stat().st_size

    def writes(self, since: int = 0) -> list[DurableWrite]:
        """The durable writes that were logged after a mark."""
        with self.log_path.open("rb") as log:
            log.seek(since)
            return list(parse_writes(log.read().decode().splitlines()))


def parse_writes(lines: Iterable[str]) -> Iterator[DurableWrite]:
    """The durable writes of lines of a shim's log. Raises ValueError for a line that is not one."""
    for line in lines:
        time, pid, role, op, kind, path, offset, length, lsn, acknowledged = line.split(" ")
        yield DurableWrite(
            int(time), int(pid), role, op, kind, path, int(offset), int(length), int(lsn, 16), int(acknowledged, 16)
        )


def build_shim() -> Path:
    """The shared library, compiled made once for these very sources. Raises MissingProgram, RuntimeError."""
    package = resources.files(__package__)
    sources = {name: package.joinpath(name).read_bytes() for name in _SOURCES}
    digest = hashlib.sha256(b"".join(sources.values())).hexdigest()[:16]
    directory = Path(tempfile.gettempdir()) / f"failback-shim-{os.geteuid()}-{digest}"
    library = directory / "shim.so"
    directory.mkdir(mode=0o755, exist_ok=True)
    if directory.stat().st_uid != os.geteuid():
        raise RuntimeError(f"{directory} belongs to somebody else; a library from there is not loaded")
    if not library.exists():
        _compile(sources, library)
    return library


def _compile(sources: dict[str, bytes], library: Path) -> None:
    """Compiles beside the final name and renames, so that two builders at once do not see each other's half."""
    with tempfile.TemporaryDirectory(dir=library.parent) as scratch:
        for name, content in sources.items():
            (Path(scratch) / name).write_bytes(content)
        made = Path(scratch) / library.name
        done = subprocess.run(
            [find_gcc(), "-O2", "-Wall", "-shared", "-fPIC", str(Path(scratch) / _SOURCES[0]), "-o", str(made), "-ldl"],
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"gcc could not build the shim:\n{done.stderr.decode()}")
        made.chmod(0o755)
        made.replace(library)
