"""Strongly connected components of a part of a state graph: sets of states that lead to each other."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

from checker.explore.edges import Edges


def components(edges: Edges, inside: Sequence[int], taken: Sequence[bool]) -> Iterator[list[int]]:
    """The components of the part that has the states marked `inside` and the transitions by actions that are `taken`.

    Each state is in one of them, often alone; members come in no order.  Tarjan's algorithm (1972) with a stack of its
    own in the place of recursion: for each state on the way, the next of its transitions to look at.
    """
    order = array("q", [0]) * len(edges)  # 0: not seen; n: the n-th seen; DONE: in a component
    low = array("q", [0]) * len(edges)
    done, seen = len(edges) + 1, 0
    open_states: list[int] = []
    for root, wanted in enumerate(inside):
        if not wanted or order[root]:
            continue
        seen += 1
        order[root] = low[root] = seen
        open_states.append(root)
        way, places = [root], [edges.first[root]]
        while way:
            state = way[-1]
            successor = _next(edges, inside, taken, places, edges.first[state + 1])
            if successor is None:
                way.pop()
                places.pop()
                if way and low[state] < low[way[-1]]:
                    low[way[-1]] = low[state]
                if low[state] == order[state]:
                    found = _closed(open_states, state)
                    for member in found:
                        order[member] = done
                    yield found
            elif not order[successor]:
                seen += 1
                order[successor] = low[successor] = seen
                open_states.append(successor)
                way.append(successor)
                places.append(edges.first[successor])
            elif order[successor] < low[state]:  # never so for `done`, which is above all orders
                low[state] = order[successor]


def _next(edges: Edges, inside: Sequence[int], taken: Sequence[bool], places: list[int], end: int) -> int | None:
    """The next successor inside of the state at the top, whose place moves on; None where there is no more."""
    labels, targets = edges.label, edges.target
    for edge in range(places[-1], end):
        target = targets[edge]
        if inside[target] and taken[labels[edge]]:
            places[-1] = edge + 1
            return target
    places[-1] = end
    return None


def _closed(open_states: list[int], root: int) -> list[int]:
    """Takes the states of a component, which lie above its root, from the stack."""
    place = len(open_states) - 1
    while open_states[place] != root:
        place -= 1
    found = open_states[place:]
    del open_states[place:]
    return found
