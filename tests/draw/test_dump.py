"""`explore --dump`: the graph of a tank, counted by hand, in each format."""

from __future__ import annotations

import io
import json

import networkx as nx
import pytest

from checker.draw.dump import dump_json
from checker.explore.graph import state_graph
from tests.cli.models import TANK, checker
from tests.small_models import Builder

LEAKY = ("explore", "--model", TANK, "--preset", "leaky", "--bound", "size=2")
VIOLATED = 12


def dumped(tmp_path, name, *arguments):
    """A tank of two litres with one to spare: 4 states in a line, fill, fill, spill."""
    path = tmp_path / name
    done = checker(*LEAKY, "--dump", path, *arguments)
    assert done.returncode == VIOLATED, done.stderr
    assert f"written: {path}  4 states  3 transitions" in done.stderr
    return path.read_text()


def test_dot_has_the_values_the_actions_and_a_legend(tmp_path):
    text = dumped(tmp_path, "graph.dot")
    for level in range(4):
        assert f"level = {level}" in text
    assert text.count("->") == 3 + 2, "two more hold the three entries of the legend together"
    assert text.count("rank=same") == 4
    assert text.count('label="  fill  "') == 2 and text.count('label="  spill  "') == 1
    assert "cluster_legend" in text


def test_graphml_and_json_are_read_back(tmp_path):
    as_xml = nx.read_graphml(io.BytesIO(dumped(tmp_path, "graph.graphml").encode()), force_multigraph=True)
    document = json.loads(dumped(tmp_path, "graph.json", "--json"))
    as_json = nx.node_link_graph(document, edges="edges")
    for graph in (as_xml, as_json):
        assert [data["depth"] for _, data in graph.nodes(data=True)] == [0, 1, 2, 3]
        assert [data["action"] for _, _, data in graph.edges(data=True)] == ["fill", "fill", "spill"]
        assert [data["initial"] for _, data in graph.nodes(data=True)] == [True, False, False, False]
    assert [data["state"]["level"] for _, data in as_json.nodes(data=True)] == ["0", "1", "2", "3"]
    assert as_xml.nodes["s3"]["state level"] == "3"


def test_several_transitions_between_two_states_are_kept():
    b = Builder(x=(0, 1))
    for name in ("one", "other"):
        b.action(name, b.op("==", b["x"], b.const(0)), {"x": b.const(1)})
    grounded = b.grounded((0,))
    read = nx.node_link_graph(json.loads(dump_json(state_graph(grounded), grounded)), edges="edges")
    assert [(*edge[:2], edge[2]["action"]) for edge in read.edges(data=True)] == [
        ("s0", "s1", "one"),
        ("s0", "s1", "other"),
    ]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--dump", "graph.png"), "must end in .dot, .graphml or .json"),
        (("--dump", "graph.dot", "--slice"), "leave out --slice"),
        (("--dump", "nowhere/graph.dot"), "cannot write nowhere/graph.dot"),
        (("--dump", "graph.dot", "--bound", "size=6000"), "more than 5,000 states"),
    ],
)
def test_what_cannot_be_dumped_is_refused(tmp_path, arguments, why):
    done = checker("explore", "--model", TANK, *arguments, cwd=tmp_path)
    assert done.returncode == 2 and why in done.stderr, done.stderr
    assert not list(tmp_path.iterdir())
