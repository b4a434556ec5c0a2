"""The records of the write-ahead log, read from segment files or from a stream, of any major since 9.5.

Only what a checker needs: where records start and end, which resource manager wrote them, and where the log ends.
A length and a back link that fit tell a record from leftovers; the last record is also checked against its CRC,
because a stream cut inside a record leaves exactly that: a good header, and a body that is partly missing.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from checker.postgres.lsn import WAL_PAGE, advance, page_header_size, segment_name, skip_page_header

_HEADER = struct.Struct("<IIQBBxxI")
"""XLogRecord: total length, transaction, previous record, info, resource manager, CRC."""

_PAGE_ADDRESS = struct.Struct("<HHIQI")
"""XLogPageHeaderData: magic, info, timeline, address, bytes left of a record that began on an earlier page."""

_OVERWRITES = 0x0008
"""XLP_FIRST_IS_OVERWRITE_CONTRECORD: what began on an earlier page does not continue here."""

XLOG, XACT = 0, 1
_SWITCH = 0x40
"""The XLOG record after which the rest of the segment is empty; it counts as long as that."""

COMMIT_KINDS = {0x00: "commit", 0x10: "prepare", 0x20: "abort", 0x30: "commit prepared", 0x40: "abort prepared"}


class WalRecord(NamedTuple):
    """One record: `start` and `end` are LSNs, `end` is what PostgreSQL stores as page LSN; `xid` is 0 without one."""

    start: int
    end: int
    length: int
    xid: int
    manager: int
    info: int

    @property
    def transaction_end(self) -> str:
        """What the record does to its transaction (`commit`, `abort`, `prepare`, …); empty for other records."""
        return COMMIT_KINDS.get(self.info & 0x70, "") if self.manager == XACT else ""


class RecordReader:
    """Finds whole records in bytes of WAL that arrive in order, from `start` on."""

    def __init__(self, start: int, segment_size: int) -> None:
        self.segment_size = segment_size
        self._data = bytearray()
        self._start = start
        self._position = start
        self._previous: int | None = None
        self._at_boundary = start % WAL_PAGE == 0

    @property
    def received(self) -> int:
        """The end of the bytes that were given so far."""
        return self._start + len(self._data)

    def feed(self, data: bytes) -> list[WalRecord]:
        """Takes the next bytes; returns the records that are whole now and were not before."""
        self._data += data
        return list(self._whole_records())

    def _whole_records(self) -> Iterator[WalRecord]:
        if self._at_boundary and not self._skip_continuation():
            return
        while (record := self._next_record()) is not None or self._skip_overwritten():
            if record is not None:
                self._previous, self._position = record.start, record.end
                yield record

    def _skip_overwritten(self) -> bool:
        """Steps over a record whose rest was lost in a crash: the log goes on at a page that says so in its header."""
        page = self._position + -self._position % WAL_PAGE
        while (header := self._read(page, page_header_size(page, self.segment_size))) is not None:
            _, info, _, address, _ = _PAGE_ADDRESS.unpack_from(header)
            if address != page:
                return False
            if info & _OVERWRITES and page + len(header) > self._position:
                self._position, self._previous = page + len(header), None
                return True
            page += WAL_PAGE
        return False

    def _skip_continuation(self) -> bool:
        """On the first page: steps over the rest of a record that began before `start`. False: not enough bytes yet."""
        header = self._read(self._start, page_header_size(self._start, self.segment_size))
        if header is None:
            return False
        left = _PAGE_ADDRESS.unpack_from(header)[4]
        end = advance(self._start, left, self.segment_size) if left else self._start
        self._position = _aligned(end)
        self._at_boundary = False
        return True

    def _next_record(self) -> WalRecord | None:
        start = skip_page_header(self._position, self.segment_size)
        header = self._read_across(start, _HEADER.size)
        if header is None:
            return None
        length, xid, previous, info, manager, crc = _HEADER.unpack(header)
        if length < _HEADER.size or (self._previous is not None and previous != self._previous):
            return None
        end = advance(start, _aligned(length), self.segment_size)
        if end > self.received:
            return None
        if manager == XLOG and info & 0xF0 == _SWITCH:
            end += -end % self.segment_size
        if self._is_overwritten(start, end):
            return None
        if not self._continues(end) and not self._crc_fits(start, length, crc):
            return None
        return WalRecord(start, end, length, xid, manager, info)

    def _is_overwritten(self, start: int, end: int) -> bool:
        """Whether a page between says that the record does not continue there."""
        pages = range(start + -start % WAL_PAGE, end, WAL_PAGE)
        headers = (self._read(page, _PAGE_ADDRESS.size) for page in pages if page > start)
        return any(header is not None and _PAGE_ADDRESS.unpack(header)[1] & _OVERWRITES for header in headers)

    def _continues(self, end: int) -> bool:
        """Whether a plausible record follows: then the one before it was written whole."""
        following = self._read_across(skip_page_header(end, self.segment_size), _HEADER.size)
        if following is None:
            return False
        length, _, previous, *_ = _HEADER.unpack(following)
        return bool(length >= _HEADER.size and previous)

    def _crc_fits(self, start: int, length: int, crc: int) -> bool:
        body = self._read_across(start, length)
        return body is not None and crc32c(body[_HEADER.size :] + body[: _HEADER.size - 4]) == crc

    def _read(self, lsn: int, length: int) -> bytes | None:
        offset = lsn - self._start
        if offset + length > len(self._data):
            return None
        return bytes(self._data[offset : offset + length])

    def _read_across(self, lsn: int, length: int) -> bytes | None:
        """`length` bytes of a record from `lsn` on, without the page headers in between."""
        parts = b""
        while length:
            lsn = skip_page_header(lsn, self.segment_size)
            room = min(length, WAL_PAGE - lsn % WAL_PAGE)
            part = self._read(lsn, room)
            if part is None:
                return None
            parts += part
            lsn += room
            length -= room
        return parts


def read_records(pg_wal: Path, timeline: int, start: int, segment_size: int) -> list[WalRecord]:
    """The whole records in the files of one timeline, from the segment that holds `start` to the end of the log."""
    position = start - start % segment_size
    reader = RecordReader(position, segment_size)
    data = b""
    while (path := pg_wal / segment_name(timeline, position, segment_size)).exists():
        content = path.read_bytes()
        if _PAGE_ADDRESS.unpack_from(content)[3] != position:
            break
        data += content
        position += segment_size
    return [record for record in reader.feed(data) if record.end > start]


def end_of_wal(pg_wal: Path, timeline: int, start: int, segment_size: int) -> int:
    """The end of the last whole record at or after `start`; `start` itself when there is none."""
    records = read_records(pg_wal, timeline, start, segment_size)
    return records[-1].end if records else start


def crc32c(data: bytes) -> int:
    """The CRC-32C (Castagnoli) that PostgreSQL keeps in each record."""
    table = _crc_table()
    value = 0xFFFFFFFF
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF


@cache
def _crc_table() -> tuple[int, ...]:
    table = []
    for number in range(256):
        for _ in range(8):
            number = (number >> 1) ^ (0x82F63B78 if number & 1 else 0)
        table.append(number)
    return tuple(table)


def _aligned(length: int) -> int:
    return (length + 7) & ~7
