"""The state graph against the search, and both against networkx on random models."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings

from checker.explore import explore
from checker.explore.graph import TooLarge, condensed, shortest_path, state_graph
from checker.grounding.ground import evaluate
from tests.random_models import models
from tests.small_models import Builder, bits, counter


def test_bits_are_a_hypercube():
    graph = state_graph(bits(4).grounded((0,) * 4))
    cube = nx.hypercube_graph(4)
    assert nx.is_isomorphic(nx.Graph(graph), cube)
    assert graph.number_of_edges() == 2 * cube.number_of_edges()
    assert graph.nodes[0] == {"state": (0, 0, 0, 0), "initial": True, "end": False, "depth": 0}
    assert condensed(graph).number_of_nodes() == 1


def test_a_counter_condenses_to_itself_and_a_reset_makes_it_one_component():
    builder = counter(6)
    builder.end = builder.eq(builder["n"], 6)
    line = condensed(state_graph(builder.grounded((0,))))
    assert line.number_of_nodes() == 7 and nx.is_directed_acyclic_graph(line)
    assert [data["initial"] for _, data in line.nodes(data=True)].count(True) == 1
    assert {data["size"] for _, data in line.nodes(data=True)} == {1}
    assert all(data["actions"] == ["up"] for _, _, data in line.edges(data=True))
    builder.action("reset", builder.eq(builder["n"], 6), {"n": 0})
    ring = condensed(state_graph(builder.grounded((0,))))
    assert [(data["size"], data["initial"], data["end"]) for _, data in ring.nodes(data=True)] == [(7, True, True)]


def test_a_point_of_no_return():
    """Two states to go to and fro between, and a trap: two components, one edge between them."""
    builder = Builder(n=(0, 2))
    n = builder["n"]
    builder.action("to", builder.eq(n, 0), {"n": 1})
    builder.action("fro", builder.eq(n, 1), {"n": 0})
    builder.action("fall", builder.eq(n, 1), {"n": 2})
    components = condensed(state_graph(builder.grounded((0,))))
    assert sorted(data["size"] for _, data in components.nodes(data=True)) == [1, 2]
    assert [data["actions"] for _, _, data in components.edges(data=True)] == [["fall"]]


def test_a_graph_that_is_too_large_is_refused():
    grounded = bits(6).grounded((0,) * 6)
    assert len(state_graph(grounded, limit=64)) == 64
    with pytest.raises(TooLarge, match="more than 63 states"):
        state_graph(grounded, limit=63)


def test_shortest_path():
    graph = state_graph(counter(5).grounded((0,), (2,)))
    assert shortest_path(graph, 4) == [2, 3, 4]
    with pytest.raises(nx.NetworkXNoPath):
        shortest_path(graph, 99)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(models())
def test_search_and_graph_agree_and_counterexamples_are_shortest(model):
    grounded, _ = model
    found, graph = explore(grounded), state_graph(grounded)
    assert (found.states, found.transitions) == (len(graph), graph.number_of_edges())
    distance = nx.multi_source_dijkstra_path_length(
        graph, {state for state, initial in graph.nodes(data="initial") if initial}, weight=None
    )
    state_of = nx.get_node_attributes(graph, "state")
    stuck = {state for state in graph if not graph.out_degree(state) and not graph.nodes[state]["end"]}
    wanted = {finding.property.name: finding for finding in found.findings}
    targets = {
        "safe": {s for s in graph if not evaluate(wanted["safe"].property.body, state_of[s])},
        "seen": {s for s in graph if evaluate(wanted["seen"].property.body, state_of[s])},
    }
    assert found.depth == max(distance.values())
    assert found.deadlocks.count == len(stuck)
    traces = {name: finding.trace for name, finding in wanted.items()} | {"deadlock": found.deadlocks.trace}
    for name, states in (targets | {"deadlock": stuck}).items():
        trace = traces[name]
        if not states:
            assert trace is None
            continue
        assert len(trace) == min(distance[state] for state in states)
        assert trace.states[-1] in {state_of[state] for state in states}
        packed = {values: state for state, values in state_of.items()}
        for before, action, after in zip(trace.states, trace.actions, trace.states[1:], strict=False):
            labels = graph.get_edge_data(packed[before], packed[after]).values()
            assert action.label in {data["action"] for data in labels}
