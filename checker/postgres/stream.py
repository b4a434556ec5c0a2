"""One connection through the proxy: messages of the upstream in order, those that may not pass yet kept back."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from checker.postgres.lsn import segment_start
from checker.postgres.messages import Framing, Keepalive, Message, StandbyStatus, WalData, decode
from checker.postgres.wal import RecordReader, WalRecord

_CHUNK = 1 << 16


class Orders(Protocol):
    """What a connection asks its proxy."""

    limit: int | None
    hold_replies: bool
    drop_replies: bool
    flush_limit: int | None
    delay: float

    def passed_reply(self, status: StandbyStatus) -> None:
        """Is told of a reply that has gone to the upstream."""

    def passes_wal(self, end: int) -> None:
        """Is told that WAL up to `end` goes to the standby now."""


class Stream:
    """`sent` is the end of the WAL that the upstream has sent, `passed` of what has gone on to the standby."""

    def __init__(
        self, orders: Orders, standby: asyncio.StreamWriter, upstream: asyncio.StreamWriter, segment_size: int
    ) -> None:
        self.sent = 0
        self.passed = 0
        self.streaming = False
        self.records: list[WalRecord] = []
        self._orders = orders
        self._standby = standby
        self._upstream = upstream
        self._segment_size = segment_size
        self._reader: RecordReader | None = None
        self._kept: deque[WalData | Keepalive | Message] = deque()
        self._kept_replies: deque[Message] = deque()

    async def run(self, standby: asyncio.StreamReader, upstream: asyncio.StreamReader) -> None:
        """Passes messages both ways until one side ends."""
        tasks = [asyncio.create_task(self._from_upstream(upstream)), asyncio.create_task(self._from_standby(standby))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def close(self) -> None:
        """Ends both sides; what was kept back is lost, as it is when a line breaks."""
        self._standby.close()
        self._upstream.close()

    def abort(self) -> None:
        """Ends both sides at once, whatever is still to be written."""
        self._standby.transport.abort()
        self._upstream.transport.abort()

    async def _from_upstream(self, reader: asyncio.StreamReader) -> None:
        framing = Framing(typed=True)
        while data := await reader.read(_CHUNK):
            if self._orders.delay:
                await asyncio.sleep(self._orders.delay)
            for message in framing.feed(data):
                self._take(decode(message))
            self.pump()
            await self._standby.drain()

    def _take(self, message: WalData | Keepalive | StandbyStatus | Message) -> None:
        if isinstance(message, WalData):
            self._take_wal(message)
        elif isinstance(message, Message):
            self.streaming = self.streaming or message.kind == b"W"
            if message.kind == b"c":
                self._reader = None
        if not isinstance(message, StandbyStatus):
            self._kept.append(message)

    def _take_wal(self, message: WalData) -> None:
        self.sent = max(self.sent, message.end)
        if self._reader is None and message.start == segment_start(message.start, self._segment_size):
            self._reader = RecordReader(message.start, self._segment_size)
        if self._reader is not None:
            self.records += self._reader.feed(message.data)

    def pump(self) -> None:
        """Passes on what the orders allow now."""
        while self._kept and not self._standby.is_closing() and self._pass_on(self._kept[0]):
            continue
        while self._kept_replies and not self._orders.hold_replies and not self._upstream.is_closing():
            self._answer(self._kept_replies.popleft())

    def _pass_on(self, message: WalData | Keepalive | Message) -> bool:
        """Passes the oldest message, or the part of it before the limit; False when it has to wait."""
        limit = self._orders.limit
        if isinstance(message, WalData):
            if limit is not None and message.end > limit:
                if message.start < limit:
                    before, self._kept[0] = message.split(limit)
                    self._deliver(before)
                return False
            self._deliver(message)
        elif isinstance(message, Keepalive):
            told = message if limit is None else message._replace(sent_to=min(message.sent_to, limit))
            self._standby.write(told.message().encoded())
        else:
            self._standby.write(message.encoded())
        self._kept.popleft()
        return True

    def _deliver(self, message: WalData) -> None:
        self._orders.passes_wal(message.end)
        self._standby.write(message.message().encoded())
        self.passed = message.end

    async def _from_standby(self, reader: asyncio.StreamReader) -> None:
        framing = Framing(typed=False)
        while data := await reader.read(_CHUNK):
            for message in framing.feed(data):
                self._take_reply(message)
            await self._upstream.drain()

    def _take_reply(self, message: Message) -> None:
        """Drops a reply, or keeps it back, and whatever follows it (order matters), or passes it on."""
        status = decode(message)
        if self._orders.drop_replies and isinstance(status, StandbyStatus):
            return
        if self._kept_replies or (self._orders.hold_replies and isinstance(status, StandbyStatus)):
            self._kept_replies.append(message)
        elif not self._upstream.is_closing():
            self._answer(message)

    def _answer(self, message: Message) -> None:
        status = decode(message)
        if isinstance(status, StandbyStatus):
            if self._orders.flush_limit is not None:
                status = status.flushed_up_to(self._orders.flush_limit)
                message = status.message()
            self._upstream.write(message.encoded())
            self._orders.passed_reply(status)
        else:
            self._upstream.write(message.encoded())
