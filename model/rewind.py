"""pg_rewind, as it really decides and copies (pg_rewind.c main, parsexlog.c extractPageMap; 9.5 and later).

Before it looks at anything it lets the old primary finish crash recovery alone (13 and later).  That is left out: it
writes the pages that the WAL since the last checkpoint touched, all of which are copied from the source if they matter,
and a control file that is replaced.
"""

from __future__ import annotations

from model.failback import may_come_back
from model.language import action, require
from model.properties import ahead_of_fork
from model.settings import Tail
from model.shipping import fork_of
from model.state import State, in_history, on_last_timeline, positions, timelines
from model.vocabulary import Kind, Lsn, Node, Outcome, Page, Timeline, Transaction


def may_rewind(s: State, n: Node, source: Node) -> bool:
    """The operator runs pg_rewind on a stopped old primary, once, against the new one."""
    return s.settings.tail == Tail.REWIND and may_come_back(s, n, source) and not s.rewound[n]


def nothing_to_do(s: State, n: Node, source: Node) -> bool:
    """Both control files name the same timeline ID, as of their latest checkpoints (so up to 15)."""
    return s.number[s.control[n].timeline] == s.number[s.control[source].timeline]


def common_checkpoint(s: State, n: Node, source: Node, t: int, at: int) -> bool:
    """The last checkpoint record before the histories part ends at `at` of timeline t; 0: the base backup's."""
    return (
        (at == 0 and t == 0)
        or (at > 0 and at <= fork_of(s, n, source) and in_history(s, s.timeline[n], t, at) and is_checkpoint(s, t, at))
    ) and not any(
        at < later
        and later <= fork_of(s, n, source)
        and in_history(s, s.timeline[n], u, later)
        and s.log[u, later].kind == Kind.CHECKPOINT
        for u in timelines(s)
        for later in positions(s)
    )


def is_checkpoint(s: State, t: int, at: int) -> bool:
    return any(at == position and s.log[t, position].kind == Kind.CHECKPOINT for position in positions(s))


def has_redo_point(s: State, t: int, at: int, redo: int) -> bool:
    """The checkpoint record that ends at `at` names this redo point; that of the base backup names 0."""
    return (at == 0 and redo == 0) or any(
        at == position and s.checkpoint_redo[t, position] == redo for position in positions(s)
    )


def touched_since(s: State, n: Node, p: Page, at: int) -> bool:
    """The target's WAL after position `at` has a record about the page (extractPageMap)."""
    return any(
        at < position
        and position <= s.wal_end[n]
        and in_history(s, s.timeline[n], t, position)
        and s.log[t, position].page == p
        and (
            s.log[t, position].kind == Kind.UPDATE
            or s.log[t, position].kind == Kind.HINT
            or s.log[t, position].kind == Kind.TRUNCATE
        )
        for t in timelines(s)
        for position in positions(s)
    )


def copy_page(s: State, n: Node, source: Node, p: Page) -> None:
    """The block as it is on the source's disk at this moment; replay brings it up to date."""
    s.disk[n, p] = s.disk[source, p]
    s.buffer[n, p] = s.disk[source, p]
    for t in timelines(s):
        for position in positions(s):
            s.disk_holds[n, p, t, position] = s.disk_holds[source, p, t, position]
            s.buffer_holds[n, p, t, position] = s.disk_holds[source, p, t, position]
    for x in Transaction:
        s.disk_hint[n, p, x] = s.disk_hint[source, p, x]
        s.buffer_hint[n, p, x] = s.disk_hint[source, p, x]
        s.disk_aborted[n, p, x] = s.disk_aborted[source, p, x]
        s.buffer_aborted[n, p, x] = s.disk_aborted[source, p, x]


def refuses(s: State) -> bool:
    """pg_rewind's preconditions: of the source full_page_writes, which is asked first (init_libpq_conn), for it copies
    pages while they are written; of the target wal_log_hints or checksums (sanityChecks)."""
    return not s.settings.full_page_writes or not s.settings.wal_log_hints


@action(outside=True)
def refuse_to_rewind(s: State, n: Node, source: Node) -> None:
    """Without wal_log_hints (or checksums) pg_rewind refuses: it could not know which pages hints changed.

    Nor does it copy pages of a source without full_page_writes.
    """
    # Before anything else.
    require(may_rewind(s, n, source) and refuses(s))
    s.came_back[n] = True
    s.outcome[n] = Outcome.REWIND_REFUSED


@action(outside=True)
def find_nothing_to_rewind(s: State, n: Node, source: Node) -> None:
    """The operator runs pg_rewind, which finds both on the same timeline: no rewind required."""
    # After its checks.
    require(may_rewind(s, n, source) and not refuses(s) and nothing_to_do(s, n, source))
    s.came_back[n] = True
    s.came_back_ahead[n] = n == Node(0) and ahead_of_fork(s)
    s.rewound[n] = True


@action(outside=True)
def rewind(s: State, n: Node, source: Node, t: Timeline, at: Lsn, redo: Lsn) -> None:
    """The operator runs pg_rewind: pages touched since the last common checkpoint are copied, all other files whole.

    So is what the target's file does not have (decide_file_action: a missing file, a shorter one).

    Recovery will begin at that checkpoint and has to reach the source's position.
    """
    # After its checks; t, at and redo name the checkpoint it goes back to (findLastCheckpoint).
    require(may_rewind(s, n, source) and not refuses(s) and not nothing_to_do(s, n, source))
    require(common_checkpoint(s, n, source, t, at) and has_redo_point(s, t, at, redo))
    s.came_back[n] = True
    s.came_back_ahead[n] = n == Node(0) and ahead_of_fork(s)
    s.tail_cut[n] = fork_of(s, n, source) < s.wal_end[n]
    for p in Page:
        if touched_since(s, n, p, at) or not s.disk[n, p].exists:
            copy_page(s, n, source, p)
    for x in Transaction:
        s.disk_status[n, x] = s.disk_status[source, x]
        s.status[n, x] = s.disk_status[source, x]
        s.disk_status_aborted[n, x] = s.disk_status_aborted[source, x]
        s.aborted[n, x] = s.disk_status_aborted[source, x]
        s.state_file[n, x] = s.state_file[source, x]
    s.map_file[n] = s.map_file[source]
    s.control[n].checkpoint = at
    s.control[n].timeline = t
    s.control[n].redo = redo
    # What the source has inserted (pg_current_wal_insert_lsn).  Where it loses that, no promotion gets past it (15.20,
    # 16.2: "WAL ends before end of online backup").  On the last timeline of a scope nobody loses or promotes a thing.
    s.control[n].min_recovery = s.flushed[source] if on_last_timeline(s, source) else s.wal_end[source]
    s.control[n].min_recovery_timeline = s.timeline[source]
    s.timeline[n] = s.timeline[source]
    s.wal_end[n] = s.flushed[source]
    s.flushed[n] = s.flushed[source]
    s.part[n] = False
    s.rewound[n] = True
