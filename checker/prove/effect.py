"""What comes of taking a guard away, or of switching a setting off, in one choice of settings and bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from checker.run import Request

Word: TypeAlias = Literal["violated", "deadlock", "error", "nothing", "same", "later", "unknown"]

BREAKS: tuple[Word, ...] = ("error", "violated", "deadlock")
"""The words for something that breaks."""

Same: TypeAlias = Literal["", "off", "settled", "never", "implied"]


@dataclass(frozen=True)
class Setup:
    """A choice of settings and bounds; `name` is what reports call it."""

    name: str
    request: Request


@dataclass(frozen=True)
class Effect:
    """What breaks in one setup without a guard or setting.

    `violated`: the invariant `what`, which held; `deadlock`; `error`: the mistake of the model that `what` tells; each
    as soon as it can be, by `steps`.  `nothing`: there is new behaviour, all of it was searched, and nothing new is
    wrong.  `same`: there is no new behaviour.  `later`: new behaviour begins so late that what it breaks, if anything,
    is not the shortest, which another setup has; it was not searched.  `unknown`: a limit ended the search before
    anything broke.  `states` were found, of so many `before`.

    Of `same`, why: `off`: the settings rule the action out, with the guard and without; `settled`: under these settings
    and bounds, and with the other guards as they are written, the guard is always true; `never`: the action is
    impossible in every reachable state, with the guard and without; `implied`: wherever the rest of the action's guards
    hold, in any reachable state, this one does.
    """

    word: Word
    what: str = ""
    steps: tuple[str, ...] = ()
    states: int = 0
    before: int = 0
    seconds: float = 0.0
    why: Same = ""

    @property
    def breaks(self) -> bool:
        """Whether something breaks."""
        return self.word in BREAKS

    @property
    def depth(self) -> int | None:
        """The number of steps to what breaks; None where nothing does."""
        return len(self.steps) if self.breaks else None

    @property
    def broken(self) -> str:
        """What breaks, in a few words; "" where nothing does."""
        told: dict[Word, str] = {
            "violated": self.what,
            "deadlock": "deadlock",
            "error": f"a mistake of the model: {self.what}",
        }
        return told.get(self.word, "")

    def __str__(self) -> str:
        if self.breaks:
            return f"{self.broken} in {len(self.steps)} step{'' if len(self.steps) == 1 else 's'}"
        difference = self.states - self.before
        more = f"{abs(difference):,} {'more' if difference >= 0 else 'fewer'}"
        told: dict[Word, str] = {
            "nothing": f"nothing in {self.states:,} states, {more}",
            "same": "no new behaviour",
            "later": "no sooner than elsewhere",
            "unknown": f"nothing yet in {self.states:,} states",
        }
        return told[self.word]
