"""How each action of the model is done on servers: two-phase commit."""

from __future__ import annotations

from checker.postgres.client import Client
from checker.postgres.enactment import Enactment
from checker.postgres.feasible import NotDone
from checker.postgres.moves import Step, move
from checker.postgres.prepared import end_prepared, gid, let_go, state_files
from checker.postgres.waiting import wait_until


@move
def prepare_transaction(e: Enactment, step: Step) -> str:
    """The session prepares its transaction, and has its answer when the record is flushed, and sent if that waits."""
    name, at = step.node(), step.arguments["at"]
    e.pad(name, step.arguments["t"], at)
    session = e.servers[name].sessions[step.arguments["x"]]
    before = e.inserted(name)
    session.commit = Client(e.servers[name].node, f"prepare transaction '{gid(step)}'", session.connection)
    wait_until(lambda: e.inserted(name) > before, f"the PREPARE record of transaction {session.xid}")
    return f"prepare transaction {session.xid}: {e.mark(name, step.arguments['t'], at)}"


@move
def rollback_prepared(e: Enactment, step: Step) -> str:
    """Another session rolls the prepared transaction back."""
    return end_prepared(e, step, "rollback")


@move
def set_abort_status(e: Enactment, step: Step) -> str:
    """Nothing is to be done: past the flush the backend sets the status by itself."""
    name = step.node()
    client = _ending(e, step)
    wait_until(lambda: client.ended or "SyncRep" in e.waits_of(name), "the rollback to get past its flush")
    return "its client is answered already" if client.answered else "its backend waits in SyncRep"


@move
def answer_rollback(e: Enactment, step: Step) -> str:
    """Nothing is to be done: the client's answer is awaited, or its wait is cancelled."""
    client = _ending(e, step)
    let_go(e, step, e.servers[step.node()].sessions[step.arguments["x"]])
    wait_until(lambda: client.ended, "the rollback to end", seen=lambda: client.error)
    return "the client has its answer" if client.answered else "its wait is cancelled"


def _ending(e: Enactment, step: Step) -> Client:
    client = e.servers[step.node()].sessions[step.arguments["x"]].commit
    assert client is not None, "the model rolls back before"
    return client


@move
def remove_state_file(e: Enactment, step: Step) -> str:
    """Nothing is to be done: a backend removes the file before it answers."""
    xid = e.numbers[step.arguments["x"]]
    if xid in state_files(e, step.node()):
        raise NotDone(f"{step.label}: the file is still there")
    return "removed before the client was answered"
