"""What pages on disk say: LSNs, rows marked committed, index entries marked dead."""

from __future__ import annotations

import struct
from pathlib import Path

from checker.operator.relation_files import (
    PAGE,
    RelationFiles,
    committed_hint,
    dead_mark,
    is_heap,
    page_lsn,
    scan,
)
from checker.operator.wal_log import Block, Relation

FORK = 0x3000000
TABLE, INDEX = Relation(1663, 5, 16384), Relation(1663, 5, 16390)


def heap(lsn: int = 100, xmin: int = 700, xmax: int = 0, mask: int = 0, flags: int = 0) -> bytes:
    """A page with one row."""
    page, row = bytearray(PAGE), PAGE - 32
    struct.pack_into("<IIHHHHHHI", page, 0, lsn >> 32, lsn & 0xFFFFFFFF, 0, flags, 28, row, PAGE, 8196, 0)
    struct.pack_into("<I", page, 24, row | 1 << 15 | 28 << 17)
    struct.pack_into("<III6sHHB", page, row, xmin, xmax, 0, bytes(6), 1, mask, 24)
    return bytes(page)


def index(block: int, state: int) -> bytes:
    """A page of an index with one entry, for a row in the block."""
    page, entry = bytearray(PAGE), PAGE - 64
    struct.pack_into("<IIHHHHHHI", page, 0, 0, 100, 0, 0, 28, entry, PAGE - 16, 8196, 0)
    struct.pack_into("<I", page, 24, entry | state << 15 | 16 << 17)
    struct.pack_into("<HHHH", page, entry, block >> 16, block & 0xFFFF, 1, 16)
    return bytes(page)


def test_a_page_says_its_lsn_and_what_it_is_of() -> None:
    assert page_lsn(heap(lsn=0x1_0000_0005)) == 0x1_0000_0005
    assert is_heap(heap())
    assert not is_heap(index(3, 1))
    assert not is_heap(bytes(PAGE))


def test_rows_marked_committed_by_an_unknown_transaction_are_found() -> None:
    def unknown(xid: int) -> bool:
        return xid == 700

    assert committed_hint(heap(mask=0x0100), unknown) == 700
    assert committed_hint(heap(xmin=5, xmax=700, mask=0x0400), unknown) == 700
    assert committed_hint(heap(flags=0x0004), unknown) == 700
    assert committed_hint(heap(), unknown) == 0
    assert committed_hint(heap(xmin=5, xmax=700, mask=0x0100), unknown) == 0
    assert committed_hint(heap(xmin=701, mask=0x0100), unknown) == 0


def test_index_entries_marked_dead_are_found_by_the_block_they_point_to() -> None:
    assert dead_mark(index(70000, 3), {70000}) == 70000
    assert dead_mark(index(70000, 1), {70000}) is None
    assert dead_mark(index(70000, 3), {70001}) is None


def test_a_scan_finds_all_of_it_and_leaves_out_what_no_recovery_keeps(tmp_path: Path) -> None:
    base = tmp_path / "base" / "5"
    base.mkdir(parents=True)
    (tmp_path / "global").mkdir()
    (base / "16384").write_bytes(heap() + heap(lsn=FORK + 8) + heap(mask=0x0100) + bytes(PAGE))
    (base / "16384_vm").write_bytes(heap(lsn=FORK + 16))
    (base / "16384_fsm").write_bytes(heap(lsn=FORK + 16))
    (base / "16390").write_bytes(index(3, 3) + index(4, 3))
    for name in ("16400", "16400_init", "t3_16401", "pg_filenode.map"):
        (base / name).write_bytes(heap(lsn=FORK + 8) if name != "16400_init" else heap())
    seen = scan(list(RelationFiles(tmp_path).files()), FORK, frozenset({700, 9000}), {5: {3}})
    assert seen.ahead == {Block(TABLE, 0, 1): FORK + 8, Block(TABLE, 2, 0): FORK + 16}
    assert seen.hinted == {Block(TABLE, 0, 2): 700}
    assert seen.marked == {Block(INDEX, 0, 0): 3}
    assert seen.pages == 4 + 1 + 1 + 2 + 1


def test_pages_and_sizes_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "base" / "5").mkdir(parents=True)
    (tmp_path / "base" / "5" / "16384").write_bytes(heap() + heap(lsn=7))
    files = RelationFiles(tmp_path)
    assert files.size(TABLE) == 2
    assert files.size(INDEX) is None
    page = files.page(Block(TABLE, 0, 1))
    assert page is not None
    assert page_lsn(page) == 7
    assert files.page(Block(TABLE, 0, 2)) is None
    assert files.path(Relation(1664, 0, 1262)) == tmp_path / "global" / "1262"
    assert files.path(Relation(99, 5, 1)) is None
