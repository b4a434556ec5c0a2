"""Breadth-first search by machine code: the same search as by generated Python, and the same results.

Levels are ranges of one array, expanded block by block in the same order; see `checker.explore.kernel` for the loops.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import Counter
from itertools import pairwise

import numpy as np

from checker import memory as budget
from checker.backends.native import NativeProgram
from checker.backends.program import Mistake, Program
from checker.explore import kernel
from checker.explore.limits import Callback, Reporter
from checker.explore.result import Deadlocks, Exploration, Stop
from checker.explore.search import failure, finding, fired_by_name
from checker.explore.table import OutOfMemory, Store
from checker.explore.walk import DEADLOCK, ERROR, NotABehaviour, Path, Target, replayed

ROOM = 1 << 14
"""Successors that one call of the model's code has room for, at least."""

LONG = 2_000_000
"""States from which on better code is worth the second that it takes to compile: it is a quarter faster."""

PATIENCE = 256
"""Blocks between two looks at the clock and at Ctrl-C."""


class CompiledSearch:
    """One search by one program."""

    def __init__(
        self,
        program: NativeProgram,
        first: bool = False,
        memory: int | None = None,
        states: int | None = None,
        progress: Callback | None = None,
        capacity: int = 1 << 16,
        room: int = ROOM,
    ) -> None:
        self.program = program
        self.first = first
        self.memory = int(budget.available() * 0.9) if memory is None else memory
        self.reporter = Reporter(progress)
        self.starts = [0]
        self.stopped: Stop | None = None
        self.targets: dict[Target, tuple[int, int]] = {}
        self.mistake: int | None = None
        self.room = max(room, 2 * len(program.grounded.actions))
        self.capacity = capacity
        self.search = np.zeros(kernel.FIELDS, np.int64)
        self.search[kernel.DEADLOCK] = -1
        self.search[kernel.MOST] = np.iinfo(np.int64).max if states is None else states
        self.fired = np.zeros(max(1, len(program.grounded.actions)), np.int64)
        self.found = np.zeros(-(-len(program.properties) // 64) + 1, np.int64)
        self.report = np.zeros(max(4, 1 + self.found.size), np.int64)
        self._open = set(range(len(program.properties)))
        self._checked = any(prop.checks for prop in program.properties)
        self.store: Store | None = None
        self.improved: threading.Thread | None = None

    @property
    def count(self) -> int:
        """States found."""
        return int(self.search[kernel.COUNT])

    @property
    def levels(self) -> tuple[int, ...]:
        """States at each depth."""
        ends = [*self.starts[1:], self.count]
        sizes = [end - start for start, end in zip(self.starts, ends, strict=True)]
        return tuple(sizes if sizes[-1] else sizes[:-1])

    def run(self) -> None:
        """Searches until the space or a limit ends it; sets `stopped`."""
        search = self.search
        try:
            self.store = store = Store(self.program.words, self.memory, self.room, self.capacity)
            store.add(self.program.initials)
            search[kernel.COUNT] = store.count
            self._level()
            while self.stopped is None and self.count > search[kernel.END]:
                search[kernel.END] = self.count
                self.starts.append(self.count)
                self._level()
        except KeyboardInterrupt:
            self.stopped = "interrupted"
        except (OutOfMemory, MemoryError, OSError):
            self.stopped = "memory"

    def _level(self) -> None:
        """Expands the states up to END, and looks at the properties of what is found."""
        search, status = self.search, kernel.PAUSED
        ending = False
        while status != kernel.DONE and self.stopped is None:
            search[kernel.BLOCKS] = 0 if ending else 1 if self.first else PATIENCE
            status = self._advance()
            self._handle(status)
            self._improve()
            ending = self.first and self._bad()
            if ending and status not in (kernel.PROPERTY, kernel.FULL) and self.stopped is None:
                self.stopped = "first"
            left = int(search[kernel.COUNT] - search[kernel.NEXT])
            self.reporter.tell(self.count, left, len(self.starts) - 1, int(search[kernel.TRANSITIONS]))

    def _advance(self) -> int:
        store = self._store()
        store.count = self.count
        self.search[kernel.CAPACITY] = store.capacity
        expand, notice = self.program.addresses
        status: int = kernel.advance(
            store.shape,
            expand,
            notice if self._open or self._checked else 0,
            store.table,
            store.bytes_view,
            store.states,
            store.out,
            store.hashes,
            self.fired,
            self.found,
            self.report,
            self.search,
        )
        store.count = self.count
        return status

    def _handle(self, status: int) -> None:
        """Does what the inner loop stopped for."""
        search = self.search
        if search[kernel.DEADLOCK] >= 0:
            self._aim(DEADLOCK, int(search[kernel.DEADLOCK]))
        if status == kernel.FULL:
            self._store().grow()
        elif status == kernel.ENOUGH:
            self.stopped = "first" if self.first and self._bad() else "states"
        elif status == kernel.PROPERTY:
            self._note(int(search[kernel.NOTICED]))
        elif status in (kernel.WRONG_STEP, kernel.WRONG_PROPERTY):
            self.mistake = int(search[kernel.WRONG])
            self._aim(ERROR, int(search[kernel.NEXT if status == kernel.WRONG_STEP else kernel.NOTICED]))
            self.stopped = "error"

    def _note(self, state: int) -> None:
        for number in sorted(self._open):
            word, bit = divmod(number, 64)
            if int(self.report[1 + word]) >> bit & 1:
                self._open.discard(number)
                self.found[word] |= np.uint64(1 << bit).astype(np.int64)
                self._aim(number, state)

    def _improve(self) -> None:
        """Has better code compiled, once the search turns out long enough for it; the search goes on meanwhile."""
        if self.improved is None and self.count >= LONG and self.stopped is None:
            self.improved = threading.Thread(target=self.program.improve)
            self.improved.start()

    def _bad(self) -> bool:
        """Whether a violation or a deadlock was found."""
        properties = self.program.properties
        return any(t == DEADLOCK or (isinstance(t, int) and properties[t].kind == "invariant") for t in self.targets)

    def _aim(self, target: Target, state: int) -> None:
        self.targets.setdefault(target, (bisect_right(self.starts, state) - 1, state))

    def _store(self) -> Store:
        if self.store is None:
            raise OutOfMemory
        return self.store

    def result(self, judge: Program) -> Exploration:
        """What was found; `judge`, the same model in another engine, replays each counterexample.

        Raises `NotABehaviour` if the engines contradict each other.
        """
        seconds = self.reporter.seconds()
        traces = {target: replayed(judge, self._path(judge, states), target) for target, states in self._ways().items()}
        fired = Counter({number: int(times) for number, times in enumerate(self.fired) if times})
        return Exploration(
            grounded=judge.grounded,
            states=self.count,
            transitions=int(self.search[kernel.TRANSITIONS]),
            levels=self.levels,
            fired=fired_by_name(judge.grounded, fired),
            findings=tuple(
                finding(prop, traces.get(number), self.stopped is None) for number, prop in enumerate(judge.properties)
            ),
            deadlocks=Deadlocks(int(self.search[kernel.DEADLOCKS]), traces.get(DEADLOCK)),
            error=None if self.mistake is None else failure(self._mistake(judge), traces[ERROR]),
            stopped=self.stopped,
            seconds=seconds,
            engine="native",
        )

    def _mistake(self, judge: Program) -> Mistake:
        """The mistake that ended the search, as the judge's model has it."""
        kind, number, position = self.program.mistakes[self.mistake or 0]
        origin = judge.grounded.actions[number] if kind == "action" else judge.properties[number]
        return Mistake(origin.checks[position], origin)

    def _ways(self) -> dict[Target, list[int]]:
        """Numbers of the states on a shortest way to each target: predecessors of all of them, level by level."""
        ways = {target: [state] for target, (_, state) in self.targets.items()}
        deepest = max((depth for depth, _ in self.targets.values()), default=0)
        for depth in range(deepest, 0, -1):
            active = [target for target, (own, _) in self.targets.items() if own >= depth]
            wanted = list(dict.fromkeys(ways[target][-1] for target in active))
            before = dict(zip(wanted, self._predecessors(wanted, depth - 1), strict=True))
            for target in active:
                ways[target].append(before[ways[target][-1]])
        return {target: way[::-1] for target, way in ways.items()}

    def _predecessors(self, wanted: list[int], depth: int) -> list[int]:
        store = self._store()
        words = np.array([store.state(number) for number in wanted], np.uint64).reshape(-1)
        found = np.full(len(wanted), -1, np.int64)
        scratch = np.zeros(8 + self.fired.size, np.int64)
        start, end = self.starts[depth : depth + 2]
        expand, _ = self.program.addresses
        kernel.predecessors(store.shape, expand, store.states, start, end, words, found, store.out, scratch)
        if found.min() < 0:
            raise NotABehaviour(f"{(found < 0).sum()} states have no predecessor in the level before theirs")
        return found.tolist()

    def _path(self, judge: Program, states: list[int]) -> Path:
        """The states as the judge packs them, and between them the first actions that lead from one to the next."""
        store = self._store()
        packed = [judge.pack(self.program.unpack(store.state(number))) for number in states]
        actions = []
        for before, after in pairwise(packed):
            leads = [action for action, successor in judge.expand(before) if successor == after]
            if not leads:
                raise NotABehaviour("a step of the compiled engine is none of the generated program")
            actions.append(leads[0])
        return packed, actions
