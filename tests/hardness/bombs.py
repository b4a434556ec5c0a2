"""Models that are small as text and enormous as what they say."""

from __future__ import annotations

BOMB = """
from typing import Annotated
from model.language import *
class State(Variables):
    on: bool
Many = Annotated[int, Range(0, 99_999)]
@initial
def start(s: State) -> None:
    pass
def h0(s: State, k: int) -> int:
    return k
{helpers}
@action
def act(s: State{parameters}) -> None:
    require({guard})
    s.on = True
@invariant
def off(s: State) -> bool:
    return not s.on
"""


def bombs():
    """Models of a few lines that say something enormous: text, parameters, rounds, and what stops each."""
    helpers = "\n".join(
        f"def h{n + 1}(s: State, k: int) -> int:\n    return h{n}(s, k) + h{n}(s, k)" for n in range(40)
    )
    rounds = " ".join(f"for {name} in range(900)" for name in "ijk")
    yield BOMB.format(helpers=helpers, parameters="", guard="h40(s, 1) > 3"), "more than 10,000 calls"
    yield BOMB.format(helpers="", parameters=", p: Many, q: Many", guard="p == q"), "more than 100,000"
    yield BOMB.format(helpers="", parameters="", guard=f"all(s.on or i < j + k {rounds})"), "more than 200,000 rounds"
