"""Whether two servers hold the same data: rows with their places and transactions, pages, commit status, file sizes.

The failed-back node is always asked first: a query on the new primary may set a hint, log its page, and heal the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg.errors import UndefinedFile

from checker.postgres.lsn import WAL_PAGE
from checker.postgres.node import Node
from checker.postgres.pages import meaning_of_page

_TABLES = """
    select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname = 'public' order by 1
"""

_PAGES = "select get_raw_page(%s::text, n) from generate_series(0, %s::int / 8192 - 1) n order by n"


@dataclass
class Contents:
    """What one server answered, in text and numbers that can be shown. Sizes are without empty pages at the end.

    Where pageinspect is missing there are no pages, and sizes are those of files.
    """

    rows: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)
    pages: dict[str, list[str]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    commit_status: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same: what kind, where, and the answers of the returned node and of the new primary."""

    kind: str
    where: str
    returned: str
    primary: str

    def __str__(self) -> str:
        return f"{self.kind} {self.where}: the returned node has {self.returned}, the new primary {self.primary}"


def contents(node: Node, first_xid: int, next_xid: int, dropped: Container[str] = ()) -> Contents:
    """Reads the user's tables of a server, and the status of the transactions `first_xid` to before `next_xid`.

    A `dropped` table has no rows where its file is gone; raises UndefinedFile for any other.
    """
    found = Contents()
    with node.connect() as connection:

        def query(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
            return connection.execute(sql, parameters or None).fetchall()

        query("select set_config('enable_indexscan', 'off', false), set_config('enable_indexonlyscan', 'off', false)")
        inspects = bool(query("select from pg_extension where extname = 'pageinspect'"))
        if not inspects:
            # sizes are then those of files, to which a checkpoint, or a restartpoint, writes what is in memory
            connection.execute("checkpoint")
        tables = [name for (name,) in query(_TABLES)]
        for table in tables:
            found.sizes[table] = query("select pg_relation_size(%s::regclass)", table)[0][0]
            # before the rows: to read those may prune a page on a primary
            if inspects:
                pages = [page for (page,) in query(_PAGES, table, found.sizes[table])]
                while pages and not any(pages[-1]):
                    # a file grows without a record, and nobody misses an empty page at its end
                    pages.pop()
                found.pages[table] = [_digest(page) for page in pages]
                found.sizes[table] = len(pages) * WAL_PAGE
            else:
                path = query("select pg_relation_filepath(%s::regclass)", table)[0][0]
                found.sizes[table] = _size_on_disk(node.data / path)
            try:
                rows = query(f"select ctid::text, xmin::text, t::text from only {table} t")
            except UndefinedFile:
                if table not in dropped:
                    raise
                rows = []  # redo of a drop that is not in the new primary's history has unlinked it
            found.rows[table] = {tuple(str(value) for value in row) for row in rows}
        status = query(
            "select x, coalesce(pg_xact_status(x::text::xid8), 'unknown') from generate_series(%s::int, %s::int - 1) x",
            first_xid,
            next_xid,
        )
        found.commit_status = dict(status)
    return found


def _size_on_disk(path: Path) -> int:
    """The bytes of a file without empty pages at its end; 0 where it is none."""
    content = path.read_bytes() if path.exists() else b""
    return -(-len(content.rstrip(b"\0")) // WAL_PAGE) * WAL_PAGE


def _digest(page: bytes) -> str:
    return hashlib.sha256(meaning_of_page(page)).hexdigest()[:12]


def differences(returned: Contents, primary: Contents) -> list[Difference]:
    """Everything in which the two differ, rows first."""
    found = []
    for table in sorted(returned.rows.keys() | primary.rows.keys()):
        ours, theirs = returned.rows.get(table, set()), primary.rows.get(table, set())
        found += [Difference("ghost row", table, str(row), "no such row") for row in sorted(ours - theirs)[:5]]
        found += [Difference("lost row", table, "no such row", str(row)) for row in sorted(theirs - ours)[:5]]
    found += _differing("size", returned.sizes, primary.sizes)
    found += _differing("commit status of", _over(returned.commit_status, primary.commit_status), primary.commit_status)
    for table in sorted(returned.pages.keys() & primary.pages.keys()):
        ours_pages, theirs_pages = returned.pages[table], primary.pages[table]
        for number, (our, their) in enumerate(zip(ours_pages, theirs_pages, strict=False)):
            if our != their:
                found.append(Difference("page", f"{table} {number}", our, their))
    return found


def _over(returned: dict[int, str], primary: dict[int, str]) -> dict[int, str]:
    """A standby takes what a crash of its primary ended for running until what was prepared before it is over."""
    return {
        xid: "aborted" if status == "in progress" and primary.get(xid) == "aborted" else status
        for xid, status in returned.items()
    }


def _differing(kind: str, returned: dict[Any, Any], primary: dict[Any, Any]) -> list[Difference]:
    return [
        Difference(kind, str(key), str(returned.get(key, "none")), str(primary.get(key, "none")))
        for key in sorted(returned.keys() | primary.keys())
        if returned.get(key) != primary.get(key)
    ]
