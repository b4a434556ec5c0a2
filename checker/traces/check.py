"""Whether a document is a behaviour of a model by plain execution; and if not, at which step it ends and why.

Where the document leaves variables out, every state that agrees with what it does say is followed, so the answer is
about all ways to fill it in.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from checker import plain
from checker.draw.explain import facts
from checker.grounding.evaluation import evaluate
from checker.grounding.grounded import Action, Cell, Grounded, State
from checker.labels import cell_label
from checker.requirements import Guarded, Requirement, guarded
from checker.traces.itf import Json
from checker.traces.itf_partial import Sketch, sketch
from checker.traces.replay import NotReplayed, replay
from checker.traces.trace import Trace
from model.language import OutOfModel

MOST_STATES = 2_000
"""States followed at once, before the answer is that too much was left out."""
NEAREST = 3
EXPLAINED = 20
"""Of the states that agree with the document before a step that is none, so many are looked at to say why."""


class TooMuchLeftOut(Exception):
    """Undecided: more states than are followed agree with what the document says of one of its states."""


@dataclass(frozen=True)
class Difference:
    """A value of the document that an action does not lead to."""

    cell: Cell
    written: int
    reached: int

    def __str__(self) -> str:
        there, here = cell_label(self.cell, self.written), cell_label(self.cell, self.reached)
        return f"{self.cell.name} is {there} in the trace, {here} in the model"


@dataclass(frozen=True)
class Attempt:
    """What an instance of an action does instead of what the document says.

    `requirement`, with the `facts` that make it false: it cannot be taken.  `differences`: where it leads instead; of
    one that cannot be taken, where its assignments alone would.  `mistake`: the model makes one there.
    """

    label: str
    requirement: Requirement | None
    facts: tuple[str, ...]
    differences: tuple[Difference, ...]
    mistake: str = ""

    @property
    def possible(self) -> bool:
        return self.requirement is None and not self.mistake


@dataclass(frozen=True)
class Refused:
    """The first step that is none, counted from 1, and 0 for the start; `named` is what the document calls it.

    `meant` are the attempts at what it names, `nearest` those at any action, the nearest first; for the start it is
    `start` that says what no initial state has.  `why`: every step can be taken, but the end is not what is said.
    """

    step: int
    named: str = ""
    meant: tuple[Attempt, ...] = ()
    nearest: tuple[Attempt, ...] = ()
    start: tuple[Difference, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Checked:
    """The answer: `trace` is the behaviour, filled in where the document left something out, or `refused` says why not.

    `whole`: nothing was left out.
    """

    length: int
    trace: Trace | None
    refused: Refused | None
    whole: bool
    others: tuple[str, ...]


def check_trace(document: Json, grounded: Grounded) -> Checked:
    """Checks an ITF document.  Raises `ItfError` for one that is none of this model's, and `TooMuchLeftOut`."""
    instances = guarded(grounded)
    asked = sketch(document, grounded, instances)
    trace, refused = _followed(asked, grounded, tuple(instances))
    if trace is not None:
        refused = _judged(trace)
    whole = all(len(state) == len(grounded.cells) for state in asked.states)
    return Checked(len(asked.steps), None if refused else trace, refused, whole, asked.others)


_Level = dict[State, tuple[Any, State | None, Action | None]]
"""States that agree with the document so far: each as a Python value, and how it was reached first."""


def _followed(asked: Sketch, grounded: Grounded, every: tuple[Guarded, ...]) -> tuple[Trace | None, Refused | None]:
    begun = plain.initial_states(grounded.model, grounded.settings, grounded.bounds)
    starts = {plain.encode(grounded, state): state for state in begun}
    level: _Level = {cells: (state, None, None) for cells, state in starts.items() if _agrees(cells, asked.states[0])}
    if not level:
        differences = (_differences(grounded, asked.states[0], cells) for cells in starts)
        return None, Refused(0, start=min(differences, key=len))
    levels = [level]
    actions = {(action.name, action.arguments): action for action in grounded.actions}
    for number, (chosen, name) in enumerate(zip(asked.steps, asked.named, strict=True), 1):
        following: _Level = {}
        for cells, (state, _, _) in levels[-1].items():
            for instance, after in _taken(grounded, chosen, state):
                reached = plain.encode(grounded, after)
                if _agrees(reached, asked.states[number]) and reached not in following:
                    following[reached] = (after, cells, actions[instance.name, instance.arguments])
            if len(following) > MOST_STATES:
                raise TooMuchLeftOut(
                    f"more than {MOST_STATES:,} states agree with what is written of state {number}: write more of it"
                )
        if not following:
            return None, _refused(grounded, asked, number, levels[-1], chosen if name else (), every)
        levels.append(following)
    return _trace(asked, grounded, levels)


