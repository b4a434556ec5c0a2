"""Random models about items, most of which treat all items alike; some slip in what does not."""

from __future__ import annotations

from hypothesis import strategies as st

HEADER = """
from __future__ import annotations
from enum import Enum
from typing import Annotated
from model.language import *

class Item(Sort, size="items", names="i"): ...
class Owner(Sort, size=2, names="AB"): ...
class Kind(Enum):
    NONE = 1
    ABOUT = 2
    BARE = 3
Number = Annotated[int, Range(0, 2)]

@record
class Note:
    kind: Kind = Kind.NONE
    item: Item = Item(0)
    urgent: bool = False

@bounds
class Bounds:
    items: int = {items}

class State(Variables):
    bounds: Bounds
    mark: Map[Item, Number]
    holds: Map[tuple[Owner, Item], bool]
    note: Map[Owner, Note]
    count: Number

@end_state
def over(s: State) -> bool:
    return s.count == 2
"""

UNIFORM = [
    "s.holds[o, i]",
    "not s.holds[o, i]",
    "s.mark[i] == {n}",
    "s.count < 2",
    "s.note[o].kind != Kind.BARE",
    "s.note[o].kind == Kind.ABOUT and s.note[o].item == i",
    "(s.note[o].item == i and s.note[o].kind == Kind.ABOUT) or s.count == {n}",
    "any(s.note[q].kind == Kind.ABOUT and s.note[q].item == i for q in Owner)",
    "any(s.holds[o, j] and s.mark[j] == {n} for j in Item)",
    "all(s.mark[j] == {n} for j in Item if j != i)",
    "sum(1 for j in Item if s.holds[o, j]) <= {n}",
    "all(not s.holds[q, j] or j == i for q in Owner for j in Item)",
]
"""Conditions on an owner o and an item i."""

NOT = [
    "s.note[o].item == i",
    "s.note[o].kind != Kind.NONE and s.note[o].item == i",
    "s.holds[o, Item(0)]",
    "i != Item(1)",
]
"""Such that tell items apart, or what a note about none is filled with."""

EFFECTS = {
    "mark": [
        "s.mark[i] = {n}",
        "s.mark[i] = min(s.mark[i] + 1, 2)",
        "for j in Item:\n        s.mark[j] = {n}",
        "for j in Item:\n        if s.note[o].item == j:\n            if s.note[o].kind == Kind.ABOUT:\n"
        "                s.mark[j] = {n}",
        "for j in Item:\n        if s.holds[o, j]:\n            s.mark[j] = min(s.mark[j] + 1, 2)",
    ],
    "holds": [
        "s.holds[o, i] = True",
        "s.holds[o, i] = not s.holds[o, i]",
        "for j in Item:\n        s.holds[o, j] = j == i",
        "for j in Item:\n        s.holds[o, j] = s.mark[j] == {n} and s.holds[o, j]",
    ],
    "note": [
        "s.note[o] = Note(kind=Kind.ABOUT, item=i, urgent=s.holds[o, i])",
        "s.note[o] = Note(kind=Kind.ABOUT, item=i)",
        "s.note[o] = Note(kind=Kind.BARE, urgent=True)",
        "s.note[o] = Note()",
        "for q in Owner:\n        s.note[q] = s.note[o]",
    ],
    "count": ["s.count = {n}", "s.count = min(s.count + 1, 2)"],
}
"""Assignments, by the variable that they change."""


class Source:
    """Draws text; `slips` is how many of a hundred conditions tell items apart."""

    def __init__(self, draw, slips):
        self.draw, self.slips = draw, slips

    def filled(self, text):
        return text.replace("{n}", str(self.draw(st.integers(0, 2))))

    def condition(self):
        slips = self.draw(st.integers(0, 99)) < self.slips
        return self.filled(self.draw(st.sampled_from(NOT if slips else UNIFORM)))

    def action(self, number):
        lines = ["@action", f"def act{number}(s: State, o: Owner, i: Item) -> None:"]
        lines += [f"    require({self.condition()})" for _ in range(self.draw(st.integers(1, 2)))]
        changed = self.draw(st.lists(st.sampled_from(list(EFFECTS)), unique=True, min_size=1, max_size=3))
        if self.draw(st.booleans()):
            lines.append(f"    if {self.condition()}:")
            lines.append(f"        {self.effect(changed.pop())}".replace("\n    ", "\n        "))
        return lines + [f"    {self.effect(name)}" for name in changed]

    def effect(self, name):
        return self.filled(self.draw(st.sampled_from(EFFECTS[name])))

    def property(self, kind, name):
        quantifier = "all" if kind == "invariant" else "any"
        both = f"{self.condition()} or {self.condition()}" if kind == "invariant" else f"{self.condition()}"
        body = f"    return {quantifier}({both} for o in Owner for i in Item)"
        return [f"@{kind}", f"def {name}(s: State) -> bool:", body]


@st.composite
def sources(draw, slips):
    """The text of a model with up to four actions, two properties and one initial state, which may slip too."""
    source = Source(draw, slips)
    starts = ["pass", "for i in Item:\n        s.mark[i] = 1"] + (["s.mark[Item(0)] = 1"] if slips else [])
    lines = ["", "@initial", "def start(s: State) -> None:", f"    {draw(st.sampled_from(starts))}", ""]
    for number in range(draw(st.integers(1, 4))):
        lines += [*source.action(number), ""]
    lines += [*source.property("invariant", "safe"), "", *source.property("reachable", "seen")]
    return HEADER.replace("{items}", str(draw(st.integers(2, 3)))) + "\n".join(lines) + "\n"
