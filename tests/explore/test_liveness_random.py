"""Liveness on random graphs, against a textbook reference that shares no idea with the engine's.

The reference asks whether an automaton has an accepted run: a counter beside the state waits for each fair action in
turn to be taken or disabled, a run is fair if it goes round for ever, and doing nothing is a step too.
"""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.explore import explore, with_liveness
from checker.grounding.grounded import Property
from tests.random_models import successors
from tests.small_models import Builder

KINDS = [{}, {"fair": False}, {"fair": False, "outside": True}]


@st.composite
def graphs(draw):
    """Up to eight states in any relation to each other, up to five actions, some of them fair."""
    size = draw(st.integers(1, 8))
    numbers = st.integers(0, size - 1)
    builder = Builder(n=(0, size - 1))
    n = builder["n"]
    for number in range(draw(st.integers(0, 5))):
        moves = draw(st.dictionaries(numbers, numbers, min_size=1, max_size=size))
        target = builder.const(0)
        for source, reached in moves.items():
            target = builder.op("if", builder.eq(n, source), reached, target)
        target = builder._term("if", target.arguments, target.value, 0, size - 1)
        guard = builder.op("or", *(builder.eq(n, source) for source in moves))
        builder.action(f"act{number}", guard, {"n": target})
        builder.actions[-1] = replace(builder.actions[-1], **draw(st.sampled_from(KINDS)))
    good = draw(st.sets(numbers))
    builder.properties.append(
        Property("good", "eventually", "", builder.op("or", *(builder.eq(n, g) for g in good), builder.const(0)), ())
    )
    builder.end = builder.const(1)
    return builder.grounded((draw(numbers),)), good


def reachable(grounded):
    """Each reachable state with its distance and transitions."""
    found, level, depth = {}, set(grounded.initials), 0
    while level:
        found |= {state: (depth, successors(grounded, state)) for state in level}
        level = {after for state in level for _, after in found[state][1]} - set(found)
        depth += 1
    return found


def fair_for_ever(grounded, found, waiting):
    """The states through which a fair run goes again and again among those waiting."""
    fair = [number for number, action in enumerate(grounded.actions) if action.fair]
    product = nx.MultiDiGraph()
    for state in waiting:
        enabled = {action for action, _ in found[state][1]}
        lasting = [(a, after) for a, after in found[state][1] if not grounded.actions[a].outside]
        for place in range(max(1, len(fair))):
            for action, after in [*lasting, (None, state)]:
                if after in waiting:
                    following = place
                    while following < len(fair) and (fair[following] == action or fair[following] not in enabled):
                        following += 1
                    full = following == len(fair)
                    product.add_edge((state, place), (after, 0 if full else following), full=full)
    rounds = set()
    for members in nx.strongly_connected_components(product):
        if any(full for _, _, full in product.subgraph(members).edges(data="full")):
            rounds |= {state for state, _ in members}
    return rounds


def with_a_way(grounded, found, waiting):
    """The states from which a way leads to one that is not waiting."""
    graph = nx.DiGraph()
    graph.add_nodes_from(found)
    for state, (_, transitions) in found.items():
        graph.add_edges_from((state, after) for a, after in transitions if not grounded.actions[a].outside)
    return {state for state in found if state not in waiting or (nx.descendants(graph, state) - waiting)}


@settings(max_examples=400, deadline=None)
@given(graphs())
def test_against_the_reference(model):
    grounded, good = model
    found = reachable(grounded)
    waiting = {state for state in found if state[0] not in good}
    rounds = fair_for_ever(grounded, found, waiting)
    hopeless = set(found) - with_a_way(grounded, found, waiting)
    finding = with_liveness(explore(grounded), ["good"]).finding("good")
    assert finding.waiting == len(waiting)
    assert finding.word == ("violated" if rounds else "exhausted")
    assert finding.possible == (not hopeless)
    assert finding.depth == min((found[state][0] for state in rounds), default=None)
    if hopeless:
        assert len(finding.no_way) == min(found[state][0] for state in hopeless)
        assert finding.no_way.states[-1] in hopeless
    if rounds:
        judge(finding.trace, found, waiting)


def judge(trace, found, waiting):
    """The trace is a behaviour, its loop without the property and fair."""
    numbers = [trace.grounded.actions.index(action) for action in trace.actions]
    for before, number, after in zip(trace.states, numbers, trace.states[1:], strict=False):
        assert (number, after) in found[before][1]
    loop, taken = trace.states[trace.loop :], set(numbers[trace.loop :])
    assert loop[0] == loop[-1] and set(loop) <= waiting
    assert not any(trace.grounded.actions[number].outside for number in taken)
    always = set.intersection(*({action for action, _ in found[state][1]} for state in loop))
    assert not {a for a in always - taken if trace.grounded.actions[a].fair}
