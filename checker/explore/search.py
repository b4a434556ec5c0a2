"""Breadth-first search of every reachable state, for all properties at once.

States are visited level by level, so that the first state found to break a property is one of those nearest to the
initial states.  Nothing is hashed away: what is called exhausted was visited.
"""

from __future__ import annotations

from collections import Counter

from checker.backends.program import Mistake, Program
from checker.explore.limits import Callback, Limits, Reporter
from checker.explore.result import Deadlocks, Exploration, Failure, Finding, Stop
from checker.explore.walk import DEADLOCK, ERROR, Target, replayed, walk_back
from checker.grounded import Action, Grounded, Property
from checker.trace import Trace

BLOCK = 256
"""States expanded between two looks at the limits."""

RESERVE = 1 << 20
"""Bytes held back, to be let go when memory runs out: enough to end in good order."""


class Search:
    """One search by one program."""

    def __init__(
        self,
        program: Program,
        first: bool = False,
        memory: int | None = None,
        states: int | None = None,
        progress: Callback | None = None,
    ) -> None:
        self.program = program
        self.first = first
        self.limits = Limits(memory, states, program.bits)
        self.reporter = Reporter(progress)
        self.levels: list[list[int]] = [[]]
        self.seen: set[int] = set()
        self.transitions = 0
        self.fired: Counter[int] = Counter()
        self.deadlocks = 0
        self.found = 0
        self.targets: dict[Target, tuple[int, int]] = {}
        self.mistake: Mistake | None = None
        self.stopped: Stop | None = None
        self._open = (1 << len(program.properties)) - 1
        self._checked = any(prop.checks for prop in program.properties)

    def run(self) -> None:
        """Searches until the space or a limit ends it; sets `stopped`."""
        reserve: bytearray | None = bytearray(RESERVE)
        try:
            self._add(self.program.initials)
            while self.levels[-1] and self.stopped is None:
                self.levels.append([])
                self._level(self.levels[-2])
        except KeyboardInterrupt:
            self.stopped = "interrupted"
        except MemoryError:
            reserve = None
            self.seen = set()
            self.stopped = "memory"
        del reserve
        if not self.levels[-1]:
            self.levels.pop()

    def _level(self, level: list[int]) -> None:
        """Expands the states of a level into the next, which is the last of the levels."""
        self._look(len(level))
        for start in range(0, len(level), BLOCK):
            if self.stopped is not None:
                return
            actions: list[int] = []
            successors: list[int] = []
            self._expand(level[start : start + BLOCK], actions, successors)
            self.fired.update(actions)
            self.transitions += len(actions)
            if self.mistake is None:
                self._add(successors)
            self._look(len(level) - start)

    def _expand(self, block: list[int], actions: list[int], successors: list[int]) -> None:
        step, before = self.program.step, 0
        state = 0
        try:
            for state in block:
                step(state, actions, successors)
                after = len(actions)
                if after == before and not self.program.at_end(state):
                    self._deadlock(state)
                before = after
        except Mistake as mistake:
            del actions[before:], successors[before:]
            self._wrong(mistake, len(self.levels) - 2, state)

    def _deadlock(self, state: int) -> None:
        self.deadlocks += 1
        self.targets.setdefault(DEADLOCK, (len(self.levels) - 2, state))
        if self.first and self.stopped is None:
            self.stopped = "first"

    def _wrong(self, mistake: Mistake, depth: int, state: int) -> None:
        self.mistake = mistake
        self.targets[ERROR] = (depth, state)
        self.stopped = "error"

    def _add(self, states: list[int]) -> None:
        """Takes those states that are new into the last level, and looks at the properties there."""
        seen = self.seen
        new = [state for state in dict.fromkeys(states) if state not in seen]
        seen.update(new)
        self.levels[-1] += new
        self.found += len(new)
        if not self._open and not self._checked:
            return
        broken = self.program.broken
        state = 0
        try:
            for state in new:
                noted = broken(state) & self._open
                if noted:
                    self._note(noted, state)
        except Mistake as mistake:
            self._wrong(mistake, len(self.levels) - 1, state)

    def _note(self, noted: int, state: int) -> None:
        for number, prop in enumerate(self.program.properties):
            if noted >> number & 1:
                self.targets[number] = (len(self.levels) - 1, state)
                if self.first and self.stopped is None and prop.kind == "invariant":
                    self.stopped = "first"
        self._open &= ~noted

    def _look(self, left: int) -> None:
        """Looks at the limits and tells how far it is; `left` states of the level before the last are not expanded."""
        if self.stopped is None:
            self.stopped = self.limits.hit(self.seen, self.found)
        following = len(self.levels[-1])
        depth = len(self.levels) - (1 if following else 2)
        self.reporter.tell(self.found, left + following, depth, self.transitions)

    def result(self) -> Exploration:
        """What was found, each counterexample replayed.  Raises `NotABehaviour` if the engine contradicts itself."""
        program = self.program
        seconds = self.reporter.seconds()
        paths = walk_back(program, self.levels, self.targets)
        traces = {target: replayed(program, path, target) for target, path in paths.items()}
        return Exploration(
            grounded=program.grounded,
            states=sum(map(len, self.levels)),
            transitions=self.transitions,
            levels=tuple(map(len, self.levels)),
            fired=fired_by_name(program.grounded, self.fired),
            findings=tuple(
                finding(prop, traces.get(number), self.stopped is None)
                for number, prop in enumerate(program.properties)
            ),
            deadlocks=Deadlocks(self.deadlocks, traces.get(DEADLOCK)),
            error=failure(self.mistake, traces[ERROR]) if self.mistake is not None else None,
            stopped=self.stopped,
            seconds=seconds,
        )


def fired_by_name(grounded: Grounded, fired: Counter[int]) -> dict[str, int]:
    """Transitions of every action that is not ruled out, in the order of the model."""
    names = dict.fromkeys([action.name for action in grounded.model.actions if action.name not in grounded.off], 0)
    for number, times in fired.items():
        name = grounded.actions[number].name
        names[name] = names.get(name, 0) + times
    return names


def finding(prop: Property, trace: Trace | None, exhausted: bool) -> Finding:
    """What a search says of a property, given the way to a state that broke it or is an example of it.

    Raises ValueError for an `eventually` property: no single state decides it (see `checker.explore.liveness`).
    """
    if prop.kind == "eventually":
        raise ValueError(f"{prop.name} is a liveness property, which a search of states cannot judge")
    constant = prop.body.operator == "const"
    if trace is not None:
        return Finding(prop, "violated" if prop.kind == "invariant" else "reached", len(trace), trace, constant)
    if not exhausted:
        return Finding(prop, "unknown", constant=constant)
    return Finding(prop, "exhausted" if prop.kind == "invariant" else "unreached", constant=constant)


def failure(mistake: Mistake, trace: Trace) -> Failure:
    """A mistake with the way to the state that shows it."""
    if isinstance(mistake.origin, Action):
        return Failure(mistake.check, trace, action=mistake.origin)
    return Failure(mistake.check, trace, property=mistake.origin)
