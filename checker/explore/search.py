"""Breadth-first search of every reachable state, for all properties at once.

States are visited level by level, so that the first state found to break a property is one of those nearest to the
initial states.  Nothing is hashed away: what is called exhausted was visited.
"""

from __future__ import annotations

from collections import Counter

from checker.backends.program import Mistake, Program
from checker.explore.checkpoint import Numbers
from checker.explore.files import DiskFull
from checker.explore.limits import Limits, Reporter, Terms
from checker.explore.ordered import Ordered
from checker.explore.result import Deadlocks, Exploration, Failure, Finding, Stop
from checker.explore.saving import Saving
from checker.explore.walk import DEADLOCK, ERROR, Target, replayed, walk_back
from checker.grounding.grounded import Action, Grounded, Property
from checker.traces.trace import Trace

BLOCK = 256
"""States expanded between two looks at the limits."""

RESERVE = 1 << 20
"""Bytes held back, to be let go when memory runs out: enough to end in good order."""


class Search:
    """One search by one program."""

    def __init__(self, program: Program, terms: Terms | None = None) -> None:
        self.program = program
        self.terms = Terms() if terms is None else terms
        self.limits = Limits(self.terms.memory, self.terms.states, program.bits)
        self.reporter = Reporter(self.terms.progress)
        self.levels: list[list[int]] = []
        self.seen: set[int] = set()
        self.transitions = 0
        self.fired: Counter[int] = Counter()
        self.deadlocks = 0
        self.found = 0
        self.targets: dict[Target, tuple[int, int]] = {}
        self.mistake: Mistake | None = None
        self.stopped: Stop | None = None
        self.note = ""
        self._open = (1 << len(program.properties)) - 1
        self._checked = any(prop.checks for prop in program.properties)
        self._looked = 0
        self._before: Numbers | None = None
        self._saving = Saving(self)
        self._ahead: set[int] | None = None
        if isinstance(program, Ordered):
            self._ahead = set()
            program.closed = self._closed

    def run(self) -> None:
        """Searches until the space or a limit ends it; sets `stopped`.

        Raises `UsageError` where the folder of a checkpoint is not of this search, or damaged.
        """
        reserve: bytearray | None = bytearray(RESERVE)
        try:
            self._begin()
            while self.levels[-1] and self.stopped is None:
                self._level()
        except KeyboardInterrupt:
            self.stopped = "interrupted"
        except MemoryError:
            reserve = None
            self.seen = set()
            self.stopped = "memory"
        except DiskFull as full:
            self.stopped, self.note = "disk", str(full)
        del reserve
        self._ahead = None
        if self.stopped != "error":
            self._look()
        if self.levels and not self.levels[-1]:
            self.levels.pop()

    def _begin(self) -> None:
        """The initial states, or the levels of a checkpoint."""
        if self._saving.begin():
            self._finished()
        else:
            self.levels.append([])
            self._add(self.program.initials)
            self._finish()

    def _level(self) -> None:
        """Expands the last level, which makes the next."""
        level = self.levels[-1]
        self._before = self.numbers()
        self.levels.append([])
        if self._ahead is not None:
            self._ahead.clear()
        self._check_limits(len(level))
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
            self._check_limits(len(level) - start)
        if self.stopped is None:
            self._finish()

    def _finish(self) -> None:
        """Looks at the properties of a level that is complete."""
        self._before = None
        self._look()
        if self.stopped is None:
            self._finished()

    def _finished(self) -> None:
        """What follows a level: it is written where it shall be, and is the last one if that was asked for."""
        self._saving.save(ended=not self.levels[-1])
        if self.terms.first and self._bad():
            self.stopped = "first"

    def _expand(self, block: list[int], actions: list[int], successors: list[int]) -> None:
        step, before = self.program.step, 0
        state = 0
        try:
            for state in block:
                step(state, actions, successors)
                after = len(actions)
                if after == before and not self.program.at_end(state):
                    self.deadlocks += 1
                    self.targets.setdefault(DEADLOCK, (len(self.levels) - 2, state))
                before = after
        except Mistake as mistake:
            del actions[:], successors[:]
            self._roll_back()
            self._wrong(mistake, len(self.levels) - 1, state)

    def _roll_back(self) -> None:
        """Goes back to where the last level was finished."""
        assert self._before is not None
        self.found -= len(self.levels.pop())
        self.restore(self._before)

    def _wrong(self, mistake: Mistake, depth: int, state: int) -> None:
        self.mistake = mistake
        self.targets[ERROR] = (depth, state)
        self.stopped = "error"

    def _add(self, states: list[int]) -> None:
        """Takes those states that are new into the last level."""
        seen = self.seen
        new = [state for state in dict.fromkeys(states) if state not in seen]
        seen.update(new)
        self.levels[-1] += new
        self.found += len(new)
        if self._ahead is not None:
            self._ahead.update(new)

    def _closed(self, state: int) -> bool:
        """Whether a state may have been expanded: one found, but for the next level; after the search, any."""
        return self._ahead is None or (state in self.seen and state not in self._ahead)

    def _look(self) -> None:
        """Looks at the properties of the states that were not looked at."""
        for depth in range(self._looked, len(self.levels)):
            self._looked = depth + 1
            if not self._open and not self._checked:
                continue
            broken, state = self.program.broken, 0
            try:
                for state in self.levels[depth]:
                    noted = broken(state) & self._open
                    if noted:
                        self._note(noted, depth, state)
            except Mistake as mistake:
                self._wrong(mistake, depth, state)
                return

    def _note(self, noted: int, depth: int, state: int) -> None:
        for number in range(len(self.program.properties)):
            if noted >> number & 1:
                self.targets[number] = (depth, state)
        self._open &= ~noted

    def _bad(self) -> bool:
        """Whether a violation or a deadlock was found."""
        properties = self.program.properties
        return any(t == DEADLOCK or (isinstance(t, int) and properties[t].kind == "invariant") for t in self.targets)

    def _check_limits(self, left: int) -> None:
        """Looks at the limits and tells how far it is; `left` states of the level before the last are not expanded."""
        if self.stopped is None:
            self.stopped = self.limits.hit(self.seen, self.found)
        following = len(self.levels[-1])
        depth = len(self.levels) - (1 if following else 2)
        self.reporter.tell(self.found, left + following, depth, self.transitions)

    def numbers(self) -> Numbers:
        """What was counted and found, as JSON has it."""
        return {
            "transitions": self.transitions,
            "deadlocks": self.deadlocks,
            "fired": [self.fired[number] for number in range(len(self.program.grounded.actions))],
            "targets": [[target, depth, [state]] for target, (depth, state) in self.targets.items()],
        }

    def take(self, level: list[int]) -> None:
        """Takes over a level that was written."""
        self.levels.append(level)
        self.seen.update(level)
        self.found += len(level)
        self._looked += 1

    def restore(self, numbers: Numbers) -> None:
        """Takes back what was counted and found."""
        self.transitions, self.deadlocks = numbers["transitions"], numbers["deadlocks"]
        self.fired = Counter(dict(enumerate(numbers["fired"])))
        self.targets = {target: (depth, state) for target, depth, [state] in numbers["targets"]}
        for target in self.targets:
            if isinstance(target, int):
                self._open &= ~(1 << target)

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
            note=self.note,
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
