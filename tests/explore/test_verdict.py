"""Verdicts and exit codes: a success is only what was asked for in full."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checker.explore import Deadlocks, explore
from checker.grounding.grounded import Check
from checker.verdict import exit_code, shortcomings, verdicts
from tests.small_models import HERE, counter


def model():
    """A counter to 9 that may end there."""
    builder = counter(9)
    builder.end = builder.eq(builder["n"], 9)
    return builder


def holding(builder):
    builder.invariant("small", builder.op("<=", builder.op("*", builder["n"], builder["n"]), 81))
    return builder


def test_success_is_all_of_it():
    found = explore(holding(model()).grounded((0,)))
    assert exit_code(found) == 0 and shortcomings(found) == []


def test_no_property_is_no_success():
    found = explore(model().grounded((0,)))
    assert exit_code(found) == 3 and shortcomings(found) == ["no property was checked"]


def test_only_constant_properties_are_no_success():
    builder = model()
    builder.invariant("empty", builder.const(1))
    found = explore(builder.grounded((0,)))
    assert exit_code(found) == 3 and "constant" in shortcomings(found)[0]
    assert exit_code(explore(holding(builder).grounded((0,)))) == 0


def test_an_action_that_never_fired_must_be_declared():
    builder = holding(model())
    builder.action("never", builder.eq(builder["n"], -1), {})
    builder.off = ("ruled_out",)
    found = explore(builder.grounded((0,)))
    assert exit_code(found) == 3 and shortcomings(found) == ["never never fired"]
    assert exit_code(found, idle=["never"]) == 0


def test_a_limit_is_no_success():
    found = explore(holding(model()).grounded((0,)), states=5)
    assert found.finding("small").word == "unknown"
    assert exit_code(found) == 3 and exit_code(found, idle=["up"]) == 3


def test_a_violation_and_a_missing_witness():
    for kind in ("invariant", "reachable"):
        builder = model()
        getattr(builder, kind)("claim", builder.eq(builder.op("*", builder["n"], 2), 0 if kind == "invariant" else 7))
        assert exit_code(explore(builder.grounded((0,)))) == 12


def test_a_deadlock():
    builder = holding(counter(9))
    assert exit_code(explore(builder.grounded((0,)))) == 11


def test_a_mistake_in_the_model():
    builder = holding(model())
    builder.action("bad", builder.const(0), {}, checks=[Check(builder.eq(builder["n"], 4), "bad", HERE, early=True)])
    assert exit_code(explore(builder.grounded((0,)))) == 150


@pytest.mark.parametrize(
    ("bad", "code"),
    [("error violation deadlock interrupted", 150), ("violation deadlock interrupted", 12), ("violation", 12),
     ("deadlock interrupted", 11), ("interrupted", 130)],
)  # fmt: skip
def test_the_worst_news_wins(bad, code):
    base = explore(holding(model()).grounded((0,)))
    broken, wrong = holding(model()), holding(model())
    broken.invariant("below_3", broken.op("<", broken["n"], 3))
    wrong.action("bad", wrong.const(1), {}, checks=[Check(wrong.eq(wrong["n"], 4), "bad", HERE, early=True)])
    parts = {
        "error": {"error": explore(wrong.grounded((0,))).error},
        "violation": {"findings": explore(broken.grounded((0,))).findings},
        "deadlock": {"deadlocks": Deadlocks(1)},
        "interrupted": {"stopped": "interrupted"},
    }
    for word in bad.split():
        base = replace(base, **parts[word])
    assert exit_code(base) == code


def test_evidence_says_what_was_covered():
    builder = holding(model())
    n = builder["n"]
    builder.invariant("below_3", builder.op("<", n, 3))
    builder.reachable("one", builder.eq(n, 1))
    builder.reachable("nowhere", builder.eq(builder.op("*", n, 2), 7))
    told = {verdict.property: verdict.evidence for verdict in verdicts(explore(builder.grounded((0,))))}
    assert told == {
        "small": "holds in all of 10 states, 9 transitions, depth 9",
        "below_3": "counterexample of 3 steps",
        "one": "example of 1 step",
        "nowhere": "no example in 10 states, 9 transitions, depth 9",
    }
    cut = verdicts(explore(builder.grounded((0,)), states=2))[0]
    assert cut.word == "unknown"
    assert cut.evidence == "the limit of states ended the search after 2 states, 1 transition, depth 1"
