"""Cuts the WAL tail at the fork: a kill at any moment leaves the log whole or cut, and the cut can be undone.

Everything is prepared beside the log, in pg_wal/failback_cut: the new content of the fork's segment, zeros from the
fork on, and a plan.  The rename of that content over the segment is the cut: from then on recovery ends at the fork,
whatever later segments still lie there.  Those are moved aside next.  The undo goes the other way round: later
segments first, the old content of the fork's segment last.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from checker.operator.refusal import CannotTell
from checker.postgres.lsn import segment_name, segment_start

FOLDER = "failback_cut"
_PREPARED = "failback_cut.unfinished"
_PLAN, _DONE, _UNDOING = "plan.json", "done", "undoing"
_BEFORE, _AFTER = ".before", ".after"


@dataclass(frozen=True)
class Plan:
    """What a cut does: `segment` is cut from byte `offset` on, `later` are moved aside. LSNs are ints."""

    timeline: int
    fork: int
    end_of_wal: int
    segment: str
    offset: int
    later: tuple[str, ...]
    control_file: str
    """The digest of pg_control at the time: a server that has started since changed it."""

    @property
    def bytes(self) -> int:
        """Bytes of records that are cut off."""
        return self.end_of_wal - self.fork


def plan_cut(data: Path, timeline: int, fork: int, end_of_wal: int, later: Sequence[str], segment_size: int) -> Plan:
    """The plan of a cut at the fork."""
    name = segment_name(timeline, fork, segment_size)
    offset = fork - segment_start(fork, segment_size)
    return Plan(timeline, fork, end_of_wal, name, offset, tuple(later), _digest(data / "global" / "pg_control"))


def unfinished(data: Path) -> Plan | None:
    """The plan of a cut that was begun and not finished; None where there is none."""
    folder = data / "pg_wal" / FOLDER
    return _read(folder) if (folder / _PLAN).exists() and not (folder / _DONE).exists() else None


def done(data: Path) -> Plan | None:
    """The plan of a cut that was carried out and can be undone; None where there is none."""
    folder = data / "pg_wal" / FOLDER
    return _read(folder) if (folder / _DONE).exists() else None


def cut(data: Path, plan: Plan) -> None:
    """Carries out a plan, or finishes one that was begun. Raises CannotTell where another cut can still be undone."""
    pg_wal = data / "pg_wal"
    folder = pg_wal / FOLDER
    if done(data) is not None:
        raise CannotTell(
            f"{folder} has a cut that was carried out; undo it, or remove that folder once it is not needed"
        )
    if (folder / _UNDOING).exists():
        raise CannotTell(f"an undo was begun in {folder} and not finished: run --undo again")
    if not folder.exists():
        _prepare(pg_wal, plan)
    _carry_out(pg_wal, _read(folder))


def _prepare(pg_wal: Path, plan: Plan) -> None:
    """Writes everything beside the log; the rename of the folder makes it a plan to be carried out."""
    aside = pg_wal / _PREPARED
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700)
    segment = pg_wal / plan.segment
    content = segment.read_bytes()
    for name, written in (
        (plan.segment + _BEFORE, content),
        (plan.segment + _AFTER, content[: plan.offset] + bytes(len(content) - plan.offset)),
        (_PLAN, json.dumps(asdict(plan), indent=1).encode()),
    ):
        path = aside / name
        path.write_bytes(written)
        shutil.copystat(segment, path)
        _keep_owner(segment, path)
        _sync(path)
    _keep_owner(segment, aside)
    _sync(aside)
    aside.rename(pg_wal / FOLDER)
    _sync(pg_wal)


def _carry_out(pg_wal: Path, plan: Plan) -> None:
    folder = pg_wal / FOLDER
    after = folder / (plan.segment + _AFTER)
    if after.exists():
        after.replace(pg_wal / plan.segment)
        _sync(pg_wal)
    for name in plan.later:
        for path in (pg_wal / name, pg_wal / "archive_status" / f"{name}.ready"):
            if path.exists():
                path.replace(folder / path.name)
    mark = folder / _DONE
    mark.touch()
    _sync(mark)
    _sync(folder)
    _sync(pg_wal)


def undo(data: Path) -> Plan:
    """Puts back what a cut took away, whether it was finished or not; returns its plan.

    Raises CannotTell where there is none, and where a server has been started since.
    """
    pg_wal = data / "pg_wal"
    folder = pg_wal / FOLDER
    if not (folder / _PLAN).exists():
        raise CannotTell(f"there is nothing to undo: no {folder / _PLAN}")
    plan = _read(folder)
    if _digest(data / "global" / "pg_control") != plan.control_file:
        raise CannotTell("the control file has changed since the cut: a server was started, and the tail fits no more")
    (folder / _UNDOING).touch()
    _sync(folder)
    (folder / _DONE).unlink(missing_ok=True)
    for name in reversed(plan.later):
        for aside, path in (
            (folder / name, pg_wal / name),
            (folder / f"{name}.ready", pg_wal / "archive_status" / f"{name}.ready"),
        ):
            if aside.exists():
                aside.replace(path)
    _sync(pg_wal)
    before = folder / (plan.segment + _BEFORE)
    if before.exists():
        before.replace(pg_wal / plan.segment)
        _sync(pg_wal)
    folder.rename(pg_wal / _PREPARED)
    _sync(pg_wal)
    shutil.rmtree(pg_wal / _PREPARED)
    return plan


def _read(folder: Path) -> Plan:
    try:
        written = json.loads((folder / _PLAN).read_text())
        return Plan(**{**written, "later": tuple(written["later"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CannotTell(f"{folder / _PLAN} is no plan of a cut: {error}") from None


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _keep_owner(like: Path, path: Path) -> None:
    status = like.stat()
    if os.geteuid() == 0:
        os.chown(path, status.st_uid, status.st_gid)


def _sync(path: Path) -> None:
    """fsync of a file or a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
