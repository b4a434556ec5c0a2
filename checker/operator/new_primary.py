"""The promoted server, read through a session or in its stopped data directory; nothing of it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from checker.operator.control_data import major_of, read_control_data, running_in
from checker.operator.history import History, parse_history
from checker.operator.refusal import CannotTell
from checker.operator.relation_files import DEFAULT_TABLESPACE, PAGE
from checker.operator.wal_log import Relation, SegmentReader
from checker.postgres.lsn import parse_lsn, segment_name, segment_start

if TYPE_CHECKING:
    import psycopg

_RELATION = re.compile(r"^(?:base/\d+|global|pg_tblspc/\d+/PG_[^/]+/\d+)/\d+(?:\.\d+)?$")
_HISTORY = re.compile(r"^([0-9A-F]{8})\.history$")


class Source(Protocol):
    """Where files of the new primary are read from, by their path below its data directory."""

    def names(self, folder: str) -> list[str]:
        """The names in a folder; none where there is no such folder."""

    def read(self, path: str, offset: int = 0, length: int | None = None) -> bytes | None:
        """A file or a part of it; None where there is none."""

    def relation_sizes(self) -> dict[str, int]:
        """Bytes of every file of a main fork, by its path."""

    def relation_name(self, relation: Relation) -> str:
        """The table that a file is of, where that can be told; otherwise the numbers of the file."""


class Directory:
    """The data directory of a server that does not run."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def names(self, folder: str) -> list[str]:
        path = self.data / folder
        return sorted(one.name for one in path.iterdir()) if path.is_dir() else []

    def read(self, path: str, offset: int = 0, length: int | None = None) -> bytes | None:
        try:
            with (self.data / path).open("rb") as file:
                file.seek(offset)
                return file.read(-1 if length is None else length)
        except OSError:
            return None

    def relation_sizes(self) -> dict[str, int]:
        folders = ["global", *(f"base/{name}" for name in self.names("base"))]
        for space in self.names("pg_tblspc"):
            for version in self.names(f"pg_tblspc/{space}"):
                folders += [
                    f"pg_tblspc/{space}/{version}/{name}" for name in self.names(f"pg_tblspc/{space}/{version}")
                ]
        paths = [f"{folder}/{name}" for folder in folders for name in self.names(folder)]
        return {path: (self.data / path).stat().st_size for path in paths if _RELATION.match(path)}

    def relation_name(self, relation: Relation) -> str:
        return str(relation)


_SIZES = """
    with recursive below (path, is_dir, size) as (
        select folder, true, 0::bigint from unnest(array['global', 'base', 'pg_tblspc']) folder
        union all
        select b.path || '/' || name, s.isdir, s.size
        from below b, pg_ls_dir(b.path, true, false) name, pg_stat_file(b.path || '/' || name, true) s
        where b.is_dir and s.size is not null
    )
    select path, size from below where not is_dir
"""


