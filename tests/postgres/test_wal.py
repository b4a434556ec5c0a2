"""Records of the log: against a log built here byte by byte, and against pg_waldump on a real one."""

import re
import struct

from checker.postgres import owned
from checker.postgres.lsn import format_lsn, parse_lsn
from checker.postgres.node import SEGMENT_SIZE
from checker.postgres.wal import RecordReader, crc32c, end_of_wal, read_records

START = SEGMENT_SIZE
LONG_HEADER = struct.pack("<HHIQIxxxxQII", 0xD110, 2, 1, START, 0, 0, SEGMENT_SIZE, 8192)


def record(previous, body, xid=7, info=0, manager=10):
    head = struct.pack("<IIQBBxx", 24 + len(body), xid, previous, info, manager)
    encoded = head + struct.pack("<I", crc32c(body + head)) + body
    return encoded + bytes(-len(encoded) % 8)


def test_crc_of_the_standard_example():
    # the check value of CRC-32C in every catalogue of CRCs
    assert crc32c(b"123456789") == 0xE3069283


def test_records_of_a_stream_in_pieces():
    first = record(0, b"x" * 10)
    second = record(START + 40, b"y" * 20, xid=8, info=0, manager=1)
    reader = RecordReader(START, SEGMENT_SIZE)
    data = LONG_HEADER + first + second
    found = [one for at in range(0, len(data), 7) for one in reader.feed(data[at : at + 7])]
    assert [(one.start - START, one.end - START, one.xid) for one in found] == [(40, 80, 7), (80, 128, 8)]
    assert [one.transaction_end for one in found] == ["", "commit"]


def test_a_record_whose_end_is_missing_is_no_record(tmp_path):
    first = record(0, b"x" * 10)
    second = record(START + 40, b"y" * 20)
    torn = second[:-12] + bytes(12)
    (tmp_path / "000000010000000000000001").write_bytes((LONG_HEADER + first + torn).ljust(SEGMENT_SIZE, b"\0"))
    assert end_of_wal(tmp_path, 1, START, SEGMENT_SIZE) == START + 80


def test_leftovers_of_another_place_end_the_log(tmp_path):
    first = record(0, b"x" * 10)
    stranger = record(START + 4711, b"y" * 20)
    (tmp_path / "000000010000000000000001").write_bytes((LONG_HEADER + first + stranger).ljust(SEGMENT_SIZE, b"\0"))
    assert end_of_wal(tmp_path, 1, START, SEGMENT_SIZE) == START + 80


def test_agrees_with_pg_waldump(cluster):
    node = cluster.create("a")
    node.start()
    node.query("create table t as select g, repeat('x', 300) from generate_series(1, 2000) g")
    node.query("select pg_switch_wal()")
    node.query("insert into t select g, repeat('y', 9000) from generate_series(1, 300) g")
    start = node.control_file().redo
    node.stop_immediate()
    ours = read_records(node.pg_wal, 1, start, SEGMENT_SIZE)
    done = owned.run([cluster.programs.path("pg_waldump"), "-p", node.pg_wal, "-s", format_lsn(start)], check=False)
    theirs = [
        (parse_lsn(lsn), int(length), int(xid))
        for length, xid, lsn in re.findall(r"len \(rec/tot\):\s+\d+/\s*(\d+), tx:\s+(\d+), lsn: (\S+),", done.stdout)
    ]
    assert len(theirs) > 2000
    assert [(one.start, one.length, one.xid) for one in ours] == theirs
    # the next record of pg_waldump begins where ours ends, or behind a page header at that place
    gaps = {after - one.end for one, (after, _, _) in zip(ours, theirs[1:], strict=False)}
    assert gaps == {0, 24, 40}


def test_a_record_whose_rest_was_lost_is_stepped_over():
    """After a crash the log goes on at the page where the record would have continued, and that page says so."""
    first = record(0, b"x" * 8000)
    torn = record(START + 40, b"y" * 400)
    page = START + 8192
    header = struct.pack("<HHIQIxxxx", 0xD110, 0x0008, 1, page, 0)
    after = record(0, b"z" * 10, xid=9)
    begun = LONG_HEADER + first
    data = begun + torn[: 8192 - len(begun)] + header + after
    found = RecordReader(START, SEGMENT_SIZE).feed(data)
    assert [(one.start, one.xid) for one in found] == [(START + 40, 7), (page + 24, 9)]
    unmarked = begun + torn[: 8192 - len(begun)] + header.replace(b"\x08\x00", b"\x00\x00", 1) + after
    assert [one.start for one in RecordReader(START, SEGMENT_SIZE).feed(unmarked)] == [START + 40]
