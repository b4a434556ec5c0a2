"""Random behaviours of a model: for what is too large to be exhausted.  Every one is given by its seed and number."""

from __future__ import annotations

import random
import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from checker import memory as budget
from checker.backends.program import Mistake
from checker.backends.python import PythonProgram, compile_program
from checker.explore import Deadlocks, Exploration, Finding
from checker.explore.limits import Limits, Reporter
from checker.explore.search import failure, fired_by_name
from checker.grounding.ground import ground
from checker.reading import load
from checker.refusal import UsageError, listed
from checker.run import Request, Run, check_names, configured
from checker.traces.trace import Trace

if TYPE_CHECKING:
    from checker.explore import Progress
    from checker.explore.result import Stop

TRIES = 20_000
"""Steps taken at most to make a behaviour that shows something wrong shorter."""


@dataclass(frozen=True)
class Asked:
    """How many behaviours of at most how many steps; the seed of the first, number 0, and of all after it."""

    behaviours: int = 1000
    steps: int = 100
    seed: int = 0


@dataclass(frozen=True)
class _Walk:
    """A behaviour: its states, one more than the actions, which are numbers."""

    states: list[int]
    actions: list[int]


@dataclass(frozen=True)
class Simulated(Run):
    """A simulation as a run: its numbers are of what was visited, so it never exhausts a space."""

    asked: Asked = field(default_factory=Asked)

    @property
    def command(self) -> str:
        """The command that walks the same behaviours again, with every default filled in."""
        asked = self.asked
        words = ["checker", "simulate", "--model", self.request.model, *self.configuration.options()]
        for option, names in (("--property", self.request.properties), ("--idle", self.request.idle)):
            words += [word for name in names for word in (option, name)]
        words += ["--behaviours", str(asked.behaviours), "--steps", str(asked.steps), "--seed", str(asked.seed)]
        return shlex.join(words)


def simulate(request: Request, asked: Asked, progress: Callable[[Progress], None] | None = None) -> Simulated:
    """Walks random behaviours, and ends at the first that shows something wrong.

    Each step takes an action by its name, each as likely, then one of its instances.  Raises `UsageError` and
    `ModelError` as an exploration does.
    """
    model = load(request.model)
    chosen = configured(model, request)
    check_names("action", request.idle, [item.name for item in model.actions])
    grounded = ground(model, chosen.settings, chosen.bounds)
    kinds = {item.name: item.kind for item in model.properties}
    wanted = [name for name in request.properties or kinds if kinds[name] != "eventually"]
    if not wanted:
        raise UsageError(f"random behaviours end, so they show nothing of {listed(request.properties or kinds)}")
    memory = budget.default_budget() if request.memory is None else request.memory
    simulation = _Simulation(compile_program(grounded, wanted), asked, memory, Reporter(progress))
    return Simulated(request, chosen, simulation.run(), memory, asked=asked)


