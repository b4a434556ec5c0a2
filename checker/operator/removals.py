"""Files that were truncated, removed or made anew past the fork: they have no LSN that says so."""

from __future__ import annotations

from checker.operator.new_primary import NewPrimary, is_empty
from checker.operator.old_primary import OldPrimary
from checker.operator.relation_files import PAGE, page_lsn
from checker.operator.tail_records import Tail
from checker.operator.wal_log import Block, Manager, Relation, WalLog, storage

_MOST_WAL = 1 << 30
"""Bytes of the new primary's WAL that are read to explain why its files are longer."""


def removed_in_tail(old: OldPrimary, tail: Tail, fork: int) -> list[str]:
    """Truncations and removals in the tail that were carried out, or may have been."""
    done = []
    for relation in sorted(tail.removed - tail.created):
        if not old.files.size(relation):
            done.append(f"{relation} is removed")
    for relation, blocks in sorted(tail.truncations.items()):
        if relation not in tail.created and not _untouched(old, relation, blocks, fork):
            done.append(f"{relation} is truncated to {blocks} blocks")
    return done


def _untouched(old: OldPrimary, relation: Relation, blocks: int, fork: int) -> bool:
    """Whether a file that was to be truncated is as it was: its old pages are there behind the place."""
    size = old.files.size(relation)
    second = old.files.path(relation, segment=1)
    if size is None or size <= blocks or (second is not None and second.exists()):
        return False
    return all(
        (page := old.files.page(Block(relation, 0, number))) is not None and any(page) and page_lsn(page) <= fork
        for number in range(blocks, size)
    )


def created_lines(old: OldPrimary, tail: Tail) -> list[str]:
    """Files that the tail made, and that have something in them: they would be in the way of others of that name."""
    return [
        f"{relation} is new, with {size} blocks"
        for relation in sorted(tail.created)
        if (size := old.files.size(relation))
    ]


def shorter_than(old: OldPrimary, new: NewPrimary, fork: int) -> tuple[list[str], str]:
    """The old primary's files that are shorter than the new one's for no reason in the WAL; and what was not seen.

    Where the tail is gone this is the only trace that a truncation or a removal leaves.
    """
    short = _shorter(old, new)
    if not short:
        return [], ""
    if new.end - fork > _MOST_WAL:
        return [], f"{len(short)} files are shorter than the new primary's, which wrote too much since to say why"
    made, created = _made_since(new, fork)
    own = _made_on(old.log, old.control.positions.redo, fork)
    found = []
    for relation, (ours, theirs) in sorted(short.items()):
        if relation in created:
            continue
        for number in range(ours, theirs):
            block = Block(relation, 0, number)
            if block not in made and block not in own and not is_empty(_page_of(new, block)):
                found.append(f"{relation}: {ours} blocks here, {theirs} on the new primary")
                break
    return found, ""


def _shorter(old: OldPrimary, new: NewPrimary) -> dict[Relation, tuple[int, int]]:
    """Permanent relations by what both have, in blocks, where the old primary has less."""
    theirs: dict[Relation, int] = {}
    for path, size in new.source.relation_sizes().items():
        relation = _relation(path)
        theirs[relation] = theirs.get(relation, 0) + size // PAGE
    unlogged = {one.relation for one in old.files.files() if one.fork == 3}
    return {
        relation: (ours, size)
        for relation, size in theirs.items()
        if relation not in unlogged and (ours := old.files.size(relation) or 0) < size
    }


def _relation(path: str) -> Relation:
    parts = path.split("/")
    number = int(parts[-1].partition(".")[0])
    if parts[0] == "global":
        return Relation(1664, 0, number)
    return Relation(1663 if parts[0] == "base" else int(parts[1]), int(parts[-2]), number)


def _page_of(new: NewPrimary, block: Block) -> bytes | None:
    relation = block.relation
    if relation.tablespace == 1663:
        return new.source.read(f"base/{relation.database}/{relation.number}", block.number * PAGE, PAGE)
    if relation.tablespace == 1664:
        return new.source.read(f"global/{relation.number}", block.number * PAGE, PAGE)
    return None


def _made_since(new: NewPrimary, fork: int) -> tuple[set[Block], set[Relation]]:
    """Blocks that the new primary's WAL makes from nothing since the fork, and files that it creates."""
    log = WalLog(new.segments(), new.segment_size, new.major)
    made, created = set(), set()
    for record in log.records(fork):
        contents = log.contents(record)
        made |= {reference.block for reference in contents.references if reference.restored}
        if record.manager == Manager.STORAGE and isinstance(done := storage(record, contents.main), Relation):
            created.add(done)
    return made, {relation for relation in created if len(relation) == 3}


def _made_on(log: WalLog, redo: int, fork: int) -> set[Block]:
    """Blocks that redo makes from nothing before the fork."""
    return {
        reference.block
        for record in log.records(redo, fork)
        for reference in log.contents(record).references
        if reference.restored
    }
