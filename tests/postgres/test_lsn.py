"""Positions in the log: text, segments, and lengths that cross page headers."""

import pytest

from checker.postgres.lsn import advance, format_lsn, parse_lsn, parse_segment_name, segment_name

MIB = 1 << 20


def test_text_round_trip():
    assert parse_lsn("0/3000970") == 0x3000970
    assert parse_lsn("1A/FF") == (0x1A << 32) + 0xFF
    assert format_lsn((0x1A << 32) + 0xFF) == "1A/FF"


def test_what_is_not_an_lsn_is_refused():
    with pytest.raises(ValueError, match="not '3000970'"):
        parse_lsn("3000970")


def test_segment_names_of_the_documentation():
    # 16 MiB: 256 segments share the middle number; 1 MiB: 4096 do
    assert segment_name(1, parse_lsn("0/3000970"), 16 * MIB) == "000000010000000000000003"
    assert segment_name(2, parse_lsn("1/1000000"), 16 * MIB) == "000000020000000100000001"
    assert segment_name(1, parse_lsn("0/3000970"), MIB) == "000000010000000000000030"
    assert segment_name(1, parse_lsn("1/0"), MIB) == "000000010000000100000000"


def test_segment_name_read_back():
    assert parse_segment_name("000000020000000100000001", MIB) == (2, parse_lsn("1/100000"))
    assert parse_segment_name("00000002.history", MIB) is None
    assert parse_segment_name("000000010000000000000001.partial", MIB) is None


def test_a_record_inside_a_page_ends_after_its_length():
    assert advance(100, 50, MIB) == 150


def test_a_record_over_a_border_is_longer_by_the_short_header():
    # 92 bytes are left on the first page; the other 8 stand behind the 24 bytes of the next header
    assert advance(8192 - 92, 100, MIB) == 8192 + 24 + 8


def test_a_record_over_the_border_of_a_segment_is_longer_by_the_long_header():
    assert advance(MIB - 92, 100, MIB) == MIB + 40 + 8


def test_an_end_on_the_border_is_the_border():
    assert advance(8192 - 100, 100, MIB) == 8192


def test_a_start_on_the_border_is_behind_the_header():
    assert advance(8192, 10, MIB) == 8192 + 24 + 10
