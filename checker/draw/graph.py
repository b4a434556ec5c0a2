"""Graphviz sources (DOT): a trace as a chain of states that show what changed, and the state graph of a small model."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

from checker import ir
from checker.draw.changes import change_lines, telling_cells, value_lines
from checker.draw.dot import GREY, RED, action_style, add_legend, edge_label, label, new_graph, plain
from checker.draw.ending import ending
from checker.grounding.grounded import Cell, Grounded
from checker.refusal import UsageError, unknown
from checker.traces.trace import Trace
from checker.view import Sight

if TYPE_CHECKING:
    import networkx as nx

READABLE = 60
"""A graph of more states than this is condensed: nobody reads it otherwise."""
FEW_EDGES = 60
"""A graph with more transitions than this has their actions as colours only."""


def trace_dot(trace: Trace) -> str:
    """The DOT source of a trace: a node each state with what changed, edges coloured by action, the violation red."""
    shown = ending(trace)
    steps = f"{len(trace)} step{'' if len(trace) == 1 else 's'}"
    what = f"{trace.grounded.model.name}: {trace.property or 'a behaviour'}, {steps}"
    graph = new_graph("trace", what)
    telling = telling_cells(trace.grounded, trace.states[0])
    first = [f"{line.place}: {line.text}" for line in value_lines(trace.grounded, trace.states[0], telling)]
    graph.node("s0", label(["0  initial state", *first]))
    for step, action in enumerate(trace.actions):
        lines = [f"{line.place}: {line.text}" for line in change_lines(trace.grounded, trace.changes(step))]
        graph.node(f"s{step + 1}", label([str(step + 1), *(lines or ["nothing changed"])]))
        color, line = action_style(trace.grounded, action.name)
        graph.edge(f"s{step}", f"s{step + 1}", edge_label(action.label), color=color, fontcolor=color, style=line)
    if shown is not None:
        color = RED if shown.wrong else "#15804e"
        last = f"s{len(trace)}"
        graph.node(last, color=color, penwidth="2.5", fillcolor="#fdecec" if shown.wrong else "#e8f6ee")
        said = label([shown.headline, shown.said, *shown.because])
        graph.node("ending", said, shape="note", style="filled", fillcolor="white", color=color, fontcolor=color)
        graph.edge(last, "ending", style="dashed", color=color, arrowhead="none")
    add_legend(graph, trace.grounded, {action.name for action in trace.actions})
    return str(graph.source)


def graph_dot(
    graph: nx.MultiDiGraph[Any], grounded: Grounded, *, limit: int = READABLE, by: Sequence[str] | None = None
) -> str:
    """The DOT source of a state graph as `checker.explore.graph.state_graph` makes it.

    With more than `limit` states it is condensed to one node for each combination of the values of the variables
    `by` (None: the roles of the model's view, else the depth), and the picture says so.  Raises `UsageError` for a
    variable that the model does not have.
    """
    known = list(dict.fromkeys(cell.variable for cell in grounded.cells))
    for name in by or ():
        if name not in known:
            raise UsageError(unknown("variable", name, known))
    if len(graph) <= limit and by is None:
        return _whole(graph, grounded)
    return _condensed(graph, grounded, limit, by)


def _whole(graph: nx.MultiDiGraph[Any], grounded: Grounded) -> str:
    count = graph.number_of_edges()
    drawn = new_graph("states", f"{grounded.model.name}: {_sizes(graph)}, all of them")
    varying = _varying(graph, grounded)
    numbers = {node: f"s{number}" for number, node in enumerate(graph)}
    for node, data in graph.nodes(data=True):
        lines = [f"{line.place}: {line.text}" for line in value_lines(grounded, data["state"], varying)]
        drawn.node(numbers[node], label(lines or ["the only state"]), **_marks(data["initial"], data["end"]))
    names = set()
    for source, target, data in graph.edges(data=True):
        name = _action_name(data)
        names.add(name)
        color, line = action_style(grounded, name)
        said = edge_label(str(data["action"])) if count <= FEW_EDGES else ""
        drawn.edge(
            numbers[source], numbers[target], said, color=color, fontcolor=color, style=line,
            tooltip=plain(str(data["action"])),
        )  # fmt: skip
    notes = ["bold: initial", "double border: may end here"]
    if len(varying) < len(grounded.cells):
        notes.append("what is the same in every state is left out")
    add_legend(drawn, grounded, names, notes)
    return str(drawn.source)


def _condensed(graph: nx.MultiDiGraph[Any], grounded: Grounded, limit: int, by: Sequence[str] | None) -> str:
    cells = _group_cells(grounded, by)
    group: Callable[[Any], Hashable] = lambda data: tuple(data["state"][cell.index] for cell in cells)  # noqa: E731
    how = f"equal {', '.join(dict.fromkeys(cell.variable for cell in cells))}"
    found = {group(data) for _, data in graph.nodes(data=True)}
    if by is None and not 1 < len(found) <= limit:
        depths = 1 + max(data["depth"] for _, data in graph.nodes(data=True))
        wide = -(-depths // limit)
        group = lambda data: data["depth"] // wide  # noqa: E731
        how, cells = f"equal depth{'' if wide == 1 else f', {wide} depths together'}", []
    members: dict[Hashable, list[Any]] = {}
    for _, data in graph.nodes(data=True):
        members.setdefault(group(data), []).append(data)
    caption = f"{grounded.model.name}, condensed: {_sizes(graph)}, drawn as {len(members)} groups of {how}"
    drawn = new_graph("states", caption)
    numbers = {key: f"g{number}" for number, key in enumerate(members)}
    for key, states in members.items():
        lines = [f"{line.place}: {line.text}" for line in value_lines(grounded, states[0]["state"], cells)]
        if not cells:
            lines = [f"depth {_span([data['depth'] for data in states])}"]
        marks = _marks(any(data["initial"] for data in states), any(data["end"] for data in states))
        drawn.node(numbers[key], label([*lines, f"{len(states):,} state{'' if len(states) == 1 else 's'}"]), **marks)
    names = _group_edges(graph, grounded, drawn, {node: numbers[group(data)] for node, data in graph.nodes(data=True)})
    notes = ["bold: has an initial state", "double border: has a state where it may end"]
    add_legend(drawn, grounded, names, [*notes, "transitions inside a group are left out"])
    return str(drawn.source)


def _group_edges(graph: nx.MultiDiGraph[Any], grounded: Grounded, drawn: Any, group: dict[Any, str]) -> set[str]:
    """One edge for each action between two groups, with the number of its transitions."""
    counts: dict[tuple[str, str, str], int] = {}
    for source, target, data in graph.edges(data=True):
        if group[source] != group[target]:
            key = group[source], group[target], _action_name(data)
            counts[key] = counts.get(key, 0) + 1
    for (source, target, name), count in counts.items():
        color, line = action_style(grounded, name)
        said = f"{count:,}" if len(counts) > FEW_EDGES else f"{name} ({count:,})"
        drawn.edge(source, target, edge_label(said), color=color, fontcolor=color, style=line, tooltip=plain(name))
    return {name for _, _, name in counts}


def _group_cells(grounded: Grounded, by: Sequence[str] | None) -> list[Cell]:
    if by is not None:
        return [cell for cell in grounded.cells if cell.variable in by]
    roles = Sight(grounded).role_cells()
    return roles or [cell for cell in grounded.cells if isinstance(cell.type, ir.EnumType) and cell.part is None]


def _varying(graph: nx.MultiDiGraph[Any], grounded: Grounded) -> list[Cell]:
    states = [state for _, state in graph.nodes(data="state")]
    return [cell for cell in grounded.cells if len({state[cell.index] for state in states}) > 1]


def _marks(initial: bool, end: bool) -> dict[str, str]:
    marks = {"penwidth": "2.5", "color": "#1b2026"} if initial else {"color": GREY}
    return marks | ({"peripheries": "2"} if end else {})


def _action_name(data: Any) -> str:
    """The name of an edge's action; a graph may have its label only."""
    return str(data.get("name") or str(data["action"]).partition("(")[0])


def _sizes(graph: nx.MultiDiGraph[Any]) -> str:
    states, transitions = len(graph), graph.number_of_edges()
    return f"{states:,} state{'' if states == 1 else 's'}, {transitions:,} transition{'' if transitions == 1 else 's'}"


def _span(depths: list[int]) -> str:
    return str(min(depths)) if min(depths) == max(depths) else f"{min(depths)} to {max(depths)}"
