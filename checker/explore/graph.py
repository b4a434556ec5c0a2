"""The state graph of a small model, for drawing and for what graph algorithms can say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.backends.program import Program
from checker.backends.python import compile_program
from checker.grounding.grounded import Grounded

if TYPE_CHECKING:
    import networkx as nx

LIMIT = 100_000
"""States of a graph unless told otherwise: it takes about a kilobyte for each."""


class TooLarge(Exception):
    """The model has more states than were asked for."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the state graph has more than {limit:,} states")
        self.limit = limit


def state_graph(grounded: Grounded, limit: int = LIMIT) -> nx.MultiDiGraph[Any]:
    """Every reachable state and transition.

    Nodes are packed states, in the order in which a breadth-first search finds them, with attributes `state` (values
    of the cells), `initial`, `end` and `depth`; edges are transitions, with the label of the `action` and its `name`.
    Raises `TooLarge` beyond `limit` states and `Mistake` where the model makes one.
    """
    import networkx as nx

    program = compile_program(grounded, ())
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    level = list(program.initials)
    for state in level:
        _add_node(graph, program, state, 0, limit)
    depth = 0
    while level:
        depth += 1
        following: list[int] = []
        for state in level:
            for number, successor in program.expand(state):
                if successor not in graph:
                    _add_node(graph, program, successor, depth, limit)
                    following.append(successor)
                action = grounded.actions[number]
                graph.add_edge(state, successor, action=action.label, name=action.name)
        level = following
    return graph


def _add_node(graph: nx.MultiDiGraph[Any], program: Program, state: int, depth: int, limit: int) -> None:
    if len(graph) >= limit:
        raise TooLarge(limit)
    graph.add_node(state, state=program.unpack(state), initial=depth == 0, end=bool(program.at_end(state)), depth=depth)


def condensed(graph: nx.MultiDiGraph[Any]) -> nx.DiGraph[Any]:
    """The graph of its strongly connected components: from which a behaviour that has left never comes back.

    Nodes have `members` (states, in the order of the graph), `size`, `initial` and `end` (true if of any member); edges
    have `actions`, the sorted names of the actions that lead from one component to the other.
    """
    import networkx as nx

    components = nx.condensation(graph)
    order = {state: number for number, state in enumerate(graph)}
    for _, data in components.nodes(data=True):
        members = sorted(data["members"], key=order.__getitem__)
        data["members"], data["size"] = members, len(members)
        for mark in ("initial", "end"):
            data[mark] = any(graph.nodes[state][mark] for state in members)
    component = components.graph["mapping"]
    names: dict[tuple[int, int], set[str]] = {}
    for source, target, name in graph.edges(data="name"):
        names.setdefault((component[source], component[target]), set()).add(name)
    for source, target, data in components.edges(data=True):
        data["actions"] = sorted(names[source, target])
    return components


def shortest_path(graph: nx.MultiDiGraph[Any], target: int) -> list[int]:
    """The states on a shortest way from an initial state to another, both included.

    Raises networkx's `NetworkXNoPath` where there is none.
    """
    import networkx as nx

    initials = [state for state, initial in graph.nodes(data="initial") if initial]
    return list(nx.multi_source_dijkstra(graph, set(initials), target, weight=None)[1])
