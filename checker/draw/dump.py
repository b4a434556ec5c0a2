"""The whole state graph as a file for other programs: Graphviz (DOT), GraphML, and JSON.

Laid out as TLC's `-dump dot,actionlabels,colorize`: a node for each state with its values, initial ones filled, states
of the same depth in a row, each transition with the label and the colour of its action, and a legend.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from checker.draw.changes import value_lines
from checker.draw.dot import action_style, add_legend, edge_label, label, new_graph
from checker.grounding.grounded import Grounded
from checker.labels import cell_label

if TYPE_CHECKING:
    import networkx as nx

INITIAL = "#d5dbe3"


def dump_dot(graph: nx.MultiDiGraph[Any], grounded: Grounded) -> str:
    """The DOT source of a graph as `checker.explore.graph.state_graph` makes it, every state with all its values."""
    drawn = new_graph("states", f"{grounded.model.name}: {len(graph):,} states")
    numbers = _numbers(graph)
    rows: dict[int, list[str]] = {}
    for node, data in graph.nodes(data=True):
        lines = [f"{line.place} = {line.text}" for line in value_lines(grounded, data["state"])]
        marks = {"fillcolor": INITIAL} if data["initial"] else {}
        drawn.node(numbers[node], label(lines), **marks, **({"peripheries": "2"} if data["end"] else {}))
        rows.setdefault(data["depth"], []).append(numbers[node])
    names = set()
    for source, target, data in graph.edges(data=True):
        names.add(data["name"])
        color, line = action_style(grounded, data["name"])
        said = edge_label(str(data["action"]))
        drawn.edge(numbers[source], numbers[target], said, color=color, fontcolor=color, style=line)
    for row in rows.values():
        with drawn.subgraph() as level:
            level.attr(rank="same")
            for name in row:
                level.node(name)
    add_legend(drawn, grounded, names, ["grey: initial", "double border: may end here"])
    return str(drawn.source)


def dump_graphml(graph: nx.MultiDiGraph[Any], grounded: Grounded) -> str:
    """The same as GraphML: nodes have `label`, `initial`, `end`, `depth` and a text for each cell by its name."""
    import networkx as nx

    made: nx.MultiDiGraph[Any] = nx.MultiDiGraph(model=grounded.model.name)
    numbers = _numbers(graph)
    for node, data in graph.nodes(data=True):
        lines = [f"{line.place} = {line.text}" for line in value_lines(grounded, data["state"])]
        values = {f"state {name}": text for name, text in _values(grounded, data["state"]).items()}
        made.add_node(numbers[node], label="\n".join(lines), **_facts(data), **values)
    for source, target, data in graph.edges(data=True):
        color, _ = action_style(grounded, data["name"])
        said = {"label": data["action"], "action": data["name"], "color": color}
        made.add_edge(numbers[source], numbers[target], **said)
    written = io.BytesIO()
    nx.write_graphml(made, written)
    return written.getvalue().decode("utf-8") + "\n"


def dump_json(graph: nx.MultiDiGraph[Any], grounded: Grounded) -> str:
    """The same as JSON, which `networkx.node_link_graph(document, edges="edges")` reads; one node or edge a line."""
    numbers = _numbers(graph)
    nodes = [
        {"id": numbers[node], **_facts(data), "state": _values(grounded, data["state"])}
        for node, data in graph.nodes(data=True)
    ]
    edges = [
        {
            "source": numbers[source],
            "target": numbers[target],
            "key": key,
            "label": data["action"],
            "action": data["name"],
        }
        for source, target, key, data in graph.edges(keys=True, data=True)
    ]
    head = {"directed": True, "multigraph": True, "graph": {"model": grounded.model.name}}
    lines = ["{", *(f"{json.dumps(key)}: {json.dumps(value)}," for key, value in head.items())]
    for name, items in (("nodes", nodes), ("edges", edges)):
        written = ",\n ".join(json.dumps(item, ensure_ascii=False) for item in items)
        lines.append(f'"{name}": [\n {written}\n]' + ("," if name == "nodes" else ""))
    return "\n".join([*lines, "}"]) + "\n"


FORMATS: Mapping[str, Callable[[nx.MultiDiGraph[Any], Grounded], str]] = {
    ".dot": dump_dot,
    ".graphml": dump_graphml,
    ".json": dump_json,
}
"""By the ending of the file's name."""


def _numbers(graph: nx.MultiDiGraph[Any]) -> dict[Any, str]:
    return {node: f"s{number}" for number, node in enumerate(graph)}


def _facts(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: data[name] for name in ("initial", "end", "depth")}


def _values(grounded: Grounded, state: tuple[int, ...]) -> dict[str, str]:
    return {cell.name: cell_label(cell, state[cell.index]) for cell in grounded.cells}
