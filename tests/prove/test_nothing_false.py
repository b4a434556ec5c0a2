"""Claims that are false, each of which a proof would show if one thing were read wrongly.  Exploration refutes them."""

from __future__ import annotations

import pytest

from checker.explore import explore
from checker.grounding.ground import ground
from checker.prove.induction import induction
from checker.reading import load

HEAD = """
from typing import Annotated
from model.language import *

class Node(Sort, size="nodes"): ...

@bounds
class Bounds:
    nodes: int = 2
    last: int = 3
    size: int = 3

Place = Annotated[int, Range(0, "last")]
Small = Annotated[int, Range(0, 3)]

class State(Variables):
    bounds: Bounds
    n: Small
    flag: bool
    steps: Annotated[int, Range(0, 9)]
    row: Map[Place, Small]
    same: Map[Small, Small]
    a: Map[Node, Small]
    b: Map[Node, Small]

@initial
def start(s: State) -> None:
    for x in range(0, 4):
        s.same[x] = x
"""

LIT = """
@action
def light(s: State) -> None:
    s.row[0] = 1

@action
def spread(s: State) -> None:
    require(s.steps < 9)
    for x in range(1, s.bounds.last + 1):
        s.row[x] = {before}
    s.steps += 1

@invariant
def one_place_a_step(s: State) -> bool:
    return all(s.row[x] == 0 or x <= s.steps for x in range(0, s.bounds.last + 1))

@invariant
def each_is_its_own(s: State) -> bool:
    return all(s.same[x] == x for x in range(0, 4))
"""
"""One round after the other, all of the row is lit in one step; all at once, one place more in each."""

FALSE = {
    "a branch's require holds in that branch only": (
        "at_most_one",
        """
@action
def up(s: State) -> None:
    if s.flag:
        require(s.n < 1)
    s.n = min(s.n + 1, 3)

@invariant
def at_most_one(s: State) -> bool:
    return s.n <= 1
""",
    ),
    "a round reads what the one before it wrote": ("one_place_a_step", LIT.format(before="s.row[x - 1]")),
    "a round reads it in a key": ("one_place_a_step", LIT.format(before="s.same[s.row[x - 1]]")),
    "a range begins with its first number": (
        "dark",
        """
@action
def light(s: State, x: Place) -> None:
    require(x == 0)
    s.row[x] = 1

@invariant
def dark(s: State) -> bool:
    return all(s.row[x] == 0 for x in range(0, s.bounds.last + 1))
""",
    ),
    "elements with two names are two": (
        "copied",
        """
@action
def up(s: State) -> None:
    s.a[Node(1)] = 1

@action
def copy(s: State) -> None:
    s.b[Node(0)] = s.a[Node(1)]

@invariant
def copied(s: State) -> bool:
    return s.b[Node(0)] == s.a[Node(0)]
""",
    ),
    "a remainder may be larger than what was divided": (
        "nothing_left",
        """
@action
def divide(s: State) -> None:
    s.n = min(3, (s.steps - 1) % s.bounds.size)

@invariant
def nothing_left(s: State) -> bool:
    return s.n == 0
""",
    ),
    "what rests on a claim falls with it": (
        "first_is_small",
        """
@action
def pass_on(s: State) -> None:
    s.a[Node(0)] = s.b[Node(0)]

@action
def up(s: State) -> None:
    s.b[Node(0)] = 2

@invariant
def first_is_small(s: State) -> bool:
    return s.a[Node(0)] <= 1

@invariant
def second_is_small(s: State) -> bool:
    return s.b[Node(0)] <= 1
""",
    ),
    "a claim about the scope is asked of the initial states": (
        "small_scope",
        """
@action
def up(s: State) -> None:
    s.flag = True

@invariant
def small_scope(s: State) -> bool:
    return s.bounds.size < 3
""",
    ),
}


def model_of(folder, text):
    path = folder / "claimed.py"
    path.write_text(HEAD + text)
    return load(str(path))


@pytest.mark.parametrize("why", FALSE)
def test_what_exploration_refutes_is_not_proved(tmp_path, why):
    name, text = FALSE[why]
    model = model_of(tmp_path, text)
    assert explore(ground(model), properties=[name]).finding(name).word == "violated"
    for k in (1, 2):
        assert name not in induction(model, None, k=k).proved


def test_what_is_lit_all_at_once_is_proved(tmp_path):
    """Rounds that do not meet are taken at once, and what is true of them is proved."""
    text = LIT.format(before="s.same[x - 1] if x < 4 else 0").replace("s.row[x] == 0 or x <= s.steps", "s.row[x] <= 3")
    assert "one_place_a_step" in induction(model_of(tmp_path, text), None).proved


TABLE = """
from typing import Annotated
from model.language import *

@bounds
class Bounds:
    last: int = 3

Place = Annotated[int, Range(0, "last")]

class State(Variables):
    bounds: Bounds
    flag: bool
    table: Map[tuple[Place, Place], Annotated[int, Range(0, 3)]]

@initial
def start(s: State) -> None:
    pass

@action
def fill(s: State, k: Place, m: Place) -> None:
    require(k != m)
{body}

@invariant
def two_at_most(s: State) -> bool:
    return all(s.table[x, y] <= 2 for x in range(0, s.bounds.last + 1) for y in range(0, s.bounds.last + 1))
"""


@pytest.mark.parametrize(
    ("lines", "proved"),
    [
        (["for x in range(0, s.bounds.last + 1):", "    s.table[x, k] = 1"], True),
        # Row k and column m meet in one place, which two rounds write: not in one way.
        (["for x in range(0, s.bounds.last + 1):", "    s.table[x, m] = 1", "    s.table[k, x] = 2"], False),
        # What a round writes another reads, but behind a condition.
        (
            [
                "if s.flag:",
                "    for x in range(0, s.bounds.last + 1):",
                "        if x != k:",
                "            s.table[k, x] = s.table[m, x]",
                "            s.table[x, k] = s.table[k, 0]",
            ],
            False,
        ),
    ],
    ids=["a column", "two rounds, one place", "in a branch"],
)
def test_rounds_that_meet_prove_nothing(tmp_path, lines, proved):
    path = tmp_path / "table.py"
    path.write_text(TABLE.format(body="\n".join(f"    {line}" for line in lines)))
    found = induction(load(str(path)), None, ["two_at_most"])
    assert (found.obligations["two_at_most", "fill"].result == "proved") is proved
