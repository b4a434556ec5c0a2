"""Messages between two servers: framing in pieces, and the division of WAL at an LSN."""

import struct

from checker.postgres.messages import Framing, Keepalive, Message, StandbyStatus, WalData, decode


def test_messages_come_out_of_pieces():
    stream = Message(b"d", b"abc").encoded() + Message(b"Z", b"").encoded()
    framing = Framing(typed=True)
    found = [message for byte in stream for message in framing.feed(bytes([byte]))]
    assert found == [Message(b"d", b"abc"), Message(b"Z", b"")]


def test_the_first_message_of_a_client_has_no_type():
    startup = struct.pack("!II", 8, 196608)
    framing = Framing(typed=False)
    assert framing.feed(startup + Message(b"Q", b"x\0").encoded()) == [
        Message(b"", struct.pack("!I", 196608)),
        Message(b"Q", b"x\0"),
    ]


def test_what_copy_both_carries():
    wal = WalData(start=100, sent_to=300, clock=5, data=b"0123456789")
    assert decode(wal.message()) == wal
    assert wal.end == 110
    assert decode(Keepalive(300, 5, True).message()) == Keepalive(300, 5, True)
    status = Message(b"d", b"r" + struct.pack("!QQQQB", 30, 20, 10, 5, 0))
    assert decode(status) == StandbyStatus(30, 20, 10, 5, False)


def test_what_is_no_replication_passes_unchanged():
    row = Message(b"D", b"w" + bytes(40))
    assert decode(row) is row


def test_wal_is_divided_without_loss():
    before, rest = WalData(start=100, sent_to=300, clock=5, data=b"0123456789").split(104)
    assert (before.start, before.data, before.sent_to) == (100, b"0123", 104)
    assert (rest.start, rest.data, rest.sent_to) == (104, b"456789", 300)
