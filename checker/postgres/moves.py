"""How each action of the model is done on servers: the registry, and what sessions of a primary do.

A move does one step and says in a sentence what it did. Where a server does several of the model's steps at once, the
first of them does it all, and the others look whether it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checker.postgres.client import Client
from checker.postgres.enactment import PAGE, Enactment, Session
from checker.postgres.feasible import NotDone, Unmapped
from checker.postgres.lsn import format_lsn
from checker.postgres.prepared import end_prepared
from checker.postgres.shim import Kind, Op
from checker.postgres.waiting import wait_until
from model.vocabulary import Phase, Role


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


# Transactions and the log


@move
def update_page(e: Enactment, step: Step) -> str:
    """A session inserts a row into the page's table and stays in its transaction."""
    name, at = step.node(), step.arguments["at"]
    e.pad(name, step.arguments["t"], at)
    session = begin(e, step)
    if name == "A" and not step.before.buffer[step.arguments["n"], step.arguments["p"]].exists:
        # the file grows by an empty page, which is none yet
        e.shim.let_pass(Kind.HEAP)
    insert = Client(e.servers[name].node, f"insert into {PAGE} values ({at}, '{name}')", session.connection)
    wait_until(lambda: insert.ended, f"the insert into {PAGE} to end")
    if not insert.answered:
        raise NotDone(f"insert into {PAGE}: {insert.error}")
    return f"insert into {PAGE} by transaction {session.xid}: {e.mark(name, step.arguments['t'], at)}"


@move
def insert_commit(e: Enactment, step: Step) -> str:
    """A session commits; without a change of its own it first writes a message, which makes the commit flush."""
    if step.before.phase[step.arguments["n"], step.arguments["x"]] == Phase.PREPARED:
        return end_prepared(e, step, "commit")
    name, at = step.node(), step.arguments["at"]
    e.pad(name, step.arguments["t"], at)
    session = e.servers[name].sessions.get(step.arguments["x"])
    if session is None:
        session = begin(e, step)
        session.connection.execute("select pg_logical_emit_message(true, 'change', 'elsewhere')")
    before = e.inserted(name)
    session.commit = Client(e.servers[name].node, "commit", session.connection)
    wait_until(lambda: e.inserted(name) > before, f"the commit record of transaction {session.xid}")
    return f"commit of transaction {session.xid}: {e.mark(name, step.arguments['t'], at)}"


def begin(e: Enactment, step: Step) -> Session:
    """A new session in a transaction that has its number. Raises Unmapped where it gets another."""
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
    if step.before.role[step.arguments["n"]] == Role.FORKED:
        return "done by the promotion"
    if e.servers[name].silent:
        return "done by the server itself"
    e.ask(name, "select pg_logical_emit_message(false, 'flush', '')")
    end = e.inserted(name)
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
    held = (Kind.REMOVAL, Op.TRUNCATE)
    wait_until(
        lambda: commit.answered or "SyncRep" in e.waits_of(name) or (e.dropped and e.shim.held(*held)),
        "the commit to get past its flush",
    )
    return "the client is answered already" if commit.answered else "its backend waits"


@move
def answer_commit(e: Enactment, step: Step) -> str:
    """Nothing is to be done: the client's answer is awaited."""
    commit = _commit(e, step)
    if e.dropped and e.shim.held(Kind.REMOVAL, Op.TRUNCATE):
        return "the files of the dropped table are held: its client is answered after them"
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
    # the files of a dropped table come after the wait, and before the client's answer
    files = (Kind.REMOVAL, Op.TRUNCATE)
    wait_until(lambda: commit.ended or (e.dropped and e.shim.held(*files)), "the commit's wait to be cancelled")
    return "pg_cancel_backend: a warning, and no answer that could be believed"


# Hints


@move
def set_hint(e: Enactment, step: Step) -> str:
    """A query that reads the page marks what it finds committed."""
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
