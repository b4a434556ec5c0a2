"""A replication model small enough to be written out by hand, grounded, with behaviours given change by change.

Nothing here is computed by the checker: guards are `true`, and a behaviour says what each of its steps changes.  So the
pictures and texts made of it can be held against what was put in.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from enum import Enum
from types import SimpleNamespace
from typing import Annotated, Any

from checker import ir
from checker.grounding.grounded import Action, Cell, Grounded, Property, State, Term
from checker.labels import value_label
from checker.traces.trace import Trace
from model.drawing import Mark, Message, View
from model.language import Map, Range, Sort, Variables, record

HERE = ir.Place("replication.py", 1)


class Node(Sort, size="nodes", names="ABC"):
    """A server."""


class Page(Sort, size=2, names="p"):
    """A page."""


class Role(Enum):
    """What a server does."""

    PRIMARY = "primary"
    STANDBY = "standby"
    RECOVERING = "recovering"
    DOWN = "down"


Lsn = Annotated[int, Range(0, 4)]
Timeline = Annotated[int, Range(1, 2)]


@record
class Buffer:
    """A page in memory."""

    lsn: Lsn = 0
    dirty: bool = False


@record
class File:
    """A page on disk."""

    lsn: Lsn = 0


class Cluster(Variables):
    """The state."""

    role: Map[Node, Role]
    timeline: Map[Node, Timeline]
    wal_end: Map[Node, Lsn]
    flushed: Map[Node, Lsn]
    replayed: Map[Node, Lsn]
    acked: Map[Node, Lsn]
    buffer: Map[tuple[Node, Page], Buffer]
    disk: Map[tuple[Node, Page], File]
    latest: Timeline
    fork: Map[Timeline, Lsn]
    told: Map[Lsn, bool]


NODE = ir.SortType("Node", "nodes", Node)
PAGE = ir.SortType("Page", 2, Page)
ROLE = ir.EnumType("Role", tuple(Role.__members__), Role)
LSN = ir.IntType(0, 4)
TIMELINE = ir.IntType(1, 2)
BOOL = ir.BoolType()
BUFFER = ir.RecordType("Buffer", (("lsn", LSN), ("dirty", BOOL)), Buffer)
FILE = ir.RecordType("File", (("lsn", LSN),), File)

VARIABLES: tuple[tuple[str, ir.Type], ...] = (
    ("role", ir.MapType((NODE,), ROLE)),
    ("timeline", ir.MapType((NODE,), TIMELINE)),
    ("wal_end", ir.MapType((NODE,), LSN)),
    ("flushed", ir.MapType((NODE,), LSN)),
    ("replayed", ir.MapType((NODE,), LSN)),
    ("acked", ir.MapType((NODE,), LSN)),
    ("buffer", ir.MapType((NODE, PAGE), BUFFER)),
    ("disk", ir.MapType((NODE, PAGE), FILE)),
    ("latest", TIMELINE),
    ("fork", ir.MapType((TIMELINE,), LSN)),
    ("told", ir.MapType((LSN,), BOOL)),
)

ACTIONS: tuple[tuple[str, str, tuple[tuple[str, ir.ScalarType], ...]], ...] = (
    (
        "insert_update",
        "A backend inserts the WAL record of an update and dirties the page.  The rest is told elsewhere.",
        (("n", NODE), ("p", PAGE)),
    ),
    ("flush_wal", "The WAL writer flushes the local WAL to disk.", (("n", NODE),)),
    (
        "receive",
        "The walreceiver writes the WAL that its upstream has flushed.",
        (("n", NODE), ("upstream", NODE), ("to", LSN)),
    ),
    ("fsync_wal", "The walreceiver fsyncs what it has written.", (("n", NODE),)),
    (
        "reply",
        "The walreceiver tells its upstream how far it has flushed, and the upstream believes it until it restarts.",
        (("n", NODE), ("upstream", NODE)),
    ),
    ("write_page", "The buffer writer puts a dirty page on disk.", (("n", NODE), ("p", PAGE))),
    ("crash", "The server's processes are killed: what was only in memory is gone.", (("n", NODE),)),
    ("promote", "The operator promotes the standby, which opens for writes on a new timeline.", (("n", NODE),)),
    ("start_as_standby", "The operator starts the old primary as a standby.", (("n", NODE),)),
    ("restart", "", ()),
)


def held(s: Cluster, n: Node, position: int) -> str:
    """Whose record stands at a position: a node on timeline 2 has timeline 1's up to the fork."""
    timeline = 2 if s.timeline[n] == 2 and position > s.fork[2] else 1
    return f"record {position} of {timeline}"


