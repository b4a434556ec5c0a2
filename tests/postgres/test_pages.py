"""Pages: what may differ between two servers is blanked, what may not is kept."""

import struct

from checker.postgres.pages import meaning_of_page, page_lsn

TUPLE = 8192 - 32
XMIN_COMMITTED, XMIN_INVALID, XMAX_COMMITTED = 0x0100, 0x0200, 0x0400


def page(lsn=0x1_0000_0002, xmin=7, mask=0, value=1, checksum=0, garbage=b"", state=1):
    made = bytearray(8192)
    struct.pack_into("<IIHHHHHHI", made, 0, lsn >> 32, lsn & 0xFFFFFFFF, checksum, 0, 28, TUPLE, 8192, 8196, 0)
    struct.pack_into("<I", made, 24, TUPLE | state << 15 | 28 << 17)
    struct.pack_into("<III6sHHB", made, TUPLE, xmin, 0, 0, bytes(6), 1, mask, 24)
    struct.pack_into("<I", made, TUPLE + 24, value)
    made[100 : 100 + len(garbage)] = garbage
    return bytes(made)


def same(one, other):
    return meaning_of_page(one) == meaning_of_page(other)


def test_lsn_of_a_page():
    assert page_lsn(page(lsn=0x1_0000_0002)) == 0x1_0000_0002


def test_hints_lsn_checksum_and_free_space_do_not_count():
    for other in (
        page(mask=XMIN_COMMITTED),
        page(mask=XMIN_INVALID),
        page(mask=XMAX_COMMITTED),
        page(lsn=5),
        page(checksum=77),
        page(garbage=b"left over"),
    ):
        assert other != page()
        assert same(page(), other)


def test_values_transactions_and_frozen_tuples_count():
    for other in (page(value=2), page(xmin=8), page(mask=XMIN_COMMITTED | XMIN_INVALID), page(state=0)):
        assert not same(page(), other)


def test_an_empty_page_is_empty():
    assert meaning_of_page(bytes(8192)) == bytes(8192)
    assert not same(page(), bytes(8192))
