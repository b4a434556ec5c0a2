"""The replication proxy between real servers: exact cuts, single records, replies kept back, refused connections."""

import pytest

from checker.postgres.node import SEGMENT_SIZE
from checker.postgres.tail import fork_of
from checker.postgres.waiting import ConditionNotMet, wait_until


@pytest.fixture
def pair(cluster):
    primary = cluster.create("a", shim=True, prepared=("create table t (i int)", "vacuum (freeze)"))
    primary.start()
    proxy = cluster.proxy(primary, "proxy")
    standby = cluster.create("b", prepared=("create table t (i int)", "vacuum (freeze)"))
    standby.become_standby(proxy.directory)
    standby.start()
    proxy.wait_connected()
    primary.query("insert into t values (0)")
    proxy.wait_acknowledged(primary.flushed(), "apply")
    return primary, proxy, standby


def rows(node):
    return sorted(i for (i,) in node.query("select i from t"))


def test_record_by_record(pair):
    primary, proxy, standby = pair
    proxy.cut_now()
    primary.query("insert into t values (1)")
    inserted = proxy.release_records(1)
    proxy.wait_acknowledged(inserted.end, "apply")
    assert rows(standby) == [0]
    committed = proxy.release_records(1)
    assert (inserted.transaction_end, committed.transaction_end) == ("", "commit")
    assert inserted.xid == committed.xid != 0
    proxy.wait_acknowledged(committed.end, "apply")
    assert rows(standby) == [0, 1]
    assert proxy.acknowledged == (committed.end,) * 3


def test_a_cut_inside_a_record_acknowledges_more_than_the_fork(pair):
    primary, proxy, standby = pair
    passed = proxy.cut_now()
    primary.query("insert into t values (1)")
    wait_until(lambda: proxy.held_records(passed), "a record to wait")
    record = proxy.held_records(passed)[0]
    middle = record.start + 24
    proxy.cut_at(middle)
    proxy.wait_acknowledged(middle)
    assert proxy.acknowledged.flush == middle
    primary.stop_immediate()
    standby.query("select pg_promote(true, 30)")
    # the promoted node keeps whole records only: its fork lies below what it had acknowledged
    assert fork_of(standby, 2) == record.start < middle


def test_replies_kept_back_reach_nobody(pair):
    primary, proxy, standby = pair
    before = proxy.acknowledged
    proxy.keep_replies()
    primary.query("insert into t values (1)")
    wait_until(lambda: rows(standby) == [0, 1], "the row")
    assert proxy.acknowledged == before
    assert primary.lsn("select flush_lsn from pg_stat_replication") == before.flush
    proxy.keep_replies(False)
    proxy.wait_acknowledged(primary.flushed())


def test_lost_replies_hold_up_nothing_else(pair):
    primary, proxy, standby = pair
    before = proxy.acknowledged
    proxy.lose_replies()
    primary.query("insert into t values (1)")
    wait_until(lambda: rows(standby) == [0, 1], "the row")
    assert proxy.acknowledged == before
    proxy.lose_replies(False)
    proxy.wait_acknowledged(primary.flushed())


def test_a_refused_standby_comes_back(pair):
    primary, proxy, standby = pair
    proxy.refuse()
    primary.query("insert into t values (1)")
    wait_until(lambda: primary.value("select count(*) from pg_stat_replication") == 0, "the walsender to end")
    assert rows(standby) == [0]
    proxy.refuse(False)
    proxy.wait_acknowledged(primary.flushed(), "apply")
    assert rows(standby) == [0, 1]


def test_what_was_cut_off_is_lost_with_the_connection(pair):
    primary, proxy, standby = pair
    cut = proxy.cut_now()
    primary.query("insert into t values (1)")
    proxy.wait_sent(primary.flushed())
    proxy.drop()
    wait_until(lambda: proxy.connections > 1, "the standby to connect anew")
    assert standby.lsn("select pg_last_wal_receive_lsn()") <= cut
    with pytest.raises(ConditionNotMet, match="acknowledgement"):
        proxy.wait_acknowledged(primary.flushed(), limit=0.2)


def test_a_release_of_records_that_never_come_is_an_error(pair):
    _, proxy, _ = pair
    proxy.cut_now()
    with pytest.raises(ConditionNotMet, match="1 records of WAL behind 0/"):
        proxy.release_records(1, limit=0.2)


def test_segments_are_of_the_size_the_proxy_thinks(pair):
    primary, _, _ = pair
    assert primary.value("select setting from pg_settings where name = 'wal_segment_size'") == str(SEGMENT_SIZE)
