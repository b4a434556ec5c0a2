"""Two promotions that do not see each other, on real servers: one timeline ID, and pg_rewind finds nothing to do.

What the claim rewind-uncoordinated finds. The model's positions are whole records, so there the two logs fit each
other; here they are made to: as many bytes up to the same record, so that redo goes from one into the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from checker.postgres import tail
from checker.postgres.cluster import Cluster
from checker.postgres.lsn import format_lsn
from checker.postgres.node import SEGMENT_SIZE, Node
from checker.postgres.programs import Programs
from checker.postgres.proxy import Proxy
from checker.postgres.returning import replayed_on
from checker.postgres.stage import PREPARED, insert
from checker.postgres.waiting import ConditionNotMet, wait_until
from checker.postgres.wal import end_of_wal

COMMON, LOST, ITS_OWN = 1, 2, 3
"""Rows: what all three have, what only the first primary and the second promoted node have, what only the first has."""

_PAGE, _PAGE_HEADER = 8192, 24
_RECORD, _SHORT, _LONG, _MESSAGE = 24, 2, 5, 26
"""Bytes of a record's header, of the headers of its data up to 255 bytes and beyond, of what a logical message begins
with: its own fields, and a prefix of one letter."""

_EMIT = "select pg_logical_emit_message(%s, 'x', repeat('x', %s))"


@dataclass
class Uncoordinated:
    """What servers did: what pg_rewind said, and the rows of both nodes once the one streams from the other."""

    rewind: str = ""
    returned_rows: list[int] = field(default_factory=list)
    primary_rows: list[int] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def as_predicted(self) -> bool:
        """The model: nothing is rewound, and the returned node lacks what it never received."""
        return "no rewind required" in self.rewind and self.returned_rows != self.primary_rows


def promote_uncoordinated(programs: Programs) -> Uncoordinated:
    """B is promoted and shut down, C goes on with A and is promoted too; B comes back by pg_rewind, as C's standby.

    Raises MissingProgram without pg_rewind; ConditionNotMet where a record of the servers' own came in between.
    """
    programs.path("pg_rewind")
    with Cluster(programs) as cluster:
        first = cluster.create("A", prepared=PREPARED)
        first.start({"wal_log_hints": "on"})
        second, to_second = _standby(cluster, first, "B")
        third, to_third = _standby(cluster, first, "C")
        first.query("select pg_switch_wal()")
        first.query("checkpoint")
        insert(first, COMMON)
        for proxy in (to_second, to_third):
            proxy.wait_acknowledged(first.flushed(), "apply")
        seen = Uncoordinated()
        fork = to_second.cut_now()
        meeting = fork - fork % _PAGE + 2 * _PAGE + _PAGE // 2
        last = _promoted_alone(second, meeting)
        insert(first, LOST)
        _go_to(first, meeting)
        checkpoint = _commit(first)
        _message(first, last - checkpoint)
        insert(first, 0, table="marker")
        to_third.wait_acknowledged(first.flushed(), "apply")
        first.stop_immediate()
        third.query("select pg_promote(true, 30)")
        third.query("checkpoint")
        insert(third, 1, table="marker")
        seen.facts = {"fork of B": format_lsn(fork), "fork of C": format_lsn(tail.fork_of(third, 2))}
        seen.facts["end of B's log"] = format_lsn(last)
        seen.rewind = tail.rewind(second, third).strip().splitlines()[-1]
        second.become_standby(third.socket)
        second.start()
        end = third.flushed()
        wait_until(
            lambda: replayed_on(second, 2) >= end,
            f"B to replay up to {format_lsn(end)}",
            seen=lambda: second.log_text()[-800:],
        )
        seen.returned_rows, seen.primary_rows = _rows(second), _rows(third)
        return seen


def _standby(cluster: Cluster, first: Node, name: str) -> tuple[Node, Proxy]:
    node, proxy = cluster.create(name, prepared=PREPARED), cluster.proxy(first, f"A-to-{name}")
    node.become_standby(proxy.directory, {"wal_log_hints": "on"})
    node.start()
    proxy.wait_connected()
    return node, proxy


def _promoted_alone(node: Node, meeting: int) -> int:
    """B's own history: a row, and a log that ends with the record of its shutdown's checkpoint; returns that end."""
    node.query("select pg_promote(true, 30)")
    node.query("checkpoint")
    insert(node, ITS_OWN)
    _go_to(node, meeting)
    _commit(node)
    node.stop_fast()
    return end_of_wal(node.pg_wal, 2, node.control_file().redo, SEGMENT_SIZE)


def _inserted(node: Node) -> int:
    return node.lsn("select pg_current_wal_insert_lsn()")


def _go_to(node: Node, target: int) -> None:
    """One record that ends at `target`. Raises ConditionNotMet where another one came in between."""
    begin = _inserted(node)
    size = target - begin - _PAGE_HEADER * (target // _PAGE - begin // _PAGE)
    node.query(_EMIT, False, size - _RECORD - _LONG - _MESSAGE)
    if _inserted(node) != target:
        raise ConditionNotMet(f"the log of {node.name} is at {format_lsn(_inserted(node))}, not {format_lsn(target)}")


def _commit(node: Node) -> int:
    """A transaction of two records, as long on every node, the second its commit; returns where that ends."""
    with node.connect() as session, session.transaction():
        session.execute(_EMIT, (True, 1000))
    return _inserted(node)


def _message(node: Node, size: int) -> None:
    """One record of so many bytes, at most 255 of them data."""
    node.query(_EMIT, False, size - _RECORD - _SHORT - _MESSAGE)


def _rows(node: Node) -> list[int]:
    return [number for (number,) in node.query("select id from account order by id")]
