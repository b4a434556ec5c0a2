"""What an exploration found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from checker.grounding.grounded import Action, Check, Grounded, Property
from checker.traces.trace import Trace

if TYPE_CHECKING:
    from checker.explore.reduction import Reduction

Word: TypeAlias = Literal["exhausted", "violated", "reached", "unreached", "unknown"]
Stop: TypeAlias = Literal["memory", "disk", "states", "interrupted", "first", "error", "sampled", "lost"]


@dataclass(frozen=True)
class Finding:
    """What is known of one property.

    `exhausted`: an invariant that holds in every state of the scope; `violated`: one that does not, `trace` leads to a
    nearest such state; `reached`: a nearest witness is at the end of `trace`; `unreached`: there is none in the scope;
    `unknown`: the search ended before it could tell, or for what `because` says.  `depth` is the number of steps of the
    trace.  `constant`: the property does not depend on the state, so it says nothing under these settings.

    Of an `eventually` property `exhausted`: every fair behaviour comes to it again and again; `violated`: `trace` is a
    fair behaviour that from its loop on is without it, and `depth` the steps before that.  `possible`: from every state
    a way leads to it without steps from outside; where not, `no_way` leads to a nearest state that has none.  `waiting`
    counts the states in which it does not hold: if there are none, it says no more than an invariant.
    """

    property: Property
    word: Word
    depth: int | None = None
    trace: Trace | None = None
    constant: bool = False
    possible: bool | None = None
    no_way: Trace | None = None
    waiting: int | None = None
    because: str = ""


@dataclass(frozen=True)
class Deadlocks:
    """How many states found enable nothing and are no end states, and a shortest way to one."""

    count: int = 0
    trace: Trace | None = None


@dataclass(frozen=True)
class Failure:
    """A mistake of the model in a reachable state.

    `trace` is a shortest way to that state, where `action` or `property` was being evaluated.
    """

    check: Check
    trace: Trace
    action: Action | None = None
    property: Property | None = None

    def __str__(self) -> str:
        what = self.action.label if self.action is not None else self.property.name if self.property else ""
        return f"{self.check.at}: {self.check.message} (in {what}, after {len(self.trace)} steps)"


@dataclass(frozen=True)
class Exploration:
    """The result of a search.

    `states` counts each state once, `transitions` each enabled action of each state that was expanded, whether or not
    it changes the state.  `levels` has the number of states at each depth, initial states at 0; `depth` is the last.
    `fired` has the transitions of every action that the settings do not rule out, by name.  `stopped` says why the
    search ended before the space did; None: the space is exhausted.  `engine` made the search; `disk` is the most bytes
    of disk that it took beyond its memory; `note` says why it was not the faster one, if that would have been worth
    while, or what else there is to say.

    With a `reduction` the numbers are of what is left of the model: no deadlocks of a slice, nor its actions that never
    fire.  Up to a symmetry, the states found stand for so many: `represented`; None where that was not counted.
    """

    grounded: Grounded
    states: int
    transitions: int
    levels: tuple[int, ...]
    fired: dict[str, int]
    findings: tuple[Finding, ...]
    deadlocks: Deadlocks
    error: Failure | None
    stopped: Stop | None
    seconds: float
    engine: Literal["python", "native"] = "python"
    note: str = ""
    disk: int = 0
    reduction: Reduction | None = None
    represented: int | None = None

    @property
    def depth(self) -> int:
        """The largest number of steps that a found state is away from the initial states."""
        return max(0, len(self.levels) - 1)

    @property
    def idle(self) -> tuple[str, ...]:
        """Actions that never fired, though settings and bounds do not rule them out."""
        return tuple(name for name, times in self.fired.items() if not times)

    @property
    def off(self) -> tuple[str, ...]:
        """Actions that the settings and bounds rule out."""
        return self.grounded.off

    @property
    def exhausted(self) -> bool:
        """Whether every reachable state was visited."""
        return self.stopped is None

    def finding(self, name: str) -> Finding:
        """What is known of the property of that name.  Raises KeyError if it was not checked."""
        for finding in self.findings:
            if finding.property.name == name:
                return finding
        raise KeyError(name)
