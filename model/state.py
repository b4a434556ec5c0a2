"""The state of a cluster, and the words in which the rest of the model speaks of it."""

from __future__ import annotations

from model.language import Map, Variables, bounds
from model.settings import Drop, Promote, Settings, Tail
from model.vocabulary import (
    Acknowledged,
    Checkpointer,
    CheckpointStep,
    ControlFile,
    Kind,
    Lsn,
    MapFile,
    Node,
    Outcome,
    Page,
    PageHeader,
    Phase,
    Position,
    Role,
    Timeline,
    Transaction,
    WalRecord,
    Writing,
)


@bounds
class Bounds:
    """What a scope limits."""

    nodes: int = 2
    """Servers: one primary, the others its standbys."""
    pages: int = 1
    """Pages, each the only one of its file."""
    transactions: int = 1
    """Transaction ids."""
    records: int = 3
    """WAL records on the first timeline; each later one may reach one position further."""
    promotions: int = 1
    """Promotions, in all."""
    segment: int = 2
    """WAL records in a segment."""

    def __post_init__(self) -> None:
        """Raises ValueError for a scope in which nothing could be said, or that no search could cover."""
        limits = {"nodes": (2, 5), "pages": (1, 8), "transactions": (1, 8), "records": (0, 16)}
        for name, (least, most) in {**limits, "promotions": (0, 4), "segment": (1, 16)}.items():
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"{name} is {getattr(self, name)}, and must be from {least} to {most}")

    @property
    def last_lsn(self) -> int:
        """The last position any timeline reaches: each promotion and a clean shutdown insert a record of their own."""
        return self.records + self.promotions + 1


