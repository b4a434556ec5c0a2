"""The startup process replays WAL, record by record (xlog.c StartupXLOG, xlogutils.c XLogReadBufferForRedo).

One action serves crash recovery, a standby and a promotion: a crash can come between any two records.
"""

from __future__ import annotations

from model.language import action, require
from model.settings import CommitLsn
from model.state import State, drop_page, in_history, page_carries, positions, timelines, writing
from model.two_phase import redo_two_phase
from model.vocabulary import Kind, Lsn, MapFile, Node, Outcome, Page, Position, Role, Timeline, Transaction
from model.waits import apply_releases, data_released


def replay_matters(s: State, n: Node) -> bool:
    """A standby's replay can be put off until something depends on it: an acknowledgement, promotion, a return."""
    return s.role[n] != Role.STANDBY or s.came_back[n] or apply_releases(s) or s.settings.restartpoints


def can_replay(s: State, n: Node, t: int, at: int) -> bool:
    """The next record ends at position `at` of timeline t.

    A standby replays what its walreceiver has fsynced (GetWalRcvFlushRecPtr); crash recovery and promotion read what is
    in pg_wal.
    """
    return (
        (
            s.role[n] == Role.STANDBY
            or s.role[n] == Role.RECOVERING
            or s.role[n] == Role.PROMOTING
            or (s.role[n] == Role.RESTARTING and not writing(s, n))
        )
        and s.replayed[n] + 1 == at
        and at <= (s.flushed[n] if s.role[n] == Role.STANDBY else s.wal_end[n])
        and in_history(s, s.timeline[n], t, at)
    )


def restore_image(s: State, n: Node, p: Page, at: int) -> None:
    """A full-page image replaces the page, whatever its LSN (RestoreBlockImage).

    The image is the page as its primary had it, so as an ideal redo of that history has it; its hints are true in that
    history and need not be kept.
    """
    s.buffer[n, p].exists = True
    s.buffer[n, p].lsn = at
    s.dirty[n, p] = True
    for u in timelines(s):
        for position in positions(s):
            s.buffer_holds[n, p, u, position] = page_carries(s, s.timeline[n], at, p, u, position)
    for x in Transaction:
        s.buffer_hint[n, p, x] = False
        s.buffer_aborted[n, p, x] = False


def redo_page(s: State, n: Node, p: Page, t: int, at: int) -> None:
    """A heap record is applied to a page whose LSN is below its own, and skipped otherwise."""
    if s.log[t, at].image:
        restore_image(s, n, p, at)
        s.invalid[n, p] = False
    elif not s.buffer[n, p].exists:
        s.invalid[n, p] = True  # log_invalid_page: forgiven if a later record truncates the file
    elif s.buffer[n, p].lsn < at:
        s.buffer[n, p].lsn = at
        s.buffer_holds[n, p, t, at] = True
        s.dirty[n, p] = True


@action
def replay(s: State, n: Node, t: Timeline, at: Position) -> None:
    """The startup process replays the next record (PerformWalRecovery: ApplyWalRecord)."""
    require(can_replay(s, n, t, at) and replay_matters(s, n))
    require(may_redo_truncation(s, n, t, at))
    s.replayed[n] = at
    for p in Page:
        if s.log[t, at].page == p:
            if s.log[t, at].kind == Kind.UPDATE:
                redo_page(s, n, p, t, at)
            elif s.log[t, at].kind == Kind.HINT and s.log[t, at].image:
                restore_image(s, n, p, at)
            elif s.log[t, at].kind == Kind.TRUNCATE or s.log[t, at].drops:
                if s.role[n] == Role.RESTARTING and s.buffer[n, p].exists:
                    s.removed[n, p] = at
                drop_page(s, n, p)
                s.invalid[n, p] = False
    if s.log[t, at].kind == Kind.RELATION_MAP:
        s.map_file[n] = MapFile(lsn=at, timeline=t)  # relmap_redo, whatever the file says
    for x in Transaction:
        redo_two_phase(s, n, t, at, x)
        if is_commit_of(s, t, at, x):
            s.status[n, x] = True
            s.aborted[n, x] = False
            s.status_lsn[n, x] = at if redo_keeps_lsn(s, n) else 0
        elif s.log[t, at].kind == Kind.ABORT and s.log[t, at].transaction == x:
            # whatever a tail had set there (TransactionIdSetStatusBit)
            s.status[n, x] = False
            s.aborted[n, x] = True
            s.status_lsn[n, x] = at if s.settings.two_phase_gate and redo_keeps_lsn(s, n) else 0
    if missing_page(s, n, t, at):
        # Consistent since it connected, a standby does not forgive (log_invalid_page: reachedConsistency).
        s.outcome[n] = Outcome.INVALID_PAGES
        s.role[n] = Role.DOWN
    elif s.role[n] == Role.STANDBY and s.came_back[n] and s.author[t] != n:
        s.outcome[n] = Outcome.STREAMING


