"""How a trace is drawn: a lifeline a node, what passes between nodes, how far each has which WAL."""

from __future__ import annotations

from model.language import Mark, Message, View
from model.state import State, in_history, timelines
from model.vocabulary import Kind, Node


def record_name(s: State, n: Node, position: int) -> str:
    """The kind of the record that a node has up to a position, and the timeline it was written on."""
    for t in timelines(s):
        if in_history(s, s.timeline[n], t, position) and s.log[t, position].kind != Kind.NOTHING:
            return f"{s.log[t, position].kind.value} {t}"
    return ""


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
    ticks={"page": "disk.lsn", "removed": "removed"},
    marks={"fork": Mark("fork", once="latest")},
    messages={
        "receive": Message("upstream", "n", "WAL to", "wal_end"),
        "reply": Message("n", "upstream", "flushed to", "flushed"),
        "reply_past_fork": Message("n", "upstream", "flushed to", "wal_end"),
    },
)
