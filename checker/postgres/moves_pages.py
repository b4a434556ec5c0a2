"""How each action of the model is done on servers: pages, truncation, checkpoints and the commit log of a primary."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import Any

import psycopg

from checker.postgres.client import Client
from checker.postgres.enactment import NOTHING, PAGE, WAITS_OF_KIND, WAITS_OF_PROCESS, WAITS_OF_QUERY, Enactment
from checker.postgres.feasible import NotDone, Unmapped
from checker.postgres.lsn import format_lsn
from checker.postgres.moves import Step, begin, move
from checker.postgres.pages import page_lsn
from checker.postgres.shim import Kind, Op
from checker.postgres.stage import READ_FILLER
from checker.postgres.waiting import wait_until
from model.language import within
from model.vocabulary import CheckpointStep
from model.waits import data_released, data_waits

ANSWER = 2.0
"""Seconds after which a session that was asked is taken to be held itself."""

# Pages


def wait_event(e: Enactment, question: str, of: Any) -> str:
    """What a process waits for, in lower case: majors write the names differently."""
    rows = e.ask("A", question, of)
    return str(rows[0][0]) if rows else ""


def checkpointer_at(e: Enactment) -> str:
    """What the checkpointer waits for; at a shutdown, when nobody can be asked, by what the shim holds.

    The record of a shutdown's checkpoint is flushed at once: it is held at the control file.
    """
    if not e.servers["A"].silent:
        return wait_event(e, WAITS_OF_KIND, "checkpointer")
    places = {
        (Kind.CLOG, Op.WRITE): "slruwrite",
        (Kind.HEAP, Op.WRITE): "datafilewrite",
        (Kind.CLOG, Op.FSYNC): "slrusync",
        (Kind.HEAP, Op.FSYNC): "datafilesync",
        (Kind.CONTROL, Op.WRITE): "walwrite",
    }
    return next((place for (kind, op), place in places.items() if e.shim.held(kind, op)), "")


def note_last_checkpoint(e: Enactment) -> None:
    """Lets the checkpointer say in the control file that the checkpoint of a shutdown or a recovery begins."""
    mark, steps = e.shim.mark(), 2 if e.may_lose_writes else 1
    log = e.servers["A"].node.log_text
    wait_until(lambda: e.shim.held(Kind.CONTROL), "the last checkpoint to begin", seen=log)
    e.shim.let_pass(Kind.CONTROL, steps)

    def noted() -> bool:
        own = [one for one in e.shim.writes(mark) if one.kind == "control" and one.role == "checkpointer"]
        return len(own) >= steps

    wait_until(noted, "the control file to say that the last checkpoint begins", seen=log)


def at_gate(e: Enactment, step: Step, kind: Kind, lsn: int, gate: bool) -> str:
    """Where the model waits here for the standby, so must the server when nothing else holds it: its title, or nothing.

    Raises NotDone where the write went through.
    """
    s, n = step.after, step.arguments["n"]
    with within(s.bounds):
        waits = data_waits(s) and lsn <= s.flushed[n] and not data_released(s, n, lsn, gate)
    if not waits:
        return ""
    mark = e.shim.mark()
    e.hold(kind)
    try:
        wait_until(lambda: e.shim.waiting, f"{step.label} to wait for the standby")
        titles = [title for title in e.servers["A"].node.processes().values() if "waiting for" in title]
    finally:
        e.hold()
    if any(entry.kind == str(kind.name).lower() and entry.path.endswith(e.file) for entry in e.shim.writes(mark)):
        raise NotDone(f"{step.label}: the write did not wait")
    return f"; {', '.join(titles)}"


@move
def start_page_write(e: Enactment, step: Step) -> str:
    """Buffers are made scarce until somebody has to write the page, and is held there."""
    e.page_mark = e.shim.mark()
    lsn = step.after.writer[step.arguments["n"]].lsn
    if (e.servers["A"].silent or e.checkpoint is not None) and _checkpointer_held(e) == "datafilewrite":
        return f"the checkpointer is at the page{at_gate(e, step, Kind.HEAP, lsn, e.settings.page_gate)}"
    pid = _evict(e)

    def reached() -> bool:
        return e.shim.held(Kind.HEAP) > 0 or (e.shim.holding > 0 and _waits_for_wal(e, pid))

    wait_until(reached, "a backend that needs a buffer to come to the page")
    waits = at_gate(e, step, Kind.HEAP, lsn, e.settings.page_gate)
    return f"a session reads more than the buffers hold, and is held at the page's write{waits}"


def _waits_for_wal(e: Enactment, pid: int) -> bool:
    """Whether the process waits for WAL to be written; who asks needs buffers too, and may itself come to the page."""
    found: list[str] = []

    def ask() -> None:
        # whoever asks may be given up, and its session closed
        with contextlib.suppress(psycopg.Error):
            found.append(wait_event(e, WAITS_OF_PROCESS, pid))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(ANSWER)
    if asking.is_alive():
        e.servers["A"].monitor = None
    return found == ["walwrite"]


def _evict(e: Enactment) -> int:
    """Begins to read the filler again and again, until told to stop; the session's process."""
    connection = e.servers["A"].node.connect()
    pid = connection.info.backend_pid
    ended = threading.Event()

    def read() -> None:
        try:
            while not ended.is_set():
                connection.execute(READ_FILLER)
        except psycopg.Error:
            return

    threading.Thread(target=read, daemon=True).start()
    e.evictor = ended.set
    return pid


