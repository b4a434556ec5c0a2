"""A model that uses every construct of the language, for holding readers against plain execution.

Nodes keep a log of numbered entries; a ring of slots is written at computed positions.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from model.language import (
    Map,
    Range,
    Sort,
    Variables,
    action,
    bounds,
    end_state,
    initial,
    invariant,
    reachable,
    record,
    require,
    settings,
)


class Node(Sort, size="nodes", names="AB"):
    """A node."""


class Slot(Sort, size=2, names="q"):
    """A slot."""


class Role(Enum):
    """What a node is."""

    DOWN = "down"
    LEADER = "leader"
    FOLLOWER = "follower"


class Mode(Enum):
    """How strictly positions are checked."""

    LOOSE = "loose"
    STRICT = "strict"


Position = Annotated[int, Range(0, "last")]
Offset = Annotated[int, Range(-2, 2)]
FLOOR = 1
FIRST_ROLE = Role.DOWN


@record
class Entry:
    """One entry of a log."""

    number: Position = 0
    role: Role = Role.FOLLOWER
    dirty: bool = False


@settings
class Settings:
    """The knobs."""

    mode: Mode = Mode.LOOSE
    wraps: bool = True


@bounds
class Bounds:
    """The scope."""

    nodes: int = 2
    entries: int = 2

    @property
    def last(self) -> int:
        return self.entries + 1


class State(Variables):
    """Everything."""

    settings: Settings
    bounds: Bounds
    role: Map[Node, Role]
    end: Map[Node, Position]
    log: Map[tuple[Node, Position], Entry]
    ring: Map[Position, Offset]
    owner: Map[Slot, Node]
    cursor: Position
    current: Entry
    busy: bool


def is_strict(settings: Settings) -> bool:
    """Whether positions are checked strictly."""
    return settings.mode == Mode.STRICT


def newest(s: State, n: Node) -> Entry:
    """The last entry of a log, an empty one where the log is empty."""
    if s.end[n] > 0:
        return s.log[n, s.end[n]]
    return Entry(dirty=s.busy)


def weight(entry: Entry, factor: int = 2, *, extra: int = FLOOR) -> int:
    """What an entry counts for."""
    if entry.dirty:
        if entry.role == FIRST_ROLE:
            return 0
        base = entry.number * factor
    else:
        return extra
    return base + extra


def positions(s: State, n: Node) -> range:
    """The positions a node has."""
    first = 1 if is_strict(s.settings) else 0
    return range(first, s.end[n] + 1)


def clamp(value: int, low: int, high: int) -> int:
    """The nearest number within limits."""
    return max(low, min(value, high))


def put(s: State, n: Node, at: int, entry: Entry) -> None:
    """Writes an entry, where the node is not down."""
    require(s.role[n] != Role.DOWN)
    s.log[n, at] = entry


def advance(s: State, n: Node, by: int) -> None:
    """Moves a node's end."""
    s.end[n] += by


@initial
def empty(s: State) -> None:
    """Node A leads and nothing is written."""
    s.role[Node(0)] = Role.LEADER
    for i in range(1, s.bounds.last):
        s.ring[i] = -1 if i % 2 == 0 else i


@initial
def written(s: State, n: Node, at: Position) -> None:
    """Some node leads and has one entry."""
    require(at > 0 and not (is_strict(s.settings) and at != 1))
    s.role[n] = Role.LEADER
    s.log[n, at].number = at
    s.end[n] = at


@action
def append(s: State, n: Node) -> None:
    """A leader appends; the guard keeps the position within the log."""
    require(s.role[n] == Role.LEADER and s.end[n] < s.bounds.last)
    s.end[n] += 1
    s.log[n, s.end[n]].number = s.end[n]
    s.log[n, s.end[n]].dirty = True


@action
def replicate(s: State, a: Node, b: Node) -> None:
    """Copies the last entry of one node to another, by a procedure that guards too."""
    require(a != b)
    require(s.end[b] < s.end[a])
    source = s.log[a, s.end[b] + 1]
    require(weight(source, extra=2) >= 1)
    put(s, b, s.end[b] + 1, source)
    advance(s, b, 1)


@action
def remake(s: State, n: Node, at: Position) -> None:
    """Writes a record made in place, and the one that is no map."""
    put(s, n, at, Entry(clamp(at + 1, 0, s.bounds.last), dirty=not s.busy))
    s.current = Entry(role=Role.LEADER, number=s.cursor)


