"""How each action of the model is done on servers, first half: what happens on a primary.

A move does one step and says in a sentence what it did. Where a server does several of the model's steps at once, the
first of them does it all, and the others look whether it is done.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from checker.postgres.client import Client
from checker.postgres.enactment import ACTIVITY, PAGE, Enactment, Session, Unmapped
from checker.postgres.lsn import format_lsn
from checker.postgres.pages import page_lsn
from checker.postgres.shim import Kind
from checker.postgres.stage import READ_FILLER
from checker.postgres.waiting import wait_until
from model.vocabulary import CheckpointStep


@dataclass(frozen=True)
class Step:
    """A step of a behaviour: the action with its arguments by name, the states around it, the actions that follow."""

    label: str
    action: str
    arguments: Mapping[str, Any]
    before: Any
    after: Any
    following: Sequence[tuple[str, Mapping[str, Any]]]

    def node(self, name: str = "n") -> str:
        """The name of a node among the arguments."""
        value = self.arguments[name]
        return str(value.label(value))


Move = Callable[[Enactment, Step], str]

MOVES: dict[str, Move] = {}
"""Every action that can be enacted."""


def move(function: Move) -> Move:
    """Registers how the action of the function's name is done. Raises ValueError for one that is known already."""
    name = function.__name__
    if name in MOVES:
        raise ValueError(f"{name} has two moves")
    MOVES[name] = function
    return function


def only_on_first(step: Step) -> None:
    """Raises Unmapped for a promoted node: its durable writes are not held."""
    if step.node() != "A" or step.before.timeline[step.arguments["n"]] != 0:
        raise Unmapped(f"{step.label}: only the first primary's durable writes are held")


# Transactions and the log


@move
def update_page(e: Enactment, step: Step) -> str:
    """A session inserts a row into the page's table and stays in its transaction."""
    name, at = step.node(), step.arguments["at"]
    e.pad(name, step.arguments["t"], at)
    session = _begin(e, step)
    session.connection.execute(f"insert into {PAGE} values (%s, %s)", [at, name])
    return f"insert into {PAGE} by transaction {session.xid}: {e.mark(name, step.arguments['t'], at)}"


@move
def insert_commit(e: Enactment, step: Step) -> str:
    """A session commits; without a change of its own it first writes a message, which makes the commit flush."""
    name, at = step.node(), step.arguments["at"]
    e.pad(name, step.arguments["t"], at)
    session = e.servers[name].sessions.get(step.arguments["x"])
    if session is None:
        session = _begin(e, step)
        session.connection.execute("select pg_logical_emit_message(true, 'change', 'elsewhere')")
    before = e.inserted(name)
    session.commit = Client(e.servers[name].node, "commit", session.connection)
    wait_until(lambda: e.inserted(name) > before, f"the commit record of transaction {session.xid}")
    return f"commit of transaction {session.xid}: {e.mark(name, step.arguments['t'], at)}"


def _begin(e: Enactment, step: Step) -> Session:
    connection = e.servers[step.node()].node.connect()
    connection.execute("begin")
    row = connection.execute("select pg_current_xact_id()::text").fetchone()
    assert row is not None
    session = Session(connection, int(row[0]))
    e.number(step.node(), step.arguments["x"], session.xid)
    e.servers[step.node()].sessions[step.arguments["x"]] = session
    return session


@move
def flush_wal(e: Enactment, step: Step) -> str:
    """The WAL writer is woken by a record that no transaction wrote, and flushes all there is."""
    name = step.node()
    if step.before.role[step.arguments["n"]].name == "FORKED":
        return "done by the promotion"
    end = e.inserted(name)
    e.ask(name, "select pg_logical_emit_message(false, 'flush', '')")
    if step.before.timeline[step.arguments["n"]] == 0:
        e.release(Kind.WAL, lambda: e.flushed(name) >= end, f"the WAL up to {format_lsn(end)} to be flushed")
    else:
        wait_until(lambda: e.flushed(name) >= end, f"the WAL up to {format_lsn(end)} to be flushed")
    return f"WAL flushed to {format_lsn(e.flushed(name))}"


