"""What should come to an end, in every behaviour in which each process does its work: liveness.

Faults and the operator are left out of what goes on for ever: they need not act, act finitely often, and a crash that
ends a wait is no completion.  Clients and readers need not act either.  The processes of the servers are fair, and so
is the start of a checkpoint, for checkpoint_timeout makes one; so is what a standby does, unless it is away.

Each property names the states in which nothing of its kind is unfinished, and asks that they come again and again:
whatever was begun has then ended.
"""

from __future__ import annotations

from model.language import eventually
from model.recovery import may_redo_truncation
from model.settings import Waiting
from model.state import State, in_history, may_shut_down_fast, positions, rests, running, timelines, writing
from model.vocabulary import CheckpointStep, Node, Role
from model.waits import data_waits
from model.wal import room


def checkpoint_at_work(s: State, n: Node) -> bool:
    """A checkpoint is begun and has not come to the control file."""
    return s.checkpointer[n].step != CheckpointStep.IDLE and s.checkpointer[n].step != CheckpointStep.ENDED


def out_of_room(s: State, n: Node) -> bool:
    """The scope has no position left for the record of a checkpoint: a limit of the scope, not of the protocol."""
    before_record = s.checkpointer[n].step in (CheckpointStep.REDO, CheckpointStep.COMMIT_LOG, CheckpointStep.SYNCED)
    return before_record and s.wal_end[n] >= room(s, n, s.timeline[n])


def out_of_question(s: State, n: Node) -> bool:
    """Nothing is asked of this node's checkpoint.

    Its standby was promoted away from it, and "with a standby connected" is the condition; or it is on the scope's last
    timeline, where such actors rest; or the scope has no room.
    """
    return s.timeline[n] != s.latest or rests(s, n) or out_of_room(s, n)


@eventually
def checkpoint_completes(s: State) -> bool:
    """No checkpoint of a primary is unfinished for ever."""
    return all(not (running(s, n) and checkpoint_at_work(s, n)) or out_of_question(s, n) for n in Node)


@eventually
def base_backup_completes(s: State) -> bool:
    """No base backup from an open primary waits for ever for its checkpoint.

    It asks for a checkpoint of its own and waits for that one to end (do_pg_start_backup, RequestCheckpoint with
    CHECKPOINT_WAIT); of what comes after, copying files and a record at the end, nothing waits for a standby.  So a
    base backup needs no variable: it ends where the checkpoint ends that it began with.  A checkpoint of a shutdown is
    nobody's base backup.  The first one is that with standby_away=true, for it is what a standby is made from.
    """
    return all(not (s.role[n] == Role.PRIMARY and checkpoint_at_work(s, n)) or out_of_question(s, n) for n in Node)


@eventually
def shutdown_completes(s: State) -> bool:
    """No fast shutdown is unfinished for ever, of a primary whose standby was not promoted away from it."""
    return not may_shut_down_fast(s) or all(s.role[n] != Role.STOPPING or s.timeline[n] != s.latest for n in Node)


@eventually
def promotion_completes(s: State) -> bool:
    """No promotion is unfinished for ever."""
    return all(s.role[n] != Role.PROMOTING and s.role[n] != Role.FORKED for n in Node)


@eventually
def crash_restart_completes(s: State) -> bool:
    """No crashed primary that was started again alone is in recovery for ever."""
    return not (s.settings.crash_restart or s.settings.promotion_crash) or all(
        s.role[n] != Role.RESTARTING for n in Node
    )


def waits_for_itself(s: State, n: Node) -> bool:
    """The startup process waits for a reply that its own walsenders cannot take before it has ended.

    No walsender can connect during a crash recovery, and those of a node being promoted are cascading ones, which
    release nobody.  Everywhere else those for whom somebody waits wait for nobody who waits for them: a checkpoint for
    backends and truncaters, a truncater for the page's writer, a backend for the commit log's, all for walsenders.
    """
    ends_crash_recovery = s.settings.recovery_guard == Waiting.WAIT and (
        s.role[n] == Role.RESTARTING
        and (
            (
                writing(s, n)
                and (s.writer[n].busy or s.clog_writing[n] or s.checkpointer[n].step == CheckpointStep.RECORD)
            )
            or redo_of_truncation_waits(s, n)
        )
    )
    ends_promotion = s.settings.promotion_guard == Waiting.WAIT and (
        s.role[n] == Role.FORKED and s.fork[s.timeline[n]] < s.flushed[n]
    )
    return data_waits(s) and (ends_crash_recovery or ends_promotion)


def redo_of_truncation_waits(s: State, n: Node) -> bool:
    """The next record of a restarting primary is a truncation that it may not repeat yet."""
    return not writing(s, n) and any(
        s.replayed[n] + 1 == at and in_history(s, s.timeline[n], t, at) and not may_redo_truncation(s, n, t, at)
        for t in timelines(s)
        for at in positions(s)
    )


@eventually
def no_wait_cycle(s: State) -> bool:
    """No set of actors waits for each other for ever."""
    return all(not waits_for_itself(s, n) for n in Node)
