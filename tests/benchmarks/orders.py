"""What partial-order reduction could leave of a search at the most: an oracle that knows the whole state graph.

In a state it takes one action alone if that is right: no state that is reached without it has an action that is enabled
and does not commute with it there, or has it disabled; it writes nothing that the properties read; and it leads to a
state that was not visited.  Any reduction by single actions that reads guards and assignments instead of the graph
(persistent, ample and stubborn sets: Godefroid 1996, Peled 1993, Valmari 1989) takes such an action in fewer states.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from checker.backends.python import PythonProgram, compile_program
from checker.grounded import Grounded
from checker.rewriting import reads


def left(grounded: Grounded, names: Sequence[str]) -> tuple[int, int]:
    """States of the whole graph, and of what the oracle leaves of it for the named properties."""
    program = compile_program(grounded, names)
    graph = _graph(program)
    seen_by = reads(*(term for prop in program.properties for term in (prop.body, *(c.wrong for c in prop.checks))))
    invisible = [
        n for n, action in enumerate(grounded.actions) if seen_by.isdisjoint(cell for cell, _ in action.updates)
    ]
    before: list[list[tuple[int, int]]] = [[] for _ in graph]
    for state, steps in enumerate(graph):
        for action, after in steps.items():
            before[after].append((action, state))
    alone: list[list[int]] = [[] for _ in graph]
    for action in invisible:
        for state in _persistent(graph, before, action):
            alone[state].append(action)
    return len(graph), _searched(graph, len(set(program.initials)), alone)


def _graph(program: PythonProgram) -> list[dict[int, int]]:
    """For each state, numbered as found, its successors by action; the initial ones come first."""
    order = list(dict.fromkeys(program.initials))
    numbers = {state: number for number, state in enumerate(order)}
    graph: list[dict[int, int]] = []
    for state in order:  # which grows meanwhile
        steps = {}
        for action, after in program.expand(state):
            if after not in numbers:
                numbers[after] = len(order)
                order.append(after)
            steps[action] = numbers[after]
        graph.append(steps)
    return graph


def _persistent(graph: list[dict[int, int]], before: list[list[tuple[int, int]]], action: int) -> list[int]:
    """The states in which the action alone is a persistent set."""
    bad = [not _commutes(graph, steps, action) for steps in graph]
    queue = deque(state for state, wrong in enumerate(bad) if wrong)
    while queue:
        for other, state in before[queue.popleft()]:
            if other != action and not bad[state]:
                bad[state] = True
                queue.append(state)
    return [state for state, wrong in enumerate(bad) if not wrong]


def _commutes(graph: list[dict[int, int]], steps: dict[int, int], action: int) -> bool:
    """Whether the action is enabled, and every other that is comes to the same before it and after it."""
    if action not in steps:
        return False
    after = graph[steps[action]]
    return all(
        other == action or (other in after and graph[state].get(action) == after[other])
        for other, state in steps.items()
    )


def _searched(graph: list[dict[int, int]], initials: int, alone: list[list[int]]) -> int:
    """The states that a breadth-first search visits which takes one action alone where it may."""
    seen = set(range(initials))
    queue = deque(seen)
    while queue:
        state = queue.popleft()
        single = next((graph[state][action] for action in alone[state] if graph[state][action] not in seen), None)
        for after in graph[state].values() if single is None else (single,):
            if after not in seen:
                seen.add(after)
                queue.append(after)
    return len(seen)
