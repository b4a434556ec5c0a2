"""A replication proxy: stands between a standby and its upstream, and decides how much WAL and which replies pass.

Usable alone: give it the socket directory of the upstream and one of its own, and point the standby's
`primary_conninfo` at the latter. It runs in a thread; every method may be called from any other thread.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from checker.postgres.lsn import format_lsn
from checker.postgres.messages import StandbyStatus
from checker.postgres.node_socket import socket_file
from checker.postgres.stream import Stream
from checker.postgres.waiting import LIMIT, wait_until
from checker.postgres.wal import WalRecord

Answer = TypeVar("Answer")
Told = Callable[[int, int, int], None]
"""Is told write, flush and apply LSN whenever a reply reaches the upstream."""


class Acknowledged(NamedTuple):
    """The LSNs of the last reply that reached the upstream; zeros before the first."""

    write: int = 0
    flush: int = 0
    apply: int = 0


class Reply(NamedTuple):
    """A reply of the standby and when it passed, in seconds of the monotonic clock."""

    moment: float
    status: StandbyStatus


class Proxy:
    """See the module. Without orders everything passes."""

    def __init__(self, upstream: Path, directory: Path, segment_size: int, told: Told | None = None) -> None:
        self.directory = directory
        self.acknowledged = Acknowledged()
        self.replies: list[Reply] = []
        self.passes: list[tuple[float, int]] = []
        """Moments, in seconds of the monotonic clock, from which the standby can have the WAL up to a position."""
        self.limit: int | None = None
        self.hold_replies = False
        self.drop_replies = False
        self.flush_limit: int | None = None
        self.refusing = False
        self.delay = 0.0
        self.connections = 0
        self._upstream = upstream
        self._segment_size = segment_size
        self._told = told
        self._streams: set[Stream] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=f"proxy {directory.name}", daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    # Orders

    def cut_at(self, lsn: int) -> None:
        """No byte of WAL at or after `lsn` passes from now on; what straddles it is split."""
        self._order(lambda: self._set_limit(lsn))

    def cut_now(self) -> int:
        """Cuts after what has passed so far; returns that position."""

        def cut() -> int:
            passed = self._passed()
            self._set_limit(passed)
            return passed

        return self._order(cut)

    def release_to(self, lsn: int) -> None:
        """WAL up to `lsn` passes: the same as a cut further on."""
        self.cut_at(lsn)

    def release_records(self, count: int = 1, *, limit: float = LIMIT) -> WalRecord:
        """Lets the next `count` whole records pass; returns the last of them.

        Raises ConditionNotMet when the upstream has not sent that many within `limit` seconds.
        """
        passed = self._order(self._passed)

        def enough() -> WalRecord | None:
            waiting = self.held_records(passed)
            return waiting[count - 1] if len(waiting) >= count else None

        record: WalRecord = wait_until(enough, f"{count} records of WAL behind {format_lsn(passed)}", limit=limit)
        self.cut_at(record.end)
        return record

    def release_all(self) -> None:
        """Everything passes again."""
        self._order(lambda: self._set_limit(None))

    def keep_replies(self, keep: bool = True) -> None:
        """Replies of the standby are kept back; with False those that were kept pass, in order."""

        def change() -> None:
            self.hold_replies = keep
            for stream in self._streams:
                stream.pump()

        self._order(change)

    def lose_replies(self, lose: bool = True) -> None:
        """Replies of the standby are lost, and all else that it says passes: what it asks for next does not wait."""
        self._order(lambda: setattr(self, "drop_replies", lose))

    def report_flushed(self, limit: int | None) -> None:
        """Replies say that no more than up to `limit` is fsynced, as of a standby whose fsyncs take long."""
        self._order(lambda: setattr(self, "flush_limit", limit))

    def lag(self, seconds: float) -> None:
        """Every message of the upstream arrives that much later."""
        self._order(lambda: setattr(self, "delay", seconds))

    def drop(self) -> None:
        """Breaks the connections there are; new ones are accepted."""
        self._order(self._break)

    def refuse(self, refuse: bool = True) -> None:
        """Breaks what there is and accepts nobody until `refuse(False)`."""

        def change() -> None:
            self.refusing = refuse
            self._break()

        self._order(change)

    def close(self) -> None:
        """Ends the proxy."""
        if self._loop.is_closed():
            return

        def stop() -> None:
            self._server.close()
            for stream in set(self._streams):
                stream.abort()
            self._loop.call_soon(self._loop.stop)

        self._loop.call_soon_threadsafe(stop)
        self._thread.join(10)

    # Observations

    def held_records(self, after: int) -> list[WalRecord]:
        """The whole records that the upstream has sent and that end after `after`, of the streams there are."""
        return self._order(
            lambda: [record for stream in self._streams for record in stream.records if record.end > after]
        )

    def wait_connected(self) -> None:
        """Returns when a standby streams. Raises ConditionNotMet."""
        wait_until(lambda: any(stream.streaming for stream in list(self._streams)), "a standby to stream")

    def wait_sent(self, lsn: int) -> None:
        """Returns when the upstream has sent its WAL up to `lsn`, passed on or not. Raises ConditionNotMet."""
        wait_until(
            lambda: max((stream.sent for stream in list(self._streams)), default=0) >= lsn,
            f"the upstream to send {format_lsn(lsn)}",
        )

    def wait_acknowledged(self, lsn: int, position: str = "flush", *, limit: float = LIMIT) -> None:
        """Returns when the upstream was told `lsn` as `write`, `flush` or `apply`. Raises ConditionNotMet."""
        wait_until(
            lambda: getattr(self.acknowledged, position) >= lsn,
            f"the acknowledgement ({position}) of {format_lsn(lsn)}",
            limit=limit,
            seen=lambda: format_lsn(getattr(self.acknowledged, position)),
        )

    # In the thread of the proxy

    def passed_reply(self, status: StandbyStatus) -> None:
        """A reply has gone to the upstream: publishes it."""
        self.replies.append(Reply(time.monotonic(), status))
        self.acknowledged = Acknowledged(status.write, status.flush, status.apply)
        if self._told:
            self._told(*self.acknowledged)

    def passes_wal(self, end: int) -> None:
        """WAL up to `end` is about to go to the standby."""
        self.passes.append((time.monotonic(), end))

    def _set_limit(self, lsn: int | None) -> None:
        self.limit = lsn
        for stream in self._streams:
            stream.pump()

    def _break(self) -> None:
        for stream in set(self._streams):
            stream.close()

    def _passed(self) -> int:
        return max((stream.passed for stream in self._streams), default=0)

    def _order(self, action: Callable[[], Answer]) -> Answer:
        """Does something in the thread of the proxy and returns its answer."""

        async def act() -> Answer:
            return action()

        return asyncio.run_coroutine_threadsafe(act(), self._loop).result(30)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            pending = asyncio.all_tasks(self._loop)
            for task in pending:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
            self._loop.run_until_complete(asyncio.sleep(0))  # in which transports that were closed let their sockets go
            self._loop.close()

    async def _listen(self) -> asyncio.Server:
        path = socket_file(self.directory)
        server = await asyncio.start_unix_server(self._accept, path)
        path.chmod(0o777)
        return server

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.close()
            return
        self.connections += 1
        try:
            upstream = await asyncio.open_unix_connection(socket_file(self._upstream))
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
            return
        stream = Stream(self, writer, upstream[1], self._segment_size)
        self._streams.add(stream)
        try:
            await stream.run(reader, upstream[0])
        except asyncio.CancelledError:
            return
        finally:
            self._streams.discard(stream)
            stream.close()