class State(Variables):
    """Everything durable, everything in memory, every program counter, of every node; and a few ghosts."""

    settings: Settings
    bounds: Bounds

    # The WAL.  A record is written once, by the primary of its timeline; nodes differ in how far they have it.
    log: Map[tuple[Timeline, Position], WalRecord]
    """The record that ends at a position of a timeline, as its primary inserted it."""
    latest: Timeline
    """The newest timeline begun."""
    fork: Map[Timeline, Lsn]
    """Where a timeline begins: the end of the last record its node had replayed when it was promoted."""
    history: Map[tuple[Timeline, Timeline], Lsn]
    """history[t, u]: up to where timeline t's history file takes records from its ancestor u; 0 if u is none."""
    common: Map[tuple[Timeline, Timeline], Lsn]
    """The last position that the histories of two different timelines have in common."""
    author: Map[Timeline, Node]
    """Who was promoted to begin a timeline."""
    number: Map[Timeline, Timeline]
    """The timeline ID in names of files and messages: two nodes that do not see each other may pick the same."""
    checkpoint_redo: Map[tuple[Timeline, Position], Lsn]
    """The redo point in a checkpoint record; kept where somebody reads it from the WAL (pg_rewind, restartpoints)."""

    # Every node.
    role: Map[Node, Role]
    timeline: Map[Node, Timeline]
    """The timeline a node writes or follows."""
    wal_end: Map[Node, Lsn]
    """The end of a node's WAL: what a primary has inserted (in WAL buffers), what a standby has received (written)."""
    flushed: Map[Node, Lsn]
    """How far a node's WAL is fsynced."""
    replayed: Map[Node, Lsn]
    """How far a standby or a recovering node has replayed; 0 on a primary."""
    redo: Map[Node, Lsn]
    """RedoRecPtr in shared memory: decides which record carries a page image."""
    control: Map[Node, ControlFile]
    acknowledged: Map[Node, Acknowledged]

    part: Map[Node, bool]
    """Behind the end of a node's WAL its disk has the first part of the next record; kept under split_records only."""
    acknowledged_part: Map[Node, bool]
    """The last flush position reported lies within the record behind acknowledged.flush; under split_records=bytes."""

    seen: Map[Node, Timeline]
    """The largest timeline ID of which a node has a history file that it wrote or was sent."""

    # Pages: the buffer and the disk.  Contents are sets of changes, each named by timeline and position.
    buffer: Map[tuple[Node, Page], PageHeader]
    buffer_holds: Map[tuple[Node, Page, Timeline, Position], bool]
    buffer_hint: Map[tuple[Node, Page, Transaction], bool]
    """The tuples of a transaction on this page are marked committed."""
    dirty: Map[tuple[Node, Page], bool]
    disk: Map[tuple[Node, Page], PageHeader]
    disk_holds: Map[tuple[Node, Page, Timeline, Position], bool]
    disk_hint: Map[tuple[Node, Page, Transaction], bool]
    buffer_aborted: Map[tuple[Node, Page, Transaction], bool]
    """The tuples of a prepared transaction are marked aborted: to every reader, for ever."""
    disk_aborted: Map[tuple[Node, Page, Transaction], bool]
    invalid: Map[tuple[Node, Page], bool]
    """Recovery met a record for a page that the file does not have (log_invalid_page)."""

    # The commit log: one page, its buffer never evicted.
    status: Map[tuple[Node, Transaction], bool]
    """The buffer says committed."""
    status_lsn: Map[tuple[Node, Transaction], Lsn]
    """The LSN kept beside that status (group_lsn); 0 when none is known."""
    disk_status: Map[tuple[Node, Transaction], bool]
    aborted: Map[tuple[Node, Transaction], bool]
    """The buffer says aborted; kept of prepared transactions only."""
    disk_status_aborted: Map[tuple[Node, Transaction], bool]

    # Prepared transactions, where they are not a backend's phase.
    two_phase: Map[tuple[Node, Transaction], bool]
    """A node in recovery knows the transaction as prepared (TwoPhaseState)."""
    state_file: Map[tuple[Node, Transaction], bool]
    """pg_twophase has a file of it; fsynced as it is written."""

    # The relation map; kept under map_rewrites only.
    map_file: Map[Node, MapFile]
    map_record: Map[Node, Lsn]
    """The record of a new map whose file is not written yet (its writer holds RelationMappingLock); 0: none."""

    # What of the disk an OS crash leaves; kept under primary_faults=os only.
    synced: Map[tuple[Node, Page], PageHeader]
    synced_holds: Map[tuple[Node, Page, Timeline, Position], bool]
    synced_hint: Map[tuple[Node, Page, Transaction], bool]
    synced_aborted: Map[tuple[Node, Page, Transaction], bool]
    synced_status: Map[tuple[Node, Transaction], bool]
    synced_status_aborted: Map[tuple[Node, Transaction], bool]
    losing: Map[Node, bool]
    """The node's system crashed and has not been started since: what was not fsynced may turn out to be gone."""

    # Program counters of a primary.
    phase: Map[tuple[Node, Transaction], Phase]
    commit_lsn: Map[tuple[Node, Transaction], Lsn]
    """The end of a transaction's COMMIT record (XactLastRecEnd of its backend)."""
    writer: Map[Node, Writing]
    clog_writing: Map[Node, bool]
    truncater: Map[Node, Writing]
    checkpointer: Map[Node, Checkpointer]

    # A mode that was switched on while the primary ran; kept under switched_on.
    switched: bool
    """The configuration was reloaded: from now on data waits."""
    interlock: Lsn
    """The end of the primary's WAL at that time."""
    relied_on: bool
    """The operator relies on the mode."""

    # Coming back.
    restarted: Map[Node, bool]
    """A primary was started again alone after a crash: once in a scope."""
    shutdowned: Map[Node, bool]
    """A primary's control file says that a shutdown ended it (DB_SHUTDOWNED); kept under fast_shutdown."""
    came_back: Map[Node, bool]
    """An old primary was started as a standby."""
    outcome: Map[Node, Outcome]
    archived: Map[Node, Lsn]
    """How far the archive has the WAL of an old primary whose tail was cut."""
    rewound: Map[Node, bool]
    """pg_rewind has said that it is done, or that there was nothing to do."""

    # Ghosts: no action's guard reads them.
    told: Map[tuple[Timeline, Position], bool]
    """A client was told that the commit that ends here is done."""
    removed: Map[tuple[Node, Page], Lsn]
    """The record of the last removal carried out on a node's disk as a primary; beyond all, if it has none yet."""
    forgotten: Map[tuple[Node, Transaction], Lsn]
    """The record for which a node, as a primary, removed a state file."""
    tail_cut: Map[Node, bool]
    """The operator really removed something."""
    came_back_ahead: Map[Node, bool]
    """When an old primary was started, something on its disk was ahead of the fork."""


