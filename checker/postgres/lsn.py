"""Positions in the write-ahead log (LSNs): their text, their segments and pages, the names of segment files.

An LSN is an int, a number of bytes since the start of the log. Sizes of segments are bytes.
"""

from __future__ import annotations

import re
from typing import NamedTuple

WAL_PAGE = 8192
_LONG_HEADER, _SHORT_HEADER = 40, 24
_SEGMENT_NAME = re.compile(r"^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$")


def parse_lsn(text: str) -> int:
    """The LSN written `0/3000970`. Raises ValueError when it is not one."""
    high, slash, low = text.strip().partition("/")
    if not slash:
        raise ValueError(f"an LSN is written like 0/3000970, not {text!r}")
    return (int(high, 16) << 32) | int(low, 16)


def format_lsn(lsn: int) -> str:
    """The way PostgreSQL prints an LSN, up to 18: `0/3000970`."""
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"


def segment_start(lsn: int, segment_size: int) -> int:
    """The first position of the segment that holds `lsn`."""
    return lsn - lsn % segment_size


class SegmentFile(NamedTuple):
    """What the name of a segment file says."""

    timeline: int
    start: int


def segment_name(timeline: int, lsn: int, segment_size: int) -> str:
    """The name of the file of `timeline` that holds `lsn`."""
    number = lsn // segment_size
    per_id = (1 << 32) // segment_size
    return f"{timeline:08X}{number // per_id:08X}{number % per_id:08X}"


def parse_segment_name(name: str, segment_size: int) -> SegmentFile | None:
    """Timeline and first position of a segment file; None for any other name (history files, partial segments)."""
    match = _SEGMENT_NAME.match(name)
    if not match:
        return None
    timeline, high, low = (int(part, 16) for part in match.groups())
    return SegmentFile(timeline, (high * ((1 << 32) // segment_size) + low) * segment_size)


def page_header_size(lsn: int, segment_size: int) -> int:
    """Bytes of the page header at `lsn`, the first position of a WAL page: longer at the start of a segment."""
    return _LONG_HEADER if lsn % segment_size == 0 else _SHORT_HEADER


def skip_page_header(lsn: int, segment_size: int) -> int:
    """Where data can be at or after `lsn`: past the page header when `lsn` is the first position of a page."""
    return lsn + page_header_size(lsn, segment_size) if lsn % WAL_PAGE == 0 else lsn


def advance(lsn: int, length: int, segment_size: int) -> int:
    """The position after `length` bytes of records that begin at `lsn`, page headers in between not counted.

    As XLogBytePosToEndRecPtr: an end that falls on the border of a page is that border, before the next header.
    """
    lsn = skip_page_header(lsn, segment_size)
    while True:
        room = WAL_PAGE - lsn % WAL_PAGE
        if length <= room:
            return lsn + length
        length -= room
        lsn = skip_page_header(lsn + room, segment_size)
