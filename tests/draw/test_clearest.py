"""Putting a trace in order, and folding it: what must stay, and what becomes clearer."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from checker.draw.clearest import clearest
from checker.draw.folding import FEWEST, LONG, MOST, net_changes, runs
from checker.run import Request, run
from checker.traces.replay import NotReplayed, replay
from checker.traces.retrace import retrace
from checker.view import Sight

SILENT = Request(
    mode="commit",
    sets=(("tail", "cut"),),
    scope="tiny",
    properties=("no_silent_divergence", "failback_succeeds", "divergence_is_detected", "failback_after_cut_happens"),
)


@pytest.fixture(scope="module")
def traces():
    found = [verdict.trace for verdict in run(SILENT).verdicts]
    return [trace for trace in found if trace is not None and len(trace) > 2]


def actors(trace):
    sight = Sight(trace.grounded)
    return [sight.taking_part(action)[0] for action in trace.actions]


def turns(trace):
    return sum(one != other for one, other in pairwise(actors(trace)))


def test_it_is_a_behaviour_with_the_same_steps_that_ends_alike(traces):
    assert len(traces) == len(SILENT.properties)
    for trace in traces:
        clear = clearest(trace).trace
        replay(clear)
        assert Counter(a.label for a in clear.actions) == Counter(a.label for a in trace.actions)
        assert (clear.states[0], clear.states[-1]) == (trace.states[0], trace.states[-1])
        assert clear.actions[-1] == trace.actions[-1] or not clearest(trace).note
        assert clear.property == trace.property


def test_no_order_becomes_less_clear_and_some_become_clearer(traces):
    assert all(turns(clearest(trace).trace) <= turns(trace) for trace in traces)
    assert any(clearest(trace).note for trace in traces)
    for trace in traces:
        once = clearest(trace)
        assert clearest(once.trace).note == ""
        changed = [a.label for a in once.trace.actions] != [a.label for a in trace.actions]
        assert bool(once.note) == changed


def test_steps_taken_again_from_their_labels(traces):
    trace = traces[-1]
    labels = [action.label for action in trace.actions]
    assert retrace(trace.grounded, labels, shows=trace.property).states == trace.states
    with pytest.raises(NotReplayed, match="no_such"):
        retrace(trace.grounded, ["no_such(A)"])
    with pytest.raises(NotReplayed, match="cannot be taken"):
        retrace(trace.grounded, labels[1:])


def test_a_short_trace_is_not_folded(traces):
    for trace in traces:
        assert len(trace) < LONG
        assert runs(trace, Sight(trace.grounded)) == [range(n, n + 1) for n in range(len(trace))]


def test_folding_loses_no_step_and_no_change(traces, monkeypatch):
    monkeypatch.setattr("checker.draw.folding.LONG", 3)
    folded = 0
    for trace in map(clearest, traces):
        found = runs(trace.trace, Sight(trace.trace.grounded))
        assert [step for one in found for step in one] == list(range(len(trace.trace)))
        assert len(found[-1]) == 1
        for one in found:
            assert len(one) == 1 or FEWEST <= len(one) <= MOST
            folded += len(one) > 1
            before = trace.trace.states[one.start]
            told = {change.cell.index: change.after for change in net_changes(trace.trace, one)}
            after = tuple(told.get(index, value) for index, value in enumerate(before))
            assert after == trace.trace.states[one.stop]
    assert folded