class Session:
    """A server that answers; its files are read by the functions that pg_rewind uses, which need the same rights."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def value(self, sql: str, *parameters: Any) -> Any:
        """The single value of a query."""
        row = self.connection.execute(sql, parameters or None).fetchone()
        return row[0] if row else None

    def names(self, folder: str) -> list[str]:
        return sorted(name for (name,) in self.connection.execute("select pg_ls_dir(%s, true, false)", [folder]))

    def read(self, path: str, offset: int = 0, length: int | None = None) -> bytes | None:
        if length is None:
            size = self.value("select size from pg_stat_file(%s, true)", path)
            length = int(size or 0)
        found = self.value("select pg_read_binary_file(%s, %s, %s, true)", path, offset, length)
        return bytes(found) if found is not None else None

    def relation_sizes(self) -> dict[str, int]:
        rows = self.connection.execute(_SIZES)
        return {path: int(size) for path, size in rows if _RELATION.match(path)}

    def relation_name(self, relation: Relation) -> str:
        """By name in the database of the session and among the shared catalogs; a file that was made since has none."""
        here = self.value("select oid from pg_database where datname = current_database()")
        if relation.database not in (0, here):
            return str(relation)
        space = 0 if relation.tablespace == DEFAULT_TABLESPACE else relation.tablespace
        return self.value("select pg_filenode_relation(%s, %s)::regclass::text", space, relation.number) or str(
            relation
        )


@dataclass(frozen=True)
class NewPrimary:
    """What is known of it. `end` is the end of its flushed WAL, 0 where it is not known; `history` ends with its own
    timeline, and `control_timeline` is what its control file says, which before its first checkpoint is the old one."""

    name: str
    identifier: int
    major: int
    promoted: bool
    history: History
    control_timeline: int
    end: int
    full_page_writes: bool
    limits: dict[str, int]
    segment_size: int
    source: Source

    @property
    def timeline(self) -> int:
        """The one that it writes."""
        return self.history[-1].timeline

    def holder(self, lsn: int) -> int:
        """The timeline whose segment file has `lsn`: a segment in which the history turns is that of the later one."""
        start = segment_start(lsn, self.segment_size)
        return next(
            (switch.timeline for switch in self.history if not switch.end or switch.end >= start + self.segment_size),
            self.timeline,
        )

    def segments(self) -> SegmentReader:
        """Its WAL, each segment from the timeline that holds it."""

        @lru_cache(maxsize=4)
        def read(start: int) -> bytes | None:
            name = segment_name(self.holder(start), start, self.segment_size)
            content = self.source.read(f"pg_wal/{name}")
            return content if content is not None and len(content) == self.segment_size else None

        return read

    def missing_segments(self, lsn: int) -> Iterator[str]:
        """The names of segments that it needs to have from `lsn` on, and has not."""
        held = set(self.source.names("pg_wal"))
        position = segment_start(lsn, self.segment_size)
        while position <= max(lsn, self.end - 1):
            name = segment_name(self.holder(position), position, self.segment_size)
            if name not in held:
                yield name
            position += self.segment_size


def from_directory(data: Path) -> NewPrimary:
    """A new primary that is stopped. Raises CannotTell."""
    if (pid := running_in(data)) is not None:
        raise CannotTell(f"a server runs in {data} (process {pid}); ask it with --new-primary DSN")
    control = read_control_data(data)
    source = Directory(data)
    positions = control.positions
    histories = [int(match[1], 16) for name in source.names("pg_wal") if (match := _HISTORY.match(name))]
    timeline = max([positions.timeline, positions.minimum_recovery_timeline, *histories])
    return NewPrimary(
        str(data),
        positions.system_identifier,
        major_of(data),
        not any((data / name).exists() for name in ("standby.signal", "recovery.signal")),
        _history(source, timeline),
        positions.timeline,
        positions.checkpoint,
        control.full_page_writes,
        control.limits,
        control.wal_segment_size,
        source,
    )


def from_session(connection: psycopg.Connection[Any]) -> NewPrimary:
    """A new primary that answers. Raises CannotTell where it does not let us look."""
    import psycopg

    session = Session(connection)
    try:
        promoted = not session.value("select pg_is_in_recovery()")
        position = "pg_current_wal_flush_lsn" if promoted else "pg_last_wal_receive_lsn"
        end = session.value(f"select {position}()::text")
        written = session.value("select timeline_id from pg_control_checkpoint()")
        timeline = (
            int(session.value("select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"), 16)
            if promoted
            else written
        )
        limits = {
            name: int(session.value("select current_setting(%s)", name))
            for name in (
                "max_connections",
                "max_worker_processes",
                "max_wal_senders",
                "max_prepared_transactions",
                "max_locks_per_transaction",
            )
        }
        return NewPrimary(
            connection.info.host or "the new primary",
            int(session.value("select system_identifier from pg_control_system()")),
            connection.info.server_version // 10000,
            promoted,
            _history(session, timeline),
            int(written),
            parse_lsn(end) if end else 0,
            session.value("show full_page_writes") == "on",
            limits,
            int(session.value("select setting from pg_settings where name = 'wal_segment_size'")),
            session,
        )
    except psycopg.Error as error:
        raise CannotTell(
            f"the new primary does not say what is needed ({str(error).splitlines()[0]}); the role must be a "
            "superuser, or may execute what pg_rewind needs: pg_ls_dir, pg_stat_file, pg_read_binary_file"
        ) from None


def _history(source: Source, timeline: int) -> History:
    """The history file of a timeline; the first has none."""
    if timeline == 1:
        return parse_history("", 1)
    text = source.read(f"pg_wal/{timeline:08X}.history")
    if text is None:
        raise CannotTell(f"the new primary has no history file of timeline {timeline} in its pg_wal")
    return parse_history(text.decode(errors="replace"), timeline)


def is_empty(page: bytes | None) -> bool:
    """Whether a page was never written: such pages are logged nowhere, and are the same as none."""
    return page is not None and not any(page) and len(page) == PAGE
