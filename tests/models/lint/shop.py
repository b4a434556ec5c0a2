"""A shop with one of everything that does no work; what each is stands beside it.

Reachable: stock 0..2, open or closed, and the two counters that only feed each other.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from model.language import Range, Variables, action, initial, invariant, reachable, require, settings


class Door(Enum):
    """Open or closed."""

    CLOSED = "closed"
    OPEN = "open"


@settings
class Settings:
    """One knob."""

    credit: bool = False


class State(Variables):
    """The shop."""

    settings: Settings
    door: Door
    stock: Annotated[int, Range(0, 2)]
    dust: Annotated[int, Range(0, 1)]
    shadow: Annotated[int, Range(0, 1)]
    gold: bool


@initial
def morning(s: State) -> None:
    """Closed and empty."""
    s.stock = 0


@action
def open_door(s: State) -> None:
    """The door opens."""
    require(s.door == Door.CLOSED)
    s.door = Door.OPEN


@action
def buy(s: State) -> None:
    """Goods come; that stock is not 2 is said twice."""
    require(s.door == Door.OPEN and s.stock < 2)
    require(s.stock != 2)
    s.stock += 1


@action
def sell(s: State) -> None:
    """Goods go: stock > 0 implies that the door was opened, which it stays."""
    require(s.stock > 0)
    require(s.door == Door.OPEN)
    s.stock -= 1
    s.dust = 1 - s.shadow


@action
def sweep(s: State) -> None:
    """What is swept is what nobody looks at."""
    require(s.settings.credit or s.stock == 0)
    if s.settings.credit:
        require(s.stock < 2)
    s.shadow = s.dust


@action
def find_gold(s: State) -> None:
    """There is none."""
    require(s.gold)
    s.stock = 0


@action
def give_credit(s: State) -> None:
    """The settings rule it out."""
    require(s.settings.credit)
    s.gold = True


@invariant
def goods_behind_doors(s: State) -> bool:
    """The second part alone always holds: the first is never needed."""
    return s.door == Door.CLOSED or s.stock <= 2


@invariant
def gold_is_kept(s: State) -> bool:
    """What it speaks of never happens."""
    return not s.gold or s.stock == 2


@invariant
def goods_mean_open(s: State) -> bool:
    """Both parts are needed."""
    return s.stock == 0 or s.door == Door.OPEN


@reachable
def credit_is_given(s: State) -> bool:
    """The settings decide it."""
    return not s.settings.credit
