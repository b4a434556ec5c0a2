"""What is read of an old primary, each piece when it is asked for, and no more pages than the WAL leaves open."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from checker.operator.new_primary import NewPrimary
from checker.operator.old_primary import OldPrimary
from checker.operator.relation_files import ANYWHERE, Seen, committed_hint, is_heap, page_lsn, scan
from checker.operator.tail_records import (
    Shared,
    Tail,
    blocks_of,
    deleted_by,
    read_shared,
    read_tail,
    restored_blocks,
)
from checker.operator.wal_log import Block, precedes
from checker.postgres.lsn import format_lsn

Progress = Callable[[str], None]


class Evidence:
    """The two nodes; `fork` is set once it is known, before anything else is asked for."""

    def __init__(self, old: OldPrimary, new: NewPrimary, *, every_page: bool, progress: Progress) -> None:
        self.old, self.new = old, new
        self.every_page = every_page
        self.progress = progress
        self.seen: Seen | None = None
        self.fork = 0

    @cached_property
    def tail(self) -> Tail:
        """The WAL past the fork."""
        self.progress("WAL past the fork")
        return read_tail(self.old.log, self.fork, lambda lsn: self.progress(f"WAL past the fork: {format_lsn(lsn)}"))

    @cached_property
    def shared(self) -> Shared:
        """The WAL from the redo point to the fork."""
        control = self.old.control
        return read_shared(
            self.old.log,
            control.positions.redo,
            self.fork,
            control.next_xid,
            lambda lsn: self.progress(f"WAL up to the fork: {format_lsn(lsn)}"),
        )

    @property
    def has_tail(self) -> bool:
        """Whether there is a record past the fork."""
        return self.tail.records > 0

    @cached_property
    def unknown(self) -> frozenset[int]:
        """Transactions that no page of the old primary may call committed."""
        return frozenset(self.tail.committed if self.has_tail else self.shared.unfinished)

    @property
    def began_before(self) -> bool:
        """Whether one of the unknown transactions may have written something before the redo point."""
        return any(precedes(xid, self.old.control.next_xid) for xid in self.unknown)

    @cached_property
    def deleted(self) -> dict[int, set[int]]:
        """By database, the heap blocks in which unknown transactions deleted something, ANYWHERE among them or not."""
        if not self.unknown:
            return {}
        found = {database: set(blocks) for database, blocks in self.tail.deleted.items()}
        redo = self.old.control.positions.redo
        for database, block in deleted_by(self.old.log, redo, self.fork, self.unknown):
            found.setdefault(database, set()).add(block)
        if self.began_before:
            for one in self.old.files.files():
                found.setdefault(one.relation.database, set()).add(ANYWHERE)
        return found

    @cached_property
    def scanned(self) -> Seen | None:
        """Every page, where the WAL alone does not answer; None where it does."""
        answered = self.has_tail and not self.began_before and not self.deleted
        if answered and not self.every_page:
            return None
        self.seen = scan(
            list(self.old.files.files()),
            self.fork,
            self.unknown,
            self.deleted,
            lambda done, total: self.progress(f"pages: {done >> 20} of {total >> 20} MiB"),
        )
        return self.seen

    @cached_property
    def ahead(self) -> dict[Block, int]:
        """Blocks whose page on disk is past the fork, with its LSN."""
        if self.scanned is not None:
            return self.scanned.ahead
        found = {}
        for block in self.tail.blocks:
            page = None if block.fork == 1 else self.old.files.page(block)
            if page is not None and (lsn := page_lsn(page)) > self.fork:
                found[block] = lsn
        return found

    @cached_property
    def hinted(self) -> dict[Block, int]:
        """Blocks of tables with a row marked committed by an unknown transaction."""
        if self.scanned is not None:
            return self.scanned.hinted
        found = {}
        redo = self.old.control.positions.redo
        for block in blocks_of(self.old.log, redo, self.fork, set(self.unknown)) if self.unknown else ():
            page = self.old.files.page(block) if block.fork == 0 else None
            if page is not None and is_heap(page) and (xid := committed_hint(page, self.unknown.__contains__)):
                found[block] = xid
        return found

    @cached_property
    def restored(self) -> dict[Block, int]:
        """Those of the blocks that redo makes anew before the fork, which heals them."""
        wanted = set(self.ahead) | set(self.hinted)
        redo = self.old.control.positions.redo
        return restored_blocks(self.old.log, redo, self.fork, wanted) if wanted else {}
