"""Prepared transactions on servers: how they end in a session of their own, and what is kept of them on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.postgres.client import Client
from checker.postgres.enactment import Enactment, Session
from checker.postgres.waiting import wait_until
from model.language import within
from model.vocabulary import Phase
from model.waits import commit_released

if TYPE_CHECKING:
    from checker.postgres.moves import Step


def gid(step: Step) -> str:
    """The name under which a transaction is prepared."""
    return f"x{int(step.arguments['x']) + 1}"


def end_prepared(e: Enactment, step: Step, word: str) -> str:
    """COMMIT PREPARED or ROLLBACK PREPARED in a session of its own, once PREPARE has returned."""
    name, at = step.node(), step.arguments["at"]
    _prepare_returns(e, step)
    e.pad(name, step.arguments["t"], at)
    before = e.inserted(name)
    xid = e.numbers[step.arguments["x"]]
    session = Session(e.servers[name].node.connect(), xid)
    e.servers[name].sessions[step.arguments["x"]] = session
    session.commit = Client(e.servers[name].node, f"{word} prepared '{gid(step)}'", session.connection)
    wait_until(lambda: e.inserted(name) > before, f"the record of {word} prepared of transaction {xid}")
    return f"{word} prepared, transaction {xid}: {e.mark(name, step.arguments['t'], at)}"


def _prepare_returns(e: Enactment, step: Step) -> None:
    """A session that prepares here is answered; where the model lets it go without its standby it is cancelled."""
    session = e.servers[step.node()].sessions.get(step.arguments["x"])
    if session is None or session.commit is None:
        return
    let_go(e, step, session)
    client = session.commit
    wait_until(lambda: client.ended, "PREPARE TRANSACTION to return")


def let_go(e: Enactment, step: Step, session: Session) -> None:
    """Cancels the wait of a session that the model does not have wait any more, though its standby has not answered."""
    s, n, x = step.before, step.arguments["n"], step.arguments["x"]
    client = session.commit
    assert client is not None
    if e.settings.wait_cancellable and not commit_released(s, n, s.commit_lsn[n, x]):
        wait_until(lambda: client.ended or "SyncRep" in e.waits_of(step.node()), "the session to wait for its standby")
        e.ask(step.node(), "select pg_cancel_backend(%s)", session.connection.info.backend_pid)


def removes_state_file(s: Any, n: Any, x: Any) -> bool:
    """A backend that ends a prepared transaction is past its flush and its wait: it goes on until the file is gone."""
    with within(s.bounds):
        return bool(
            s.state_file[n, x]
            and s.phase[n, x] in (Phase.LOGGED, Phase.ABORT_LOGGED, Phase.PENDING, Phase.ABORT_PENDING, Phase.ENDED)
            and s.commit_lsn[n, x] <= s.flushed[n]
            and (s.settings.wait_cancellable or commit_released(s, n, s.commit_lsn[n, x]))
        )


def state_files(e: Enactment, name: str) -> set[int]:
    """The transactions of which a node has a state file; from 17 on its name has the epoch before the number."""
    return {int(path.name[-8:], 16) for path in (e.servers[name].node.data / "pg_twophase").iterdir()}