@move
def write_page(e: Enactment, step: Step) -> str:
    """The held write happens."""

    def written() -> bool:
        lsns = [entry.page_lsn for entry in e.shim.writes(e.page_mark) if entry.path == e.file and entry.op == "write"]
        return bool(lsns) and disk_page_lsn(e) == lsns[-1]

    e.release(Kind.HEAP, written, "the page to be written")
    e.stop_evicting()
    return f"the page is on disk with LSN {format_lsn(disk_page_lsn(e))}"


def disk_page(e: Enactment) -> bytes:
    """The model's page as the file of node A has it; empty where that is truncated or gone."""
    try:
        return Path(e.servers["A"].node.data / e.file).read_bytes()
    except FileNotFoundError:
        return b""


def disk_page_lsn(e: Enactment) -> int:
    """The LSN of the page on disk; 0 where there is none."""
    page = disk_page(e)
    return page_lsn(page) if page else 0


@move
def insert_truncate(e: Enactment, step: Step) -> str:
    """VACUUM logs that it gives the page back. Raises Unmapped for a page with rows."""
    if any(holds for (n, *_), holds in step.before.buffer_holds.items() if n == step.arguments["n"]):
        raise Unmapped(f"{step.label}: the page has rows, and VACUUM truncates empty pages only")
    e.pad("A", 0, step.arguments["at"])
    e.later("A", f"vacuum {PAGE}")
    wait_until(lambda: wait_event(e, WAITS_OF_QUERY, f"vacuum {PAGE}") == "walwrite", "VACUUM to log its truncation")
    return f"vacuum {PAGE}, held at the flush of its truncation: {e.mark('A', 0, step.arguments['at'])}"


@move
def truncate_file(e: Enactment, step: Step) -> str:
    """The held truncation happens, and VACUUM commits: a checkpoint would wait for a commit that is held."""

    if e.dropped:
        return _unlink(e)

    def over() -> bool:
        rows = e.ask("A", WAITS_OF_QUERY, f"vacuum {PAGE}")
        return not any(disk_page(e)) and all(event in ("syncrep", "clientread") for (event,) in rows)

    e.release(Kind.REMOVAL | Kind.WAL, over, "the file to be truncated")
    e.vacuumed = True
    return "VACUUM truncates the file"


@move
def insert_drop_table(e: Enactment, step: Step) -> str:
    """A session drops the page's table and commits: the record that names the file is its commit."""
    name, x = step.node(), step.arguments["x"]
    e.pad("A", 0, step.arguments["at"])
    session = e.servers[name].sessions.get(x) or begin(e, step)
    drop = Client(e.servers[name].node, f"drop table {PAGE}", session.connection)
    if step.before.flushed[step.arguments["n"]] == step.before.wal_end[step.arguments["n"]]:
        # it needs buffers, and to get one it may have to write a page of the catalogs, whose log would be held
        e.hold(Kind.WAL)
    wait_until(lambda: drop.ended, "DROP TABLE to come to its commit", seen=e.titles)
    e.hold()
    before = e.inserted(name)
    e.dropped = True
    session.commit = Client(e.servers[name].node, "commit", session.connection)
    wait_until(lambda: e.inserted(name) > before, f"the commit record of transaction {session.xid}")
    return f"drop table {PAGE}, commit of transaction {session.xid}: {e.mark(name, 0, step.arguments['at'])}"


def _unlink(e: Enactment) -> str:
    """The held truncation of a dropped table's file happens; the file itself goes at the next checkpoint."""
    e.release(Kind.REMOVAL, lambda: not any(disk_page(e)), "the file of the dropped table to be truncated")
    return "the file of the dropped table is truncated"


# Checkpoints and the commit log


@move
def start_checkpoint(e: Enactment, step: Step) -> str:
    """The command is given with the next step of the checkpoint, when it can be held."""
    if e.servers["A"].silent:
        return "begun by the server itself"
    if e.checkpoint is not None:
        raise Unmapped(f"{step.label}: the commit log was written by a checkpoint that is under way")
    return "put off to the checkpoint's next step: what is inserted until then would make a difference"


