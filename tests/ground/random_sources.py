"""Random models as source text: well-typed actions and properties over one small vocabulary."""

from __future__ import annotations

from hypothesis import strategies as st

HEADER = """
from __future__ import annotations
from enum import Enum
from typing import Annotated
from model.language import *

class Node(Sort, size=2, names="AB"): ...
class Role(Enum):
    X = 1
    Y = 2
    Z = 3
Number = Annotated[int, Range(0, 3)]

@record
class Page:
    lsn: Number = 0
    dirty: bool = False

class State(Variables):
    role: Map[Node, Role]
    end: Map[Node, Number]
    page: Map[Number, Page]
    ring: Map[tuple[Node, Number], Number]
    at: Node
    count: Number
    flag: bool
    spare: Page

def pick(s: State, k: int, up: bool = True) -> int:
    if up:
        return s.ring[s.at, k]
    half = k // 2
    return s.end[s.at] - half if s.flag else half

def heavy(p: Page, least: int) -> bool:
    if p.dirty and p.lsn > least:
        return True
    return p.lsn == least

def best(s: State, k: int) -> Page:
    if s.flag:
        return s.page[k]
    return Page(k % 4, dirty=s.count > 1)

def upto(s: State, n: Node) -> range:
    if s.flag:
        return range(s.end[n])
    return range(1, s.count + 1)

def store(s: State, k: int, p: Page) -> None:
    if p.lsn > s.count:
        require(k > 0)
        s.page[k] = p
    else:
        s.page[k].dirty = not p.dirty

@initial
def start(s: State) -> None:
    pass
"""