# --- the words ----------------------------------------------------------------------------------------------


def positions(s: State) -> range:
    return range(1, s.bounds.last_lsn + 1)


def timelines(s: State) -> range:
    return range(0, s.bounds.promotions + 1)


def running(s: State, n: Node) -> bool:
    """The node is a primary whose checkpointer, WAL writer and walsenders are at work."""
    return s.role[n] == Role.PRIMARY or s.role[n] == Role.STOPPING


def releases(n: Node) -> bool:
    """The standby whose reports release waits: the synchronous one where one is named.  Of three nodes, A and B are to
    each other what C is to neither."""
    return n == Node(0) or n == Node(1)


def may_be_promoted(s: State, n: Node) -> bool:
    return s.settings.promote == Promote.ANY or releases(n)


def writing(s: State, n: Node) -> bool:
    """The node's buffers, commit log and control file may be written: a primary, or the end of a crash recovery.

    That end is a checkpoint; its own record is not replayed.
    """
    return running(s, n) or (
        s.role[n] == Role.RESTARTING
        and (s.replayed[n] == s.wal_end[n] or s.checkpointer[n].step != CheckpointStep.IDLE)
    )


def in_history(s: State, t: int, u: int, position: int) -> bool:
    """The record that ends at this position of timeline u belongs to the history of timeline t."""
    return s.fork[u] < position and (u == t or position <= s.history[t, u])


def on_last_timeline(s: State, n: Node) -> bool:
    """The node writes or follows the last timeline that the scope allows: no promotion can follow."""
    return s.timeline[n] == s.bounds.promotions and s.timeline[n] != 0


def rests(s: State, n: Node) -> bool:
    """What this node puts on its disk, tells its clients or is told by its standbys will be read by nobody.

    So it is on the last timeline; but pg_rewind reads the new primary's disk, and a crash recovery ends with a
    checkpoint, on which its opening depends.  Actors whose only effect is of that kind rest there: this loses nothing
    that a property can see.
    """
    return on_last_timeline(s, n) and s.settings.tail != Tail.REWIND and s.role[n] != Role.RESTARTING


def may_shut_down_fast(s: State) -> bool:
    """The operator shuts a primary down fast: always in the procedure `clean`, or at will."""
    return s.settings.tail == Tail.CLEAN or s.settings.fast_shutdown


def is_update(s: State, t: int, position: int, p: Page) -> bool:
    return s.log[t, position].kind == Kind.UPDATE and s.log[t, position].page == p


def is_removal(s: State, t: int, position: int, p: Page) -> bool:
    """A truncation of the page's file, or a drop of its table or database."""
    return (s.log[t, position].kind == Kind.TRUNCATE or s.log[t, position].drops) and s.log[t, position].page == p


def is_commit(s: State, t: int, position: int, x: Transaction) -> bool:
    return s.log[t, position].kind == Kind.COMMIT and s.log[t, position].transaction == x


# What an ideal redo of a history gives.


def page_carries(s: State, t: int, end: int, p: Page, u: int, position: int) -> bool:
    """In timeline t's history up to `end`, page p carries the change that ends at this position of timeline u."""
    return (
        position <= end
        and is_update(s, u, position, p)
        and in_history(s, t, u, position)
        and not any(
            position < later and later <= end and is_removal(s, v, later, p) and in_history(s, t, v, later)
            for v in timelines(s)
            for later in positions(s)
        )
    )


def page_exists(s: State, t: int, end: int, p: Page) -> bool:
    """In timeline t's history up to `end`, page p exists: it was never truncated away, or changed again since."""
    return not any(
        position <= end and is_removal(s, u, position, p) and in_history(s, t, u, position)
        for u in timelines(s)
        for position in positions(s)
    ) or any(page_carries(s, t, end, p, u, position) for u in timelines(s) for position in positions(s))


