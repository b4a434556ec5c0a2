"""Two promotions that do not see each other, as a page that a developer of PostgreSQL can act on."""

from __future__ import annotations

from collections.abc import Mapping

from checker.postgres.uncoordinated import ITS_OWN, LOST, Uncoordinated

_SUMMARY = """Two standbys of one primary that are promoted without knowing of each other pick the same timeline ID:
then pg_rewind of the one against the other says `no rewind required` and ends with success, and a start as its standby
streams: for good, without a message, with rows of a history that nobody else has, and without rows that the new
primary has.

The model found it as a shortest trace of 22 steps (`specs/rewind-uncoordinated.toml`), and the servers did the same.
"""

_STEPS = f"""## Steps

1. A is the primary, B and C its standbys, wal_log_hints on. All three have row 1. B is cut off.
2. B is promoted to timeline 2, makes a checkpoint, inserts row {ITS_OWN}, and is shut down.
3. A goes on: row {LOST}, which C has too. A is lost. C is promoted, to timeline 2 as well, and makes a checkpoint.
4. `pg_rewind` of B with C as its source; then B is started as a standby of C, and replays all that C has.

A server takes up C's log where its own ends only if a record of C begins there, and its predecessor begins where B's
last one does; else it stops there, and asks for the same WAL for ever (`invalid resource manager ID`,
`record with incorrect prev-link`). In the model positions are whole records, so the two logs fit. Here both are filled
up with logical messages to the same byte; in the wild it takes chance, such as two logs of equal statements.
"""

_CAUSE = """## The cause in the source

1. `findNewestTimeLine` looks for history files that the node has, or its archive: without a common archive both
   nodes come to the same number.
2. `pg_rewind` compares numbers: where the timeline of both is the same it is "no rewind required" (before 16 that of
   the control files' latest checkpoints, from 16 on also that of the source's minimum recovery point). It reads no
   history file then, so it does not see that the two forks lie at different positions.
3. `StartReplication` and the walreceiver compare numbers too. The walreceiver asks from the start of a segment, so C's
   bytes take the place of B's own from there on; redo goes on where it was.

## What cures it

pg_rewind could compare the history files of equal timelines (their last line says where each forked off), and refuse.
Until then: one archive for all, so that a promotion finds the other's history file; or fencing, so that there is no
second promotion.
"""


def uncoordinated_page(seen: Mapping[str, Uncoordinated | str]) -> str:
    """The page; by version what servers did, or why it was not run there."""
    lines = [
        "# Two promotions with one timeline ID, and pg_rewind finds nothing to do",
        "",
        "Made by `checker replay --report`.",
        "",
        _SUMMARY,
        "## What the servers showed",
        "",
        "| PostgreSQL | forks | end of B's log | pg_rewind | rows on B, which streams | rows on C, the primary |",
        "|---|---|---|---|---|---|",
        *(_row(version, one) for version, one in seen.items()),
        "",
        _STEPS,
        _CAUSE.rstrip(),
    ]
    return "\n".join(lines) + "\n"


def _row(version: str, one: Uncoordinated | str) -> str:
    if isinstance(one, str):
        return f"| {version} | not run: {one} | | | | |"
    forks = f"B {one.facts['fork of B']}, C {one.facts['fork of C']}"
    end = one.facts["end of B's log"]
    rows = " | ".join(", ".join(str(number) for number in each) for each in (one.returned_rows, one.primary_rows))
    return f"| {version} | {forks} | {end} | `{one.rewind}` | {rows} |"
