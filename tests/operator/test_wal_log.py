"""Bodies of WAL records, as xlogrecord.h and xact.h lay them out, and logs that end where they end."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from checker.operator.tail_records import read_shared, read_tail, restored_blocks
from checker.operator.wal_log import (
    Block,
    Contents,
    Manager,
    Reference,
    Relation,
    Truncation,
    WalLog,
    decode,
    precedes,
    running_transactions,
    segments_in,
    storage,
    transaction_end,
)
from checker.postgres.lsn import WAL_PAGE, segment_name
from checker.postgres.wal import WalRecord, crc32c

SEGMENT = 1 << 20
START = 3 * SEGMENT
TABLE = Relation(1663, 5, 16384)


def reference(number: int, *, image: int | None = None, init: bool = False, same: bool = False, data: int = 0) -> bytes:
    """The header of a block reference; `image` is bimg_info."""
    flags = (0x10 if image is not None else 0) | (0x40 if init else 0) | (0x80 if same else 0)
    header = struct.pack("<BBH", 0, flags, data)
    header += struct.pack("<HHB", 4, 0, image) if image is not None else b""
    header += b"" if same else struct.pack("<III", *TABLE)
    return header + struct.pack("<I", number)


def test_references_images_and_main_data() -> None:
    body = reference(7, data=3) + reference(8, same=True, init=True) + bytes([255, 5]) + b"abc" + b"main!"
    expected = [Reference(Block(TABLE, 0, 7), False), Reference(Block(TABLE, 0, 8), True)]
    assert decode(body, 15) == Contents(expected, b"main!")


@pytest.mark.parametrize(
    ("major", "how", "restored"), [(15, 0x02, True), (15, 0x04, False), (14, 0x04, True), (14, 0x00, False)]
)
def test_an_image_restores_a_page_only_where_it_is_to_be_applied(major: int, how: int, restored: bool) -> None:
    body = reference(7, image=how) + b"IMG!"
    assert decode(body, major).references == [Reference(Block(TABLE, 0, 7), restored)]


def test_a_compressed_image_with_a_hole_has_a_longer_header() -> None:
    header = struct.pack("<BBH", 0, 0x10, 0) + struct.pack("<HHBH", 4, 0, 0x01 | 0x02 | 0x08, 100)
    body = header + struct.pack("<IIII", *TABLE, 7) + bytes([253, 1, 0, 252, 9, 0, 0, 0, 255, 1]) + b"IMG!" + b"m"
    assert decode(body, 16) == Contents([Reference(Block(TABLE, 0, 7), True)], b"m")


def record(info: int, manager: int = Manager.XACT) -> WalRecord:
    return WalRecord(0, 0, 0, 9, manager, info)


def test_a_commit_says_its_subtransactions_and_the_files_it_removes() -> None:
    main = struct.pack("<qI", 77, 1 | 2 | 4) + struct.pack("<II", 5, 1663)
    main += struct.pack("<iII", 2, 10, 11) + struct.pack("<iIII", 1, *TABLE)
    end = transaction_end(record(0x80), main)
    assert (end.moment, end.subtransactions, end.removed) == (77, (10, 11), (TABLE,))
    plain = transaction_end(record(0x00), struct.pack("<q", 5))
    assert (plain.moment, plain.subtransactions, plain.removed) == (5, (), ())


def test_truncations_creations_and_running_transactions() -> None:
    assert storage(record(0x20, Manager.STORAGE), struct.pack("<IIIIi", 4, *TABLE, 7)) == Truncation(TABLE, 4)
    assert storage(record(0x10, Manager.STORAGE), struct.pack("<IIIi", *TABLE, 0)) == TABLE
    assert storage(record(0x10, Manager.STORAGE), struct.pack("<IIIi", *TABLE, 1)) is None
    main = struct.pack("<ii?xxxIIIII", 1, 1, True, 50, 40, 49, 40, 41)
    assert running_transactions(main) == ((40, 41), 50, 40, True)


def test_transaction_numbers_go_round() -> None:
    assert precedes(5, 6)
    assert not precedes(6, 6)
    assert precedes(0xFFFFFF00, 3)
    assert not precedes(3, 0xFFFFFF00)


# --- whole logs ---------------------------------------------------------------------------------------------


class Written:
    """A log that is written here, record by record, within one page of each segment."""

    def __init__(self) -> None:
        self.content = bytearray(SEGMENT)
        struct.pack_into("<HHIQI", self.content, 0, 0xD110, 2, 1, START, 0)
        for page in range(WAL_PAGE, SEGMENT, WAL_PAGE):
            struct.pack_into("<HHIQI", self.content, page, 0xD110, 0, 1, START + page, 0)
        self.position, self.previous = 40, START - 100

    def add(self, manager: int, info: int, xid: int, body: bytes) -> int:
        """Appends a record; its end as an LSN."""
        header = struct.pack("<IIQBBxx", 24 + len(body), xid, self.previous, info, manager)
        whole = header + struct.pack("<I", crc32c(body + header)) + body
        self.content[self.position : self.position + len(whole)] = whole
        self.previous = START + self.position
        self.position += len(whole) + 7 & ~7
        return START + self.position

    def log(self, folder: Path) -> WalLog:
        (folder / segment_name(1, START, SEGMENT)).write_bytes(self.content)
        return WalLog(segments_in(folder, 1, SEGMENT), SEGMENT, 15)


def commit(*subtransactions: int) -> bytes:
    main = struct.pack("<q", 1)
    if subtransactions:
        main += struct.pack(f"<Ii{len(subtransactions)}I", 2, len(subtransactions), *subtransactions)
    return bytes([255, len(main)]) + main


def changed(number: int, image: int | None = None) -> bytes:
    return reference(number, image=image) + (b"IMG!" if image is not None else b"")


def test_what_is_unfinished_at_the_fork_and_what_the_tail_commits(tmp_path: Path) -> None:
    wal = Written()
    running = struct.pack("<ii?xxxIIII", 1, 0, False, 20, 7, 19, 7)
    wal.add(Manager.STANDBY, 0x10, 0, bytes([255, len(running)]) + running)
    wal.add(Manager.HEAP, 0x00, 21, changed(1, image=0x02))
    wal.add(Manager.HEAP, 0x10, 22, changed(2))
    fork = wal.add(Manager.XACT, 0x00, 21, commit())
    wal.add(Manager.HEAP, 0x10, 23, changed(3))
    wal.add(Manager.XACT, 0x80, 23, commit(24, 25))
    end = wal.add(Manager.XACT, 0x00, 22, commit())
    log = wal.log(tmp_path)
    shared = read_shared(log, START, fork, 15)
    assert (shared.end, shared.unfinished, shared.next_xid, shared.seen_running) == (fork, {7, 22}, 23, True)
    tail = read_tail(log, fork)
    assert (tail.end, tail.records, tail.committed) == (end, 3, {22, 23, 24, 25})
    assert [(one.xid, one.touched) for one in tail.commits] == [(23, {TABLE}), (22, set())]
    assert dict(tail.deleted) == {5: {3}}
    blocks = {Block(TABLE, 0, number) for number in (1, 2)}
    assert set(restored_blocks(log, START, fork, blocks)) == {Block(TABLE, 0, 1)}


def test_a_log_ends_before_a_record_that_is_torn(tmp_path: Path) -> None:
    wal = Written()
    first = wal.add(Manager.HEAP, 0, 21, changed(1))
    wal.add(Manager.HEAP, 0, 21, changed(2))
    wal.content[wal.position - 5] ^= 0xFF
    assert [one.end for one in wal.log(tmp_path).records(START)] == [first]
    assert WalLog(lambda start: None, SEGMENT, 15).record(START) is None


def test_a_page_of_another_log_is_no_part_of_this_one(tmp_path: Path) -> None:
    """A segment that was recycled keeps the addresses of what it was."""
    wal = Written()
    wal.add(Manager.HEAP, 0, 21, changed(1))
    struct.pack_into("<Q", wal.content, 8, START - SEGMENT)
    assert list(wal.log(tmp_path).records(START)) == []
