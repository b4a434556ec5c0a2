"""The shim under a real server: what it logs, holds and lets wait, and the hints that it takes out."""

import struct

import pytest

from checker.postgres.client import Client
from checker.postgres.shim import DATA, DurableWrite, Kind, parse_writes
from checker.postgres.waiting import wait_until

SETUP = ("create table t (i int)", "vacuum (freeze)")
COMMITTED_HINT = 0x0100


@pytest.fixture
def node(cluster):
    made = cluster.create("a", shim=True, prepared=SETUP)
    made.start()
    return made


def test_a_line_of_the_log():
    (entry,) = parse_writes(["12 34 checkpointer write heap base/5/16384 8192 8192 1000000FF 100000000"])
    assert entry == DurableWrite(
        12, 34, "checkpointer", "write", "heap", "base/5/16384", 8192, 8192, (1 << 32) + 255, 1 << 32
    )
    assert entry.ahead
    assert not entry._replace(acknowledged=entry.page_lsn).ahead


def test_a_checkpoint_writes_log_pages_and_control_file_in_order(node):
    node.query("insert into t values (1)")
    inserted = node.flushed()
    path = node.value("select pg_relation_filepath('t')")
    mark = node.shim.mark()
    node.query("checkpoint")
    entries = [entry for entry in node.shim.writes(mark) if entry.role == "checkpointer" and entry.op == "write"]
    kinds = [entry.kind for entry in entries]
    assert kinds.index("clog") < kinds.index("heap") < kinds.index("wal") < kinds.index("control")
    (page,) = [entry for entry in entries if entry.path == path]
    # the last record of the page is the insertion; the commit, 40 bytes at most, comes after it
    assert inserted - 48 <= page.page_lsn < inserted
    assert page.ahead


def test_wal_is_durable_before_the_answer(node):
    mark = node.shim.mark()
    node.query("insert into t values (1)")
    done = [(entry.kind, entry.op, entry.role) for entry in node.shim.writes(mark) if entry.kind == "wal"]
    assert ("wal", "write", "backend") in done
    assert done[-1][1] == "fsync"


def test_a_held_write_has_not_happened(node):
    before = node.control_file()
    node.shim.hold(Kind.CONTROL, role="checkpointer")
    client = Client(node, "checkpoint")
    wait_until(lambda: node.shim.holding == 1, "the checkpointer to be held")
    assert node.control_file() == before
    assert not client.answered
    node.shim.let_go()
    client.join()
    assert client.answered
    assert node.control_file().checkpoint > before.checkpoint


def test_the_gate_opens_with_the_acknowledgement(node):
    node.query("insert into t values (1)")
    node.shim.gate(DATA)
    client = Client(node, "checkpoint")
    waiting_for = wait_until(lambda: node.shim.waiting_for, "the checkpointer to wait")
    title = f"checkpointer waiting for {waiting_for >> 32:X}/{waiting_for & 0xFFFFFFFF:X}"
    assert title in node.processes().values()
    mark = node.shim.mark()
    node.shim.acknowledge(waiting_for, waiting_for - 1, 0)
    assert not client.answered
    node.shim.acknowledge(1 << 40, 1 << 40, 1 << 40)
    client.join()
    assert client.answered
    assert title not in node.processes().values()
    assert not [entry for entry in node.shim.writes(mark) if entry.ahead]


def test_the_gate_can_be_opened_by_the_written_position(node):
    node.query("insert into t values (1)")
    node.shim.gate(DATA, released_by="write")
    client = Client(node, "checkpoint")
    wait_until(lambda: node.shim.waiting_for, "the checkpointer to wait")
    node.shim.acknowledge(1 << 40, 0, 0)
    client.join()
    assert client.answered


def test_a_gated_primary_does_not_shut_down(node):
    node.query("insert into t values (1)")
    node.shim.gate(DATA)
    node.stop_fast(wait=False)
    wait_until(lambda: node.shim.waiting_for, "the shutdown checkpoint to wait")
    assert node.running()
    node.stop_immediate()
    assert not node.running()


def test_a_truncation_waits_at_the_gate(node):
    node.query("insert into t select generate_series(1, 2000)")
    node.query("delete from t where i > 5")
    node.shim.gate(Kind.REMOVAL)
    mark = node.shim.mark()
    client = Client(node, "vacuum t")
    wait_until(lambda: node.shim.waiting_for, "the truncation to wait")
    assert not [entry for entry in node.shim.writes(mark) if entry.op == "truncate"]
    node.shim.open_gate()
    client.join()
    assert client.answered
    assert {entry.kind for entry in node.shim.writes(mark) if entry.op == "truncate"} == {"removal"}


@pytest.mark.parametrize("scrubbed", [False, True])
def test_hints_of_unacknowledged_commits_are_scrubbed(node, scrubbed):
    node.query("insert into t values (1)")
    node.query("select * from t")
    first = int(node.value("select pg_snapshot_xmax(pg_current_snapshot())::text"))
    if scrubbed:
        node.shim.scrub_hints_from(first)
    node.query("insert into t values (2)")
    node.query("select * from t")
    node.query("checkpoint")
    page = (node.data / node.value("select pg_relation_filepath('t')")).read_bytes()
    hints = [bool(mask_of(page, number) & COMMITTED_HINT) for number in (0, 1)]
    assert hints == [True, not scrubbed]


def mask_of(page, number):
    (item,) = struct.unpack_from("<I", page, 24 + 4 * number)
    (mask,) = struct.unpack_from("<H", page, (item & 0x7FFF) + 20)
    return mask


def test_a_hold_on_one_relation_lets_the_others_pass(node):
    """By the end of the path: `16384` is the relation, `16384_vm` is another file of it; other kinds have no path."""
    held, free = (node.value("select pg_relation_filepath(%s)", name) for name in ("t", "pg_class"))
    node.query("insert into t values (1)")
    node.query("create table fresh (i int)")
    mark = node.shim.mark()
    node.shim.hold(Kind.HEAP | Kind.CONTROL, path=f"{held}$")
    client = Client(node, "checkpoint")
    wait_until(lambda: node.shim.holding == 1, "the checkpointer to be held")
    assert held not in {entry.path for entry in node.shim.writes(mark) if entry.op == "write"}
    node.shim.hold(Kind.HEAP | Kind.CONTROL, path="no such relation$")
    wait_until(lambda: held in {entry.path for entry in node.shim.writes(mark)}, "the relation's write")
    wait_until(lambda: node.shim.holding == 1, "the checkpointer to be held at the control file")
    assert free in {entry.path for entry in node.shim.writes(mark)}
    assert not client.answered
    node.shim.let_go()
    client.join()
    assert client.answered
