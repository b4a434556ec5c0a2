"""Habits of other tools that look like success: exit code 0 on a violation, a search cut short, no property."""

from __future__ import annotations

import dataclasses

import pytest

from checker.grounding.grounded import Property
from checker.peers import spin, tlc
from checker.peers.outcome import Question, behaviour
from checker.peers.running import Missing, Ran, ToolFailed, program, run
from tests.peers.asked import RUMUR, SPIN, TLC, needed, small
from tests.small_models import Builder, counter

FULL = "Full statespace search for:\n  10 states, stored\nState-vector 28 byte, depth reached 3, errors: 0\n"


def ran(output, code=0):
    return Ran(output, code, 0.0, 0)


@pytest.mark.parametrize(
    "said",
    [
        FULL + "error: max search depth too small\n",
        FULL + "Warning: Search not completed\n",
        FULL + "pan: out of memory\n",
        FULL + "        hash-compact: on\n",
        FULL.replace("Full statespace search", "Bit statespace search"),
    ],
)
def test_spin_is_believed_only_after_a_full_search(said):
    spin._full(ran(FULL))
    with pytest.raises(ToolFailed, match="not a full one"):
        spin._full(ran(said))


def test_spin_is_not_believed_when_it_was_cut_short(tmp_path):
    tool = needed(spin.Spin(breadth=False))
    question = Question(counter(50).grounded((0,)), (), False)
    tool.make(question, tmp_path)
    assert tool.search(question, tmp_path).states == 51
    cut = run([tmp_path / "pan", "-m5", "-E"], tmp_path)
    assert cut.code == 0
    with pytest.raises(ToolFailed, match="max search depth too small"):
        spin._full(cut)


def test_spin_exits_with_0_on_a_violation_and_is_read_right(tmp_path):
    tool = needed(SPIN)
    b = counter(5)
    b.invariant("small", b.op("<", b["n"], 3))
    question = Question(b.grounded((0,)), ("small",), False)
    outcome = tool.ask(question, tmp_path)
    assert (outcome.word, len(outcome.trace), outcome.trace.property) == ("violated", 3, "small")
    assert run([tmp_path / "pan"], tmp_path).code == 0


@pytest.mark.parametrize("tool", [SPIN, RUMUR], ids=lambda tool: tool.name)
def test_a_deadlock_is_found_and_an_end_is_none(tool, tmp_path):
    needed(tool)
    b = counter(4)
    outcome = tool.ask(Question(b.grounded((0,)), (), True), tmp_path)
    assert (outcome.word, len(outcome.trace), outcome.trace.states[-1]) == ("deadlock", 4, (4,))
    b.end = b.eq(b["n"], 4)
    assert tool.ask(Question(b.grounded((0,)), (), True), tmp_path).word == "exhausted"


@pytest.mark.parametrize("tool", [SPIN, RUMUR], ids=lambda tool: tool.name)
def test_several_initial_states_are_no_states_of_their_own(tool, tmp_path):
    needed(tool)
    b = Builder(x=(0, 2), y=(-1, 1))
    b.action("swap", b.eq(b["x"], 1), {"x": b.op("+", b["y"], 1), "y": b.op("-", b["x"], 1)})
    b.reachable("there", b.all(b.eq(b["x"], 2), b.eq(b["y"], 0)))
    grounded = b.grounded((0, -1), (1, 1), (2, 1))
    outcome = tool.ask(Question(grounded, (), False), tmp_path)
    assert (outcome.word, outcome.states) == ("exhausted", 4)
    assert outcome.depth in (1, None)
    example = tool.ask(Question(grounded, ("there",), False), tmp_path)
    assert example.trace.states == ((1, 1), (2, 0))


@pytest.mark.parametrize("tool", [SPIN, RUMUR], ids=lambda tool: tool.name)
def test_a_mistake_of_the_model_is_one_there_too(tool, tmp_path):
    needed(tool)
    question = Question(small("tests/models/cli/overrun.py"), (), False)
    outcome = tool.ask(question, tmp_path)
    assert outcome.word == "violated"
    assert "mistake" in outcome.trace.property


