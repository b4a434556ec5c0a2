"""The messages of PostgreSQL's protocol that matter between two servers: framing, and what CopyBoth carries."""

from __future__ import annotations

import struct
from typing import NamedTuple

_LENGTH = struct.Struct("!I")
_WAL_DATA = struct.Struct("!cQQQ")
_KEEPALIVE = struct.Struct("!cQQB")
_STATUS = struct.Struct("!cQQQQB")


class Message(NamedTuple):
    """One message: its type byte (empty for the first one of a client) and its payload."""

    kind: bytes
    payload: bytes

    def encoded(self) -> bytes:
        """The bytes that travel."""
        return self.kind + _LENGTH.pack(len(self.payload) + 4) + self.payload


class WalData(NamedTuple):
    """`w`: bytes of WAL that begin at the LSN `start`; `sent_to` is the end of WAL on the sender."""

    start: int
    sent_to: int
    clock: int
    data: bytes

    @property
    def end(self) -> int:
        """The LSN after the last byte."""
        return self.start + len(self.data)

    def message(self) -> Message:
        """As it travels."""
        return Message(b"d", _WAL_DATA.pack(b"w", self.start, self.sent_to, self.clock) + self.data)

    def split(self, lsn: int) -> tuple[WalData, WalData]:
        """The part before `lsn`, whose end of WAL is said to be there too, and the rest."""
        taken = lsn - self.start
        before = WalData(self.start, min(self.sent_to, lsn), self.clock, self.data[:taken])
        return before, WalData(lsn, self.sent_to, self.clock, self.data[taken:])


class Keepalive(NamedTuple):
    """`k`: the sender's end of WAL, and whether it wants an answer now."""

    sent_to: int
    clock: int
    reply_now: bool

    def message(self) -> Message:
        """As it travels."""
        return Message(b"d", _KEEPALIVE.pack(b"k", self.sent_to, self.clock, self.reply_now))


class StandbyStatus(NamedTuple):
    """`r`: what the standby has written, flushed and applied."""

    write: int
    flush: int
    apply: int
    clock: int
    reply_now: bool

    def message(self) -> Message:
        """As it travels."""
        return Message(b"d", _STATUS.pack(b"r", *self))

    def flushed_up_to(self, limit: int) -> StandbyStatus:
        """The same of a standby that has fsynced, and so applied, no more than up to `limit`."""
        return self._replace(flush=min(self.flush, limit), apply=min(self.apply, limit))


def decode(message: Message) -> WalData | Keepalive | StandbyStatus | Message:
    """What a message says when it is CopyData of a replication stream; the message itself when it is anything else."""
    payload = message.payload
    if message.kind != b"d" or not payload:
        return message
    if payload[:1] == b"w" and len(payload) >= _WAL_DATA.size:
        _, start, sent_to, clock = _WAL_DATA.unpack_from(payload)
        return WalData(start, sent_to, clock, payload[_WAL_DATA.size :])
    if payload[:1] == b"k" and len(payload) == _KEEPALIVE.size:
        _, sent_to, clock, reply_now = _KEEPALIVE.unpack(payload)
        return Keepalive(sent_to, clock, bool(reply_now))
    if payload[:1] == b"r" and len(payload) == _STATUS.size:
        _, write, flush, apply, clock, reply_now = _STATUS.unpack(payload)
        return StandbyStatus(write, flush, apply, clock, bool(reply_now))
    return message


class Framing:
    """Cuts a stream of bytes into messages; `typed` is False where the first one has no type: from a client."""

    def __init__(self, *, typed: bool) -> None:
        self._typed = typed
        self._data = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """Takes the next bytes; the messages that are whole now."""
        self._data += data
        found = []
        while (message := self._next()) is not None:
            found.append(message)
        return found

    def _next(self) -> Message | None:
        prefix = int(self._typed)
        if len(self._data) < prefix + 4:
            return None
        (length,) = _LENGTH.unpack_from(self._data, prefix)
        end = prefix + length
        if len(self._data) < end:
            return None
        message = Message(bytes(self._data[:prefix]), bytes(self._data[prefix + 4 : end]))
        del self._data[:end]
        self._typed = True
        return message
