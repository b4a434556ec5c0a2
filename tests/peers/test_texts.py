"""What is written for other tools, read as text: no tool is needed, and each expectation is worked out by hand."""

from __future__ import annotations

import re

import pytest

from checker.backends.murphi import murphi, value_type
from checker.backends.promela import promela
from checker.backends.tla import tla
from checker.explore import explore
from checker.grounding.grounded import Check
from checker.peers.compare import WHOLE, compare
from checker.peers.outcome import Outcome, behaviour
from tests.peers.test_tla import START, operator, source
from tests.small_models import HERE, Builder, counter


@pytest.mark.parametrize("limits", [(0, 1), (1, 2), (4, 7), (3, 4), (0, 254), (250, 255), (0, 255), (7, 256), (-1, 1)])
def test_a_variable_of_promela_holds_every_value_of_its_cell(limits):
    """SPIN cuts a value that does not fit, and says nothing."""
    low, high = limits
    b = Builder(x=limits)
    b.action("up", b.op("<", b["x"], high), {"x": b.op("+", b["x"], 1)})
    said = next(line for line in promela(b.grounded((low,))).splitlines() if re.search(r"\bx\b", line))
    width = re.search(r"unsigned x : (\d+)", said)
    bits = {"bit": 1, "byte": 8, "int": 31}[said.split()[0]] if width is None else int(width[1])
    assert high < 1 << bits
    assert low >= 0 or said.startswith("int ")


def test_what_promela_keeps_of_a_step_is_0_between_steps():
    """Else a state would be one for every step that led to it."""
    b = Builder(x=(0, 3), y=(0, 3))
    b.action("swap", b.const(1), {"x": b["y"], "y": b["x"]})
    text = promela(b.grounded((1, 2)))
    (saved,) = set(re.findall(r"old_\w+", text))
    step = text[text.index(":: d_step { /* swap") :].split("}")[0]
    assigned = re.findall(rf"{saved} = (\w+);", step)
    assert len(assigned) == 2 and assigned[0] in ("x", "y") and assigned[1] == "0"
    assert step.rstrip().endswith(f"{saved} = 0;")


def test_a_witness_is_asked_as_what_never_holds():
    b = counter(3)
    b.invariant("small", b.op("<", b["n"], 2))
    b.reachable("large", b.eq(b["n"], 3))
    spin, rumur = promela(b.grounded((0,))), murphi(b.grounded((0,)))
    assert "/* property small */ !(n < 2) -> assert(false)" in spin
    assert "/* property large */ (n == 3) -> assert(false)" in spin
    assert 'invariant "small" (n < 2);' in rumur
    assert 'invariant "large" !(n = 3);' in rumur


@pytest.mark.parametrize("early", [True, False])
def test_a_mistake_before_a_guard_is_one_whatever_the_guard_says(early):
    b = Builder(n=(0, 3))
    wrong = Check(b.eq(b["n"], 2), "no such key", HERE, early)
    b.action("act", b.eq(b["n"], 1), {"n": 0}, checks=[wrong])
    for text, equal in ((promela(b.grounded((0,))), "=="), (murphi(b.grounded((0,))), "=")):
        said = next(line for line in text.splitlines() if "no such key" in line)
        assert f"(n {equal} 2)" in said
        assert (f"(n {equal} 1)" in said) != early


