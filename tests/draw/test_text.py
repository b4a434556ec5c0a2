"""A trace as text: what stands in it, in which order, at any width."""

from __future__ import annotations

import re

import pytest

from checker.draw.text import trace_text
from checker.traces.trace import Trace
from tests.draw.replication import FAILOVER, PAGE_AHEAD, Steps, behaviour, grounded

MODEL = grounded()

# Written by hand from PAGE_AHEAD: each step, the first sentence of its action, and the cells it was told to change.
WHOLE = """\
 0 initial state
     role  [A] PRIMARY, [B] STANDBY
     timeline[*]  1
     latest  1
     all else is 0, false or the first of its kind

 1 insert_update(A, p1)
   A backend inserts the WAL record of an update and dirties the page.
     wal_end[A]  0 -> 1
     buffer[A, p1]  lsn 0 -> 1, dirty false -> true

 2 flush_wal(A)
   The WAL writer flushes the local WAL to disk.
     flushed[A]  0 -> 1

 3 receive(B, A, 1)
   The walreceiver writes the WAL that its upstream has flushed.
     wal_end[B]  0 -> 1

 4 write_page(A, p1)
   The buffer writer puts a dirty page on disk.
     buffer[A, p1].dirty  true -> false
     disk[A, p1].lsn  0 -> 1

page_within_standby is violated after step 4
   Every page on the disk of A is within the WAL that B has flushed. This should hold in every
   state. It is false here.
   because
     disk[A, p1].lsn is 1
     disk[A, p1].lsn (1) > flushed[B] (0)
   of what it reads, step 4 changed
     disk[A, p1].lsn  0 -> 1
"""


def violation(steps: Steps = PAGE_AHEAD) -> Trace:
    return behaviour(MODEL, steps, "page_within_standby")


def shown(steps: Steps, **options: object) -> str:
    return trace_text(behaviour(MODEL, steps), color=False, width=100, **options)  # type: ignore[arg-type]


def without_styles(text: str) -> str:
    return re.sub(r"\033\[[0-9;]*m", "", text)


def test_a_counterexample_from_first_to_last_line() -> None:
    assert trace_text(violation(), color=False, width=97) == WHOLE


@pytest.mark.parametrize("width", [20, 40, 57, 80])
@pytest.mark.parametrize("color", [False, True])
def test_no_line_is_wider_than_the_terminal_and_no_word_is_lost(width: int, color: bool) -> None:
    text = without_styles(trace_text(violation(FAILOVER), color=color, width=width, full=True))
    wide = trace_text(violation(FAILOVER), color=False, width=1000, full=True)
    assert max(map(len, text.splitlines())) <= width
    assert re.sub(r"\s", "", text) == re.sub(r"\s", "", wide)


def test_colours_change_no_character() -> None:
    plain, colored = (trace_text(violation(), color=color, width=60) for color in (False, True))
    assert "\033" not in plain
    assert "\033[1;31m" in colored
    assert without_styles(colored) == plain


def test_the_whole_state_is_written_when_asked_for() -> None:
    text = shown(PAGE_AHEAD[:1], full=True)
    assert text.count("told[*]  false") == 2
    assert "buffer  [A, p1] lsn 1 dirty true, [A, p2] lsn 0 dirty false, [B, *] lsn 0 dirty false" in text
    assert "told" not in shown(PAGE_AHEAD[:1])


def test_cells_that_changed_alike_are_one_line() -> None:
    text = shown([("restart", (), {f"told[{lsn}]": 1 for lsn in range(5)} | {"fork[1]": 2, "fork[2]": 2})])
    assert "told[*]  false -> true" in text
    assert "fork[1]  0 -> 2" in text
    assert "fork[2]  0 -> 2" in text


def test_some_of_the_keys_are_named() -> None:
    assert "told[1..3]  false -> true" in shown([("restart", (), {"told[1]": 1, "told[2]": 1, "told[3]": 1})])
    assert "told[{0, 2, 4}]  false -> true" in shown([("restart", (), {"told[0]": 1, "told[2]": 1, "told[4]": 1})])


def test_keys_that_are_no_product_take_several_lines() -> None:
    cells = {"disk[A, p1].lsn": 1, "disk[A, p2].lsn": 1, "disk[B, p2].lsn": 1}
    text = shown([("restart", (), cells)])
    assert "disk[A, *].lsn  0 -> 1" in text
    assert "disk[B, p2].lsn  0 -> 1" in text


def test_a_step_that_changes_nothing_says_so() -> None:
    assert "changes nothing" in shown([("restart", (), {})])


def test_a_witness_is_no_violation() -> None:
    text = trace_text(behaviour(MODEL, FAILOVER[:9], "two_primaries"), color=False, width=100)
    assert "two_primaries is reached after step 9" in text
    assert "Two nodes are primaries at the same time. It is true here." in text
    assert "role[A] is PRIMARY" in text
    assert "should hold" not in text


def test_a_violation_in_the_initial_state() -> None:
    text = trace_text(Trace(MODEL, MODEL.initials, (), "page_within_standby"), color=False, width=100)
    assert "page_within_standby is violated in the initial state" in text


def test_deadlocks_and_mistakes_are_explained_too() -> None:
    deadlock = trace_text(behaviour(MODEL, PAGE_AHEAD, "deadlock"), color=False, width=100)
    assert "deadlock after step 4" in deadlock
    assert "No action is enabled in the state after step 4" in deadlock
    mistake = trace_text(behaviour(MODEL, PAGE_AHEAD, "error"), color=False, width=100)
    assert "a mistake of the model after step 4" in mistake


def test_a_behaviour_that_shows_nothing_has_no_ending() -> None:
    assert shown(PAGE_AHEAD).endswith("disk[A, p1].lsn  0 -> 1\n")
