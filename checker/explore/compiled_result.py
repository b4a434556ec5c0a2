"""What a search by machine code found: its counterexamples walked back and replayed."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from checker.backends.program import Mistake, Program
from checker.explore import kernel
from checker.explore.result import Deadlocks, Exploration
from checker.explore.search import failure, finding, fired_by_name
from checker.explore.walk import DEADLOCK, ERROR, NotABehaviour, Path, Target, replayed

if TYPE_CHECKING:
    from checker.explore.compiled import CompiledSearch

Packed: TypeAlias = tuple[int, ...]
"""The words of a state."""


def result(search: CompiledSearch, judge: Program) -> Exploration:
    """What was found; `judge`, the same model in another engine, replays each counterexample.

    Raises `NotABehaviour` if the engines contradict each other.
    """
    seconds = search.reporter.seconds()
    traces = {target: replayed(judge, _path(search, judge, way), target) for target, way in _ways(search).items()}
    fired = Counter({number: int(times) for number, times in enumerate(search.fired) if times})
    exhausted = search.stopped is None
    return Exploration(
        grounded=judge.grounded,
        states=search.count,
        transitions=int(search.search[kernel.TRANSITIONS]),
        levels=search.levels,
        fired=fired_by_name(judge.grounded, fired),
        findings=tuple(finding(prop, traces.get(number), exhausted) for number, prop in enumerate(judge.properties)),
        deadlocks=Deadlocks(int(search.search[kernel.DEADLOCKS]), traces.get(DEADLOCK)),
        error=None if search.mistake is None else failure(_mistake(search, judge, search.mistake), traces[ERROR]),
        stopped=search.stopped,
        seconds=seconds,
        engine="native",
        note=search.note,
        disk=search.disk,
    )


def _mistake(search: CompiledSearch, judge: Program, number: int) -> Mistake:
    """The mistake that ended the search, as the judge's model has it."""
    kind, owner, position = search.program.mistakes[number]
    origin = judge.grounded.actions[owner] if kind == "action" else judge.properties[owner]
    return Mistake(origin.checks[position], origin)


def _ways(search: CompiledSearch) -> dict[Target, list[Packed]]:
    """The states on a shortest way to each target: predecessors of all of them, level by level."""
    ways = {target: [state] for target, (_, state) in search.targets.items()}
    deepest = max((depth for depth, _ in search.targets.values()), default=0)
    for depth in range(deepest, 0, -1):
        active = [target for target, (own, _) in search.targets.items() if own >= depth]
        wanted = list(dict.fromkeys(ways[target][-1] for target in active))
        before = dict(zip(wanted, _predecessors(search, wanted, depth - 1), strict=True))
        for target in active:
            ways[target].append(before[ways[target][-1]])
    return {target: way[::-1] for target, way in ways.items()}


def _predecessors(search: CompiledSearch, wanted: list[Packed], depth: int) -> list[Packed]:
    """The first state of a level that leads to each wanted one."""
    words = search.program.words
    sought = np.array(wanted, np.uint64).reshape(-1)
    found = np.full(len(wanted), -1, np.int64)
    scratch = np.zeros(8 + search.fired.size, np.int64)
    out = np.empty(search.room * words, np.uint64)
    before: dict[int, Packed] = {}
    for states in search.chunks(depth):
        kernel.predecessors((0,) * words, search.program.addresses[0], states, sought, found, out, scratch)
        for number in np.flatnonzero(found >= 0):
            if number not in before:
                start = int(found[number]) * words
                before[int(number)] = tuple(int(word) for word in states[start : start + words])
        if len(before) == len(wanted):
            return [before[number] for number in range(len(wanted))]
    raise NotABehaviour(f"{len(wanted) - len(before)} states have no predecessor in the level before theirs")


def _path(search: CompiledSearch, judge: Program, way: list[Packed]) -> Path:
    """The states as the judge packs them, and between them the first actions that lead from one to the next."""
    packed = [judge.pack(search.program.unpack(state)) for state in way]
    actions = []
    for before, after in pairwise(packed):
        leads = [action for action, successor in judge.expand(before) if successor == after]
        if not leads:
            raise NotABehaviour("a step of the compiled engine is none of the generated program")
        actions.append(leads[0])
    return packed, actions