class Source:
    """Draws text; `names` are the locals in scope by type, `targets` the places not yet assigned."""

    def __init__(self, draw):
        self.draw = draw
        self.names = {"int": ["k"], "node": ["n"], "bool": [], "role": []}
        self.count = 0
        self.targets = ["s.at", "s.count", "s.flag", "s.spare"]

    def pick(self, *choices):
        return self.draw(st.sampled_from(choices))

    def fresh(self):
        self.count += 1
        return f"x{self.count}"

    def any(self, kind, depth):
        return getattr(self, kind)(depth)

    def leaf(self, kind, *more):
        return self.pick(*more, *self.names[kind])

    def role(self, depth):
        if depth == 0:
            return self.leaf("role", "Role.X", "Role.Y", "Role.Z")
        return self.pick(f"s.role[{self.node(depth - 1)}]", self.choice("role", depth), self.role(0))

    def node(self, depth):
        return self.leaf("node", "s.at", "Node(0)", "Node(1)") if depth == 0 else self.choice("node", depth)

    def choice(self, kind, depth):
        return f"({self.any(kind, 0)} if {self.bool(depth - 1)} else {self.any(kind, depth - 1)})"

    def int(self, depth):
        if depth == 0:
            return self.leaf("int", "0", "1", "2", "3", "s.count", "s.spare.lsn")
        deeper = depth - 1
        made = self.draw(st.integers(0, 9))
        if made < 3:
            return f"({self.int(deeper)} {self.pick('+', '-', '*', '//', '%')} {self.int(deeper)})"
        if made == 3:
            return f"{self.pick('min', 'max')}({self.int(deeper)}, {self.int(0)}, {self.int(deeper)})"
        if made == 4:
            return self.fold("sum", "int", depth)
        if made == 5:
            return f"pick(s, {self.int(deeper)}, up={self.bool(0)})"
        if made == 6:
            return f"best(s, {self.int(deeper)}).lsn"
        if made == 7:
            return self.choice("int", depth)
        return self.pick(
            f"s.end[{self.node(deeper)}]", f"s.ring[{self.node(0)}, {self.int(deeper)}]", f"-{self.int(0)}"
        )

    def bool(self, depth):
        if depth == 0:
            return self.leaf("bool", "s.flag", "True", "False", "s.spare.dirty")
        deeper = depth - 1
        made = self.draw(st.integers(0, 11))
        if made < 3:
            operator = self.pick("and", "or")
            return f"({self.bool(deeper)} {operator} {self.bool(deeper)} {operator} {self.bool(0)})"
        if made < 6:
            return f"({self.int(deeper)} {self.pick('==', '!=', '<', '<=', '>', '>=')} {self.int(deeper)})"
        if made == 6:
            return (
                f"({self.int(0)} {self.pick('<', '<=')} {self.int(deeper)} {self.pick('<', '!=', '>=')} {self.int(0)})"
            )
        if made == 7:
            return f"({self.role(deeper)} {self.pick('in', 'not in')} ({self.role(0)}, {self.role(0)}))"
        if made == 8:
            return self.fold(self.pick("all", "any"), "bool", depth)
        if made == 9:
            record = self.pick("s.spare", f"s.page[{self.int(deeper)}]", f"best(s, {self.int(0)})")
            return f"heavy({record}, {self.int(0)})"
        if made == 10:
            return self.pick(self.choice("bool", depth), f"(not {self.bool(deeper)})")
        kind = self.pick("bool", "node", "role")
        return f"({self.any(kind, deeper)} {self.pick('==', '!=')} {self.any(kind, 0)})"

    def domain(self, depth):
        kind = self.pick("node", "role", "int", "int")
        if kind == "int":
            return kind, self.pick(f"range({self.int(0)}, {self.int(depth)})", f"upto(s, {self.node(0)})", "range(4)")
        return kind, {"node": "Node", "role": "Role"}[kind]

    def fold(self, operator, kind, depth):
        name = self.fresh()
        over, domain = self.domain(depth - 1)
        self.names[over].append(name)
        test = self.pick("", f" if {self.bool(depth - 1)}")
        body = self.any(kind, depth - 1)
        self.names[over].remove(name)
        return f"{operator}({body} for {name} in {domain}{test})"

    def assignment(self):
        made = self.draw(st.integers(0, 6))
        if made < 2 and self.targets:
            target = self.targets.pop(self.draw(st.integers(0, len(self.targets) - 1)))
            kind = {"s.at": "node", "s.count": "int", "s.flag": "bool", "s.spare": ""}[target]
            return f"{target} = {self.any(kind, 2) if kind else f'best(s, {self.int(1)})'}"
        key = self.int(1)
        text = {
            2: f"s.role[{self.node(1)}] = {self.role(2)}",
            3: f"s.end[{self.node(1)}] {self.pick('=', '+=', '-=')} {self.int(2)}",
            4: f"s.ring[{self.node(0)}, {key}] {self.pick('=', '+=')} {self.int(1)}",
            5: f"s.page[{key}].lsn = {self.int(2)}",
        }
        return text.get(made, f"store(s, {key}, {self.pick('s.spare', f's.page[{self.int(1)}]')})")

    def block(self, depth, indent):
        lines = []
        kept = {kind: list(names) for kind, names in self.names.items()}
        for _ in range(self.draw(st.integers(1, 3))):
            made = self.draw(st.integers(0, 7))
            if made < 2:
                lines.append(f"require({self.bool(2)})")
            elif made == 2:
                name, kind = self.fresh(), self.pick("int", "bool", "node", "role")
                lines.append(f"{name} = {self.any(kind, 2)}")
                self.names[kind].append(name)
            elif made == 3 and depth:
                lines += [f"if {self.bool(2)}:", *self.block(depth - 1, 1), "else:", *self.block(depth - 1, 1)]
            elif made == 4 and depth:
                name = self.fresh()
                over, domain = self.domain(1)
                lines.append(f"for {name} in {domain}:")
                self.names[over].append(name)
                lines += self.block(depth - 1, 1)
                self.names[over].remove(name)
            else:
                lines.append(self.assignment())
        self.names = kept
        return [" " * 4 * indent + line for line in lines]


@st.composite
def sources(draw):
    """The text of a model with one action and one invariant."""
    action, invariant = Source(draw), Source(draw)
    invariant.names = {"int": [], "node": [], "bool": [], "role": []}
    lines = ["", "@action", "def act(s: State, n: Node, k: Number) -> None:", *action.block(2, 1)]
    lines += ["", "@invariant", "def holds(s: State) -> bool:", f"    return {invariant.bool(3)}"]
    return HEADER + "\n".join(lines) + "\n"