def _taken(grounded: Grounded, chosen: tuple[Guarded, ...], state: Any) -> Iterator[tuple[Guarded, Any]]:
    for instance in chosen:
        try:
            after = _step(grounded, instance, state)
        except OutOfModel:
            continue
        if after is not None:
            yield instance, after


def _step(grounded: Grounded, instance: Guarded, state: Any) -> Any:
    step = next(step for step in grounded.model.actions if step.name == instance.name)
    pairs = zip(step.parameters, instance.arguments, strict=True)
    return plain.step(step, state, tuple(plain.python_value(kind, value) for (_, kind), value in pairs))


def _trace(asked: Sketch, grounded: Grounded, levels: list[_Level]) -> tuple[Trace | None, Refused | None]:
    """A way through the levels; where the document has a loop, one that closes it if the first does not."""
    for last in levels[-1]:
        states, actions = [last], []
        for level in reversed(levels):
            _, before, action = level[states[-1]]
            if before is not None and action is not None:
                states.append(before)
                actions.append(action)
        trace = Trace(grounded, tuple(reversed(states)), tuple(reversed(actions)), asked.property, asked.loop)
        if asked.loop is None or trace.states[asked.loop] == last:
            return trace, None
    return None, Refused(len(asked.steps), why=f"its last state is not state {asked.loop}, to which it should go back")


def _judged(trace: Trace) -> Refused | None:
    """The last word has `checker.traces.replay`: also on whether the trace shows the property that it is named for."""
    try:
        replay(trace)
    except NotReplayed as problem:
        return Refused(len(trace), why=str(problem))
    return None


# --- why not ------------------------------------------------------------------------------------------------


def _agrees(cells: State, written: Mapping[int, int]) -> bool:
    return all(cells[index] == value for index, value in written.items())


def _differences(grounded: Grounded, written: Mapping[int, int], cells: State) -> tuple[Difference, ...]:
    return tuple(
        Difference(grounded.cells[index], value, cells[index])
        for index, value in sorted(written.items())
        if cells[index] != value
    )


def _refused(
    grounded: Grounded,
    asked: Sketch,
    number: int,
    level: _Level,
    meant: tuple[Guarded, ...],
    every: tuple[Guarded, ...],
) -> Refused:
    wanted = asked.states[number]
    best: dict[str, tuple[tuple[int, bool, int], Attempt]] = {}
    for cells, (state, _, _) in itertools.islice(level.items(), EXPLAINED):
        for instance in every:
            rank, attempt = _attempt(grounded, wanted, cells, state, instance)
            if instance.label not in best or rank < best[instance.label][0]:
                best[instance.label] = rank, attempt
    ranked = [attempt for _, attempt in sorted(best.values(), key=lambda item: item[0])]
    labels = {one.label for one in meant}
    chosen = [attempt for attempt in ranked if attempt.label in labels]
    others = [attempt for attempt in ranked if attempt.label not in labels and not (meant and attempt.differences)]
    return Refused(number, asked.named[number - 1], tuple(chosen[:NEAREST]), tuple(others[:NEAREST]))


def _attempt(
    grounded: Grounded, wanted: Mapping[int, int], cells: State, state: Any, instance: Guarded
) -> tuple[tuple[int, bool, int], Attempt]:
    """An attempt and how far it is from what is wanted: differences, whether it is stopped, guards not reached."""
    blocked = instance.stopped_by(cells)
    mistake = ""
    try:
        after = _step(grounded, instance, state)
    except OutOfModel as error:
        after, mistake = None, str(error)
    if after is not None:
        reached = plain.encode(grounded, after)
    else:
        action = next((one for one in grounded.actions if one.label == instance.label), None)
        reached = cells if action is None else _assigned(action, cells)
    differences = _differences(grounded, wanted, reached)
    if blocked is None or after is not None:
        return (len(differences), bool(mistake), 0), Attempt(instance.label, None, (), differences, mistake)
    requirement = instance.requirements[blocked]
    said = tuple(facts(grounded, requirement.condition, cells))
    rank = len(differences), True, len(instance.requirements) - blocked
    return rank, Attempt(instance.label, requirement, said, differences, mistake)


def _assigned(action: Action, cells: State) -> State:
    """What the assignments of an action would make of a state, whatever its guard says."""
    made = list(cells)
    for index, term in action.updates:
        made[index] = evaluate(term, cells)
    return tuple(made)