@move
def set_commit_status(e: Enactment, step: Step) -> str:
    """Nothing is to be done: past the flush the backend sets the status by itself."""
    name = step.node()
    commit = _commit(e, step)
    wait_until(lambda: commit.answered or "SyncRep" in e.waits_of(name), "the commit to get past its flush")
    return "the client is answered already" if commit.answered else "its backend waits in SyncRep"


@move
def answer_commit(e: Enactment, step: Step) -> str:
    """Nothing is to be done: the client's answer is awaited."""
    commit = _commit(e, step)
    wait_until(lambda: commit.answered, "the client to be answered", seen=lambda: commit.error)
    return "the client has its answer"


def _commit(e: Enactment, step: Step) -> Client:
    commit = e.servers[step.node()].sessions[step.arguments["x"]].commit
    assert commit is not None, "the model commits before"
    return commit


@move
def cancel_commit_wait(e: Enactment, step: Step) -> str:
    """The waiting backend is cancelled."""
    session = e.servers[step.node()].sessions[step.arguments["x"]]
    commit = _commit(e, step)
    e.ask(step.node(), "select pg_cancel_backend(%s)", session.connection.info.backend_pid)
    wait_until(lambda: commit.ended, "the commit's wait to be cancelled")
    return "pg_cancel_backend: a warning, and no answer that could be believed"


# Hints


@move
def set_hint(e: Enactment, step: Step) -> str:
    """A query that reads the page marks what it finds committed."""
    only_on_first(step)
    e.ask("A", f"select count(*) from {PAGE}")
    return f"select count(*) from {PAGE}"


@move
def set_logged_hint(e: Enactment, step: Step) -> str:
    """The same, where the server has to log it. Raises Unmapped where it does not."""
    name, before = step.node(), 0
    e.pad(name, step.arguments["t"], step.arguments["at"])
    before = e.inserted(name)
    e.ask(name, f"select count(*) from {PAGE}")
    if e.inserted(name) == before:
        raise Unmapped(f"{step.label}: the server logged no hint")
    return f"select count(*) from {PAGE}: {e.mark(name, step.arguments['t'], step.arguments['at'])}"


# Pages


def wait_event(e: Enactment, where: str, *parameters: Any) -> str:
    """What a process waits for, in lower case: majors write the names differently."""
    rows = e.ask("A", f"select lower(wait_event) from {ACTIVITY} where {where}", *parameters)
    return str(rows[0][0]) if rows else ""


def checkpointer_at(e: Enactment) -> str:
    """What the checkpointer waits for."""
    return wait_event(e, "backend_type = 'checkpointer'")


@move
def start_page_write(e: Enactment, step: Step) -> str:
    """Buffers are made scarce until somebody has to write the page, and is held there."""
    only_on_first(step)
    e.page_mark = e.shim.mark()
    if checkpointer_at(e) == "datafilewrite":
        return "the checkpointer is at the page"
    pid = _evict(e)

    def reached() -> bool:
        return wait_event(e, "pid = %s", pid) in ("datafilewrite", "walwrite") and e.shim.holding > 0

    wait_until(reached, "a backend that needs a buffer to come to the page")
    return "a session reads more than the buffers hold, and is held at the page's write"


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
    only_on_first(step)

    def written() -> bool:
        lsns = [entry.page_lsn for entry in e.shim.writes(e.page_mark) if entry.path == e.file and entry.op == "write"]
        return bool(lsns) and disk_page_lsn(e) == lsns[-1]

    e.release(Kind.HEAP, written, "the page to be written")
    e.stop_evicting()
    return f"the page is on disk with LSN {format_lsn(disk_page_lsn(e))}"


def disk_page(e: Enactment) -> bytes:
    """The model's page as the file of node A has it; empty where that is truncated."""
    return Path(e.servers["A"].node.data / e.file).read_bytes()


def disk_page_lsn(e: Enactment) -> int:
    """The LSN of the page on disk; 0 where there is none."""
    page = disk_page(e)
    return page_lsn(page) if page else 0


