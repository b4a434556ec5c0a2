"""What a search by machine code found: its counterexamples walked back and replayed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from checker.backends.native import NativeProgram
from checker.backends.program import Mistake, Program
from checker.explore import looking
from checker.explore.limits import Reporter
from checker.explore.result import Deadlocks, Exploration, Stop
from checker.explore.search import failure, finding, fired_by_name
from checker.explore.table import Words
from checker.explore.walk import DEADLOCK, ERROR, NotABehaviour, Path, Target, replayed

Packed: TypeAlias = tuple[int, ...]
"""The words of a state."""


class Searched(Protocol):
    """A search by machine code that came to its end, on one machine or several."""

    program: NativeProgram
    reporter: Reporter
    stopped: Stop | None
    note: str
    targets: dict[Target, tuple[int, Packed]]
    mistake: int | None

    @property
    def levels(self) -> tuple[int, ...]:
        """States at each depth."""

    @property
    def disk(self) -> int:
        """The most bytes of disk that were in use, where memory did not hold all."""

    @property
    def counts(self) -> tuple[int, int, Sequence[int]]:
        """Transitions, deadlocks, and transitions by action."""

    def predecessors(self, wanted: Sequence[Packed], depth: int) -> Mapping[int, Packed]:
        """A state of that level leading to each of the wanted ones, by their place; those that have one."""


def result(search: Searched, judge: Program) -> Exploration:
    """What was found; `judge`, the same model in another engine, replays each counterexample.

    Raises `NotABehaviour` if the engines contradict each other.
    """
    seconds = search.reporter.seconds()
    traces = {target: replayed(judge, _path(search, judge, way), target) for target, way in _ways(search).items()}
    transitions, deadlocks, times = search.counts
    fired = Counter({number: int(often) for number, often in enumerate(times) if often})
    exhausted = search.stopped is None
    return Exploration(
        grounded=judge.grounded,
        states=sum(search.levels),
        transitions=transitions,
        levels=search.levels,
        fired=fired_by_name(judge.grounded, fired),
        findings=tuple(finding(prop, traces.get(number), exhausted) for number, prop in enumerate(judge.properties)),
        deadlocks=Deadlocks(deadlocks, traces.get(DEADLOCK)),
        error=None if search.mistake is None else failure(_mistake(search, judge, search.mistake), traces[ERROR]),
        stopped=search.stopped,
        seconds=seconds,
        engine="native",
        note=search.note,
        disk=search.disk,
    )


def _mistake(search: Searched, judge: Program, number: int) -> Mistake:
    """The mistake that ended the search, as the judge's model has it."""
    kind, owner, position = search.program.mistakes[number]
    origin = judge.grounded.actions[owner] if kind == "action" else judge.properties[owner]
    return Mistake(origin.checks[position], origin)


def _ways(search: Searched) -> dict[Target, list[Packed]]:
    """The states on a shortest way to each target: predecessors of all of them, level by level."""
    ways = {target: [state] for target, (_, state) in search.targets.items()}
    deepest = max((depth for depth, _ in search.targets.values()), default=0)
    for depth in range(deepest, 0, -1):
        active = [target for target, (own, _) in search.targets.items() if own >= depth]
        wanted = list(dict.fromkeys(ways[target][-1] for target in active))
        found = search.predecessors(wanted, depth - 1)
        if len(found) < len(wanted):
            raise NotABehaviour(f"{len(wanted) - len(found)} states have no predecessor in the level before theirs")
        before = {state: found[number] for number, state in enumerate(wanted)}
        for target in active:
            ways[target].append(before[ways[target][-1]])
    return {target: way[::-1] for target, way in ways.items()}


def predecessors(
    shape: tuple[int, ...],
    expand: int,
    chunks: Iterable[Words],
    wanted: Sequence[Packed],
    out: Words,
    actions: int,
    by_size: bool = False,
) -> dict[int, Packed]:
    """The first state of a level, or the least `by_size`, that leads to each wanted one, by their place.

    `expand` is the address of the model's code, for so many `actions`; `out` has room for the successors of a state.
    """
    words = len(shape)
    sought = np.array(wanted, np.uint64).reshape(-1)
    found = np.full(len(wanted), -1, np.int64)
    scratch: NDArray[Any] = np.zeros(8 + max(1, actions), np.int64)
    before: dict[int, Packed] = {}
    for states in chunks:
        looking.predecessors(shape, expand, states, sought, by_size, found, out, scratch)
        for number in map(int, np.flatnonzero(found >= 0)):
            start = int(found[number]) * words
            state = tuple(int(word) for word in states[start : start + words])
            if number not in before or (by_size and state < before[number]):
                before[number] = state
        if by_size:
            found[:] = -1
        elif len(before) == len(wanted):
            break
    return before


def _path(search: Searched, judge: Program, way: list[Packed]) -> Path:
    """The states as the judge packs them, and between them the first actions that lead from one to the next."""
    packed = [judge.pack(search.program.unpack(state)) for state in way]
    actions = []
    for before, after in pairwise(packed):
        leads = [action for action, successor in judge.expand(before) if successor == after]
        if not leads:
            raise NotABehaviour("a step of the compiled engine is none of the generated program")
        actions.append(leads[0])
    return packed, actions
