"""The checkpointer (xlog.c CreateCheckPoint): redo point, commit log, pages, record, flush, wait, control file.

It writes through the same code as everybody (SimpleLruFlush, later SimpleLruWriteAll; BufferSync), so its writes are
the writers' actions: a step here says what has to be on disk before the checkpoint goes on.
"""

from __future__ import annotations

from model.commit_log import commit_log_dirty
from model.files import removes_database
from model.language import action, require
from model.relation_map import map_delays_checkpoint
from model.settings import PrimaryFaults, Tail
from model.state import State, may_shut_down_fast, positions, rests, timelines, writing
from model.transactions import commits_drop
from model.two_phase import is_over, prepare_delays_checkpoint, state_files_released, write_state_files
from model.vocabulary import (
    Checkpointer,
    CheckpointStep,
    Kind,
    Node,
    Page,
    Phase,
    Position,
    Role,
    Timeline,
    Transaction,
)
from model.waits import data_released
from model.wal import insert, may_insert, removal_due, room


@action
def start_checkpoint(s: State, n: Node) -> None:
    """The checkpointer sets its redo point; from here on a page's first change carries an image (CreateCheckPoint).

    At any time: a forced checkpoint is not skipped when nothing happened since the last.
    """
    # One checkpoint at a time.
    require(writing(s, n) and s.checkpointer[n].step == CheckpointStep.IDLE)
    reserved = removal_due(s, n) if may_shut_down_fast(s) else 0
    # The scope has room for its record, and for one that is due before.
    require(s.wal_end[n] + reserved < room(s, n, s.timeline[n]))
    # The checkpointer is told to shut down when the last backend is gone.
    require(s.role[n] != Role.STOPPING or not (s.truncater[n].busy or any(is_over(s, n, x) for x in Transaction)))
    require(s.role[n] != Role.STOPPING or s.map_record[n] == 0)
    s.checkpointer[n].step = CheckpointStep.REDO
    s.checkpointer[n].redo = s.wal_end[n]
    s.redo[n] = s.wal_end[n]


@action
def checkpoint_commit_log(s: State, n: Node) -> None:
    """The commit log is on disk up to the redo point (CheckPointCLOG).

    First the checkpointer waits for commits that are between their record and their status, and for truncations that
    are between their record and the file (GetVirtualXIDsDelayingChkpt, DELAY_CHKPT_START): a redo that starts behind
    such a record would never repeat it.
    """
    # CheckPointGuts comes after the redo point.
    require(writing(s, n) and s.checkpointer[n].step == CheckpointStep.REDO and not rests(s, n))
    # Whoever is between a record before the redo point and what it does is waited for (DELAY_CHKPT_START).
    require(
        not s.settings.checkpoint_delays
        or all(not delays_checkpoint(s, n, x) or s.checkpointer[n].redo < s.commit_lsn[n, x] for x in Transaction)
    )
    # So is a PREPARE until it is flushed, a truncation, and a rewrite of the relation map.
    require(not (s.settings.checkpoint_delays and prepare_delays_checkpoint(s, n, s.checkpointer[n].redo)))
    require(not (s.settings.truncation_delays_start and truncation_delays(s, n)))
    require(not map_delays_checkpoint(s, n, s.checkpointer[n].redo))
    require(
        all(
            (s.disk_status[n, x] == s.status[n, x] and s.disk_status_aborted[n, x] == s.aborted[n, x])
            or s.checkpointer[n].redo < s.commit_lsn[n, x]
            for x in Transaction
        )
    )
    s.checkpointer[n].step = CheckpointStep.COMMIT_LOG


def delays_checkpoint(s: State, n: Node, x: Transaction) -> bool:
    """A backend is between its record and the commit log, and has said so."""
    return s.phase[n, x] == Phase.LOGGED or (s.settings.abort_delays_checkpoint and s.phase[n, x] == Phase.ABORT_LOGGED)


def truncation_delays(s: State, n: Node) -> bool:
    """A truncation whose record is before the redo point has not reached the file yet: no redo would repeat it."""
    return (
        s.settings.checkpoint_delays
        and s.truncater[n].busy
        and not removes_without_delay(s, n)
        and s.truncater[n].lsn <= s.checkpointer[n].redo
    )


