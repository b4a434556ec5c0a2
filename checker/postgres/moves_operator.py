"""How each action of the model is done on servers, third part: clean shutdown, pg_rewind, and what a system loses."""

from __future__ import annotations

from checker.postgres import tail
from checker.postgres.control import read_control_file
from checker.postgres.enactment import Enactment
from checker.postgres.feasible import NotDone, Unmapped
from checker.postgres.lsn import format_lsn
from checker.postgres.moves import Step, move
from checker.postgres.moves_failover import asks, crash, is_down
from checker.postgres.moves_pages import checkpointer_at, disk_page, note_last_checkpoint
from checker.postgres.shim import Kind
from checker.postgres.waiting import wait_until
from model.settings import Faults
from model.vocabulary import Outcome, Role

# Clean shutdown


@move
def request_shutdown(e: Enactment, step: Step) -> str:
    """A fast shutdown, from the log's next slot on; the checkpointer says in the control file that it begins.

    From here the log is not held: what remains to be written is the shutdown's checkpoint. Raises Unmapped where
    somebody is at work whom it would have to wait for.
    """
    s, n = step.before, step.arguments["n"]
    if s.writer[n].busy or s.truncater[n].busy or s.clog_writing[n] or e.checkpoint is not None:
        raise Unmapped(f"{step.label}: a held process would keep the server from stopping")
    server = e.servers["A"]
    e.stop_evicting()
    e.pad("A", 0, s.wal_end[n] + 1)
    e.shim.open_gate()
    server.stopping = True
    e.hold()
    server.node.stop_fast(wait=False)
    note_last_checkpoint(e)
    # that gate compares the end of the log, where the ends of sessions are, which the model does not have
    e.gate(but=Kind.CLOG)
    wait_until(lambda: checkpointer_at(e), "the shutdown's checkpoint to be held")
    return "fast shutdown; its checkpoint is held"


@move
def shut_down(e: Enactment, step: Step) -> str:
    """The standby's replies pass, and the server ends."""
    server = e.servers["A"]
    for name in e.standbys:
        e.upstream_of(name).keep_replies(False)
        e.upstream_of(name).lose_replies(False)
    server.node.wait_ended()
    is_down(e, "A")
    return "the walsender has seen it flushed, and the server has ended"


# What a crash of the operating system takes away


@move
def sync_files(e: Enactment, step: Step) -> str:
    """The held fsyncs happen: what is on disk now is what a crash of the system leaves."""
    e.hold(fsync=True)
    try:
        wait_until(lambda: checkpointer_at(e) == "walwrite", "the checkpoint to fsync", seen=lambda: checkpointer_at(e))
    finally:
        e.hold()
    e.note_synced()
    return "the checkpoint fsyncs what was written"


@move
def crash_system(e: Enactment, step: Step) -> str:
    """The same as a crash of the server: which writes are lost the steps that follow say."""
    return crash(e, step)


@move
def lose_page_write(e: Enactment, step: Step) -> str:
    """The page's file is put back to what it was at the last fsync."""
    node = e.servers["A"].node
    _put_back(e, step, node.data / e.file)
    return f"the page's file is as at its last fsync, {len(disk_page(e))} bytes"


@move
def lose_commit_log_write(e: Enactment, step: Step) -> str:
    """The commit log is put back to what it was at the last fsync."""
    _put_back(e, step, e.servers["A"].node.data / "pg_xact" / "0000")
    return "the commit log is as at its last fsync"


def _put_back(e: Enactment, step: Step, path: object) -> None:
    if step.node() != "A":
        raise Unmapped(f"{step.label}: only the first primary's fsyncs are known")
    for known, content in e.synced.items():
        if known == path:
            known.write_bytes(content)


@move
def crash_standby(e: Enactment, step: Step) -> str:
    """Immediate stop and start; a crash of the system takes the WAL that was not fsynced.

    Raises Unmapped where the server needs that WAL: it fsyncs and replays all at once, and a page that it happened to
    write since, for want of a buffer, moved its minimum recovery point.
    """
    name, n = step.node(), step.arguments["n"]
    server = e.servers[name]
    if step.before.role[n] != Role.STANDBY or step.before.outcome[n] not in (Outcome.NONE, Outcome.STREAMING):
        raise Unmapped(f"{step.label}: on servers a standby is past this before it can be stopped")
    server.node.stop_immediate()
    server.monitor = None
    if step.before.came_back[n]:
        e.returns.append(server.node.mark())
        source = _asked_next(step)
        if source not in (None, server.follows):
            asks(e, step, source)
        server.node.start()
        return f"immediate stop and start; asks {server.follows}"
    proxy = e.upstream_of(name)
    if e.settings.standby_faults == Faults.OS:
        needed = read_control_file(server.node.data).minimum_recovery_point
        if needed > server.fsynced:
            raise Unmapped(
                f"{step.label}: the server has replayed, and written, up to {format_lsn(needed)},"
                f" and has not fsynced beyond {format_lsn(server.fsynced)} in the trace"
            )
        tail.cut(server.node, server.fsynced)
        proxy.cut_at(server.fsynced)
    before = proxy.connections
    server.node.start()
    upstream = e.servers[server.follows]
    if upstream.node.running() and not upstream.silent and not proxy.refusing:
        wait_until(lambda: proxy.connections > before, f"{name} to connect again")
        proxy.wait_connected()
    return f"immediate stop and start; its WAL is fsynced up to {format_lsn(server.fsynced)}"


def _asked_next(step: Step) -> str | None:
    """Whom the node asks after this start: the primary may be another one by then."""
    n = step.arguments["n"]
    asked = (of["upstream"] for name, of in step.following if name == "connect" and of["n"] == n)
    return next((str(u.label(u)) for u in asked), None)


# pg_rewind


def _rewound(e: Enactment, step: Step, wanted: str) -> str:
    source = e.servers[step.node("source")].node
    e.rewind_said = tail.rewind(e.servers[step.node()].node, source).strip()
    if wanted not in e.rewind_said:
        raise NotDone(f"pg_rewind was to say {wanted!r}, and said {e.rewind_said[-500:]!r}")
    return f"pg_rewind: {e.rewind_said.splitlines()[-1]}"


@move
def rewind(e: Enactment, step: Step) -> str:
    """pg_rewind copies."""
    return _rewound(e, step, "Done!")


@move
def refuse_to_rewind(e: Enactment, step: Step) -> str:
    """pg_rewind refuses."""
    if not e.settings.full_page_writes:
        return _rewound(e, step, "full_page_writes must be enabled in the source server")
    return _rewound(e, step, "needs to use either data checksums or")


@move
def find_nothing_to_rewind(e: Enactment, step: Step) -> str:
    """pg_rewind finds nothing to do."""
    return _rewound(e, step, "no rewind required")
