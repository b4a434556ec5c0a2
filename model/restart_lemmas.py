"""What proofs rest on where the primary may be started again alone, or its system may crash.

Recovery redoes WAL on the very buffers that are written afterwards: not before all of it is redone, and the checkpoint
that follows is the last thing it does.  What a system crash takes leaves an older file behind, within the standby too.
"""

from __future__ import annotations

from model.language import lemma
from model.lemmas import B
from model.properties import P, commit_within_horizon, within_horizon
from model.settings import PrimaryFaults
from model.state import State, running, timelines, writing
from model.vocabulary import CheckpointStep, Page, Transaction


@lemma
def nothing_is_written_during_redo(s: State) -> bool:
    """An old primary that has stopped, or is redoing its WAL, is writing no page, commit log or file."""
    return (
        (not s.settings.crash_restart and s.settings.primary_faults != PrimaryFaults.OS)
        or s.came_back[P]
        or writing(s, P)
        or (not s.writer[P].busy and not s.clog_writing[P] and not s.truncater[P].busy)
    )


@lemma
def recovery_ends_with_one_checkpoint(s: State) -> bool:
    """The checkpoint that ends a crash recovery has all WAL before it, and nothing of the commit log left to write."""
    return (
        not s.settings.crash_restart
        or s.came_back[P]
        or running(s, P)
        or (
            all(s.commit_lsn[P, x] == 0 for x in Transaction)
            and (
                s.checkpointer[P].step == CheckpointStep.IDLE
                or s.checkpointer[P].step == CheckpointStep.ENDED
                or (
                    s.checkpointer[P].record == s.wal_end[P] and s.checkpointer[P].record == s.checkpointer[P].redo + 1
                    if s.checkpointer[P].step == CheckpointStep.RECORD
                    else s.checkpointer[P].redo == s.wal_end[P]
                )
            )
            and (
                s.checkpointer[P].step == CheckpointStep.IDLE
                or s.checkpointer[P].step == CheckpointStep.REDO
                or all(
                    s.status[P, x] == s.disk_status[P, x] and s.aborted[P, x] == s.disk_status_aborted[P, x]
                    for x in Transaction
                )
            )
        )
    )


@lemma
def first_timeline_has_no_ancestor(s: State) -> bool:
    """The first timeline takes no records from any other."""
    return not s.settings.crash_restart or all(s.history[0, t] == 0 for t in timelines(s))


@lemma
def synced_files_within_standby(s: State) -> bool:
    """What a crash of its system leaves on the old primary's disk has its WAL on the standby too."""
    return (
        s.settings.primary_faults != PrimaryFaults.OS
        or s.came_back[P]
        or (
            all(
                within_horizon(s, s.synced[P, p].lsn)
                and (s.latest > 0 or s.synced[P, p].lsn <= s.flushed[B])
                and all(not s.synced_hint[P, p, x] or commit_within_horizon(s, x) for x in Transaction)
                for p in Page
            )
            and all(not s.synced_status[P, x] or commit_within_horizon(s, x) for x in Transaction)
        )
    )
