"""Searching less: a part of the model, one state for many that differ in names only, one order of steps that
commute, or several of these; and back again.

What a search of the rest finds is brought back to the whole model: each counterexample becomes a behaviour of it, step
by step, in which what was dropped goes along, and is replayed there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from checker.backends.images import compiled_images
from checker.backends.program import Mistake, Program
from checker.backends.python import PythonProgram, compile_program
from checker.explore.ordered import Ordered
from checker.explore.result import Exploration, Failure, Finding
from checker.explore.search import Search, failure
from checker.explore.walk import DEADLOCK, ERROR, NotABehaviour, Path, Target, replayed
from checker.grounding.grounded import Grounded, Property, State
from checker.grounding.narrow import narrowed
from checker.kept_forms import Key, derived
from checker.reductions.slicing import Slice, sliced
from checker.reductions.symmetry import Symmetry, symmetry
from checker.traces.trace import Trace

if TYPE_CHECKING:
    from checker.explore.cluster.search import ClusterSearch
    from checker.explore.compiled import CompiledSearch


@dataclass(frozen=True)
class Reduction:
    """What is searched instead of a whole model: its slice, up to a symmetry, each None where it was not asked for;
    with `order`, one order of steps that commute."""

    whole: Grounded
    slice: Slice | None
    symmetry: Symmetry | None
    order: bool = False

    @cached_property
    def part(self) -> Grounded:
        """What is searched."""
        how: Key = {}
        part = self.whole
        if self.slice is not None:
            part = self.slice.grounded
            how["slice"] = [prop.name for prop in part.properties]
        if self.symmetry is not None:
            part = self.symmetry.on(part).grounded
            how["symmetry"] = self.symmetry.shown
        return part if part is self.whole else derived(part, self.whole, how)

    def program(self, properties: Sequence[str] | None) -> Program:
        """What is searched, with the named properties, as generated Python.  Raises KeyError as `compile_program`."""
        program: Program = compile_program(self.part, properties)
        tight = narrowed(self.part)
        if self.symmetry is not None:
            assert isinstance(program, PythonProgram)
            program = Canonical(program, self.symmetry.on(self.part))
            tight = self.symmetry.on(tight).grounded
        return Ordered(program, tight) if self.order else program

    def views(self, state: State) -> set[State]:
        """What a state of the whole can look like in the search."""
        orbit = {state} if self.symmetry is None else self.symmetry.orbit(state)
        return orbit if self.slice is None else set(map(self.slice.project, orbit))


def reduction(
    grounded: Grounded, properties: Collection[str], cone: bool, sorts: Sequence[str], order: bool = False
) -> Reduction | None:
    """The reductions asked for: the cone of influence of the properties, the symmetry of sorts, the order of steps;
    None if there are none.

    Raises `UsageError` for a sort of which it would not be right.
    """
    same = symmetry(grounded, sorts, properties) if sorts else None
    if same is None and not cone and not order:
        return None
    return Reduction(grounded, sliced(grounded, properties, same) if cone else None, same, order)


class Canonical:
    """A `Program` all of whose states are the least of their orbits."""

    def __init__(self, program: PythonProgram, same: Symmetry) -> None:
        self.inner = program
        self.grounded = program.grounded
        self.properties: tuple[Property, ...] = program.properties
        self.bits = program.bits
        self.images: Callable[[int], tuple[int, ...]] = compiled_images(program.layout, same.images)
        self.initials = list(dict.fromkeys(min(self.images(state)) for state in program.initials))
        self.unpack: Callable[[int], State] = program.unpack
        self.broken: Callable[[int], int] = program.broken
        self.at_end: Callable[[int], bool] = program.at_end

    def pack(self, values: State) -> int:
        """The least state of the orbit, packed."""
        return min(self.images(self.inner.pack(values)))

    def step(self, packed: int, actions: list[int], successors: list[int]) -> None:
        """The transitions of a state, each to the least state of an orbit.  Raises `Mistake`."""
        before, images = len(successors), self.images
        self.inner.step(packed, actions, successors)
        successors[before:] = [min(images(state)) for state in successors[before:]]

    def expand(self, packed: int) -> list[tuple[int, int]]:
        """The transitions of a state as pairs of action number and successor, by action.  Raises `Mistake`."""
        return sorted((action, min(self.images(state))) for action, state in self.inner.expand(packed))


def restored(found: Exploration, reduction: Reduction, represented: int | None) -> Exploration:
    """What a search of the rest says of the whole; `represented` is the number of states that the found ones stand for.

    Raises `NotABehaviour` where a trace cannot be taken in the whole: a mistake of the reduction, never of the model.
    """
    names = [finding.property.name for finding in found.findings]
    back = _WayBack(reduction, compile_program(reduction.whole, names))
    findings: tuple[Finding, ...] = ()
    try:
        findings = tuple(back.finding(finding, number) for number, finding in enumerate(found.findings))
        deadlocks = replace(found.deadlocks, trace=back.trace(found.deadlocks.trace, DEADLOCK))
        error = None if found.error is None else back.failure(found.error)
    except _Unseen as unseen:
        # Somewhere along a trace, in what was dropped: the whole search would have ended there.
        ended = tuple(
            Finding(back.program.properties[n], "unknown", constant=finding.constant)
            for n, finding in enumerate(found.findings)
        )
        findings, deadlocks, error = ended, replace(found.deadlocks, count=0, trace=None), unseen.failure
        found = replace(found, stopped="error")
    fired = found.fired
    if reduction.slice is not None:
        fired = {name: times for name, times in fired.items() if times}
    return replace(
        found,
        grounded=reduction.whole,
        findings=findings,
        deadlocks=deadlocks,
        error=error,
        fired=fired,
        reduction=reduction,
        represented=represented,
    )


def represented(search: Search | CompiledSearch | ClusterSearch, reduction: Reduction) -> int | None:
    """The number of states that differ from those found in names only; None if it is not known."""
    if reduction.symmetry is None or not reduction.symmetry.exact or reduction.order:
        return None
    if isinstance(search, Search):
        assert isinstance(search.program, Canonical)
        images = search.program.images
        return sum(len(set(images(state))) for level in search.levels for state in level)
    from checker.explore.orbits import states_of_orbits

    return states_of_orbits(search, reduction.symmetry)


class _Unseen(Exception):
    """A mistake of the model that the search did not see."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class _WayBack:
    """Brings traces of the search back to the whole model."""

    def __init__(self, reduction: Reduction, program: PythonProgram) -> None:
        self.reduction = reduction
        self.program = program
        part = reduction.slice
        self.taken = set(range(len(reduction.whole.actions)) if part is None else part.actions)

    def finding(self, finding: Finding, number: int) -> Finding:
        """The same of a property of the whole."""
        prop = self.program.properties[number]
        constant = prop.body.operator == "const"
        return replace(finding, property=prop, constant=constant, trace=self.trace(finding.trace, number))

    def trace(self, trace: Trace | None, target: Target) -> Trace | None:
        """A behaviour of the whole that the search sees as this trace."""
        return None if trace is None else replayed(self.program, self._path(trace), target)

    def failure(self, found: Failure) -> Failure:
        """The mistake that ends the same trace of the whole."""
        states, actions = self._path(found.trace)
        trace = replayed(self.program, (states, actions), ERROR)
        try:
            self.program.broken(states[-1])
            self.program.expand(states[-1])
        except Mistake as mistake:
            return failure(mistake, trace)
        raise NotABehaviour("the whole model makes no mistake where its part does")

    def _path(self, trace: Trace) -> Path:
        """Takes the steps of a trace in the whole model: from each state one to a state that looks as it should."""
        program = self.program
        states = [next(s for s in program.initials if self._looks(s, trace.states[0]))]
        actions: list[int] = []
        for wanted in trace.states[1:]:
            for action, after in self._successors(states, actions):
                if action in self.taken and self._looks(after, wanted):
                    actions.append(action)
                    states.append(after)
                    break
            else:
                raise NotABehaviour(f"step {len(actions) + 1} of a reduced trace cannot be taken in the whole model")
        return states, actions

    def _looks(self, packed: int, wanted: State) -> bool:
        return wanted in self.reduction.views(self.program.unpack(packed))

    def _successors(self, states: list[int], actions: list[int]) -> list[tuple[int, int]]:
        try:
            return self.program.expand(states[-1])
        except Mistake as mistake:
            whole = self.program.grounded
            taken = tuple(whole.actions[action] for action in actions)
            trace = Trace(whole, tuple(map(self.program.unpack, states)), taken, ERROR)
            raise _Unseen(failure(mistake, trace)) from None