def test_rumur_computes_with_numbers_below_0_on_the_way(tmp_path):
    b = Builder(x=(0, 3))
    b.action("down", b.op("<", b.op("neg", b["x"]), 0), {"x": b.op("+", b["x"], b.op("neg", b.const(1)))})
    outcome = needed(RUMUR).ask(Question(b.grounded((3,)), (), False), tmp_path)
    assert (outcome.word, outcome.states) == ("exhausted", 4)


def test_tlc_says_when_a_model_makes_a_mistake(tmp_path):
    with pytest.raises(ToolFailed, match=r"TypeOK|outside|domain"):
        needed(TLC).ask(Question(small("tests/models/cli/overrun.py"), (), False), tmp_path)


def test_tlc_without_a_property_is_no_success():
    said = "@!@!@STARTMSG 2193:0 @!@!@\nModel checking completed. No error has been found.\n@!@!@ENDMSG 2193 @!@!@\n"
    made = dataclasses.make_dataclass("Made", ["operators"])({})
    question = Question(counter(2).grounded((0,)), (), False)
    with pytest.raises(ToolFailed, match="did not end as it should"):
        tlc._read(ran(said), question, made)


def test_tlc_is_not_believed_with_states_left_or_another_exit_code():
    def message(number, text):
        return f"@!@!@STARTMSG {number}:0 @!@!@\n{text}\n@!@!@ENDMSG {number} @!@!@\n"

    made = dataclasses.make_dataclass("Made", ["operators"])({})
    question = Question(counter(2).grounded((0,)), (), False)
    depth = message(2194, "The depth of the complete state graph search is 3.")

    def said(left):
        found = message(2199, f"9 states generated, 3 distinct states found, {left} states left on queue.")
        return message(2193, "No error has been found.") + found + depth

    outcome = tlc._read(ran(said(0)), question, made)
    assert (outcome.word, outcome.states, outcome.depth) == ("exhausted", 3, 2)
    for bad in (ran(said(1)), ran(said(0), 1)):
        with pytest.raises(ToolFailed, match="did not end as it should"):
            tlc._read(bad, question, made)


def test_every_run_of_tlc_has_a_property():
    from checker.backends.tla import tla

    assert "TypeOK" in tla(small("tests/models/lock.py"), []).configuration.partition("INVARIANTS")[2]


def test_a_missing_tool_is_named_with_its_package(monkeypatch):
    monkeypatch.setenv("PATH", "")
    for name, package in (("spin", "spin"), ("rumur", "rumur"), ("java", "default-jre-headless")):
        with pytest.raises(Missing, match=f"Debian package {package}"):
            program(name, package)
    for tool in (SPIN, RUMUR, TLC):
        with pytest.raises(Missing, match="Debian package"):
            tool.look()


def test_a_tool_that_takes_steps_of_its_own_is_not_believed():
    grounded = counter(3).grounded((0,))
    assert behaviour(grounded, 0, ["up()", "up()"], "small").states[-1] == (2,)
    with pytest.raises(ToolFailed, match="is not possible"):
        behaviour(grounded, 0, ["up()"] * 4, "small")
    with pytest.raises(ToolFailed, match="no action"):
        behaviour(grounded, 0, ["down()"], "small")


def test_what_differs_is_said():
    from checker.peers.compare import WHOLE, _differences
    from checker.peers.outcome import Outcome

    ours = Outcome("exhausted", 10, 3, None, 0, 0)
    assert list(_differences(WHOLE, ours, ours)) == []
    assert list(_differences(WHOLE, ours, dataclasses.replace(ours, depth=None))) == []
    told = "; ".join(_differences(WHOLE, ours, dataclasses.replace(ours, states=9, depth=2)))
    assert told == "9 states instead of 10; depth 2 instead of 3"
    b = counter(3)
    b.invariant("small", b.op("<", b["n"], 2))
    trace = behaviour(b.grounded((0,)), 0, ["up()", "up()"], "small")
    assert isinstance(trace.grounded.properties[0], Property)
    shorter = Outcome("violated", 0, 1, None, 0, 0)
    told = next(_differences("small", shorter, dataclasses.replace(shorter, trace=trace)))
    assert told == "a counterexample of 2 steps instead of 1"
