"""How each action of the model is done on servers: a primary that restarts alone, restartpoints of a standby."""

from __future__ import annotations

from checker.postgres.enactment import Enactment
from checker.postgres.lsn import format_lsn
from checker.postgres.moves import Step, move
from checker.postgres.moves_pages import checkpointer_at, note_last_checkpoint
from checker.postgres.waiting import wait_until

_REPLAYED = "select pg_last_wal_replay_lsn() - '0/0'::pg_lsn"


@move
def restart_alone(e: Enactment, step: Step) -> str:
    """The crashed primary is started as it is; the checkpoint that ends its recovery is held, gated as settings say.

    Its log is not held: what is written there is that checkpoint's record.  It remembers no acknowledgement, but what
    all have since the base backup waits for none.
    """
    server = e.servers["A"]
    server.recovering = True
    e.shim.acknowledge(*(e.ends[0, 0] for _ in range(3)))
    e.hold()
    server.node.start(wait=False)
    note_last_checkpoint(e)
    e.gate()
    wait_until(
        lambda: checkpointer_at(e), "the checkpoint that ends the recovery to be held", seen=server.node.log_text
    )
    return "started again, its log replayed; the checkpoint that ends the recovery is held"


@move
def open_after_restart(e: Enactment, step: Step) -> str:
    """The server says that it is ready; from here on its log is held again."""
    server = e.servers["A"]
    server.node.wait_ready()
    server.recovering = False
    e.prepare_questions()
    e.hold()
    e.gate()
    return "ready to accept connections"


@move
def take_restartpoint(e: Enactment, step: Step) -> str:
    """CHECKPOINT on a standby that has replayed a checkpoint's record."""
    name = step.node()
    end = e.ends[step.arguments["t"], step.arguments["at"]]
    wait_until(lambda: e.ask(name, _REPLAYED)[0][0] >= end, f"{name} to replay the checkpoint at {format_lsn(end)}")
    e.servers[name].node.query("checkpoint")
    return f"restartpoint: the control file says {format_lsn(e.servers[name].node.control_file().checkpoint)}"
