"""Random models in other tools: the same states, depth, verdicts and lengths as here."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from checker.explore import explore
from checker.grounding.evaluation import evaluate
from checker.peers.compare import DEADLOCK, broken, comparable, compare
from checker.traces.replay import NotReplayed
from tests.peers.asked import RUMUR, SPIN, needed
from tests.random_models import models

DRAWN = 4
"""Models for each tool; for each two C programs are compiled."""


def drawn(strategy, wanted, fits):
    """What a strategy draws, the same in every run, as far as it fits."""
    found = []

    @seed(11)
    @settings(max_examples=40 * wanted, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(strategy)
    def collect(made):
        if len(found) < wanted:
            made = fits(made)
            if made is not None:
                found.append(made)

    collect()
    assert len(found) == wanted
    return found


def worth_asking(grounded):
    """An exploration that says something: of several states, with something that is broken."""
    found = explore(grounded, states=3000)
    several = found.states >= 8 and found.transitions > found.states
    return found if several and not comparable(found) and set(broken(found)) - {DEADLOCK} else None


def agree(found, tool):
    answers = list(compare(found, [tool], [name for name in broken(found) if name != DEADLOCK][:1]))
    assert len(answers) == 2
    assert {answer.asked: answer.differs for answer in answers if answer.differs} == {}


def taken_on_terms(trace):
    """Every step is one, as `checker.peers.outcome.behaviour` saw to, and the end shows what the trace is named for."""
    prop = next(prop for prop in trace.grounded.properties if prop.name == trace.property)
    if bool(evaluate(prop.body, trace.states[-1])) != (prop.kind == "reachable"):
        raise NotReplayed(f"{prop.name} is not shown")


@pytest.mark.parametrize("tool", [SPIN, RUMUR], ids=lambda tool: tool.name)
def test_of_terms(tool, monkeypatch):
    """They have no text that plain execution could run, so their counterexamples are taken again on the terms."""
    needed(tool)
    monkeypatch.setattr("checker.peers.compare.replay", taken_on_terms)
    for found in drawn(models(), DRAWN, lambda made: worth_asking(made[0])):
        agree(found, tool)
