"""TLA+ as text: what a reader of it expects, what constructs become, and TLC's states read back."""

from __future__ import annotations

import itertools
import re
import sys

import pytest

from checker.backends.tla import tla
from checker.configuration import configure
from checker.explore import explore
from checker.grounding.ground import ground
from checker.peers.compare import comparable, compare
from checker.peers.outcome import Question
from checker.peers.running import ToolFailed
from checker.peers.tla_state import Model, values_of
from checker.reading import load
from tests.peers.asked import TLC, needed, small
from tests.peers.exported import FOLDER, files
from tests.reading.sources import VOCABULARY

NUMBER = itertools.count()


def test_what_is_exported_is_current():
    made = files()
    stale = [name for name, text in made.items() if not (FOLDER / name).exists() or (FOLDER / name).read_text() != text]
    assert stale == [], "make them anew: python -m tests.peers.exported"
    assert {path.name for path in FOLDER.iterdir()} == set(made)


def source(tmp_path, body):
    """A model of the vocabulary and these functions, loaded."""
    path = tmp_path / f"written_{next(NUMBER)}.py"
    path.write_text(VOCABULARY + body)
    try:
        return ground(load(str(path)))
    finally:
        sys.modules.pop(path.stem, None)


def operator(text, name):
    """The definition of an operator, on one line, without its UNCHANGED."""
    found = re.search(rf"^{name}(?:\([^)]*\))? ==(.*?)(?:^$)", text, re.M | re.S)
    return re.sub(r"\s+", " ", re.sub(r"/\\ UNCHANGED <<.*?>>|/\\ UNCHANGED \w+", "", found[1], flags=re.S)).strip()


START = """
@initial
def start(s: State) -> None:
    \"\"\"The beginning.\"\"\"
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "require(s.role[n] == Role.PRIMARY)\n    s.flushed[n] += 1",
            '/\\ role[n] = "PRIMARY" /\\ flushed\' = [flushed EXCEPT ![n] = flushed[n] + 1]',
        ),
        (
            "s.control.lsn = s.flushed[n]\n    s.control.dirty = True",
            "/\\ control' = [control EXCEPT !.lsn = flushed[n], !.dirty = TRUE]",
        ),
        (
            "s.busy = True\n    require(s.busy)\n    s.control = Page(lsn=1)",
            "/\\ TRUE /\\ control' = [lsn |-> 1, dirty |-> FALSE] /\\ busy' = TRUE",
        ),
        (
            "for m in Node:\n        s.flushed[m] = s.flushed[n]",
            None,
        ),
        (
            "for m in Node:\n        if m != n:\n            s.flushed[m] = 0",
            "/\\ flushed' = [m \\in Node |-> IF m # n THEN 0 ELSE flushed[m]]",
        ),
        (
            "if s.busy:\n        s.flushed[n] = 0\n    else:\n        s.flushed[n] = 1",
            "/\\ flushed' = [flushed EXCEPT ![n] = IF busy THEN 0 ELSE 1]",
        ),
        (
            "s.flushed[n] = 1\n    s.busy = any(s.flushed[m] > 0 for m in Node)",
            "/\\ flushed' = [flushed EXCEPT ![n] = 1] /\\ busy' = \\E m \\in Node : flushed'[m] > 0",
        ),
    ],
)
def test_statements(tmp_path, body, expected):
    grounded = source(tmp_path, f'{START}\n@action\ndef act(s: State, n: Node) -> None:\n    """Acts."""\n    {body}\n')
    made = tla(grounded)
    if expected is None:  # a round reads what another assigns
        assert made.unrolled == ("act",)
    else:
        assert operator(made.module, "act") == expected.removeprefix("/\\ ") or operator(made.module, "act") == expected


def test_one_module_serves_every_choice_of_settings():
    model = load("tests/models/lock.py")
    chosen = (configure(model, sets={"order": order}).settings for order in ("none", "turns"))
    none, turns = (tla(ground(model, settings)) for settings in chosen)
    assert none.module == turns.module
    assert none.configuration != turns.configuration


def test_names_do_not_clash(tmp_path):
    body = START + (
        '\ndef busy_(s: State, flushed: Lsn) -> bool:\n    """A parameter with the name of a variable."""\n'
        "    return s.busy and flushed > 0\n"
        '\n@action\ndef role_(s: State, control: Node) -> None:\n    """Acts."""\n'
        "    require(busy_(s, s.flushed[control]))\n    s.busy = False\n"
    )
    text = tla(source(tmp_path, body)).module
    defined = re.findall(r"^(\w+)(?:\([^)]*\))? ==", text, re.M)
    assert len(defined) == len(set(defined))
    assert "busy_2" in text or "busy_(" in text
    assert re.search(r"\(flushed_2\) ==", text)


def test_a_local_name_is_not_that_of_a_helper_called_later(tmp_path):
    body = START + (
        '\ndef idle(s: State) -> bool:\n    """Nobody works."""\n    return not s.busy and s.flushed[Node(0)] < 2\n'
        '\ndef rests(s: State) -> bool:\n    """Whether it does."""\n'
        "    idle = not s.busy and s.flushed[Node(0)] < 1\n    return idle or not idle\n"
        '\n@action\ndef first(s: State) -> None:\n    """Binds the name."""\n    require(rests(s))\n    s.busy = True\n'
        '\n@action\ndef second(s: State) -> None:\n    """Calls it."""\n    require(idle(s))\n    s.busy = True\n'
    )
    text = tla(source(tmp_path, body)).module
    assert re.search(r"^idle ==", text, re.M) and "idle_2 ==" in text


def test_liveness_is_asked_in_words_that_tlc_understands(tmp_path):
    served = small("tests/models/lock.py", sets={"order": "turns"})
    outcome = needed(TLC).ask(Question(served, ("left_is_served",), True), tmp_path)
    assert outcome.word == "exhausted"
    starved = small("tests/models/lock.py", sets={"order": "none"})
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(ToolFailed, match=r"(?i)temporal"):
        TLC.ask(Question(starved, ("left_is_served",), True), other)


RANDOM = """
@initial
def start(s: State) -> None:
    for n in Node:
        s.flushed[n] = 1