@pytest.mark.parametrize(
    ("most", "kind"), [(255, "auto"), (256, "int32_t"), ((1 << 31) - 1, "int32_t"), (1 << 31, "int64_t")]
)
def test_rumur_computes_with_numbers_wide_enough(most, kind):
    b = Builder(x=(0, 1))
    b.action("act", b.op("<", b["x"], b.const(most)), {"x": 0})
    terms = [action.guard for action in b.actions]
    assert terms[0].arguments[1].high == most
    assert value_type(b.grounded((0,))) == kind


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "if s.busy:\n        require(s.flushed[n] > 0)\n    s.busy = False",
            "/\\ busy => flushed[n] > 0 /\\ busy' = FALSE",
        ),
        (
            "if s.busy:\n        s.flushed[n] = 0\n    s.control.lsn = s.flushed[n]",
            "/\\ flushed' = [flushed EXCEPT ![n] = IF busy THEN 0 ELSE @] "
            "/\\ control' = [control EXCEPT !.lsn = flushed'[n]]",
        ),
        (
            "for at in range(1, s.bounds.records + 1):\n        s.page[n, at].dirty = True",
            "/\\ page' = [node \\in Node, at \\in Lsn |-> "
            "[page[node, at] EXCEPT !.dirty = IF node = n /\\ at \\in 1..records THEN TRUE ELSE @]]",
        ),
        (
            "require(s.busy or s.control.dirty and s.flushed[n] == 1)\n    s.busy = False",
            "/\\ (busy \\/ (control.dirty /\\ flushed[n] = 1)) /\\ busy' = FALSE",
        ),
        (
            "require(all(s.flushed[n] > at for at in range(0, s.flushed[n])))\n    s.busy = False",
            "/\\ \\A at \\in 0..flushed[n] - 1 : flushed[n] > at /\\ busy' = FALSE",
        ),
    ],
)
def test_statements_of_tla(tmp_path, body, expected):
    text = f'{START}\n@action\ndef act(s: State, n: Node) -> None:\n    """Acts."""\n    {body}\n'
    assert operator(tla(source(tmp_path, text)).module, "act").removeprefix("/\\ ") == expected.removeprefix("/\\ ")


def test_every_fault_happens_finitely_often_to_tlc(tmp_path):
    faults = "".join(
        f'\n@action(outside=True)\ndef fault_{name}(s: State) -> None:\n    """It fails."""\n    s.busy = {value}\n'
        for name, value in (("one", "True"), ("two", "False"))
    )
    live = '\n@eventually\ndef calm(s: State) -> bool:\n    """It is calm."""\n    return not s.busy\n'
    text = tla(source(tmp_path, START + faults + live), ["calm"]).module
    outside = text[text.index("Outside ==") :].split("\n\n")[0]
    assert re.findall(r"fault_\w+", outside) == ["fault_one", "fault_two"]


class Parrot:
    """A tool that says what it is told to, and keeps what it is asked."""

    name, packages = "Parrot", ()

    def __init__(self, *outcomes):
        self.outcomes, self.asked = list(outcomes), []

    def look(self):
        pass

    def ask(self, question, folder):
        self.asked.append(question.properties)
        return self.outcomes.pop(0)


def test_another_tool_is_asked_of_all_that_holds_and_then_of_each_that_does_not():
    b = counter(3)
    b.invariant("within", b.op("<=", b["n"], 3))
    b.invariant("small", b.op("<", b["n"], 2))
    b.reachable("large", b.eq(b["n"], 3))
    b.reachable("beyond", b.op("<", 3, b["n"]))
    b.end = b.eq(b["n"], 3)
    grounded = b.grounded((0,))
    found = explore(grounded)
    whole = Outcome("exhausted", 4, 3, None, 0, 0)
    traces = [behaviour(grounded, 0, ["up()"] * steps, name) for name, steps in (("small", 2), ("large", 3))]
    tool = Parrot(whole, *(Outcome("violated", 0, None, trace, 0, 0) for trace in traces))
    answers = list(compare(found, [tool]))
    assert tool.asked == [("within", "beyond"), ("small",), ("large",)]
    assert [answer.asked for answer in answers] == [WHOLE, "small", "large"]


def test_a_counterexample_that_plain_execution_does_not_take_is_a_difference(tmp_path):
    """The right length and the right property, but its last step leads elsewhere."""
    text = START + (
        '\n@action\ndef act(s: State, n: Node) -> None:\n    """Acts."""\n    s.busy = True\n'
        '\n@invariant\ndef idle(s: State) -> bool:\n    """Idle."""\n    return not s.busy\n'
    )
    found = explore(source(tmp_path, text))
    trace = found.finding("idle").trace
    busy = found.grounded.numbers["busy"]
    wrong = type(trace)(trace.grounded, (trace.states[0], trace.states[0]), trace.actions, "idle")
    assert trace.states[1][busy] == 1 and wrong.states[1][busy] == 0
    whole = Outcome("exhausted", found.states, found.depth, None, 0, 0)
    differs = []
    for shown in (trace, wrong):
        tool = Parrot(whole, Outcome("violated", 0, None, shown, 0, 0))
        differs.append(list(compare(found, [tool]))[1].differs)
    assert differs[0] == "" and "no behaviour of the model" in differs[1]
