"""Bounded model checking against exploration: the same properties, in the same least number of steps."""

from __future__ import annotations

import itertools
import sys

import pytest
from hypothesis import Phase, assume, given, settings

from checker.backends import z3_grounded
from checker.configuration import configure
from checker.explore import explore
from checker.grounding.ground import ground
from checker.prove.bounded import Mistaken, bounded
from checker.reading import ModelError, load
from checker.traces.replay import NotReplayed, replay
from tests.agreement.protocol import protocol
from tests.ground.random_sources import sources

NUMBER = itertools.count()


def of(sets, scope="tiny", **bounds):
    chosen = configure(protocol(), sets=sets, scope=scope, bounds=bounds)
    return ground(protocol(), chosen.settings, chosen.bounds)


def searched(grounded, names, depth):
    return bounded(grounded, [item for item in grounded.properties if item.name in names], depth)


@pytest.mark.parametrize(
    ("sets", "name", "steps"),
    [
        ({"mode": "commit"}, "page_within_standby", 4),
        ({"mode": "data_flush"}, "no_wal_tail", 4),
        ({"mode": "data_flush"}, "failback_succeeds", 11),
        ({"mode": "commit", "tail": "cut"}, "no_silent_divergence", 15),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_counterexamples_of_the_protocol_are_the_shortest(sets, name, steps):
    """The lengths are argued in the claims in specs/; insert, flush, take up the page, write it: 4."""
    found = searched(of(sets), [name], steps + 1)
    assert len(found.traces[name]) == steps
    assert found.traces[name].property == name
    replay(found.traces[name])
    below = searched(of(sets), [name], steps - 1)
    assert (below.traces, below.depth) == ({}, steps - 1)


@pytest.mark.parametrize("sets", [{"mode": "commit", "sync": "true"}, {"mode": "all", "tail": "delete"}], ids=str)
def test_every_property_of_the_protocol_as_in_exploration(sets):
    grounded = of(sets)
    found = searched(grounded, [item.name for item in grounded.properties], 9)
    explored = {finding.property.name: finding.depth for finding in explore(grounded).findings}
    expected = {name: depth for name, depth in explored.items() if depth is not None and depth <= 9}
    assert {name: len(trace) for name, trace in found.traces.items()} == expected


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("random")


def test_random_models_as_in_exploration(folder):
    """A mistake of the model ends both at the same depth; where exploration is cut short, nothing is compared."""
    compared = []

    @settings(max_examples=60, deadline=None, phases=[Phase.generate], derandomize=True, database=None)
    @given(sources())
    def compare(source):
        path = folder / f"random_bounded_{next(NUMBER)}.py"
        path.write_text(source)
        try:
            grounded = ground(load(str(path)))
        except ModelError:
            assume(False)
        finally:
            sys.modules.pop(path.stem, None)
        explored = explore(grounded, states=400)
        if explored.stopped == "states":
            return
        names = [item.name for item in grounded.properties]
        if explored.error is not None:
            try:
                found = searched(grounded, names, 50)
            except Mistaken as mistaken:
                assert len(mistaken.trace) == len(explored.error.trace)
            else:
                assert all(len(trace) < len(explored.error.trace) for trace in found.traces.values())
                assert set(found.traces) == set(names)
        else:
            depths = {f.property.name: f.depth for f in explored.findings if f.depth is not None and f.depth <= 5}
            found = searched(grounded, names, 5)
            assert {name: len(trace) for name, trace in found.traces.items()} == depths
            compared.append(bool(depths))

    compare()
    assert compared.count(True) > 5


LADDER = """
from typing import Annotated
from model.language import Map, Range, Variables, action, initial, invariant, reachable, require

class State(Variables):
    at: Annotated[int, Range(-3, 9)]

@initial
def bottom(s: State) -> None:
    s.at = -3

@action
def climb(s: State) -> None:
    require(s.at < 9)
    s.at += 1

@action
def jump(s: State) -> None:
    require(s.at % 4 == 1 and s.at // 2 == -2)
    s.at = 7

@invariant
def below_nine(s: State) -> bool:
    return s.at < 9

@reachable
def at_two(s: State) -> bool:
    return s.at == 2
"""


def test_numbers_below_zero_divide_as_in_python(tmp_path):
    """From -3, where -3 % 4 == 1 and -3 // 2 == -2, a jump to 7 and two steps are the shortest way to 9; 2 is 5 up."""
    path = tmp_path / "ladder.py"
    path.write_text(LADDER)
    found = searched(ground(load(str(path))), ["below_nine", "at_two"], 20)
    assert {name: len(trace) for name, trace in found.traces.items()} == {"below_nine": 3, "at_two": 5}


def test_a_counterexample_of_many_steps(tmp_path):
    """Without the jump it is one rung after the other, from -3 up to 9."""
    path = tmp_path / "long_ladder.py"
    path.write_text(LADDER.replace("s.at % 4 == 1", "s.at > 4"))
    assert len(searched(ground(load(str(path))), ["below_nine"], 20).traces["below_nine"]) == 12


def test_a_mistake_before_a_guard_is_found_where_the_guard_does_not_hold(tmp_path):
    """The action is never taken, for no rung is marked, but what it requires first reads rung 4, which is not there."""
    path = tmp_path / "short_ladder.py"
    text = LADDER.replace("Range(-3, 9)]", "Range(-3, 9)]\n    rung: Map[Annotated[int, Range(-3, 3)], bool]")
    path.write_text(text.replace("require(s.at % 4 == 1 and", "require(not s.rung[s.at])\n    require(s.rung[-3] and"))
    with pytest.raises(Mistaken) as found:
        searched(ground(load(str(path))), ["below_nine"], 20)
    assert len(found.value.trace) == 7
    assert len(explore(ground(load(str(path)))).error.trace) == 7


def test_it_ends_when_every_property_has_its_trace():
    found = searched(of({"mode": "commit"}), ["page_within_standby"], 50)
    assert found.depth == 4


def test_a_trace_that_plain_execution_does_not_confirm_is_refused(monkeypatch):
    """A back end that leaves out a guard finds traces that are none: they are caught, not shown."""
    grounded = of({"mode": "data_flush"})
    true = z3_grounded.Writer.truth
    guards = {action.guard for action in grounded.actions if action.name == "write_page"}

    def blind(self, term):
        return z3_grounded.z3.BoolVal(True) if term in guards else true(self, term)

    monkeypatch.setattr(z3_grounded.Writer, "truth", blind)
    with pytest.raises(NotReplayed, match="write_page"):
        searched(grounded, ["page_within_standby"], 4)
