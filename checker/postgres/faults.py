"""What happens to the old primary until it is down, and what the new one does then: the moves of scenarios."""

from __future__ import annotations

from checker.postgres.lsn import format_lsn
from checker.postgres.shim import DATA, Kind
from checker.postgres.stage import READ_FILLER, Stage, insert
from checker.postgres.waiting import wait_until

KNOWN = (1, 2, 3)
"""Rows that both servers have before anything goes wrong."""

AHEAD = (101, 102, 103)
"""Rows that only the old primary has."""

NEW = (201, 202)
"""Rows that only the new primary has."""


def _begin(stage: Stage) -> None:
    """Common rows, all of it acknowledged, then a checkpoint: no image of a page lies between redo point and fork."""
    stage.insert(*KNOWN)
    stage.checkpoint()


def _begin_with_long_table(stage: Stage) -> None:
    """The same with rows on several pages."""
    stage.old.query("insert into account select g, repeat('x', 500) from generate_series(1, 60) g")
    stage.checkpoint()


def commits_unsent(stage: Stage) -> None:
    """Commits that never leave the old primary."""
    _begin(stage)
    stage.cut()
    stage.insert(*AHEAD)
    stage.crash()


def commits_unsent_over_two_segments(stage: Stage) -> None:
    """The same, with a switch of segments between: the tail ends in a segment that the fork is not in."""
    _begin(stage)
    stage.cut()
    stage.insert(*AHEAD)
    stage.old.query("select pg_switch_wal()")
    stage.insert(104)
    stage.crash()


def page_written_ahead(stage: Stage) -> None:
    """A page with unsent rows is evicted, so it is on disk."""
    _begin(stage)
    stage.cut()
    stage.insert(*AHEAD)
    stage.evict()
    stage.crash()


def page_written_far_ahead(stage: Stage) -> None:
    """The same, and the page's LSN is far beyond what the new primary will soon write."""
    _begin(stage)
    stage.cut()
    stage.insert(*AHEAD[:2])
    stage.old.query("select pg_logical_emit_message(false, '', repeat('x', 20000))")
    stage.insert(AHEAD[2])
    stage.evict()
    stage.crash()


def checkpoint_ahead(stage: Stage) -> None:
    """A checkpoint that the standby never hears of."""
    _begin(stage)
    stage.cut()
    stage.old.query("checkpoint")
    stage.crash()


def truncation_ahead(stage: Stage) -> None:
    """Rows are deleted and VACUUM gives their pages back; the standby hears of neither."""
    _begin_with_long_table(stage)
    stage.cut()
    stage.old.query("delete from account where id > 5")
    stage.old.query("vacuum account")
    stage.crash()


def commit_log_ahead(stage: Stage) -> None:
    """A checkpoint has written the commit log and is held before the first page, so before its record."""
    _begin(stage)
    stage.cut()
    stage.insert(AHEAD[0])
    mark = stage.shim.mark()
    stage.shim.hold(Kind.HEAP, role="checkpointer")
    stage.in_background("checkpoint")
    wait_until(lambda: stage.shim.holding, "the checkpointer to be held at its first page")
    written = [entry for entry in stage.shim.writes(mark) if entry.kind == "clog" and entry.op == "write"]
    if not written:
        raise AssertionError("the checkpointer reached its first page without writing the commit log")
    stage.crash()
    stage.shim.let_go()


def hint_ahead_after_image(stage: Stage) -> None:
    """The row and the image of its page are sent, its commit is not; the hint of it reaches the disk."""
    _begin(stage)
    _hint_ahead(stage, checkpoint_between=False)


def hint_ahead_without_image(stage: Stage) -> None:
    """The same, with a checkpoint between row and commit: no record from the redo point to the fork has the image."""
    _begin(stage)
    _hint_ahead(stage, checkpoint_between=True)


def _hint_ahead(stage: Stage, *, checkpoint_between: bool, scrub: bool = False) -> None:
    if scrub:
        stage.shim.scrub_hints_from(stage.next_xid())
    with stage.old.connect() as session:
        session.execute("begin")
        session.execute("insert into account values (101, 'x')")
        stage.insert(1, table="other")
        if checkpoint_between:
            stage.checkpoint()
        stage.cut()
        session.execute("commit")
    stage.old.query("select count(*) from account")
    stage.evict()
    stage.crash()


def hint_ahead_scrubbed(stage: Stage) -> None:
    """As without an image, but the hint is taken out of the page on its way to disk."""
    _begin(stage)
    _hint_ahead(stage, checkpoint_between=True, scrub=True)


