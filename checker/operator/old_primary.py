"""The old primary's data directory, at rest: control file, WAL, commit log, and what lies about that speaks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from checker.operator.control_data import ControlData, State, major_of, read_control_data, running_in
from checker.operator.history import History, parse_history
from checker.operator.refusal import CannotTell
from checker.operator.relation_files import BLOCKS, PAGE, RelationFiles
from checker.operator.wal_log import WalLog, is_checkpoint, segments_in
from checker.postgres.lsn import WAL_PAGE, format_lsn, parse_segment_name
from checker.postgres.wal import WalRecord

COMMITTED, SUB_COMMITTED = 1, 3
"""Of the two bits of a transaction in the commit log; the second is on its way to the first."""

_PER_PAGE, _PER_FILE = PAGE * 4, PAGE * 4 * 32
_SETTING = re.compile(r"^\s*(\w+)\s*(?:=\s*|\s)('(?:[^']|'')*'|[^\s#]+)")
_AHEAD = 1 << 20
"""How many transactions past the next one are looked up in the commit log; its page goes no further."""


@dataclass(frozen=True)
class Label:
    """A backup_label: where recovery would begin, and who wrote it."""

    method: str

    @property
    def of_rewind(self) -> bool:
        """Whether pg_rewind wrote it, which it does at its very end."""
        return self.method == "pg_rewind"


class OldPrimary:
    """Read only. Raises CannotTell where it runs, or is of another kind than can be read."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.major = major_of(data)
        self.control: ControlData = read_control_data(data)
        self._refuse_what_cannot_be_read()
        self.files = RelationFiles(data)
        self.segment_size = self.control.wal_segment_size
        self.timeline = self.control.positions.timeline
        self.log = WalLog(segments_in(self.pg_wal, self.timeline, self.segment_size), self.segment_size, self.major)

    @property
    def pg_wal(self) -> Path:
        """Its WAL; may be a link."""
        return self.data / "pg_wal"

    def _refuse_what_cannot_be_read(self) -> None:
        control = self.control
        if (control.block_size, control.segment_blocks, control.wal_block_size) != (PAGE, BLOCKS, WAL_PAGE):
            raise CannotTell(f"{self.data} has blocks of {control.block_size} bytes, of WAL {control.wal_block_size}")
        if (pid := running_in(self.data)) is not None:
            raise CannotTell(f"a server runs in {self.data} (process {pid}); stop it first, with -m immediate or fast")

    @cached_property
    def history(self) -> History:
        """Of the timeline in its control file."""
        path = self.pg_wal / f"{self.timeline:08X}.history"
        if self.timeline > 1 and not path.exists():
            raise CannotTell(f"{path} is missing: where timeline {self.timeline} began cannot be seen")
        return parse_history(path.read_text() if path.exists() else "", self.timeline)

    @cached_property
    def checkpoint(self) -> WalRecord | None:
        """The record that the control file names; None where it is not in pg_wal."""
        record = self.log.record(self.control.positions.checkpoint)
        return record if record is not None and is_checkpoint(record) else None

    @property
    def cleanly_shut_down(self) -> bool:
        """Whether its last record is a shutdown checkpoint that the control file knows of."""
        last = self.checkpoint
        return (
            self.control.state == State.SHUT_DOWN
            and last is not None
            and last.info & 0xF0 == 0x00
            and self.log.record(last.end, last.start) is None
        )

    @cached_property
    def label(self) -> Label | None:
        """Its backup_label, if it has one."""
        path = self.data / "backup_label"
        if not path.exists():
            return None
        found = re.search(r"^BACKUP METHOD: (.*)$", path.read_text(errors="replace"), re.MULTILINE)
        return Label(found[1].strip() if found else "")

    def later_segments(self, lsn: int) -> list[Path]:
        """Segment files of its timeline that begin after the segment of `lsn`."""
        found = []
        for path in sorted(self.pg_wal.iterdir()):
            name = parse_segment_name(path.name, self.segment_size)
            if name and name.timeline == self.timeline and name.start > lsn:
                found.append(path)
        return found

    def is_of_this_log(self, segment: Path) -> bool:
        """Whether a segment file was written as what it is called, and is not one recycled for later use."""
        name = parse_segment_name(segment.name, self.segment_size)
        with segment.open("rb") as file:
            head = file.read(16)
        return name is not None and int.from_bytes(head[8:16], "little") == name.start

    def status(self, xid: int) -> int:
        """The two bits of a transaction in the commit log on disk; 0 where its page is not there."""
        path = self.data / "pg_xact" / f"{xid // _PER_FILE:04X}"
        try:
            with path.open("rb") as file:
                file.seek(xid % _PER_FILE // 4)
                byte = file.read(1)
        except OSError:
            return 0
        return byte[0] >> xid % 4 * 2 & 3 if byte else 0

    def committed_from(self, next_xid: int) -> int:
        """The first transaction from `next_xid` on that the commit log calls committed; 0 where there is none."""
        for first in range(next_xid, next_xid + _AHEAD, _PER_FILE):
            path = self.data / "pg_xact" / f"{first // _PER_FILE:04X}"
            if not path.exists():
                break
            content = path.read_bytes()[first % _PER_FILE // 4 :] if first == next_xid else path.read_bytes()
            start = first if first == next_xid else first - first % _PER_FILE
            if not any(content[1:]) and not content[:1]:
                continue
            for index, byte in enumerate(content):
                for slot in range(4):
                    xid = (start - start % 4) + index * 4 + slot
                    if byte and xid >= next_xid and byte >> slot * 2 & 3 in (COMMITTED, SUB_COMMITTED):
                        return xid
        return 0

    def settings(self) -> dict[str, str]:
        """What postgresql.conf and postgresql.auto.conf set, includes not followed."""
        found: dict[str, str] = {}
        for name in ("postgresql.conf", "postgresql.auto.conf"):
            path = self.data / name
            for line in path.read_text(errors="replace").splitlines() if path.exists() else ():
                if match := _SETTING.match(line):
                    found[match[1].lower()] = match[2].strip("'").replace("''", "'")
        return found

    def described(self) -> str:
        """One line: where its last checkpoint is."""
        return f"checkpoint {format_lsn(self.control.positions.checkpoint)} on timeline {self.timeline}"
