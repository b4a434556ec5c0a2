"""Clients ask for sets of two resources, get them in parts, and give them back in parts.

After SimpleAllocator of the TLA+ examples collection (github.com/tlaplus/Examples, specifications/allocator).  Its
manifest.json says of SimpleAllocator.cfg, three clients and two resources: 400 distinct states, 1,633 generated,
depth 6.

A set of resources that is not empty is a member of `Some` here.
"""

from __future__ import annotations

from enum import Enum

from model.language import Map, Sort, Variables, action, bounds, initial, invariant, require


class Client(Sort, size="clients", names="c"):
    """A client."""


class Resource(Enum):
    """One of the two resources."""

    LEFT = "left"
    RIGHT = "right"


class Some(Enum):
    """A set of resources."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"


@bounds
class Bounds:
    clients: int = 3


class State(Variables):
    """What each client still waits for, and what it has."""

    bounds: Bounds
    wanted: Map[tuple[Client, Resource], bool]
    held: Map[tuple[Client, Resource], bool]


def has(some: Some, r: Resource) -> bool:
    """Whether a resource is in a set."""
    return some == Some.BOTH or (some == Some.LEFT) == (r == Resource.LEFT)


@initial
def start(s: State) -> None:
    """Nobody wants or has anything."""
    for c in Client:
        for r in Resource:
            s.wanted[c, r] = False


@action
def ask(s: State, c: Client, some: Some) -> None:
    """A client that has nothing and waits for nothing asks for a set."""
    require(not any(s.wanted[c, r] or s.held[c, r] for r in Resource))
    for r in Resource:
        s.wanted[c, r] = has(some, r)


@action
def allocate(s: State, c: Client, some: Some) -> None:
    """A client gets some of what it waits for, none of which anybody has."""
    require(all(s.wanted[c, r] or not has(some, r) for r in Resource))
    require(not any(s.held[d, r] and has(some, r) for d in Client for r in Resource))
    for r in Resource:
        if has(some, r):
            s.held[c, r] = True
            s.wanted[c, r] = False


@action
def give_back(s: State, c: Client, some: Some) -> None:
    """A client gives back some of what it has."""
    require(all(s.held[c, r] or not has(some, r) for r in Resource))
    for r in Resource:
        if has(some, r):
            s.held[c, r] = False


@invariant
def nothing_is_shared(s: State) -> bool:
    """No two clients have the same resource."""
    return not any(c != d and s.held[c, r] and s.held[d, r] for c in Client for d in Client for r in Resource)
