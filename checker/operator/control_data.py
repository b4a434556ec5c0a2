"""The whole control file of a stopped server, of PostgreSQL 12 to 18 (64-bit, little endian), read from its bytes.

What pg_controldata prints, without the need for the right pg_controldata.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from checker.operator.refusal import CannotTell
from checker.postgres.control import ControlFile, read_control_file

MAJORS = range(12, 19)
_SUPPORTED_VERSIONS = range(1200, 1900)
_FULL_PAGE_WRITES = 56
_NEXT_XID = 64
"""In the copy of the checkpoint record, which begins at byte 40."""

_SETTINGS = struct.Struct("<i?xxxiiiii?")
_SETTINGS_OFFSET = 172
"""wal_level, wal_log_hints, max_connections, max_worker_processes, max_wal_senders, max_prepared_transactions,
max_locks_per_transaction, track_commit_timestamp: behind the recovery and backup positions."""

_SIZES = struct.Struct("<IIII")
_SIZES_OFFSET = 216
"""Block size, blocks a file, WAL block size, WAL segment size: behind a test value of floating point."""

_CHECKSUMS_OFFSET = 252


class State(IntEnum):
    """DBState: how the server was last seen."""

    STARTUP = 0
    SHUT_DOWN = 1
    SHUT_DOWN_IN_RECOVERY = 2
    SHUTTING_DOWN = 3
    IN_CRASH_RECOVERY = 4
    IN_ARCHIVE_RECOVERY = 5
    IN_PRODUCTION = 6


STATES = {
    State.STARTUP: "starting up",
    State.SHUT_DOWN: "shut down",
    State.SHUT_DOWN_IN_RECOVERY: "shut down in recovery",
    State.SHUTTING_DOWN: "shutting down",
    State.IN_CRASH_RECOVERY: "in crash recovery",
    State.IN_ARCHIVE_RECOVERY: "in archive recovery",
    State.IN_PRODUCTION: "in production",
}
"""As pg_controldata calls them."""


@dataclass(frozen=True)
class ControlData:
    """The control file; `positions` has its LSNs. Sizes are bytes; `next_xid` has no epoch."""

    positions: ControlFile
    state: State
    next_xid: int
    full_page_writes: bool
    wal_log_hints: bool
    track_commit_timestamp: bool
    limits: dict[str, int]
    block_size: int
    segment_blocks: int
    wal_block_size: int
    wal_segment_size: int
    checksums: bool


def read_control_data(data: Path) -> ControlData:
    """Reads `global/pg_control`. Raises CannotTell for what is none, or of another layout."""
    path = data / "global" / "pg_control"
    try:
        content = path.read_bytes()
        positions = read_control_file(data)
        (version,) = struct.unpack_from("<I", content, 8)
        if version not in _SUPPORTED_VERSIONS:
            raise CannotTell(f"{path} is of version {version}, which is none of PostgreSQL 12 to 18")
        _, hints, connections, workers, senders, prepared, locks, timestamps = _SETTINGS.unpack_from(
            content, _SETTINGS_OFFSET
        )
        block, blocks, wal_block, wal_segment = _SIZES.unpack_from(content, _SIZES_OFFSET)
        (checksums,) = struct.unpack_from("<I", content, _CHECKSUMS_OFFSET)
        (next_xid,) = struct.unpack_from("<I", content, _NEXT_XID)
        state = State(positions.state)
    except (OSError, struct.error, ValueError) as error:
        raise CannotTell(f"{path} cannot be read as a control file: {error}") from None
    return ControlData(
        positions,
        state,
        next_xid,
        bool(content[_FULL_PAGE_WRITES]),
        hints,
        timestamps,
        {
            "max_connections": connections,
            "max_worker_processes": workers,
            "max_wal_senders": senders,
            "max_prepared_transactions": prepared,
            "max_locks_per_transaction": locks,
        },
        block,
        blocks,
        wal_block,
        wal_segment,
        bool(checksums),
    )


def major_of(data: Path) -> int:
    """The major version of a data directory. Raises CannotTell."""
    try:
        return int((data / "PG_VERSION").read_text().strip())
    except (OSError, ValueError):
        raise CannotTell(f"{data} is no data directory of PostgreSQL 10 or later: it has no PG_VERSION") from None


def running_in(data: Path) -> int | None:
    """The process in postmaster.pid, where it lives and works in this directory."""
    try:
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return pid
    try:
        return pid if Path(f"/proc/{pid}/cwd").resolve() == data.resolve() else None
    except OSError:
        return pid
