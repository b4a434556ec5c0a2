"""Model text for the tests of the reader: a small model that is right, and ways to put one piece of it wrong."""

from __future__ import annotations

import itertools
import sys

from checker.reading import load

VOCABULARY = """\
from __future__ import annotations
from enum import Enum
from typing import Annotated
from model.language import *

class Node(Sort, size="nodes", names="AB"): ...
class Pair(Sort, size=2, names="q"): ...
class Role(Enum):
    PRIMARY = "primary"
    STANDBY = "standby"
Lsn = Annotated[int, Range(0, "records")]
@record
class Page:
    lsn: Lsn = 0
    dirty: bool = False
@settings
class Settings:
    strict: bool = False
@bounds
class Bounds:
    nodes: int = 2
    records: int = 3
class State(Variables):
    settings: Settings
    bounds: Bounds
    role: Map[Node, Role]
    flushed: Map[Node, Lsn]
    page: Map[tuple[Node, Lsn], Page]
    control: Page
    busy: bool
NAMES = ["x"]
ROLES = frozenset({Role.STANDBY, Role.PRIMARY})
def newest(s: State, n: Node) -> Lsn:
    return s.flushed[n]
def page_of(s: State, n: Node) -> Page:
    return s.page[n, 0]
def positions(s: State, n: Node) -> range:
    return range(s.flushed[n])
def touch(s: State, n: Node) -> None:
    s.busy = True
@initial
def start(s: State) -> None:
    pass
"""

_numbers = itertools.count()


def action(*lines: str) -> str:
    """A model with one action of these lines; its parameters are n, m: Node and k: Lsn."""
    head = "@action\ndef act(s: State, n: Node, m: Node, k: Lsn) -> None:\n"
    return VOCABULARY + head + "".join(f"    {line}\n" for line in lines)


def condition(text: str) -> str:
    """A model whose action requires a condition."""
    return action(f"require({text})")


def helper(*lines: str) -> str:
    """A model with helper functions of these lines, before an action that does nothing but call `helped(s, n)`."""
    body = "".join(f"{line}\n" for line in lines)
    return VOCABULARY + body + "@action\ndef act(s: State, n: Node) -> None:\n    require(helped(s, n))\n"


def load_text(folder, text, name="sample"):
    """Reads a model from text, through a file of that name in a folder of its own."""
    path = folder / f"{name}_{next(_numbers)}.py"
    path.write_text(text)
    try:
        return load(str(path))
    finally:
        sys.modules.pop(path.stem, None)
