"""The protocol itself, in tiny scopes and across modes: less is searched, and all is said as before."""

from __future__ import annotations

import functools

import pytest

from checker.configuration import configure
from checker.explore import explore, reduction
from checker.grounding.ground import ground
from checker.reading import load
from checker.reductions.symmetry import symmetry
from checker.refusal import UsageError
from checker.traces.replay import replay
from tests.reductions.comparing import searched, traces, verdicts

MODES = [
    {"mode": "commit", "tail": "cut"},
    {"mode": "data_flush", "tail": "rewind", "wal_log_hints": "true"},
    {"mode": "all", "sync": "true", "primary_faults": "os"},
]


@functools.cache
def protocol():
    return load("model")


def grounded(settings, **bounds):
    chosen = configure(protocol(), sets=settings, scope="tiny", bounds=bounds)
    return ground(protocol(), chosen.settings, chosen.bounds)


@pytest.fixture(scope="module", params=MODES, ids=lambda settings: "-".join(settings.values()))
def mode(request):
    return request.param


def test_the_slice_of_each_property(mode):
    whole = grounded(mode)
    full = explore(whole)
    for finding in full.findings[::3]:
        name = finding.property.name
        less = searched(whole, [name], reduction(whole, [name], True, ()))
        assert verdicts(less) == [(name, finding.word, finding.depth, finding.constant)]
        assert less.states < full.states and less.exhausted
        for trace in traces(less):
            replay(trace)


def test_up_to_the_names_of_pages_and_transactions(mode):
    whole = grounded(mode, pages=2, transactions=2)
    full = explore(whole)
    names = [finding.property.name for finding in full.findings]
    for engine in ("python", "native"):
        less = searched(whole, names, reduction(whole, names, False, ["Page", "Transaction"]), engine)
        assert verdicts(less) == verdicts(full)
        assert less.represented == full.states > 2 * less.states
        assert (less.depth, less.idle) == (full.depth, full.idle)
        assert bool(less.deadlocks.count) == bool(full.deadlocks.count)
        for trace in traces(less):
            replay(trace)


def test_both_at_once(mode):
    whole = grounded(mode, pages=2)
    names = ["page_within_standby", "no_wal_tail"]
    full = explore(whole, properties=names)
    less = searched(whole, names, reduction(whole, names, True, ["Page"]))
    assert verdicts(less) == verdicts(full) and 2 * less.states < full.states
    for trace in traces(less):
        replay(trace)


def test_nodes_are_named():
    with pytest.raises(UsageError, match=r"--symmetry Node: the model names A \(model/\w+\.py:\d+\) and B \(model/"):
        symmetry(grounded({}, nodes=3), ["Node"])


def test_standbys_that_nobody_names_can_change_places():
    # Of four nodes A is the primary, and B the standby whose reports count: to everybody C and D are alike.
    whole = grounded({"mode": "data_flush"}, nodes=4, records=0)
    full = explore(whole)
    names = [finding.property.name for finding in full.findings]
    less = searched(whole, names, reduction(whole, names, False, ["Node"]))
    assert less.reduction.symmetry.shown == ["Node C D"]
    assert verdicts(less) == verdicts(full) and less.represented == full.states > less.states