def sync_commit_unsent(stage: Stage) -> None:
    """A client's commit is flushed here and waits for the standby, which does not get it any more."""
    _begin(stage)
    stage.cut()
    stage.in_background("insert into account values (101, 'x')")
    waiting = "select count(*) from pg_stat_activity where wait_event = 'SyncRep'"
    wait_until(lambda: stage.old.value(waiting), "the commit to wait for the standby")
    stage.crash()


def gated_primary_runs_ahead(stage: Stage) -> None:
    """Under the gate commits go on, and eviction and checkpoint wait: the tail is WAL only."""
    _begin(stage)
    stage.shim.gate(DATA)
    stage.cut()
    stage.insert(*AHEAD)
    stage.in_background("checkpoint")
    # a page that was used often is passed over several times before it is evicted
    stage.in_background(";".join([READ_FILLER] * 6))
    wait_until(lambda: stage.shim.waiting == 2, "the checkpointer and the evicting session to wait")
    stage.facts["title"] = stage.old.processes()[stage.old.pid_of("checkpointer")]
    stage.crash()
    stage.shim.open_gate()


def gated_truncation_waits(stage: Stage) -> None:
    """Under the gate VACUUM logs its truncation and waits before the file."""
    _begin_with_long_table(stage)
    stage.shim.gate(DATA)
    stage.cut()
    stage.old.query("delete from account where id > 5")
    stage.in_background("vacuum account")
    waiting_for = wait_until(lambda: stage.shim.waiting_for, "the truncation to wait")
    stage.facts["waiting_for"] = format_lsn(waiting_for)
    stage.crash()
    stage.shim.open_gate()


def gated_hint_ahead(stage: Stage) -> None:
    """The gate looks at page LSNs only: the hint of an unsent commit passes it."""
    stage.shim.gate(DATA)
    hint_ahead_without_image(stage)
    stage.shim.open_gate()


def gated_hint_scrubbed(stage: Stage) -> None:
    """The gate, and no such hint."""
    stage.shim.gate(DATA)
    hint_ahead_scrubbed(stage)
    stage.shim.open_gate()


def gated_crash_restart_waits(stage: Stage) -> None:
    """The primary crashes and restarts alone; its end-of-recovery checkpoint waits for a standby that cannot attach."""
    _restart_alone(stage, in_recovery=True)


def gated_crash_restart_bypassed(stage: Stage) -> None:
    """The same with recovery exempt: pages and control file run ahead before anybody can attach."""
    _restart_alone(stage, in_recovery=False)
    stage.old.wait_ready()
    stage.crash()
    stage.shim.open_gate()


def _restart_alone(stage: Stage, *, in_recovery: bool) -> None:
    _begin(stage)
    stage.shim.gate(DATA, in_recovery=in_recovery)
    stage.cut()
    stage.insert(*AHEAD)
    stage.crash()
    stage.shim.restarted()
    stage.old.start(wait=False)


def clean_shutdown(stage: Stage) -> None:
    """The standby gets everything, the shutdown checkpoint included."""
    _begin(stage)
    stage.insert(*AHEAD)
    stage.old.stop_fast()
    end = stage.end_of_wal()
    stage.facts["end_of_wal"] = format_lsn(end)
    wait_until(lambda: stage.new.replayed() >= end, "the standby to replay the shutdown checkpoint")


def quiet_crash(stage: Stage) -> None:
    """A crash when all that was written is acknowledged."""
    _begin(stage)
    stage.insert(*AHEAD)
    stage.settle()
    stage.crash()


def new_primary_works_elsewhere(stage: Stage) -> None:
    """The new primary uses the transaction numbers of the tail again, in a table that the tail did not touch."""
    insert(stage.new, *range(NEW[0], NEW[0] + 6), table="other")


def new_primary_is_queried(stage: Stage) -> None:
    """A mere query sets hints on the new primary; where hints are logged, their image heals the other's page."""
    new_primary_works_elsewhere(stage)
    stage.new.query("select count(*) from account")


def new_primary_writes_the_page(stage: Stage) -> None:
    """The new primary writes the page that the old one wrote ahead."""
    insert(stage.new, *NEW)


def new_primary_changes_the_last_row(stage: Stage) -> None:
    """The new primary changes a row on a page that the old one gave back."""
    stage.new.query("update account set id = id + 1000 where id = 60")


def new_primary_loses_a_transaction(stage: Stage) -> None:
    """The transaction number of the tail's commit is used again by a transaction that a crash ends without a trace."""
    with stage.new.connect() as session:
        session.execute("begin")
        session.execute("insert into account values (201, 'x')")
        new_primary_works_elsewhere(stage)
        stage.new.stop_immediate()
    stage.new.start()
