"""How a trace is drawn: a lifeline a node, what passes between nodes, how far each has which WAL."""

from __future__ import annotations

from collections.abc import Callable

from model.drawing import Mark, Message, View
from model.state import State, in_history, timelines
from model.telling import SAYS, commit_position, horizon
from model.vocabulary import Kind, Node, Page, Transaction


def record_name(s: State, n: Node, position: int) -> str:
    """The kind of the record that a node has up to a position, and the timeline it was written on."""
    for t in timelines(s):
        if in_history(s, s.timeline[n], t, position) and s.log[t, position].kind != Kind.NOTHING:
            return f"{s.log[t, position].kind.value.replace('_', ' ')} · TLI {t}"
    return ""


def commits(s: State, n: Node, known: Callable[[Transaction], bool], behind: str = "") -> dict[str, int]:
    """By transaction, the COMMIT record of those that something on disk calls committed.

    A timeline is named where that record is none of the node's own history.
    """
    found = {}
    for x in Transaction:
        if known(x):
            t, at = commit_position(s, n, x)
            strange = "" if in_history(s, s.timeline[n], t, at) else f" (of timeline {t})"
            found[f"{x}{behind}{strange}"] = at
    return found


def commit_log(s: State, n: Node) -> dict[str, int]:
    """What the commit log on disk calls committed."""
    return commits(s, n, lambda x: s.disk_status[n, x])


def hints(s: State, n: Node) -> dict[str, int]:
    """What a hint bit on disk calls committed."""
    found: dict[str, int] = {}
    for p in Page:
        found |= commits(s, n, lambda x, p=p: s.disk_hint[n, p, x], f" on {p}")  # type: ignore[misc]
    return found


def control_file(s: State, n: Node) -> dict[str, int]:
    """The two positions in pg_control, as one where they are the same."""
    control = s.control[n]
    if control.checkpoint == control.min_recovery:
        return {"file": control.checkpoint}
    return {"file: checkpoint": control.checkpoint, "file: min recovery": control.min_recovery}


VIEW = View(
    lifeline=Node,
    role="role",
    colors={
        "PRIMARY": "blue",
        "STOPPING": "blue",
        "STANDBY": "green",
        "PROMOTING": "amber",
        "FORKED": "amber",
        "RECOVERING": "violet",
        "RESTARTING": "violet",
        "DOWN": "grey",
    },
    beside={"timeline": "timeline", "outcome": "outcome"},
    ruler={"WAL end": "wal_end", "flushed": "flushed", "acknowledged": "acknowledged.flush", "replayed": "replayed"},
    records=record_name,
    ticks={
        "page": "disk.lsn",
        "removed": "removed",
        "commit log": commit_log,
        "hint": hints,
        "control": control_file,
    },
    horizon=horizon,
    beyond="not on the standby",
    marks={"fork": Mark("fork", once="latest")},
    messages={
        "receive": Message("upstream", "n", "WAL to", "wal_end"),
        "reply": Message("n", "upstream", "flushed to", "flushed"),
        "reply_past_fork": Message("n", "upstream", "flushed to", "wal_end"),
    },
    says=SAYS,
)
