"""The records of a write-ahead log with what they do: blocks they refer to, images, ends of transactions, removals.

The format is that of every major since 9.5 (xlogrecord.h); details that changed are named. Records are read one by one
from segments, wherever those come from, so that a log of any length can be read.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from checker.postgres.lsn import WAL_PAGE, advance, segment_name, segment_start, skip_page_header
from checker.postgres.wal import WalRecord, crc32c

_HEADER = struct.Struct("<IIQBBxxI")
_PAGE = struct.Struct("<HHIQI")
_SWITCH = 0x40
_LONGEST = 1 << 30
"""XLogRecordMaxSize: a greater length is no length."""


class Manager(IntEnum):
    """Resource managers whose records matter here."""

    XLOG = 0
    XACT = 1
    STORAGE = 2
    COMMIT_LOG = 3
    DATABASE = 4
    TABLESPACE = 5
    MULTIXACT = 6
    RELATION_MAP = 7
    STANDBY = 8
    HEAP = 10


class Relation(NamedTuple):
    """A file of a relation: tablespace, database, and the file's number."""

    tablespace: int
    database: int
    number: int

    def __str__(self) -> str:
        return f"{self.tablespace}/{self.database}/{self.number}"


class Block(NamedTuple):
    """One block of one fork (0 main, 1 free space map, 2 visibility map, 3 init)."""

    relation: Relation
    fork: int
    number: int


class Reference(NamedTuple):
    """A block that a record refers to; `restored`: redo makes the whole page anew, by an image or from nothing."""

    block: Block
    restored: bool


@dataclass
class Contents:
    """What the body of a record says."""

    references: list[Reference] = field(default_factory=list)
    main: bytes = b""


@dataclass
class TransactionEnd:
    """A commit or an abort: the subtransactions that end with it, and the files that are removed."""

    subtransactions: tuple[int, ...] = ()
    removed: tuple[Relation, ...] = ()
    moment: int = 0


SegmentReader = Callable[[int], bytes | None]
"""The content of the segment that begins at an LSN; None where there is none."""


def segments_in(pg_wal: Path, timeline: int, segment_size: int) -> SegmentReader:
    """The segments of one timeline in a directory, the last few kept in memory."""

    @lru_cache(maxsize=4)
    def read(start: int) -> bytes | None:
        try:
            content = (pg_wal / segment_name(timeline, start, segment_size)).read_bytes()
        except OSError:
            return None
        return content if len(content) == segment_size else None

    return read


class WalLog:
    """The log of one timeline, or of a history of them where `segment` chooses the file."""

    def __init__(self, segment: SegmentReader, segment_size: int, major: int) -> None:
        self.segment_size = segment_size
        self._segment = segment
        self._major = major
        # most reads are of the page that was read last
        self._content, self._begins, self._page = b"", -1, -1

    def records(self, start: int, upto: int | None = None) -> Iterator[WalRecord]:
        """The whole records from `start`, where one begins, to the end of the log, or as far as they end by `upto`."""
        position, previous = start, None
        while (record := self.record(position, previous)) is not None:
            if upto is not None and record.end > upto:
                return
            yield record
            position, previous = record.end, record.start

    def record(self, position: int, previous: int | None = None) -> WalRecord | None:
        """The record that begins at or, past a page header, after a position; None where none is whole."""
        start = skip_page_header(position, self.segment_size)
        header = self._bytes(start, _HEADER.size)
        if header is None:
            return None
        length, xid, before, info, manager, crc = _HEADER.unpack(header)
        if not _HEADER.size <= length <= _LONGEST or (previous is not None and before != previous) or before >= start:
            return None
        end = advance(start, length + 7 & ~7, self.segment_size)
        if manager == Manager.XLOG and info & 0xF0 == _SWITCH:
            end += -end % self.segment_size
        record = WalRecord(start, end, length, xid, manager, info)
        # a record that another one follows was written whole; the last one, or one that nobody vouches for, is summed
        if (previous is None or not self._followed(record)) and not self._sum_fits(record, header, crc):
            return None
        return record

    def before(self, record: WalRecord) -> WalRecord | None:
        """The record before a record."""
        header = self._bytes(record.start, _HEADER.size)
        if header is None:
            return None
        before = _HEADER.unpack(header)[2]
        return self.record(before) if before else None

    def _followed(self, record: WalRecord) -> bool:
        header = self._bytes(skip_page_header(record.end, self.segment_size), _HEADER.size)
        if header is None:
            return False
        length, _, before, *_ = _HEADER.unpack(header)
        return bool(length >= _HEADER.size and before == record.start)

    def _sum_fits(self, record: WalRecord, header: bytes, crc: int) -> bool:
        body = self._bytes(record.start, record.length)
        return body is not None and crc32c(body[_HEADER.size :] + header[: _HEADER.size - 4]) == crc

    def _bytes(self, lsn: int, length: int) -> bytes | None:
        """Bytes of records from `lsn` on, without the page headers between; None where a page is not of this log."""
        within = lsn % WAL_PAGE
        if within and within + length <= WAL_PAGE and lsn - within == self._page:
            offset = lsn - self._begins
            return self._content[offset : offset + length]
        parts = []
        while length:
            lsn = skip_page_header(lsn, self.segment_size)
            page = lsn - lsn % WAL_PAGE
            if page != self._page and not self._turn_to(page):
                return None
            room = min(length, WAL_PAGE - lsn % WAL_PAGE)
            offset = lsn - self._begins
            parts.append(self._content[offset : offset + room])
            lsn += room
            length -= room
        return b"".join(parts)

    def _turn_to(self, page: int) -> bool:
        """Makes a page the one at hand; False where there is none, or one of another log."""
        start = segment_start(page, self.segment_size)
        segment = self._segment(start)
        if segment is None or _PAGE.unpack_from(segment, page - start)[3] != page:
            return False
        self._content, self._begins, self._page = segment, start, page
        return True

    def contents(self, record: WalRecord) -> Contents:
        """The body of a record of this log."""
        body = self._bytes(record.start, record.length)
        return decode(body[_HEADER.size :], self._major) if body is not None else Contents()


