"""What the old primary's WAL says: of the part that the new primary has too, and of the tail that it has not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from checker.operator.wal_log import (
    Block,
    Manager,
    Relation,
    Truncation,
    WalLog,
    precedes,
    running_transactions,
    storage,
    transaction_end,
)
from checker.postgres.wal import WalRecord

_COMMIT, _PREPARE, _ABORT, _COMMIT_PREPARED, _ABORT_PREPARED = 0x00, 0x10, 0x20, 0x30, 0x40
_DELETE, _UPDATE, _HOT_UPDATE = 0x10, 0x20, 0x40
_MULTIXACT_TRUNCATE, _COMMIT_LOG_TRUNCATE = 0x30, 0x10

Progress = Callable[[int], None]
"""Told from time to time up to which LSN the log has been read."""


@dataclass
class Commit:
    """A commit that only the old primary has: its record's end, and the files that the transaction wrote to."""

    xid: int
    lsn: int
    moment: int
    touched: set[Relation]


@dataclass
class Tail:
    """Everything in the WAL past the fork that can have left something in the data files."""

    end: int = 0
    records: int = 0
    commits: list[Commit] = field(default_factory=list)
    committed: set[int] = field(default_factory=set)
    blocks: dict[Block, int] = field(default_factory=dict)
    truncations: dict[Relation, int] = field(default_factory=dict)
    removed: set[Relation] = field(default_factory=set)
    created: set[Relation] = field(default_factory=set)
    odd: list[str] = field(default_factory=list)
    deleted: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))


ODD = {
    Manager.DATABASE: "a database is created or dropped",
    Manager.TABLESPACE: "a tablespace is created or dropped",
    Manager.RELATION_MAP: "the relation map changes",
}
"""Records whose effect is on files that have no LSN."""


def read_tail(log: WalLog, fork: int, progress: Progress = lambda lsn: None) -> Tail:
    """Reads from the fork, where a record begins if there is a tail at all, to the end of the log."""
    tail = Tail(end=fork)
    touched: dict[int, set[Relation]] = defaultdict(set)
    for record in log.records(fork):
        tail.end = record.end
        tail.records += 1
        if tail.records % 4096 == 0:
            progress(record.end)
        contents = log.contents(record)
        for reference in contents.references:
            tail.blocks[reference.block] = record.end
            touched[record.xid].add(reference.block.relation)
        if _deletes(record):
            for reference in contents.references:
                tail.deleted[reference.block.relation.database].add(reference.block.number)
        _note(tail, record, contents.main, touched)
    return tail


def _deletes(record: WalRecord) -> bool:
    """Whether a row version ends with this record."""
    return record.manager == Manager.HEAP and record.info & 0x70 in (_DELETE, _UPDATE, _HOT_UPDATE)


def _note(tail: Tail, record: WalRecord, main: bytes, touched: dict[int, set[Relation]]) -> None:
    if record.manager == Manager.XACT:
        _note_end(tail, record, main, touched)
    elif record.manager == Manager.STORAGE:
        done = storage(record, main)
        if isinstance(done, Truncation):
            tail.truncations[done.relation] = min(done.blocks, tail.truncations.get(done.relation, done.blocks))
        elif done is not None:
            tail.created.add(done)
    elif record.manager in ODD:
        tail.odd.append(ODD[Manager(record.manager)])
    elif record.manager == Manager.MULTIXACT and record.info & 0xF0 == _MULTIXACT_TRUNCATE:
        tail.odd.append("multixacts are removed")
    elif record.manager == Manager.COMMIT_LOG and record.info & 0xF0 == _COMMIT_LOG_TRUNCATE:
        tail.odd.append("the commit log is shortened")


def _note_end(tail: Tail, record: WalRecord, main: bytes, touched: dict[int, set[Relation]]) -> None:
    kind = record.info & 0x70
    if kind in (_PREPARE, _COMMIT_PREPARED, _ABORT_PREPARED):
        tail.odd.append("a prepared transaction begins or ends")
    if kind not in (_COMMIT, _ABORT, _COMMIT_PREPARED, _ABORT_PREPARED):
        return
    end = transaction_end(record, main)
    tail.removed |= set(end.removed)
    if kind == _COMMIT and record.xid:
        everyone = {record.xid, *end.subtransactions}
        tail.committed |= everyone
        files = set().union(*(touched[xid] for xid in everyone))
        tail.commits.append(Commit(record.xid, record.end, end.moment, files))


@dataclass
class Shared:
    """The WAL from the redo point to the fork, or to its end where that comes first.

    `unfinished`: transactions that had neither committed nor aborted there.
    """

    end: int
    records: int = 0
    next_xid: int = 0
    unfinished: set[int] = field(default_factory=set)
    seen_running: bool = False


def read_shared(log: WalLog, redo: int, upto: int, next_xid: int, progress: Progress = lambda lsn: None) -> Shared:
    """Reads what recovery would replay up to `upto`; `next_xid` is the checkpoint's."""
    shared = Shared(redo, next_xid=next_xid)
    started: set[int] = set()
    finished: set[int] = set()
    for record in log.records(redo, upto):
        shared.end = record.end
        shared.records += 1
        if shared.records % 4096 == 0:
            progress(record.end)
        if record.xid:
            started.add(record.xid)
            shared.next_xid = _later(shared.next_xid, record.xid + 1)
        if record.manager == Manager.XACT and record.info & 0x70 in (_COMMIT, _ABORT):
            finished |= {record.xid, *transaction_end(record, log.contents(record).main).subtransactions}
        elif record.manager == Manager.XACT and record.info & 0x70 in (_COMMIT_PREPARED, _ABORT_PREPARED):
            # whose it was stands further back in the record; it stays unfinished here, which errs on the safe side
            continue
        elif record.manager == Manager.STANDBY and record.info & 0xF0 == 0x10:
            running = running_transactions(log.contents(record).main)
            shared.seen_running = True
            started |= set(running.transactions)
            if running.overflowed:
                between = running.next_xid - running.oldest & 0xFFFFFFFF
                started |= {running.oldest + number & 0xFFFFFFFF for number in range(between)}
            shared.next_xid = _later(shared.next_xid, running.next_xid)
    shared.unfinished = started - finished
    return shared


def _later(one: int, other: int) -> int:
    return other if precedes(one, other) else one


def restored_blocks(log: WalLog, redo: int, upto: int, wanted: set[Block]) -> dict[Block, int]:
    """Which of the blocks redo makes anew before `upto`, whatever is on disk, and by the record that ends where."""
    found: dict[Block, int] = {}
    for record in log.records(redo, upto):
        for reference in log.contents(record).references:
            if reference.restored and reference.block in wanted:
                found[reference.block] = record.end
    return found


def deleted_by(log: WalLog, redo: int, upto: int, transactions: frozenset[int]) -> Iterator[tuple[int, int]]:
    """Database and heap block of everything that these transactions deleted from the redo point to `upto`."""
    for record in log.records(redo, upto):
        if record.xid in transactions and _deletes(record):
            for reference in log.contents(record).references:
                yield reference.block.relation.database, reference.block.number


def blocks_of(log: WalLog, redo: int, upto: int, transactions: set[int]) -> set[Block]:
    """The blocks that these transactions changed from the redo point to `upto`."""
    return {
        reference.block
        for record in log.records(redo, upto)
        if record.xid in transactions
        for reference in log.contents(record).references
    }
