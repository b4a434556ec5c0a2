"""What a run of a tool came to, in the words of this checker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from checker.grounding.evaluation import evaluate
from checker.grounding.grounded import Action, Grounded, State
from checker.peers.running import ToolFailed
from checker.traces.trace import Trace

Word: TypeAlias = Literal["exhausted", "violated", "deadlock"]


@dataclass(frozen=True)
class Question:
    """What a tool is asked of a model: these properties, and whether deadlocks count.

    A `reachable` property is asked as one that never holds, so its example is what violates it.
    """

    grounded: Grounded
    properties: tuple[str, ...]
    deadlocks: bool


@dataclass(frozen=True)
class Outcome:
    """What a tool answered.

    `exhausted`: nothing asked for was found in all of `states` distinct states.  Otherwise it ended at what it found,
    and `trace` is its counterexample, read back as a behaviour of the model.  `depth` is the largest number of steps
    from an initial state, None where the tool does not say it.  `seconds` of the search alone, without making the
    program; `memory` is its peak in bytes.
    """

    word: Word
    states: int
    depth: int | None
    trace: Trace | None
    seconds: float
    memory: int


class Tool(Protocol):
    """A model checker.  `name` as it is called; `packages` are the Debian packages it needs."""

    @property
    def name(self) -> str: ...

    @property
    def packages(self) -> tuple[str, ...]: ...

    def look(self) -> None:
        """Raises `Missing` where it is not installed."""

    def ask(self, question: Question, folder: Path) -> Outcome:
        """Writes the model into an empty folder and has it checked.  Raises `Missing` and `ToolFailed`."""


def behaviour(grounded: Grounded, initial: int, labels: Sequence[str], name: str) -> Trace:
    """The trace of actions given by their labels, from an initial state given by its number.

    Raises `ToolFailed` where the model has no such action or cannot take it there.
    """
    known = {action.label: action for action in grounded.actions}
    states: list[State] = [grounded.initials[initial]]
    actions: list[Action] = []
    for number, label in enumerate(labels, 1):
        if label not in known:
            raise ToolFailed(f"step {number} is called {label!r}, and no action is")
        if not evaluate(known[label].guard, states[-1]):
            raise ToolFailed(f"step {number}, {label}, is not possible in the model")
        actions.append(known[label])
        states.append(after(known[label], states[-1]))
    return Trace(grounded, tuple(states), tuple(actions), name)


def after(action: Action, state: State) -> State:
    """The state that an action leads to from one that enables it."""
    made = list(state)
    for index, term in action.updates:
        made[index] = evaluate(term, state)
    return tuple(made)
