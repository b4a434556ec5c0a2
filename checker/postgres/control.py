"""The control file of a data directory, read from its bytes: not every packaging of a server has pg_controldata."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

_FIXED = struct.Struct("<QIIIxxxxqQ")
"""ControlFileData: system identifier, control version, catalog version, state, time, checkpoint (its start)."""

_CHECKPOINT = struct.Struct("<QII?")
"""CheckPoint, the copy that follows: redo, timeline, previous timeline, full_page_writes."""


_MINIMUM = struct.Struct("<QI")
_MINIMUM_OFFSET = _FIXED.size + 88 + 8
"""Behind the copy of the checkpoint (88 bytes in every major since 11) and unloggedLSN."""


@dataclass(frozen=True)
class ControlFile:
    """LSNs of a data directory at rest: `checkpoint` is the START of the checkpoint record, as the file stores it."""

    system_identifier: int
    state: int
    checkpoint: int
    redo: int
    timeline: int
    minimum_recovery_point: int
    minimum_recovery_timeline: int


def read_control_file(data: Path) -> ControlFile:
    """Reads `global/pg_control`, whose beginning has had one layout since PostgreSQL 11 (64-bit, little endian)."""
    content = (data / "global" / "pg_control").read_bytes()
    identifier, _, _, state, _, checkpoint = _FIXED.unpack_from(content)
    redo, timeline, _, _ = _CHECKPOINT.unpack_from(content, _FIXED.size)
    minimum, minimum_timeline = _MINIMUM.unpack_from(content, _MINIMUM_OFFSET)
    return ControlFile(identifier, state, checkpoint, redo, timeline, minimum, minimum_timeline)
