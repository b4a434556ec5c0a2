"""Every action that can be done on servers, and which of them only on the first primary."""

from __future__ import annotations

from checker.postgres import moves_failover, moves_operator, moves_pages, moves_recovery, moves_two_phase
from checker.postgres.enactment import Enactment
from checker.postgres.feasible import Unmapped
from checker.postgres.moves import MOVES, Step
from model.settings import Tail

assert moves_failover and moves_operator and moves_pages and moves_recovery and moves_two_phase

KNOWN = frozenset(MOVES)
"""The actions that some server can be brought to do."""

DURABLE = {
    *("start_page_write", "write_page", "set_hint", "insert_truncate", "truncate_file", "start_checkpoint"),
    *("start_commit_log_write", "write_commit_log", "checkpoint_commit_log", "sync_files", "insert_checkpoint"),
    *("update_control_file", "insert_drop_table"),
}
"""What is done under control on the first primary only: the durable writes of a promoted node are not held."""

CHECKPOINT = DURABLE - {"set_hint", "insert_truncate", "truncate_file", "insert_drop_table"}


def enact(e: Enactment, step: Step) -> str:
    """Does one step on the servers. Raises Unmapped for one that cannot be done, or not on this node."""
    if step.action not in KNOWN:
        raise Unmapped(f"no server is known to do {step.label}")
    if step.action not in DURABLE or (step.node() == "A" and step.before.timeline[step.arguments["n"]] == 0):
        return MOVES[step.action](e, step)
    if step.action in CHECKPOINT and e.settings.tail == Tail.REWIND:
        return _checkpoint_at_once(e, step) if step.action == "insert_checkpoint" else "a part of the whole checkpoint"
    raise Unmapped(f"{step.label}: only the first primary's durable writes are held")


def _checkpoint_at_once(e: Enactment, step: Step) -> str:
    """The promoted node's checkpoint, which pg_rewind reads of."""
    name, t, at = step.node(), step.arguments["t"], step.arguments["at"]
    e.wake(name)
    e.pad(name, t, at)
    e.servers[name].node.query("checkpoint")
    return f"the whole checkpoint: {e.mark(name, t, at)}"