def dropped(s: State, t: int, end: int, p: Page) -> bool:
    """In timeline t's history up to `end`, page p's table or database was dropped: no catalog knows it any more."""
    return s.settings.drop != Drop.NONE and any(
        position <= end and s.log[u, position].drops and s.log[u, position].page == p and in_history(s, t, u, position)
        for u in timelines(s)
        for position in positions(s)
    )


def committed(s: State, t: int, end: int, x: Transaction) -> bool:
    """In timeline t's history up to `end`, transaction x committed."""
    return any(
        position <= end and is_commit(s, u, position, x) and in_history(s, t, u, position)
        for u in timelines(s)
        for position in positions(s)
    )


def prepared(s: State, t: int, end: int, x: Transaction) -> bool:
    """In timeline t's history up to `end`, transaction x was prepared and is neither committed nor rolled back."""
    return (
        s.settings.prepared_transactions
        and has_record(s, t, end, x, Kind.PREPARE)
        and not has_record(s, t, end, x, Kind.COMMIT)
        and not has_record(s, t, end, x, Kind.ABORT)
    )


def has_record(s: State, t: int, end: int, x: Transaction, kind: Kind) -> bool:
    return any(
        position <= end
        and s.log[u, position].kind == kind
        and s.log[u, position].transaction == x
        and in_history(s, t, u, position)
        for u in timelines(s)
        for position in positions(s)
    )


def id_is_used(s: State, t: int, end: int, x: Transaction) -> bool:
    """Timeline t's history up to `end` has a record of transaction x."""
    return any(
        position <= end
        and (s.log[u, position].kind == Kind.UPDATE or s.log[u, position].kind == Kind.COMMIT)
        and s.log[u, position].transaction == x
        and in_history(s, t, u, position)
        for u in timelines(s)
        for position in positions(s)
    )


# What several actors do to a page.


def drop_page(s: State, n: Node, p: Page) -> None:
    """The file is truncated or unlinked: the page is gone from the buffers and from the disk (smgrtruncate).

    Of a dropped table's first segment an empty file stays until after the next checkpoint (mdunlinkfork), lest its name
    be used again; the page goes at once.
    """
    s.buffer[n, p] = PageHeader()
    s.disk[n, p] = PageHeader()
    s.dirty[n, p] = False
    for t in timelines(s):
        for position in positions(s):
            s.buffer_holds[n, p, t, position] = False
            s.disk_holds[n, p, t, position] = False
    for x in Transaction:
        s.buffer_hint[n, p, x] = False
        s.disk_hint[n, p, x] = False
        s.buffer_aborted[n, p, x] = False
        s.disk_aborted[n, p, x] = False


def lose_memory(s: State, n: Node) -> None:
    """The server's processes are gone: buffers and program counters are lost, files stay as the kernel has them."""
    s.redo[n] = s.control[n].redo
    s.acknowledged[n] = Acknowledged()
    s.acknowledged_part[n] = False
    s.writer[n] = Writing()
    s.clog_writing[n] = False
    s.truncater[n] = Writing()
    s.map_record[n] = 0
    s.checkpointer[n] = Checkpointer()
    for p in Page:
        s.buffer[n, p] = s.disk[n, p]
        s.dirty[n, p] = False
        s.invalid[n, p] = False
        for t in timelines(s):
            for position in positions(s):
                s.buffer_holds[n, p, t, position] = s.disk_holds[n, p, t, position]
        for x in Transaction:
            s.buffer_hint[n, p, x] = s.disk_hint[n, p, x]
            s.buffer_aborted[n, p, x] = s.disk_aborted[n, p, x]
    for x in Transaction:
        s.status[n, x] = s.disk_status[n, x]
        s.aborted[n, x] = s.disk_status_aborted[n, x]
        s.status_lsn[n, x] = 0
        s.phase[n, x] = Phase.IDLE
        s.commit_lsn[n, x] = 0