def removes_without_delay(s: State, n: Node) -> bool:
    """A dropped table's file that outlives its COMMIT does no harm, and a database's is gone before its record."""
    return removes_database(s, n) or any(commits_drop(s, n, x) for x in Transaction)


def pages_written(s: State, n: Node) -> bool:
    """Every change up to the redo point is on disk (CheckPointBuffers)."""
    return not any(
        s.buffer_holds[n, p, u, position] and not s.disk_holds[n, p, u, position] and position <= s.checkpointer[n].redo
        for p in Page
        for u in timelines(s)
        for position in positions(s)
    )


@action
def sync_files(s: State, n: Node) -> None:
    """The checkpointer fsyncs all that was written since its last fsync (ProcessSyncRequests).

    The commit log too, as 14 and later do it; before, SimpleLruFlush did so a little earlier in the same checkpoint.
    """
    # CheckPointGuts: after all writes.
    require(s.settings.primary_faults == PrimaryFaults.OS and writing(s, n))
    require(s.checkpointer[n].step == CheckpointStep.COMMIT_LOG and pages_written(s, n))
    for p in Page:
        s.synced[n, p] = s.disk[n, p]
        for t in timelines(s):
            for position in positions(s):
                s.synced_holds[n, p, t, position] = s.disk_holds[n, p, t, position]
        for x in Transaction:
            s.synced_hint[n, p, x] = s.disk_hint[n, p, x]
            s.synced_aborted[n, p, x] = s.disk_aborted[n, p, x]
    for x in Transaction:
        s.synced_status[n, x] = s.disk_status[n, x]
        s.synced_status_aborted[n, x] = s.disk_status_aborted[n, x]
    s.checkpointer[n].step = CheckpointStep.SYNCED


@action
def insert_checkpoint(s: State, n: Node, t: Timeline, at: Position) -> None:
    """The pages are on disk up to the redo point, fsynced, and the checkpoint record is inserted.

    Before the record CreateCheckPoint waits for truncations that are between their record and the file
    (DELAY_CHKPT_COMPLETE).
    """
    # CreateCheckPoint: after CheckPointGuts, which fsyncs where that is a step.
    require(writing(s, n) and may_insert(s, n, t, at))
    require(
        s.checkpointer[n].step == CheckpointStep.SYNCED
        if s.settings.primary_faults == PrimaryFaults.OS
        else s.checkpointer[n].step == CheckpointStep.COMMIT_LOG and pages_written(s, n)
    )
    require(not truncation_delays(s, n))
    require(state_files_released(s, n, t, s.checkpointer[n].redo))
    insert(s, n, t, at, Kind.CHECKPOINT)
    write_state_files(s, n, t, s.checkpointer[n].redo)
    if s.settings.tail == Tail.REWIND or s.settings.restartpoints:
        s.checkpoint_redo[t, at] = s.checkpointer[n].redo
    s.checkpointer[n].record = at
    s.checkpointer[n].step = CheckpointStep.RECORD


@action
def update_control_file(s: State, n: Node) -> None:
    """The checkpointer names the new checkpoint in the control file, its record flushed and acknowledged.

    CreateCheckPoint flushes the record first (XLogFlush), and then calls UpdateControlFile.
    """
    # CreateCheckPoint: XLogInsert, XLogFlush, then UpdateControlFile.
    require(writing(s, n) and s.checkpointer[n].step == CheckpointStep.RECORD)
    require(s.checkpointer[n].record <= s.flushed[n])
    require(data_released(s, n, s.checkpointer[n].record, s.settings.control_gate))
    s.control[n].checkpoint = s.checkpointer[n].record
    s.control[n].timeline = s.timeline[n]
    s.control[n].redo = s.checkpointer[n].redo
    s.control[n].min_recovery = 0
    s.control[n].min_recovery_timeline = 0
    # The checkpoint that ends a shutdown or a crash recovery is the last one: nothing came between its redo point and
    # its record, or after that, and nothing is left to write.
    ending = s.role[n] == Role.STOPPING or s.role[n] == Role.RESTARTING
    last = (
        ending
        and s.checkpointer[n].record == s.checkpointer[n].redo + 1
        and s.checkpointer[n].record == s.wal_end[n]
        and not commit_log_dirty(s, n)
        and not any(is_over(s, n, x) for x in Transaction)
    )
    s.checkpointer[n] = Checkpointer(step=CheckpointStep.ENDED if last else CheckpointStep.IDLE)