class _Simulation:
    def __init__(self, program: PythonProgram, asked: Asked, memory: int, reporter: Reporter) -> None:
        self.program, self.asked, self.reporter = program, asked, reporter
        self.limits = Limits(memory, None, program.bits)
        self.names = [action.name for action in program.grounded.actions]
        self.kinds = [prop.kind for prop in program.properties]
        self.seen: set[int] = set()
        self.levels: Counter[int] = Counter()
        self.fired: Counter[int] = Counter()
        self.shown: dict[int, _Walk] = {}
        self.deadlock: _Walk | None = None
        self.mistake: tuple[Mistake, _Walk] | None = None

    def run(self) -> Exploration:
        stopped: Stop = "sampled"
        try:
            for number in range(self.asked.behaviours):
                self._behaviour(random.Random(f"{self.asked.seed}/{number}"))
                self.reporter.tell(len(self.seen), 0, number, self.fired.total())
                if self._wrong():
                    break
                if self.limits.hit(self.seen, len(self.seen)):
                    stopped = "memory"
                    break
        except KeyboardInterrupt:
            stopped = "interrupted"
        return self._result("error" if self.mistake is not None else stopped)

    def _wrong(self) -> bool:
        violated = any(self.kinds[number] == "invariant" for number in self.shown)
        return violated or self.deadlock is not None or self.mistake is not None

    def _behaviour(self, chance: random.Random) -> None:
        """One behaviour, until something is wrong with it."""
        state = chance.choice(self.program.initials)
        walk = _Walk([state], [])
        try:
            self._visit(walk)
            while len(walk.actions) < self.asked.steps and not self._wrong():
                possible: dict[str, list[tuple[int, int]]] = {}
                for action, after in self.program.expand(walk.states[-1]):
                    possible.setdefault(self.names[action], []).append((action, after))
                if not possible:
                    if not self.program.at_end(walk.states[-1]):
                        self.deadlock = walk
                    return
                action, after = chance.choice(possible[chance.choice(list(possible))])
                walk.actions.append(action)
                walk.states.append(after)
                self.fired[action] += 1
                self._visit(walk)
        except Mistake as mistake:
            self.mistake = mistake, walk

    def _visit(self, walk: _Walk) -> None:
        """Notes a state and what it shows."""
        state = walk.states[-1]
        if state in self.seen:
            return
        self.seen.add(state)
        self.levels[len(walk.actions)] += 1
        noted = self.program.broken(state)
        for number in range(len(self.kinds)):
            if noted >> number & 1 and number not in self.shown:
                self.shown[number] = _Walk(walk.states[:], walk.actions[:])

    # --- what came of it ------------------------------------------------------------------------------------

    def _result(self, stopped: Stop) -> Exploration:
        findings = tuple(self._finding(number) for number in range(len(self.kinds)))
        dead = None if self.deadlock is None else self._trace(self.deadlock, "deadlock", self._is_dead)
        deepest = max(self.levels, default=0)
        return Exploration(
            grounded=self.program.grounded,
            states=len(self.seen),
            transitions=self.fired.total(),
            levels=tuple(self.levels[depth] for depth in range(deepest + 1)),
            fired=fired_by_name(self.program.grounded, self.fired),
            findings=findings,
            deadlocks=Deadlocks(0 if dead is None else 1, dead),
            error=None if self.mistake is None else failure(self.mistake[0], self._made(self.mistake[1], "error")),
            stopped=stopped,
            seconds=self.reporter.seconds(),
        )

    def _finding(self, number: int) -> Finding:
        prop = self.program.properties[number]
        constant = prop.body.operator == "const"
        if number not in self.shown:
            return Finding(prop, "unknown", constant=constant)
        trace = self._trace(self.shown[number], prop.name, lambda state: bool(self.program.broken(state) >> number & 1))
        return Finding(prop, "violated" if prop.kind == "invariant" else "reached", len(trace), trace, constant)

    def _is_dead(self, state: int) -> bool:
        return not self.program.expand(state) and not self.program.at_end(state)

    def _trace(self, walk: _Walk, name: str, shows: Callable[[int], bool]) -> Trace:
        return self._made(_shorter(self.program, walk, shows), name)

    def _made(self, walk: _Walk, name: str) -> Trace:
        grounded = self.program.grounded
        states = tuple(self.program.unpack(state) for state in walk.states)
        return Trace(grounded, states, tuple(grounded.actions[number] for number in walk.actions), name)


def _shorter(program: PythonProgram, walk: _Walk, shows: Callable[[int], bool]) -> _Walk:
    """A behaviour with as many steps left out, in runs and then one by one, as still leads to what it shows.

    It need not be a shortest one.
    """
    best, left, size = walk, TRIES, max(1, len(walk.actions) // 2)
    while size:
        start = 0
        while start < len(best.actions) and left > 0:
            tried = _taken(program, best.states[0], best.actions[:start] + best.actions[start + size :], shows)
            left -= len(best.actions)
            if tried is None:
                start += 1
            else:
                best = tried
        size //= 2
    return best


def _taken(program: PythonProgram, initial: int, actions: Sequence[int], shows: Callable[[int], bool]) -> _Walk | None:
    """The behaviour that takes these actions until what is to be shown is; None where one cannot be taken."""
    made = _Walk([initial], [])
    try:
        for action in actions:
            if shows(made.states[-1]):
                break
            possible = dict(program.expand(made.states[-1]))
            if action not in possible:
                return None
            made.actions.append(action)
            made.states.append(possible[action])
        return made if shows(made.states[-1]) else None
    except Mistake:
        return None