VIEW = View(
    lifeline=Node,
    role="role",
    colors={"PRIMARY": "blue", "STANDBY": "green", "RECOVERING": "violet", "DOWN": "grey"},
    beside={"timeline": "timeline"},
    ruler={"WAL end": "wal_end", "flushed": "flushed", "acknowledged": "acked", "replayed": "replayed"},
    records=held,
    ticks={"page": "disk.lsn"},
    marks={"fork": Mark("fork", once="latest")},
    messages={
        "receive": Message("upstream", "n", "WAL to", "wal_end"),
        "reply": Message("n", "upstream", "flushed to", "acked"),
    },
)


@dataclass(frozen=True)
class Bounds:
    """The scope."""

    nodes: int = 2


@dataclass(frozen=True)
class Settings:
    """The settings."""

    guard: bool = False


def constant(value: int) -> Term:
    return Term("const", (), value, value, value)


def apply(operator: str, *arguments: Term) -> Term:
    return Term(operator, arguments, 0, 0, 1)


def cells_of(variables: tuple[tuple[str, ir.Type], ...], nodes: int) -> tuple[Cell, ...]:
    """Every cell of these variables, named as the model writes them."""
    cells: list[Cell] = []
    for variable, kind in variables:
        keys: tuple[ir.ScalarType, ...] = kind.keys if isinstance(kind, ir.MapType) else ()
        value = kind.value if isinstance(kind, ir.MapType) else kind
        for chosen in itertools.product(*(range(low, high + 1) for low, high in (limits(k, nodes) for k in keys))):
            place = f"{variable}[{', '.join(map(value_label, keys, chosen))}]" if keys else variable
            fields: Any = value.fields if isinstance(value, ir.RecordType) else ((None, value),)
            for part, scalar in fields:
                low, high = limits(scalar, nodes)
                name = place if part is None else f"{place}.{part}"
                cells.append(Cell(len(cells), variable, chosen, part, scalar, low, high, name))
    return tuple(cells)


def limits(kind: ir.ScalarType, nodes: int) -> tuple[int, int]:
    """The least and the greatest value of a scalar type."""
    if isinstance(kind, ir.BoolType):
        return 0, 1
    if isinstance(kind, ir.EnumType):
        return 0, len(kind.members) - 1
    if isinstance(kind, ir.SortType):
        return 0, (nodes if kind.name == "Node" else int(kind.size)) - 1
    assert isinstance(kind.low, int) and isinstance(kind.high, int)
    return kind.low, kind.high


def grounded(*, nodes: int = 2, view: View | None = VIEW, doc: str | None = None) -> Grounded:
    """The model.  `doc` replaces the docstring of the property."""
    cells = cells_of(VARIABLES, nodes)
    numbers = {cell.name: cell.index for cell in cells}
    by_name = {cell.name: Term("cell", (), cell.index, cell.low, cell.high) for cell in cells}
    body = apply("and", *(page_is_within(by_name, page) for page in ("p1", "p2")))
    sentence = "Every page on the disk of A is within the WAL that B has flushed.  More is told elsewhere."
    prop = Property("page_within_standby", "invariant", sentence if doc is None else doc, body, ())
    both = apply("and", primary(by_name, "A"), primary(by_name, "B"))
    witness = Property("two_primaries", "reachable", "Two nodes are primaries at the same time.", both, ())
    steps = tuple(ir.Step(name, text, given, (), HERE, None) for name, text, given in ACTIONS)
    module = SimpleNamespace(VIEW=view) if view else SimpleNamespace()
    model = ir.Model("toy", "A toy.", VARIABLES, (), steps, (), (), Settings, Bounds, Cluster, module)
    blank = [max(cell.low, 0) for cell in cells]
    for index in range(1, nodes):
        blank[numbers[f"role[{Node.label(index)}]"]] = 1
    true = constant(1)
    return Grounded(model, Settings(), Bounds(nodes), cells, (tuple(blank),), (), (prop, witness), true, (), numbers)