def after_all(s: State, n: Node, lsn: int) -> bool:
    \"\"\"A helper that is called before and after what it reads is assigned.\"\"\"
    return all(s.page[n, at].dirty or at >= lsn for at in range(0, s.flushed[n]))

@action
def write(s: State, n: Node, at: Lsn) -> None:
    \"\"\"Sequential: later lines read what earlier ones assigned.\"\"\"
    require(at <= s.flushed[n] and not s.page[n, at].dirty)
    s.page[n, at].dirty = True
    s.page[n, at].lsn = min(s.flushed[n] + (1 if s.busy else 0), s.bounds.records)
    s.busy = after_all(s, n, at) != s.busy
    if s.busy and s.page[n, at].lsn > 1:
        s.control = s.page[n, at]

@action
def shift(s: State) -> None:
    \"\"\"Rounds that depend on each other.\"\"\"
    require(s.busy)
    for at in range(1, s.bounds.records + 1):
        s.page[Node(0), at] = s.page[Node(0), at - 1]
    s.flushed[Node(1)] = sum(1 for at in range(0, s.bounds.records + 1) if s.page[Node(0), at].dirty) // 2

@action
def turn(s: State, n: Node) -> None:
    \"\"\"Loops that assign everything, with conditions and negative numbers.\"\"\"
    require(s.role[n] == Role.PRIMARY)
    for m in Node:
        s.role[m] = Role.STANDBY if m == n else Role.PRIMARY
        for at in range(0, s.flushed[m]):
            s.page[m, at].dirty = at % 2 == (-s.flushed[n]) % 2

@action
def close(s: State, n: Node) -> None:
    \"\"\"What a quantifier found is asked again inside a loop and a quantifier over the same name.\"\"\"
    ahead = any(s.flushed[m] > s.flushed[n] for m in Node)
    s.busy = any(s.page[m, 0].dirty for m in Node)
    if any(s.role[m] == Role.STANDBY for m in Node) and ahead:
        for m in Node:
            if s.busy and m != n:
                s.role[m] = Role.STANDBY
    require(any(s.busy and s.flushed[m] > 0 for m in Node))

@invariant
def never_full(s: State) -> bool:
    return any(s.page[n, at].lsn != s.bounds.records for n in Node for at in range(0, s.bounds.records + 1))

@reachable
def taken(s: State) -> bool:
    return s.control.lsn > 1 and s.role[Node(1)] == Role.PRIMARY

@end_state
def done(s: State) -> bool:
    return s.busy
"""


def test_assignments_in_sequence_mean_the_same_in_tlc(tmp_path):
    grounded = source(tmp_path, RANDOM)
    exploration = explore(ground(grounded.model, grounded.settings, type(grounded.bounds)(records=1)))
    assert not comparable(exploration)
    assert exploration.states > 300
    answers = list(compare(exploration, [needed(TLC)]))
    assert [answer.asked for answer in answers] == ["the whole space", "never_full"]
    assert {answer.asked: answer.differs for answer in answers if answer.differs} == {}


def test_a_state_of_tlc_is_read():
    text = """2: <act(A) line 3, col 5 to line 8, col 9 of module m>
/\\ role = (A :> "PRIMARY" @@ B :> "STANDBY")
/\\ pages = ( <<A, 0>> :> [lsn |-> 0, dirty |-> FALSE] @@
  <<B, 0>> :> [lsn |-> -2, dirty |-> TRUE] )
/\\ by_number = <<TRUE, FALSE>>
/\\ busy = FALSE
"""
    found = values_of(text)
    a, b = Model("A"), Model("B")
    assert found["role"] == {a: "PRIMARY", b: "STANDBY"}
    assert found["pages"][b, 0] == {"lsn": -2, "dirty": True}
    assert found["by_number"] == (True, False)
    assert found["busy"] is False
    assert values_of("1: <Initial predicate>\nx = 3\n") == {"x": 3}
    with pytest.raises(ToolFailed, match="cannot be read"):
        values_of("/\\ role = (A :> 1 @@ ")
