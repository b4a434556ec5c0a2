"""What goes ahead of the standby without a page's LSN to tell: two-phase commit, files that are removed."""

from __future__ import annotations

import time

from checker.postgres import owned
from checker.postgres.faults import KNOWN
from checker.postgres.shim import DATA, Kind, Op
from checker.postgres.stage import READ_FILLER, Stage
from checker.postgres.waiting import wait_until

PREPARED_ROW = 301


def _prepare(stage: Stage, *, checkpoint: bool) -> None:
    """Common rows, and a prepared transaction with one more, that the standby has; then the standby is cut off."""
    stage.insert(*KNOWN)
    stage.checkpoint()
    with stage.old.connect() as session:
        session.execute("begin")
        session.execute(f"insert into account values ({PREPARED_ROW}, 'x')")
        session.execute("prepare transaction 'both'")
    if checkpoint:
        stage.checkpoint()
    stage.cut()


def rolled_back_ahead(stage: Stage) -> None:
    """The rollback of a prepared transaction is local, a query marks its row aborted, and the page is evicted."""
    _prepare(stage, checkpoint=True)
    _roll_back(stage)


def rolled_back_after_image(stage: Stage) -> None:
    """The same, and the image of the page lies between redo point and fork."""
    _prepare(stage, checkpoint=False)
    _roll_back(stage)


def gated_rolled_back_ahead(stage: Stage) -> None:
    """The same under the gate: the page's LSN is acknowledged long since, and an abort has none."""
    stage.shim.gate(DATA)
    rolled_back_ahead(stage)
    stage.shim.open_gate()


def _roll_back(stage: Stage) -> None:
    stage.old.query("rollback prepared 'both'")
    stage.old.query("select count(*) from account")
    stage.evict()
    stage.crash()


def gated_rolled_back_logged_hint(stage: Stage) -> None:
    """The same with wal_log_hints: the mark is logged, moves the page's LSN, and the page waits."""
    stage.shim.gate(DATA)
    _prepare(stage, checkpoint=True)
    stage.old.query("rollback prepared 'both'")
    stage.old.query("select count(*) from account")
    stage.in_background(";".join([READ_FILLER] * 6))
    wait_until(lambda: stage.shim.waiting, "the evicting session to wait")
    stage.crash()
    stage.shim.open_gate()


def state_file_removed_ahead(stage: Stage) -> None:
    """Nothing but the file of the prepared transaction is ahead: the rollback has removed it."""
    stage.shim.gate(DATA)
    _prepare(stage, checkpoint=True)
    mark = stage.shim.mark()
    stage.old.query("rollback prepared 'both'")
    removed = [
        one.path for one in stage.shim.writes(mark) if one.op == "unlink" and one.path.startswith("pg_twophase/")
    ]
    stage.facts["removed"] = ", ".join(removed)
    stage.crash()
    stage.shim.open_gate()


def new_primary_commits_prepared(stage: Stage) -> None:
    """The new primary commits what the old one has rolled back."""
    stage.new.query("commit prepared 'both'")


def new_primary_keeps_prepared(stage: Stage) -> None:
    """The new primary leaves it prepared."""


def dropped_ahead(stage: Stage) -> None:
    """A table is dropped: its file is truncated as soon as the commit is flushed here, and unlinked later."""
    stage.insert(*KNOWN)
    stage.checkpoint()
    stage.cut()
    stage.old.query("drop table account")
    stage.crash()


def gated_drop_waits(stage: Stage) -> None:
    """Under the gate the file waits."""
    stage.insert(*KNOWN)
    stage.checkpoint()
    stage.shim.gate(DATA)
    stage.cut()
    stage.in_background("drop table account")
    wait_until(lambda: stage.shim.waiting, "the removal of the file to wait")
    stage.crash()
    stage.shim.open_gate()


def new_primary_changes_the_first_row(stage: Stage) -> None:
    """The new primary changes a row of the table that the old one dropped."""
    stage.new.query("update account set owner = 'y' where id = 1")


def truncated_against_checkpoint(stage: Stage) -> None:
    """VACUUM is held at the file, a checkpoint runs, the file is truncated; then the system crashes.

    What no fsync has followed the crash takes back: here the truncation, if the checkpoint did not wait for it.
    """
    stage.old.query("insert into account select g, repeat('x', 500) from generate_series(1, 60) g")
    stage.checkpoint()
    stage.old.query("delete from account where id > 5")
    stage.settle()
    name = stage.old.value("select pg_relation_filepath('account')")
    path, mark = stage.old.data / name, stage.shim.mark()
    stage.shim.hold(Kind.REMOVAL, ops=Op.TRUNCATE, path=f"{name}$")
    stage.in_background("vacuum account")
    wait_until(lambda: stage.shim.holding, "VACUUM to be held at the truncation")
    before = path.read_bytes()
    stage.in_background("checkpoint")

    begun = time.monotonic()

    def settled() -> bool:
        """It has fsynced the file already, or waits for VACUUM before it has written anything."""
        fsynced = any(one.op == "fsync" and one.path == name for one in stage.shim.writes(mark))
        return fsynced or time.monotonic() - begun > _LONG_CHECKPOINT

    wait_until(settled, "the checkpoint to meet the truncation")
    stage.shim.let_go()
    wait_until(lambda: any(one.kind == "control" for one in stage.shim.writes(mark)), "the checkpoint to end")
    stage.settle()
    stage.crash()
    log = [one for one in stage.shim.writes(mark) if one.path == name]
    last = max(index for index, one in enumerate(log) if one.op == "truncate")
    lost = not any(one.op == "fsync" for one in log[last:])
    stage.facts["truncation"] = "taken back by the crash" if lost else "fsynced by the checkpoint"
    if lost:
        path.write_bytes(before)
        owned.give(path)


_LONG_CHECKPOINT = 1.5
"""Seconds after which a checkpoint of a few pages that has not fsynced yet is one that waits: before 17 it shows no
wait event while it does."""