def primary(by_name: dict[str, Term], node: str) -> Term:
    return apply("==", by_name[f"role[{node}]"], constant(0))


def page_is_within(by_name: dict[str, Term], page: str) -> Term:
    """The page was never written, or B has flushed its WAL."""
    lsn = by_name[f"disk[A, {page}].lsn"]
    return apply("or", apply("not", apply("<", constant(0), lsn)), apply("<=", lsn, by_name["flushed[B]"]))


Steps = list[tuple[str, tuple[int, ...], dict[str, int]]]
"""Per step: the action's name, its arguments, and the cells it changes by name."""


def behaviour(model: Grounded, steps: Steps, shows: str | None = None) -> Trace:
    """The trace that takes these steps from the initial state."""
    states: list[State] = [model.initials[0]]
    actions = []
    for name, arguments, changed in steps:
        state = list(states[-1])
        for cell, value in changed.items():
            state[model.numbers[cell]] = value
        states.append(tuple(state))
        actions.append(instance(model, name, arguments))
    with_actions = replace(model, actions=tuple(dict.fromkeys(actions)))
    return Trace(with_actions, tuple(states), tuple(actions), shows)


def instance(model: Grounded, name: str, arguments: tuple[int, ...]) -> Action:
    step = next(step for step in model.model.actions if step.name == name)
    words = [value_label(kind, value) for (_, kind), value in zip(step.parameters, arguments, strict=True)]
    return Action(name, arguments, f"{name}({', '.join(words)})", constant(1), (), ())


PRIMARY, STANDBY, RECOVERING, DOWN = range(4)

PAGE_AHEAD: Steps = [
    ("insert_update", (0, 0), {"wal_end[A]": 1, "buffer[A, p1].lsn": 1, "buffer[A, p1].dirty": 1}),
    ("flush_wal", (0,), {"flushed[A]": 1}),
    ("receive", (1, 0, 1), {"wal_end[B]": 1}),
    ("write_page", (0, 0), {"disk[A, p1].lsn": 1, "buffer[A, p1].dirty": 0}),
]
"""A page is on disk before the standby has flushed its WAL: violates `page_within_standby` in step 4."""

FAILOVER: Steps = [
    ("insert_update", (0, 0), {"wal_end[A]": 1, "buffer[A, p1].lsn": 1, "buffer[A, p1].dirty": 1}),
    ("flush_wal", (0,), {"flushed[A]": 1}),
    ("receive", (1, 0, 1), {"wal_end[B]": 1}),
    ("fsync_wal", (1,), {"flushed[B]": 1, "replayed[B]": 1}),
    ("reply", (1, 0), {"acked[A]": 1}),
    ("insert_update", (0, 1), {"wal_end[A]": 2, "buffer[A, p2].lsn": 2, "buffer[A, p2].dirty": 1}),
    ("insert_update", (0, 0), {"wal_end[A]": 3, "buffer[A, p1].lsn": 3}),
    ("flush_wal", (0,), {"flushed[A]": 3}),
    ("promote", (1,), {"role[B]": PRIMARY, "timeline[B]": 2, "latest": 2, "fork[2]": 1}),
    ("write_page", (0, 1), {"disk[A, p2].lsn": 2, "buffer[A, p2].dirty": 0}),
    (
        "crash",
        (0,),
        {
            "role[A]": DOWN,
            "acked[A]": 0,
            "buffer[A, p1].lsn": 0,
            "buffer[A, p1].dirty": 0,
            "buffer[A, p2].lsn": 2,
        },
    ),
    ("start_as_standby", (0,), {"role[A]": RECOVERING, "replayed[A]": 3, "disk[A, p1].lsn": 3}),
]
"""A failover with both nodes primaries for a while (steps 9 to 11); violates `page_within_standby` in step 10."""