@action
def elect(s: State, n: Node) -> None:
    """Every branch assigns: the stores are joined, and a later read sees the joined one."""
    if s.role[n] == Role.LEADER:
        s.role[n] = Role.FOLLOWER
    elif s.busy and s.cursor in (0, 2, s.end[n]):
        require(s.end[n] != 1)
        s.role[n] = Role.LEADER
        s.cursor = clamp(s.cursor - 1, 0, 1)
    else:
        s.role[n] = s.current.role
        require(s.settings.wraps)
    s.busy = s.role[n] == Role.LEADER
    if s.busy:
        s.current.number = s.cursor


@action
def write_ring(s: State, by: Offset) -> None:
    """Writes at a computed key, guarded by a short-circuit that keeps it within the ring."""
    require(s.cursor + by >= 0 and s.cursor + by <= s.bounds.last and s.ring[s.cursor + by] != by)
    s.ring[s.cursor + by] = by
    s.busy = not s.busy and 0 <= s.ring[s.cursor] <= 1


@action
def write_ring_unguarded(s: State) -> None:
    """Reads and writes where a key may not exist, before the last guard."""
    require(not s.busy)
    target = s.cursor + s.ring[s.cursor]
    require(s.ring[target] < 2)
    s.ring[target] += 1 if s.current.dirty else 2
    require(s.role[Node(0)] != Role.DOWN)


@action
def divide(s: State, n: Node) -> None:
    """Arithmetic with a divisor that may be zero."""
    require(s.busy)
    s.cursor = (7 * s.end[n] - 3) // s.ring[s.cursor] % 3
    s.busy = -s.ring[0] % 2 == 1


@action
def settle(s: State) -> None:
    """Loops over sorts and ranges; each round may assign another cell."""
    require(sum(1 for n in Node if s.role[n] == Role.LEADER) <= 1)
    for q in Slot:
        for n in Node:
            if s.role[n] == Role.LEADER and s.owner[q] != n and not s.busy:
                s.owner[q] = n
    for i in range(1, s.cursor):
        if s.ring[i] < 0:
            s.ring[i] = s.ring[i] + 1
    s.busy = any(s.owner[q] != s.owner[Slot(0)] for q in Slot)


@action
def assign_by_owner(s: State, p: Slot, q: Slot) -> None:
    """Two assignments whose computed keys may be equal."""
    require(p != q and s.end[s.owner[p]] > 0)
    s.end[s.owner[p]] -= 1
    s.role[s.owner[q]] = Role.FOLLOWER
    if not s.settings.wraps:
        s.end[s.owner[q]] = 0


@invariant
def numbers_are_positions(s: State) -> bool:
    """Quantifiers with conditions, and a domain that depends on the state."""
    return all(
        s.log[n, at].number in (at, 0) or weight(s.log[n, at]) > 3
        for n in Node
        if s.role[n] != Role.DOWN
        for at in positions(s, n)
    )


@invariant
def newest_is_dirty(s: State) -> bool:
    """Fields of a record a helper chooses; a local name in a property."""
    total = sum(weight(newest(s, n)) for n in Node)
    if s.settings.mode == Mode.STRICT:
        return total >= 0
    return total < 12 and (newest(s, Node(0)).dirty or newest(s, s.owner[Slot(1)]).number <= s.cursor)


@invariant
def ring_is_ordered(s: State) -> bool:
    """Reads at computed keys: some exist only because of what stands before them."""
    return all(i == 0 or s.ring[i - 1] <= s.ring[i] for i in range(s.bounds.last + 1)) or s.ring[s.cursor] == min(
        s.ring[0], s.ring[1], 0
    )


@invariant
def next_is_there(s: State) -> bool:
    """Reads at a key that may not exist."""
    return s.busy or s.ring[s.cursor + 1] >= -1


@reachable
def some_role_is_led(s: State) -> bool:
    """Enumerations as a domain, equality of bools."""
    return any(s.busy == (s.role[n] == r) for r in Role for n in Node if r != Role.DOWN)


@end_state
def all_down(s: State) -> bool:
    """No node runs."""
    return all(s.role[n] == Role.DOWN for n in Node)
