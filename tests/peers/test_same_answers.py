"""Other tools say of the same models what this checker says: states, depth, verdicts, shortest counterexamples."""

from __future__ import annotations

import pytest

from checker.peers.compare import WHOLE, broken, comparable, compare
from tests.peers.asked import RUMUR, SPIN, TLC, explored, needed

TOOLS = [pytest.param(tool, id=tool.name) for tool in (SPIN, RUMUR, TLC)]

MODELS = {
    "lock": ({"dies": "true"}, []),
    "peterson": ({}, ["someone_enters"]),
    "two_phase_commit": ({}, ["all_commit"]),
    "cli/lock": ({}, None),
    "cli/tank": ({"mode": "open"}, None),
}
"""Small models with the settings they are compared under, and whose counterexamples (None: all)."""


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("name", MODELS)
def test_small_models(tool, name):
    sets, counterexamples = MODELS[name]
    agree(explored(f"tests/models/{name}.py", sets=sets), needed(tool), counterexamples)


PROTOCOL = [("commit", SPIN), ("data_flush", SPIN), ("all", SPIN), ("commit", RUMUR), ("data_flush", RUMUR)]


@pytest.mark.parametrize(("mode", "tool"), PROTOCOL, ids=lambda value: value if isinstance(value, str) else value.name)
def test_the_protocol(mode, tool):
    exploration = explored("model", sets={"mode": mode}, scope="tiny")
    assert exploration.states > 1000
    agree(exploration, needed(tool), telling(exploration, 1))


@pytest.mark.parametrize("sets", [{"mode": "commit"}, {"mode": "data_flush"}, {"mode": "all", "sync": "true"}], ids=str)
def test_the_protocol_with_two_records(sets):
    """The scope `small`, that of the claims; SPIN takes a second or two for it, Rumur a minute, TLC far longer."""
    exploration = explored("model", sets=sets, scope="small")
    assert exploration.states > 40_000
    agree(exploration, needed(SPIN), [])


def test_the_protocol_in_tlc():
    exploration = explored("model", sets={"mode": "data_flush"}, scope="tiny")
    agree(exploration, needed(TLC), telling(exploration, 1))


SPREAD = [
    {"mode": "commit", "tail": "cut"},
    {"mode": "data_flush", "standby_faults": "os", "ack": "write"},
    {"mode": "data_flush", "tail": "rewind", "wal_log_hints": "true"},
    {"mode": "all", "sync": "true", "tail": "clean"},
    {"mode": "data_flush", "crash_restart": "true"},
]


@pytest.mark.parametrize("sets", SPREAD, ids=lambda sets: ",".join(sets.values()))
def test_a_spread_of_settings(sets):
    exploration = explored("model", sets=sets, scope="tiny")
    agree(exploration, needed(SPIN), telling(exploration, 0))


def agree(exploration, tool, counterexamples):
    """The tool is asked and says the same, and was asked for something."""
    assert not comparable(exploration)
    answers = list(compare(exploration, [tool], counterexamples))
    expected = broken(exploration) if counterexamples is None else counterexamples
    examples = [name for name in broken(exploration) if name in expected]
    assert [answer.asked for answer in answers] == [WHOLE, *examples]
    assert {answer.asked: answer.differs for answer in answers if answer.differs} == {}


def telling(exploration, count):
    """The properties with the longest counterexamples, as many as are asked for."""
    found = {f.property.name: f.depth for f in exploration.findings if f.word in ("violated", "reached")}
    return sorted(found, key=found.get, reverse=True)[:count]
