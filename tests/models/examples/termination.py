"""Termination detection on a ring: a token goes round, and comes back white only if nobody works any more.

After EWD840 of the TLA+ examples collection (github.com/tlaplus/Examples, specifications/ewd840), which is after
Dijkstra, Feijen and van Gasteren.  Its manifest.json says of EWD840.cfg, three nodes: 302 distinct states, 2,001
generated, depth 10.  The depth is 9: TLC says 10 now and then with several workers, with which the manifests are made,
since they do not search strictly level by level; with one worker it says 9.
"""

from __future__ import annotations

from typing import Annotated

from model.language import Map, Range, Variables, action, end_state, initial, invariant, require

NODES = 3

Node = Annotated[int, Range(0, 2)]


class State(Variables):
    """Who works, who is black, where the token is and whether it is black."""

    active: Map[Node, bool]
    black: Map[Node, bool]
    at: Node
    stained: bool


@initial
def anything(s: State, at: Node, a: bool, b: bool, c: bool, d: bool, e: bool, f: bool) -> None:
    """The token is black; it is anywhere, and nodes are anything."""
    s.at = at
    s.stained = True
    s.active[0] = a
    s.active[1] = b
    s.active[2] = c
    s.black[0] = d
    s.black[1] = e
    s.black[2] = f


@action
def initiate(s: State) -> None:
    """Node 0, if the last round told nothing, whitens itself and sends a white token to the last node."""
    require(s.at == 0 and (s.stained or s.black[0]))
    s.at = NODES - 1
    s.stained = False
    s.black[0] = False


@action
def pass_on(s: State, i: Node) -> None:
    """Another node passes the token on, stained if it is black itself, and whitens itself."""
    require(i != 0 and s.at == i)
    require(not s.active[i] or s.black[i] or s.stained)
    s.at = i - 1
    s.stained = s.stained or s.black[i]
    s.black[i] = False


@action
def send(s: State, i: Node, j: Node) -> None:
    """A node that works wakes another; against the way of the token, that blackens it."""
    require(i != j and s.active[i])
    s.active[j] = True
    s.black[i] = s.black[i] or j > i


@action
def rest(s: State, i: Node) -> None:
    """A node that works stops."""
    require(s.active[i])
    s.active[i] = False


@invariant
def what_is_detected_is_so(s: State) -> bool:
    """Where node 0 sees a white round, nobody works."""
    detected = s.at == 0 and not s.stained and not s.black[0] and not s.active[0]
    return not detected or not any(s.active[i] for i in range(NODES))


@invariant
def dijkstra(s: State) -> bool:
    """Nodes that the token has passed rest, or a node before it is black, or it is."""
    passed_rest = all(not s.active[i] or i <= s.at for i in range(NODES))
    return s.stained or passed_rest or any(s.black[i] and i <= s.at for i in range(NODES))


@end_state
def is_detected(s: State) -> bool:
    """Once termination is detected nothing more happens."""
    return s.at == 0 and not s.stained and not s.black[0]
