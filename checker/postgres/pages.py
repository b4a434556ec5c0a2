"""What a page of a heap means, with everything blanked that may legally differ between two servers.

Blanked are what PostgreSQL's own check of replay masks: the page's LSN and checksum, hints (of the page, of line
pointers, of tuples), command numbers, and free space.
"""

from __future__ import annotations

import struct

from checker.postgres.lsn import WAL_PAGE as PAGE

_HEADER = struct.Struct("<QHHHHHHI")
"""PageHeaderData: LSN, checksum, flags, lower, upper, special, page size and version, oldest prunable transaction."""

_ITEM = struct.Struct("<I")
_NORMAL = 1
_HINT_FLAGS = 0x0001 | 0x0002
"""PD_HAS_FREE_LINES and PD_PAGE_FULL."""

_FROZEN = 0x0300
_XMIN_HINTS, _XMAX_HINTS = 0x0300, 0x0C00
_COMMAND, _INFOMASK = 8, 20


def page_lsn(page: bytes) -> int:
    """The LSN in the header: the end of the last record that changed the page."""
    high, low = struct.unpack_from("<II", page)
    return int(high << 32 | low)


def meaning_of_page(page: bytes) -> bytes:
    """A copy of the page of a heap with what may differ blanked; an empty page stays zeros."""
    _, _, flags, lower, upper, special, size, _ = _HEADER.unpack_from(page)
    blanked = bytearray(page)
    if size == 0:
        return bytes(blanked)
    _HEADER.pack_into(blanked, 0, 0, 0, flags & ~_HINT_FLAGS, lower, upper, special, size, 0)
    blanked[lower:upper] = bytes(upper - lower)
    for pointer in range(_HEADER.size, lower, _ITEM.size):
        (item,) = _ITEM.unpack_from(page, pointer)
        offset, state, length = item & 0x7FFF, item >> 15 & 3, item >> 17
        if state == _NORMAL and offset + length <= PAGE:
            _blank_tuple(blanked, offset)
            # what fills a tuple up to its alignment is logged by nobody (heap_mask)
            blanked[offset + length : min(offset + length + 7 & ~7, PAGE)] = bytes(-length % 8)
    return bytes(blanked)


def _blank_tuple(page: bytearray, offset: int) -> None:
    struct.pack_into("<I", page, offset + _COMMAND, 0)
    (mask,) = struct.unpack_from("<H", page, offset + _INFOMASK)
    kept = mask & ~_XMAX_HINTS
    if mask & _FROZEN != _FROZEN:
        kept &= ~_XMIN_HINTS
    struct.pack_into("<H", page, offset + _INFOMASK, kept)
