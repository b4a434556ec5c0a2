"""The Mermaid diagram of a trace, held against a text written by hand."""

from __future__ import annotations

from checker.draw.sequence import mermaid
from tests.draw.replication import FAILOVER, PAGE_AHEAD, behaviour, grounded

WHOLE = """\
sequenceDiagram
    participant L0 as A
    participant L1 as B
    Note over L0: PRIMARY
    Note over L1: STANDBY
    Note over L0: 1 insert_update(A, p1)<br/>wal_end[A]: 0 -#gt; 1<br/>{buffer}
    Note over L0: 2 flush_wal(A)<br/>flushed[A]: 0 -#gt; 1
    L0->>L1: 3 receive(B, A, 1)<br/>WAL to 1
    Note over L1: wal_end[B]: 0 -#gt; 1
""".replace("{buffer}", "buffer[A, p1]: lsn 0 -#gt; 1, dirty false -#gt; true")


def test_a_behaviour_line_by_line() -> None:
    assert mermaid(behaviour(grounded(), PAGE_AHEAD[:3])) == WHOLE


def test_the_violating_step_is_marked_and_explained() -> None:
    lines = mermaid(behaviour(grounded(), PAGE_AHEAD, "page_within_standby")).splitlines()
    marked = lines.index("    rect rgb(250, 205, 205)")
    assert lines[marked + 1].strip().startswith("Note over L0: 4 write_page(A, p1)")
    assert lines[marked + 2] == "    end"
    assert lines[-1].startswith("    Note over L0,L1: page_within_standby is violated after step 4<br/>")


def test_a_witness_marks_no_step() -> None:
    assert "rect" not in mermaid(behaviour(grounded(), FAILOVER[:9], "two_primaries"))


def test_what_mermaid_reads_as_its_own_is_coded() -> None:
    trace = behaviour(grounded(doc='a;b #c <d> "e" must\nhold'), PAGE_AHEAD, "page_within_standby")
    assert "a#59;b #35;c #lt;d#gt; #quot;e#quot; must hold. This" in mermaid(trace)


def test_an_action_of_nobody_is_noted_over_all() -> None:
    assert "    Note over L0,L1: 1 restart()\n" in mermaid(behaviour(grounded(), [("restart", (), {})]))


def test_a_step_of_two_that_is_no_message_is_noted_over_both() -> None:
    trace = behaviour(grounded(view=None), [("receive", (1, 0, 1), {})])
    assert "Note over L0,L1: 1 receive(B, A, 1)" in mermaid(trace)