def _checkpoint(e: Enactment, step: Step) -> None:
    """Begins the checkpoint that the model began earlier. Raises Unmapped where the log has grown since."""
    n = step.arguments["n"]
    if e.checkpoint is not None or e.servers["A"].silent:
        return
    inserts = ""
    for name, arguments in step.following:
        if name.startswith("crash") and arguments["n"] == n:
            break
        if name in INSERTS and arguments["n"] == n:
            inserts = name
            break
    if step.before.checkpointer[n].step != CheckpointStep.IDLE:
        if step.before.checkpointer[n].redo != step.before.wal_end[n] or inserts not in ("insert_checkpoint", ""):
            raise Unmapped(f"{step.label}: a record lies between the redo point and the checkpoint's own")
        _flush_after_vacuum(e, step)
        e.pad("A", 0, step.before.wal_end[n] + 1)
    else:
        _flush_after_vacuum(e, step)
    e.checkpoint = e.later("A", "checkpoint")


def _flush_after_vacuum(e: Enactment, step: Step) -> None:
    """VACUUM has changed other pages too: to write one would flush the log before the checkpoint's record is there."""
    if e.vacuumed and step.before.flushed[step.arguments["n"]] == step.before.wal_end[step.arguments["n"]]:
        e.ask("A", "select pg_logical_emit_message(false, 'flush', '')")
        end = e.inserted("A")
        e.release(Kind.WAL, lambda: e.flushed("A") >= end, "the log to be flushed before the checkpoint")


INSERTS = (
    *("insert_checkpoint", "insert_commit", "update_page", "insert_truncate", "set_logged_hint"),
    *("prepare_transaction", "rollback_prepared", "insert_drop_table"),
)


_PLACES = ("slruwrite", "datafilewrite", "slrusync", "datafilesync", "walwrite", "controlfilewriteupdate")
"""The wait events of the checkpointer where it can be held, in its order."""


def _checkpointer_held(e: Enactment) -> str:
    """Where the checkpointer is held: at the commit log, at the page, or at the flush of its record."""

    def place() -> str:
        at = checkpointer_at(e)
        # somebody else's write of the page is awaited as its own would be
        return "datafilewrite" if at == "bufferio" else at if at in _PLACES else ""

    return wait_until(place, "the checkpointer to be held", seen=lambda: checkpointer_at(e))


@move
def start_commit_log_write(e: Enactment, step: Step) -> str:
    """A checkpoint comes to the commit log and is held there."""
    _checkpoint(e, step)
    if _checkpointer_held(e) != "slruwrite":
        raise Unmapped(f"{step.label}: the checkpoint of the server is past the commit log")
    s, n = step.after, step.arguments["n"]
    lsn = max(s.status_lsn[key] for key in s.status_lsn if key[0] == n)
    waits = at_gate(e, step, Kind.CLOG, lsn, e.settings.clog_gate and e.knows_commit_lsn)
    return f"the checkpointer is held at the commit log (only a checkpoint writes it){waits}"


@move
def write_commit_log(e: Enactment, step: Step) -> str:
    """The held write happens."""
    mark = e.shim.mark()

    def written() -> bool:
        return any(entry.kind == "clog" and entry.op == "write" for entry in e.shim.writes(mark))

    e.release(Kind.CLOG, written, "the commit log to be written")
    return "the commit log is on disk"


@move
def checkpoint_commit_log(e: Enactment, step: Step) -> str:
    """A checkpoint gets past the commit log. Raises Unmapped where it would write more of it than the model does."""
    _checkpoint(e, step)
    at = _checkpointer_held(e)
    if at == "slruwrite" and all(step.before.disk_status[key] == status for key, status in step.before.status.items()):
        # what the model does not have: the status of VACUUM's own transaction, a page trimmed by a recovery (TrimCLOG)
        if e.servers["A"].recovering:
            e.gate(but=Kind.CLOG)
        write_commit_log(e, step)
        e.gate(but=Kind.CLOG if e.servers["A"].stopping else NOTHING)
        at = _checkpointer_held(e)
    if at == "slruwrite":
        raise Unmapped(f"{step.label}: the server's checkpoint writes statuses that the model leaves unwritten")
    place = {"datafilewrite": "the page", "walwrite": "the flush of its record"}.get(at, "an fsync")
    return f"checkpoint, held at {place}"


@move
def insert_checkpoint(e: Enactment, step: Step) -> str:
    """The checkpoint logs its record."""
    if step.before.dirty[step.arguments["n"], 0]:
        raise Unmapped(f"{step.label}: the server's checkpoint writes a page that the model leaves dirty")
    wait_until(
        lambda: checkpointer_at(e) == "walwrite", "the checkpoint to log its record", seen=lambda: checkpointer_at(e)
    )
    return f"the checkpoint record: {e.mark('A', 0, step.arguments['at'])}"


@move
def update_control_file(e: Enactment, step: Step) -> str:
    """The held write of the control file happens, and the checkpoint ends."""
    node, checkpoint = e.servers["A"].node, e.checkpoint
    old = node.control_file().checkpoint

    def written() -> bool:
        return node.control_file().checkpoint > old and (checkpoint is None or checkpoint.answered)

    e.release(Kind.CONTROL, written, "the control file to be written, and CHECKPOINT to end")
    e.checkpoint = None
    return f"the control file says {format_lsn(node.control_file().checkpoint)}"
