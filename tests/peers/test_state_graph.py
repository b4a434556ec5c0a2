"""The state graph of `explore --dump` against the one that TLC writes of the exported model: they are isomorphic."""

from __future__ import annotations

import re

import networkx as nx
import pytest
from networkx.algorithms.isomorphism import categorical_edge_match, categorical_node_match

from checker.backends.tla import tla
from checker.explore.graph import state_graph
from checker.peers.running import program, run
from checker.peers.tla_state import cells_of, values_of
from checker.peers.tlc import jar
from tests.peers.asked import TLC, needed, small

NODE = re.compile(r'^(-?\d+) \[label="((?:[^"\\]|\\.)*)"(,style = filled)?', re.MULTILINE)
EDGE = re.compile(r'^(-?\d+) -> (-?\d+) \[label="(\w*)"', re.MULTILINE)

ENDED = "Terminating"
"""The step of the module that does nothing at a declared end, so that TLC calls it no deadlock: no action."""


def tlc_graph(grounded, folder):
    """The graph that TLC dumps: nodes with the values of the cells, edges with the names of the actions."""
    needed(TLC)
    made = tla(grounded, ())
    (folder / f"{made.name}.tla").write_text(made.module)
    (folder / f"{made.name}.cfg").write_text(made.configuration)
    flags = ["-Xmx500m", "-XX:+UseSerialGC", f"-Djava.io.tmpdir={folder}", "-cp", jar(), "tlc2.TLC"]
    asked = ["-workers", "1", "-deadlock", "-dump", "dot,actionlabels", "graph.dot"]
    config = ["-config", f"{made.name}.cfg", f"{made.name}.tla"]
    done = run([program("java", "default-jre-headless"), *flags, *asked, *config], folder)
    assert done.code == 0, done.output
    text = (folder / "graph.dot").read_text()
    graph = nx.DiGraph()
    for node, shown, initial in NODE.findall(text):
        unescaped = shown.replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")
        graph.add_node(node, state=cells_of(grounded, made, values_of(unescaped)), initial=bool(initial))
    named = {operator: name for name, operator in made.operators.items()}
    edges = EDGE.findall(text)
    assert all(source == target for source, target, name in edges if name == ENDED)
    add_edges(graph, ((source, target, named[name]) for source, target, name in edges if name != ENDED))
    return graph


def add_edges(graph, edges):
    """One edge for all transitions from a state to another, with the names of their actions."""
    for source, target, name in edges:
        names = graph.edges[source, target]["names"] if graph.has_edge(source, target) else frozenset()
        graph.add_edge(source, target, names=names | {name})


def own_graph(grounded):
    found = state_graph(grounded)
    graph = nx.DiGraph()
    for node, data in found.nodes(data=True):
        graph.add_node(node, state=tuple(data["state"]), initial=data["initial"])
    add_edges(graph, found.edges(data="name"))
    return graph


@pytest.mark.parametrize(
    ("reference", "chosen"),
    [
        ("tests/models/lock.py", {"sets": {"order": "turns", "dies": "true"}}),
        ("tests/models/two_phase_commit.py", {"scope": "three"}),
    ],
)
def test_the_state_graph_is_that_of_tlc(tmp_path, reference, chosen):
    grounded = small(reference, **chosen)
    theirs, own = tlc_graph(grounded, tmp_path), own_graph(grounded)
    assert len(own) > 10 and own.number_of_edges() > 10
    nodes = categorical_node_match(["state", "initial"], [None, None])
    assert nx.is_isomorphic(theirs, own, nodes, categorical_edge_match("names", None))
    own.remove_edge(*next(iter(own.edges)))
    assert not nx.is_isomorphic(theirs, own, nodes), "an edge less is seen"
