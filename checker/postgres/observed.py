"""What of the model's state can be seen on servers, in the model's own numbers."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from checker.postgres.enactment import Enactment
from checker.postgres.lsn import format_lsn
from checker.postgres.moves_pages import disk_page, disk_page_lsn
from checker.postgres.prepared import removes_state_file, state_files
from model.vocabulary import CheckpointStep, Node, Role, Transaction
from model.waits import flush_releases

A, B = Node(0), Node(1)
_COMMITTED, _ABORTED = 1, 2
"""TRANSACTION_STATUS_COMMITTED and _ABORTED, two bits of the commit log."""

_XMIN_COMMITTED, _XMIN_INVALID = 0x0100, 0x0200


@dataclass(frozen=True)
class Observation:
    """One thing that the model has and that was looked up on a server."""

    what: str
    model: int
    server: int
    seen: str

    @property
    def agrees(self) -> bool:
        """Whether model and server say the same."""
        return self.model == self.server

    def __str__(self) -> str:
        same = f"{self.what} {self.server}" if self.agrees else f"{self.what} {self.server}, in the model {self.model}"
        return f"{same} ({self.seen})" if self.seen else same


def observe(e: Enactment, state: Any) -> list[Observation]:
    """Everything that can be looked up in this state. What a server does earlier than the model says is left out."""
    return list(_observations(e, state))


def _observations(e: Enactment, s: Any) -> Iterator[Observation]:
    if s.timeline[A] == 0 and not s.came_back[A] and not s.tail_cut[A]:
        if s.role[A] == Role.PRIMARY:
            yield _position(e, "flushed[A]", s.flushed[A], e.flushed("A"))
        elif s.role[A] == Role.DOWN and s.flushed[A]:
            yield _position(e, "flushed[A]", s.flushed[A], e.end_of_wal())
        if s.role[A] != Role.RESTARTING or s.replayed[A] == s.wal_end[A]:
            # until then redo has done on the server what it is still to do in the model
            yield from _disk(e, s)
    if s.role[A] == Role.PRIMARY and s.timeline[A] == 0 and flush_releases(s):
        told = e.acknowledging.acknowledged.flush if s.acknowledged[A].flush else e.ends[0, 0]
        yield _position(e, "acknowledged[A].flush", s.acknowledged[A].flush, told)
    for t in range(1, int(s.latest) + 1):
        yield _position(e, f"fork[{t}]", s.fork[t], e.forks[t], parent_of(s, t))
        yield Observation(f"number of timeline {t}", int(s.number[t]) + 1, e.timelines[t][1], "")
    for n in s.role:
        if s.settings.restartpoints and s.role[n] == Role.STANDBY and s.control[n].timeline == 0 and n != A:
            yield _checkpoint(e, s, n)


def parent_of(s: Any, t: int) -> int:
    """The timeline that timeline t forked off."""
    return max((u for u in range(t) if s.history[t, u] == s.fork[t] and s.fork[u] <= s.fork[t]), default=0)


def _position(e: Enactment, what: str, model: int, lsn: int, timeline: int = 0) -> Observation:
    """A position of which all up to it counts."""
    return Observation(what, int(model), e.position(timeline, lsn), format_lsn(lsn))


def _record(e: Enactment, what: str, model: int, lsn: int) -> Observation:
    """A position as the record that has this LSN in it or at its end."""
    later = [k for (t, k), end in e.ends.items() if t == 0 and end >= lsn]
    return Observation(what, int(model), min(later, default=-1), format_lsn(lsn))


def _checkpoint(e: Enactment, s: Any, n: Node) -> Observation:
    """The control file has the checkpoint record's first byte, which may be where the record before it ends."""
    name = n.label(n)
    start = e.servers[name].node.control_file().checkpoint
    return replace(_record(e, f"checkpoint[{name}]", s.control[n].checkpoint, start + 1), seen=format_lsn(start))


def _disk(e: Enactment, s: Any) -> Iterator[Observation]:
    page = s.disk[A, 0]
    there = any(disk_page(e))
    yield Observation("page exists on disk[A]", int(page.exists), int(there), "")
    if there:
        yield _record(e, "page LSN on disk[A]", page.lsn, disk_page_lsn(e))
    yield _checkpoint(e, s, A)
    for x, xid in e.numbers.items():
        if any(s.commit_lsn[A, x] or s.disk_status[A, x] for _ in (0,)):
            committed = _status(e, xid) == _COMMITTED
            yield Observation(f"status on disk[A] of x{x + 1}", int(s.disk_status[A, x]), int(committed), f"{xid}")
            if s.settings.prepared_transactions and (s.aborted[A, x] or s.disk_status_aborted[A, x]):
                aborted = _status(e, xid) == _ABORTED
                yield Observation(f"abort on disk[A] of x{x + 1}", int(s.disk_status_aborted[A, x]), int(aborted), "")
        at_rest = s.role[A] == Role.PRIMARY and s.checkpointer[A].step == CheckpointStep.IDLE
        if s.settings.prepared_transactions and at_rest and not removes_state_file(s, A, Transaction(x)):
            yield Observation(f"state file of x{x + 1}", int(s.state_file[A, x]), int(xid in state_files(e, "A")), "")
        if there and any(holds for (n, *_), holds in s.disk_holds.items() if n == A):
            hinted = xid in _marked(disk_page(e), _XMIN_COMMITTED)
            yield Observation(f"hint on disk[A] of x{x + 1}", int(s.disk_hint[A, 0, x]), int(hinted), f"{xid}")
            if s.settings.prepared_transactions:
                hidden = xid in _marked(disk_page(e), _XMIN_INVALID)
                yield Observation(f"aborted mark on disk[A] of x{x + 1}", int(s.disk_aborted[A, 0, x]), int(hidden), "")


def _status(e: Enactment, xid: int) -> int:
    """The two bits of a transaction in the first segment of the commit log."""
    log = (e.servers["A"].node.data / "pg_xact" / "0000").read_bytes()
    return log[xid // 4] >> xid % 4 * 2 & 3


def _marked(page: bytes, mark: int) -> set[int]:
    """The transactions whose rows on a page are marked committed, or aborted."""
    found = set()
    (lower,) = struct.unpack_from("<H", page, 12)
    for pointer in range(24, lower, 4):
        (item,) = struct.unpack_from("<I", page, pointer)
        if item >> 15 & 3 == 1:
            offset = item & 0x7FFF
            (xmin,) = struct.unpack_from("<I", page, offset)
            (mask,) = struct.unpack_from("<H", page, offset + 20)
            if mask & (_XMIN_COMMITTED | _XMIN_INVALID) == mark:
                found.add(xmin)
    return found
