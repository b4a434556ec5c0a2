"""The files of relations in a data directory: where a block is, which files there are, and what their pages say.

A page of a file of several segments is found by its number; temporary and unlogged relations are left out, for no
recovery keeps them.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.operator.wal_log import Block, Relation

if TYPE_CHECKING:
    import numpy as np

PAGE = 8192
DEFAULT_TABLESPACE, GLOBAL_TABLESPACE = 1663, 1664
_FORKS = {0: "", 1: "_fsm", 2: "_vm", 3: "_init"}
_FORK_NUMBERS = {suffix: number for number, suffix in _FORKS.items()}
_NAME = re.compile(r"^(\d+)(_fsm|_vm|_init)?(?:\.(\d+))?$")
_CHUNK = 4 << 20
"""Bytes read at once when every page is looked at."""

_NORMAL, _DEAD = 1, 3
_XMIN_COMMITTED, _XMAX_COMMITTED = 0x0100, 0x0400
_ALL_VISIBLE = 0x0004


class RelationFile(NamedTuple):
    """One segment file of a fork."""

    relation: Relation
    fork: int
    segment: int
    path: Path

    @property
    def first_block(self) -> int:
        """The number of its first block, for files of the usual 131072 blocks."""
        return self.segment * BLOCKS


BLOCKS = 131072
"""RELSEG_SIZE, the blocks in a file; a server built otherwise is refused before any file is looked at."""


@dataclass
class Seen:
    """What reading pages has found; `bytes` and `seconds` say how fast it was."""

    ahead: dict[Block, int] = field(default_factory=dict)
    hinted: dict[Block, int] = field(default_factory=dict)
    marked: dict[Block, int] = field(default_factory=dict)
    pages: int = 0
    seconds: float = 0.0

    def add(self, other: Seen) -> None:
        """Takes over what was found in other files."""
        self.ahead |= other.ahead
        self.hinted |= other.hinted
        self.marked |= other.marked
        self.pages += other.pages

    @property
    def rate(self) -> float:
        """Bytes a second."""
        return self.pages * PAGE / self.seconds if self.seconds else 0.0


class RelationFiles:
    """The relation files below one data directory."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def path(self, relation: Relation, fork: int = 0, segment: int = 0) -> Path | None:
        """The file of a segment of a fork; None for a tablespace that is not there."""
        name = f"{relation.number}{_FORKS[fork]}" + (f".{segment}" if segment else "")
        if relation.tablespace == GLOBAL_TABLESPACE:
            return self.data / "global" / name
        if relation.tablespace == DEFAULT_TABLESPACE:
            return self.data / "base" / str(relation.database) / name
        for version in (self.data / "pg_tblspc" / str(relation.tablespace)).glob("PG_*"):
            return version / str(relation.database) / name
        return None

    def size(self, relation: Relation, fork: int = 0) -> int | None:
        """The blocks of a fork, None where it has no file."""
        first = self.path(relation, fork)
        if first is None or not first.exists():
            return None
        total, segment = first.stat().st_size, 0
        while (following := self.path(relation, fork, segment := segment + 1)) is not None and following.exists():
            total += following.stat().st_size
        return total // PAGE

    def page(self, block: Block) -> bytes | None:
        """A page as it is on disk; None where the file does not have it."""
        path = self.path(block.relation, block.fork, block.number // BLOCKS)
        if path is None:
            return None
        try:
            with path.open("rb") as file:
                file.seek(block.number % BLOCKS * PAGE)
                content = file.read(PAGE)
        except OSError:
            return None
        return content if len(content) == PAGE else None

    def files(self) -> Iterator[RelationFile]:
        """Every file of a permanent relation, the init forks of unlogged ones included and the rest of those not."""
        folders = [(GLOBAL_TABLESPACE, 0, self.data / "global")]
        folders += [(DEFAULT_TABLESPACE, int(p.name), p) for p in sorted((self.data / "base").glob("[0-9]*"))]
        for space in sorted((self.data / "pg_tblspc").glob("[0-9]*")):
            folders += [(int(space.name), int(p.name), p) for p in sorted(space.glob("PG_*/[0-9]*"))]
        for tablespace, database, folder in folders:
            yield from _files_in(tablespace, database, folder)


def _files_in(tablespace: int, database: int, folder: Path) -> Iterator[RelationFile]:
    named = [(match, path) for path in sorted(folder.iterdir()) if (match := _NAME.match(path.name))]
    unlogged = {match[1] for match, _ in named if match[2] == "_init"}
    for match, path in named:
        if match[1] in unlogged and match[2] != "_init":
            continue
        relation = Relation(tablespace, database, int(match[1]))
        yield RelationFile(relation, _FORK_NUMBERS[match[2] or ""], int(match[3] or 0), path)


def page_lsn(page: bytes) -> int:
    """The LSN in the header of a page."""
    return int.from_bytes(page[:4], "little") << 32 | int.from_bytes(page[4:8], "little")


def is_heap(page: bytes) -> bool:
    """Whether a page is laid out as those of tables are: nothing at its end, and line pointers."""
    lower, special = int.from_bytes(page[12:14], "little"), int.from_bytes(page[16:18], "little")
    return special == PAGE and 24 <= lower <= PAGE


def _items(page: bytes) -> Iterator[tuple[int, int]]:
    """Offset and state of each line pointer."""
    lower = int.from_bytes(page[12:14], "little")
    for position in range(24, min(lower, PAGE), 4):
        item = int.from_bytes(page[position : position + 4], "little")
        yield item & 0x7FFF, item >> 15 & 3


def committed_hint(page: bytes, unknown: Callable[[int], bool]) -> int:
    """The first transaction that the page calls committed although it is `unknown`; 0 where there is none."""
    all_visible = int.from_bytes(page[10:12], "little") & _ALL_VISIBLE
    for offset, state in _items(page):
        if state != _NORMAL or not 24 <= offset <= PAGE - 23:
            continue
        inserted = int.from_bytes(page[offset : offset + 4], "little")
        deleted = int.from_bytes(page[offset + 4 : offset + 8], "little")
        mask = int.from_bytes(page[offset + 20 : offset + 22], "little")
        if (mask & _XMIN_COMMITTED or all_visible) and unknown(inserted):
            return inserted
        if mask & _XMAX_COMMITTED and unknown(deleted):
            return deleted
    return 0


ANYWHERE = -1
"""Among the blocks that no entry marked dead may point to: every block."""


def dead_mark(page: bytes, blocks: set[int]) -> int | None:
    """On a page of an index: the heap block of the first entry marked dead that may point into `blocks`."""
    for offset, state in _items(page):
        if state == _DEAD and 24 <= offset <= PAGE - 8:
            block = int.from_bytes(page[offset : offset + 2], "little") << 16
            block |= int.from_bytes(page[offset + 2 : offset + 4], "little")
            several = int.from_bytes(page[offset + 6 : offset + 8], "little") & 0x2000
            if block in blocks or ANYWHERE in blocks or several:
                return block
    return None


def scan(
    files: list[RelationFile],
    fork: int,
    unknown: frozenset[int],
    dead: dict[int, set[int]],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Seen:
    """Reads every page of the files once, and looks for LSNs past `fork`, for hints and for marks of the dead.

    `unknown`: transactions that no page may call committed. `dead`: by database, the heap blocks to which no entry of
    an index may be marked dead. Files are read by as many threads as there are processors: numpy lets go of the lock.
    """
    import numpy as np

    seen = Seen()
    begun = time.monotonic()
    total = sum(one.path.stat().st_size for one in files)
    wanted = np.array(sorted(unknown), dtype=np.uint32)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = [pool.submit(_scan_file, one, fork, wanted, dead.get(one.relation.database, set())) for one in files]
        for future in as_completed(found):
            seen.add(future.result())
            progress(seen.pages * PAGE, total)
    seen.seconds = time.monotonic() - begun
    return seen


def _scan_file(one: RelationFile, fork: int, wanted: np.ndarray[Any, Any], dead: set[int]) -> Seen:
    """One file, chunk by chunk."""
    import numpy as np

    seen = Seen()
    number = one.first_block
    with one.path.open("rb") as file:
        while content := file.read(_CHUNK):
            pages = np.frombuffer(content[: len(content) // PAGE * PAGE], dtype=np.uint32).reshape(-1, PAGE // 4)
            _look(one, number, pages, content, fork, wanted, dead, seen)
            number += len(pages)
            seen.pages += len(pages)
    return seen


def _look(
    one: RelationFile,
    number: int,
    pages: np.ndarray[Any, Any],
    content: bytes,
    fork: int,
    wanted: np.ndarray[Any, Any],
    dead: set[int],
    seen: Seen,
) -> None:
    """One chunk. The free space map has no LSNs that mean anything, and the visibility map no hints."""
    import numpy as np

    if one.fork == 1:
        return
    lsns = pages[:, 0].astype(np.uint64) << np.uint64(32) | pages[:, 1].astype(np.uint64)
    for index in np.nonzero(lsns > np.uint64(fork))[0]:
        seen.ahead[Block(one.relation, one.fork, number + int(index))] = int(lsns[index])
    if one.fork != 0:
        return
    if len(wanted):
        within = (pages >= wanted[0]) & (pages <= wanted[-1])
        for index in np.nonzero(within.any(axis=1))[0]:
            page = content[int(index) * PAGE : (int(index) + 1) * PAGE]
            if is_heap(page) and (xid := committed_hint(page, set(wanted.tolist()).__contains__)):
                seen.hinted[Block(one.relation, 0, number + int(index))] = xid
    if dead:
        special = pages[:, 4] & np.uint32(0xFFFF)
        for index in np.nonzero((special < PAGE) & (special > 0))[0]:
            page = content[int(index) * PAGE : (int(index) + 1) * PAGE]
            if (block := dead_mark(page, dead)) is not None:
                seen.marked[Block(one.relation, 0, number + int(index))] = block