@move
def insert_truncate(e: Enactment, step: Step) -> str:
    """VACUUM logs that it gives the page back. Raises Unmapped for a page with rows."""
    only_on_first(step)
    if any(holds for (n, *_), holds in step.before.buffer_holds.items() if n == step.arguments["n"]):
        raise Unmapped(f"{step.label}: the page has rows, and VACUUM truncates empty pages only")
    e.pad("A", 0, step.arguments["at"])
    e.later("A", f"vacuum {PAGE}")
    wait_until(lambda: wait_event(e, "query = %s", f"vacuum {PAGE}") == "walwrite", "VACUUM to log its truncation")
    return f"vacuum {PAGE}, held at the flush of its truncation: {e.mark('A', 0, step.arguments['at'])}"


@move
def truncate_file(e: Enactment, step: Step) -> str:
    """The held truncation happens."""
    only_on_first(step)
    e.release(Kind.REMOVAL, lambda: not disk_page(e), "the file to be truncated")
    return "VACUUM truncates the file"


# Checkpoints and the commit log


@move
def start_checkpoint(e: Enactment, step: Step) -> str:
    """The command is given with the next step of the checkpoint, when it can be held."""
    only_on_first(step)
    if e.checkpoint is not None:
        raise Unmapped(f"{step.label}: the commit log was written by a checkpoint that is under way")
    return "put off to the checkpoint's next step: what is inserted until then would make a difference"


def _checkpoint(e: Enactment, step: Step) -> None:
    """Begins the checkpoint that the model began earlier. Raises Unmapped where the log has grown since."""
    n = step.arguments["n"]
    if e.checkpoint is not None:
        return
    inserts = next((name for name, _ in step.following if name in INSERTS), "")
    if step.before.checkpointer[n].step != CheckpointStep.IDLE:
        if step.before.checkpointer[n].redo != step.before.wal_end[n] or inserts not in ("insert_checkpoint", ""):
            raise Unmapped(f"{step.label}: a record lies between the redo point and the checkpoint's own")
        e.pad("A", 0, step.before.wal_end[n] + 1)
    e.checkpoint = e.later("A", "checkpoint")


INSERTS = ("insert_checkpoint", "insert_commit", "update_page", "insert_truncate", "set_logged_hint")


def _checkpointer_held(e: Enactment) -> str:
    """Where the checkpointer is held: at the commit log, at the page, or at the flush of its record."""

    def place() -> str:
        at = checkpointer_at(e)
        # somebody else's write of the page is awaited as its own would be
        return "datafilewrite" if at == "bufferio" else at if at in ("slruwrite", "datafilewrite", "walwrite") else ""

    return wait_until(place, "the checkpointer to be held", seen=lambda: checkpointer_at(e))


@move
def start_commit_log_write(e: Enactment, step: Step) -> str:
    """A checkpoint comes to the commit log and is held there."""
    only_on_first(step)
    _checkpoint(e, step)
    if _checkpointer_held(e) != "slruwrite":
        raise Unmapped(f"{step.label}: the checkpoint of the server is past the commit log")
    return "the checkpointer is held at the commit log (only a checkpoint writes it)"


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
        # statuses that the model does not have, such as that of VACUUM's own transaction
        write_commit_log(e, step)
        at = _checkpointer_held(e)
    if at == "slruwrite":
        raise Unmapped(f"{step.label}: the server's checkpoint writes statuses that the model leaves unwritten")
    return "checkpoint, held at the page" if at == "datafilewrite" else "checkpoint, held at the flush of its record"


@move
def insert_checkpoint(e: Enactment, step: Step) -> str:
    """The checkpoint logs its record."""
    wait_until(
        lambda: checkpointer_at(e) == "walwrite", "the checkpoint to log its record", seen=lambda: checkpointer_at(e)
    )
    return f"the checkpoint record: {e.mark('A', 0, step.arguments['at'])}"


@move
def update_control_file(e: Enactment, step: Step) -> str:
    """The held write of the control file happens, and the checkpoint ends."""
    only_on_first(step)
    node, checkpoint = e.servers["A"].node, e.checkpoint
    assert checkpoint is not None
    old = node.control_file().checkpoint
    e.release(Kind.CONTROL, lambda: node.control_file().checkpoint > old, "the control file to be written")
    wait_until(lambda: checkpoint.answered, "CHECKPOINT to end", seen=lambda: checkpoint.error)
    e.checkpoint = None
    return f"the control file says {format_lsn(node.control_file().checkpoint)}"