def may_redo_truncation(s: State, n: Node, t: int, at: int) -> bool:
    """A primary that restarts alone waits with a truncation too, where its recovery waits (smgr_redo)."""
    return (
        s.role[n] != Role.RESTARTING
        or not (s.log[t, at].kind == Kind.TRUNCATE or s.log[t, at].drops)
        or data_released(s, n, at, s.settings.truncate_gate)
    )


def redo_keeps_lsn(s: State, n: Node) -> bool:
    """xact_redo_commit stores the commit's LSN on a standby; in crash recovery (standbyState DISABLED) it does not."""
    return s.role[n] != Role.RESTARTING or s.settings.commit_lsn == CommitLsn.ALL


def is_commit_of(s: State, t: int, at: int, x: Transaction) -> bool:
    return s.log[t, at].kind == Kind.COMMIT and s.log[t, at].transaction == x


def missing_page(s: State, n: Node, t: int, at: int) -> bool:
    """A standby meets a record without an image for a page that its file does not have."""
    return (
        s.role[n] == Role.STANDBY
        and s.log[t, at].kind == Kind.UPDATE
        and not s.log[t, at].image
        and any(s.log[t, at].page == p and not s.buffer[n, p].exists for p in Page)
    )


@action
def take_restartpoint(s: State, n: Node, t: Timeline, at: Position, redo: Lsn) -> None:
    """A standby makes a checkpoint it has replayed its own: pages, commit log, control file (CreateRestartPoint).

    In one step: of what it writes nobody reads anything before it starts again, and redo skips what is on disk already.
    Its minimum recovery point follows the pages it wrote (UpdateMinRecoveryPoint).
    """
    # RecoveryRestartPoint: of a checkpoint record that was replayed and is later than the last.
    require(s.settings.restartpoints and s.role[n] == Role.STANDBY and at <= s.replayed[n])
    require(s.log[t, at].kind == Kind.CHECKPOINT and in_history(s, s.timeline[n], t, at))
    require(s.control[n].checkpoint < at and s.checkpoint_redo[t, at] == redo)
    for p in Page:
        s.disk[n, p] = s.buffer[n, p]
        s.dirty[n, p] = False
        for u in timelines(s):
            for position in positions(s):
                s.disk_holds[n, p, u, position] = s.buffer_holds[n, p, u, position]
        for x in Transaction:
            s.disk_hint[n, p, x] = s.buffer_hint[n, p, x]
            s.disk_aborted[n, p, x] = s.buffer_aborted[n, p, x]
    for x in Transaction:
        s.disk_status[n, x] = s.status[n, x]
        s.disk_status_aborted[n, x] = s.aborted[n, x]
        s.state_file[n, x] = s.two_phase[n, x]
    s.control[n].checkpoint = at
    s.control[n].timeline = t
    s.control[n].redo = redo
    s.control[n].min_recovery = s.replayed[n]
    s.control[n].min_recovery_timeline = s.timeline[n]
    s.redo[n] = redo
