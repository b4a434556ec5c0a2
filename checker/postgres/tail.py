"""The operator's procedures on the old primary's WAL before its first start: what becomes of the tail past the fork."""

from __future__ import annotations

import shutil
from enum import StrEnum
from pathlib import Path

from checker.postgres import owned
from checker.postgres.lsn import parse_lsn, parse_segment_name, segment_start
from checker.postgres.node import SEGMENT_SIZE, Node
from checker.postgres.node_socket import PORT


class Tail(StrEnum):
    """`cut_late` starts once with the tail and cuts then; `clean` has none to remove, for it stops before promoting."""

    KEEP = "keep"
    CUT = "cut"
    COPY = "copy"
    DELETE_FORK_SEGMENT = "delete_fork_segment"
    DELETE = "delete"
    CUT_LATE = "cut_late"
    CLEAN = "clean"
    REWIND = "rewind"


def fork_of(node: Node, timeline: int) -> int:
    """Where `timeline` left the one before, as the history file of the promoted node says."""
    lines = (node.pg_wal / f"{timeline:08X}.history").read_text().splitlines()
    return parse_lsn([line for line in lines if line.strip()][-1].split("\t")[1])


def segment_files(node: Node) -> list[tuple[int, Path]]:
    """The segment files of a node, of every timeline, each with its first position."""
    named = [(parse_segment_name(path.name, SEGMENT_SIZE), path) for path in sorted(node.pg_wal.iterdir())]
    return [(name.start, path) for name, path in named if name]


def cut(node: Node, fork: int) -> None:
    """Removes every byte of WAL from `fork` on: later segments go, the rest of the fork's segment becomes zeros."""
    for start, path in segment_files(node):
        if start > fork:
            path.unlink()
        elif start == segment_start(fork, SEGMENT_SIZE):
            with path.open("r+b") as file:
                file.seek(fork - start)
                file.write(bytes(SEGMENT_SIZE - (fork - start)))


def copy(node: Node, source: Node) -> None:
    """Replaces the WAL by that of the new primary, its history files included; the source may run."""
    delete(node)
    for path in source.pg_wal.iterdir():
        if path.is_file():
            target = node.pg_wal / path.name
            shutil.copy(path, target)
            owned.give(target)


def delete_from(node: Node, fork: int) -> None:
    """Removes the fork's segment and the later ones."""
    for start, path in segment_files(node):
        if start >= segment_start(fork, SEGMENT_SIZE):
            path.unlink()


def delete(node: Node) -> None:
    """Removes every file in pg_wal."""
    for path in node.pg_wal.iterdir():
        if path.is_file():
            path.unlink()


def rewind(node: Node, source: Node) -> str:
    """Runs pg_rewind against the new primary; its output, whether it succeeded or refused. Raises MissingProgram."""
    done = owned.run(
        [
            node.programs.path("pg_rewind"),
            *("--target-pgdata", node.data, "--no-sync"),
            *("--source-server", f"host={source.socket} port={PORT} user=postgres dbname=postgres"),
        ],
        check=False,
    )
    return done.stdout