_IMAGE, _INIT, _SAME = 0x10, 0x40, 0x80
_SHORT, _LONG, _ORIGIN, _TOP = 255, 254, 253, 252


_BLOCK = struct.Struct("<BBH")
_RELATION = struct.Struct("<III")
_NUMBER = struct.Struct("<I")


def decode(body: bytes, major: int) -> Contents:
    """Block references and main data of a record's body, which follows its header."""
    apply, compressed = (0x02, 0x1C) if major >= 15 else (0x04, 0x02)
    found = Contents()
    position, data, main = 0, 0, 0
    relation = Relation(0, 0, 0)
    while position < len(body) - data:
        kind = body[position]
        if kind == _SHORT:
            main = body[position + 1]
            break
        if kind == _LONG:
            (main,) = _NUMBER.unpack_from(body, position + 1)
            break
        if kind in (_ORIGIN, _TOP):
            position += 3 if kind == _ORIGIN else 5
            continue
        _, flags, length = _BLOCK.unpack_from(body, position)
        position += 4
        data += length
        restored = bool(flags & _INIT)
        if flags & _IMAGE:
            image, _, how = struct.unpack_from("<HHB", body, position)
            position += 5 + (2 if how & 0x01 and how & compressed else 0)
            data += image
            restored |= bool(how & apply)
        if not flags & _SAME:
            relation = Relation._make(_RELATION.unpack_from(body, position))
            position += 12
        (number,) = _NUMBER.unpack_from(body, position)
        position += 4
        found.references.append(Reference(Block(relation, flags & 0x0F, number), restored))
    found.main = body[len(body) - main :] if main else b""
    return found


_DATABASE, _SUBTRANSACTIONS, _FILES = 1, 2, 4


def transaction_end(record: WalRecord, main: bytes) -> TransactionEnd:
    """What a commit or abort record says (ParseCommitRecord): moment, subtransactions, removed files."""
    (moment,) = struct.unpack_from("<q", main)
    if not record.info & 0x80:
        return TransactionEnd(moment=moment)
    (has,) = struct.unpack_from("<I", main, 8)
    position = 12 + (8 if has & _DATABASE else 0)
    subtransactions: tuple[int, ...] = ()
    removed: tuple[Relation, ...] = ()
    if has & _SUBTRANSACTIONS:
        (count,) = struct.unpack_from("<i", main, position)
        subtransactions = struct.unpack_from(f"<{count}I", main, position + 4)
        position += 4 + 4 * count
    if has & _FILES:
        (count,) = struct.unpack_from("<i", main, position)
        numbers = struct.iter_unpack("<III", main[position + 4 : position + 4 + 12 * count])
        removed = tuple(Relation(*three) for three in numbers)
    return TransactionEnd(subtransactions, removed, moment)


class Running(NamedTuple):
    """XLOG_RUNNING_XACTS: who was running; `overflowed`: not all subtransactions are listed."""

    transactions: tuple[int, ...]
    next_xid: int
    oldest: int
    overflowed: bool


def running_transactions(main: bytes) -> Running:
    """What a record of the running transactions says."""
    count, subcount, overflowed, next_xid, oldest, _ = struct.unpack_from("<ii?xxxIII", main)
    return Running(struct.unpack_from(f"<{count + subcount}I", main, 24), next_xid, oldest, overflowed)


class Truncation(NamedTuple):
    """XLOG_SMGR_TRUNCATE: the main fork keeps `blocks`."""

    relation: Relation
    blocks: int


def storage(record: WalRecord, main: bytes) -> Truncation | Relation | None:
    """What a record of the storage manager does: a truncation, or the creation of a main fork."""
    kind = record.info & 0xF0
    if kind == 0x20:
        blocks, *relation = struct.unpack_from("<IIII", main)
        return Truncation(Relation(*relation), blocks)
    if kind == 0x10:
        *relation, fork = struct.unpack_from("<IIIi", main)
        return Relation(*relation) if fork == 0 else None
    return None


def is_checkpoint(record: WalRecord) -> bool:
    """Whether a record is a checkpoint, of a shutdown or not."""
    return record.manager == Manager.XLOG and record.info & 0xF0 in (0x00, 0x10)


def precedes(one: int, other: int) -> bool:
    """Whether a transaction is older than another: numbers go round (TransactionIdPrecedes)."""
    return (one - other) & 0xFFFFFFFF >= 1 << 31
