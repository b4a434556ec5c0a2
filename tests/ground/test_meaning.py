"""One line of the language after the other: what is grounded does what Python does, in states drawn once for all."""

from __future__ import annotations

import random

import pytest

from checker.grounding.ground import ground
from checker.requirements import guarded
from tests.ground.agreement import by_plain_execution, compare_steps, instances
from tests.reading.sources import VOCABULARY, action, load_text

HELPERS = """
def least(s: State, a: int, b: int = 1, c: int = 2) -> int:
    return min(a, b, c)

def later(s: State, n: Node) -> int:
    if s.busy:
        found = s.flushed[n]
    else:
        pass
    if s.flushed[n] > 1:
        return 7
    return 0

def half(s: State, n: Node) -> int:
    if s.busy:
        if s.flushed[n] == 1:
            return 5
    else:
        if s.flushed[n] == 2:
            return 6
    return s.flushed[n] // 2

def if_busy(s: State, a: int) -> bool:
    return s.busy and a == 0

def move(s: State, n: Node, to: Lsn) -> None:
    s.flushed[n] = 0
    s.control.lsn = to
"""

CONDITIONS = [
    "s.flushed[n] <= k",
    "s.flushed[n] < k",
    "s.flushed[n] >= k",
    "s.flushed[n] > k",
    "not s.flushed[n] < k",
    "not s.flushed[n] <= k",
    "s.flushed[n] != k",
    "0 <= s.flushed[n] <= s.flushed[m] <= k",
    "s.flushed[n] <= k < 2 <= s.flushed[m] <= 3",
    "s.flushed[n] == s.flushed[m] == k != 1",
    "s.flushed[n] in (k, 0)",
    "s.flushed[n] not in (k, 0)",
    "s.role[n] not in (Role.PRIMARY,)",
    "s.busy == (s.role[n] == Role.PRIMARY)",
    "s.busy != s.control.dirty",
    "s.busy and s.control.dirty or s.flushed[n] == k",
    "s.busy and (s.control.dirty or s.flushed[n] == k)",
    "not (s.busy or s.control.dirty) and not (s.busy and s.flushed[n] > k)",
    "all(s.flushed[x] >= k for x in Node)",
    "any(s.flushed[x] >= k and x != n for x in Node)",
    "all(s.page[x, at].dirty for x in Node if s.role[x] == Role.STANDBY for at in range(s.flushed[x]))",
    "any(s.page[n, at].dirty for at in range(1, k + 1) if at != s.flushed[m])",
    "sum(1 for x in Node if s.flushed[x] > k) == 1",
    "sum(s.flushed[x] for x in Node) > 2 * k",
    "(k - s.flushed[n]) // 2 == -1",
    "(k - s.flushed[n]) % 2 == 1",
    "(k - 2) // (s.flushed[n] - 4) == 0",
    "(s.flushed[n] - 2) % (k - 4) == -1",
    "-s.flushed[n] + k > -2",
    "max(s.flushed[n], k, 1) - min(s.flushed[m], k) == 1",
    "s.flushed[n] - s.flushed[m] == k - 1",
    "s.flushed[n] == 0 or s.page[n, s.flushed[n]].dirty",
    "s.flushed[n] != 0 and s.page[n, s.flushed[n]].dirty",
    "(s.flushed[n] if s.busy else s.flushed[m] if s.control.dirty else k) == 1",
    "least(s, s.flushed[n]) == k",
    "least(s, s.flushed[n], c=0) < k",
    "least(s, b=k, a=3) == s.flushed[n]",
    "later(s, n) == 7",
    "half(s, n) == k",
    "newest(s, n) == k",
    "s.page[n, s.flushed[m]].lsn == k",
]

STATEMENTS = [
    ("if s.flushed[n] > 0:", "    s.flushed[n] -= 1"),
    ("if s.flushed[n] < s.bounds.records:", "    s.flushed[n] += 1"),
    ("s.flushed[n] = k", "s.busy = s.flushed[n] > s.flushed[m]"),
    ("move(s, n, s.flushed[n])",),
    ("s.page[n, s.flushed[n]].lsn = k", "s.busy = s.page[n, 1].lsn == k"),
    ("if s.busy:", "    require(s.flushed[n] == k)", "else:", "    require(s.flushed[m] == k)", "s.busy = False"),
    (
        "if s.busy:",
        "    s.busy = False",
        "    if s.control.dirty:",
        "        s.flushed[n] = 0",
        "else:",
        "    s.busy = True",
    ),
    ("for x in Node:", "    if x != n:", "        s.flushed[x] = k", "        s.page[x, k].dirty = s.busy"),
    ("for at in range(1, s.bounds.records):", "    s.page[n, at].lsn = s.page[n, at - 1].lsn"),
    ("for at in range(s.flushed[m]):", "    s.page[n, at].dirty = at != k"),
    ("s.control = s.page[n, k]", "s.page[m, 0] = Page(lsn=k)"),
    ("require(s.flushed[n] != k)", "s.control.lsn = s.flushed[n] - k if s.flushed[n] > k else k - s.flushed[n]"),
    ("s.control.lsn = s.flushed[n] - s.flushed[m]",),
    ("require(s.flushed[n] != 1)", "s.flushed[n] += 1"),
    ("require(2 != s.flushed[n])", "s.flushed[n] -= 1"),
    ("require(s.flushed[n] < 2 or s.flushed[n] == 3)", "s.flushed[n] += 1"),
    ("require(s.flushed[n] > 0 or s.flushed[m] > 0)", "s.control.lsn = max(s.flushed[n], s.flushed[m]) - 1"),
    ("s.control.lsn = s.flushed[n] + s.flushed[m] if s.flushed[n] + s.flushed[m] <= s.bounds.records else 0",),
    ("require(s.flushed[n] == 1 or s.flushed[n] == 3)", "s.control.lsn = s.flushed[n] - 1"),
]


def drawn(grounded, count=25):
    """States of any values within the limits of the cells, the same in every run."""
    chance = random.Random(7)
    return [tuple(chance.randint(cell.low, cell.high) for cell in grounded.cells) for _ in range(count)]


def alike(folder, *lines, **bounds):
    model = load_text(folder, action(*lines).replace(VOCABULARY, VOCABULARY + HELPERS))
    grounded = ground(model, None, model.bounds(**bounds))
    assert grounded.actions
    for state in drawn(grounded):
        compare_steps(grounded, state)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_means_what_python_means(tmp_path, condition):
    alike(tmp_path, f"s.busy = {condition}")


@pytest.mark.parametrize("lines", STATEMENTS, ids=lambda lines: lines[0])
def test_statements_do_what_python_does(tmp_path, lines):
    alike(tmp_path, *lines)


@pytest.mark.parametrize(
    "lines", [lines for lines in STATEMENTS if "require" in str(lines)], ids=lambda lines: lines[0]
)
def test_what_is_required_is_what_stands_in_the_way(tmp_path, lines):
    """An instance can be taken where each `require` is true that plain execution comes by, and only there."""
    grounded = ground(load_text(tmp_path, action(*lines)))
    every = guarded(grounded)
    assert any(one.requirements for one in every)
    for state in drawn(grounded):
        for one, (step, arguments, _) in zip(every, instances(grounded), strict=True):
            taken = by_plain_execution(grounded, step, arguments, state) is not None
            assert (one.stopped_by(state) is None) == taken


def test_an_argument_that_the_scope_does_not_have_is_a_mistake_also_where_it_is_not_needed(tmp_path):
    """Python computes an argument before the call, whatever the helper does with it."""
    alike(tmp_path, "s.control.dirty = if_busy(s, s.flushed[Node(1)])", nodes=1)
