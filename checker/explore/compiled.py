"""Breadth-first search by machine code: the same search as by generated Python, and the same results.

Levels are expanded block by block in the order of their states; see `checker.explore.kernel` for the loops,
`checker.explore.kept` for where the levels are.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from checker import memory as budget
from checker.backends.native import NativeProgram
from checker.backends.program import Program
from checker.explore import kernel, looking
from checker.explore.checkpoint import Numbers, refused
from checker.explore.choosing import State, ending, least_noticed
from checker.explore.compiled_result import predecessors, result
from checker.explore.digest import digest
from checker.explore.files import Damaged, DiskFull, States
from checker.explore.kept import Kept
from checker.explore.limits import Reporter, Terms
from checker.explore.orbits import in_orbits
from checker.explore.result import Exploration, Stop
from checker.explore.table import OutOfMemory, Words
from checker.explore.walk import DEADLOCK, ERROR, Target
from checker.explore.workers import Workers

if TYPE_CHECKING:
    from checker.backends.images import Plan

ROOM = 1 << 14
"""Successors that one call of the model's code has room for, at least."""

LONG = 2_000_000
"""States from which on better code is worth the second that it takes to compile: it is a quarter faster."""

PATIENCE = 256
"""Blocks between two looks at the clock and at Ctrl-C."""

GLANCE = 1 << 18
"""States whose properties are looked at between two looks at Ctrl-C."""


ALL = sys.maxsize
"""More levels than there can be."""


class CompiledSearch:
    """One search by one program."""

    def __init__(
        self, program: NativeProgram, terms: Terms | None = None, capacity: int = 1 << 16, room: int = ROOM
    ) -> None:
        self.program = program
        self.terms = Terms() if terms is None else terms
        self.memory = int(budget.available() * 0.9) if self.terms.memory is None else self.terms.memory
        self.reporter = Reporter(self.terms.progress)
        self.stopped: Stop | None = None
        self.note = ""
        self.targets: dict[Target, tuple[int, State]] = {}
        self.mistake: int | None = None
        self.room = max(room, 2 * len(program.grounded.actions))
        self.capacity = capacity
        self.search = np.zeros(kernel.FIELDS, np.int64)
        self.search[kernel.MOST] = np.iinfo(np.int64).max if self.terms.states is None else self.terms.states
        self.fired = np.zeros(max(1, len(program.grounded.actions)), np.int64)
        self.found = np.zeros(-(-len(program.properties) // 64) + 1, np.int64)
        self.report = np.zeros(max(4, 1 + self.found.size), np.int64)
        self.ordered = ALL
        """The depth from which on states of a level lie in the order in which several threads happened to find them."""
        self._open = set(range(len(program.properties)))
        self._checked = any(prop.checks for prop in program.properties)
        self._kept: Kept | None = None
        self._looked = 0
        self._before: Numbers | None = None
        self._workers: Workers | None = None
        self.improved: threading.Thread | None = None

    @property
    def kept(self) -> Kept:
        """Where the levels are.  Raises `OutOfMemory` where there was no memory for any."""
        if self._kept is None:
            raise OutOfMemory
        return self._kept

    @property
    def count(self) -> int:
        """States found."""
        return sum(self.levels)

    @property
    def levels(self) -> State:
        """States at each depth."""
        return () if self._kept is None else self._kept.levels

    @property
    def disk(self) -> int:
        """The most bytes of disk that were in use, where memory did not hold all."""
        kept = self._kept
        return 0 if kept is None or kept.folder is None or not kept.on_disk else kept.folder.peak

    @property
    def files(self) -> list[States]:
        """The files of levels, where that is where they are kept."""
        return self.kept.files

    @property
    def counts(self) -> tuple[int, int, list[int]]:
        """Transitions, deadlocks, and transitions by action."""
        return int(self.search[kernel.TRANSITIONS]), int(self.search[kernel.DEADLOCKS]), self.fired.tolist()

    def chunks(self, depth: int) -> Iterator[Words]:
        """The states of a level, some at a time."""
        return self.kept.chunks(depth)

    def predecessors(self, wanted: Sequence[tuple[int, ...]], depth: int) -> dict[int, tuple[int, ...]]:
        """A state of that level leading to each of the wanted ones, by their place; those that have one."""
        words = self.program.words
        out = np.empty(self.room * words, np.uint64)
        address, actions = self.program.addresses[0], self.fired.size
        return predecessors((0,) * words, address, self.chunks(depth), wanted, out, actions, depth >= self.ordered)

    def orbits(self, plans: Sequence[Plan]) -> int:
        """The number of states in the orbits of those found."""
        chunks = (chunk for depth in range(len(self.levels)) for chunk in self.chunks(depth))
        return in_orbits(plans, chunks, self.program.words)

    def bytes_of(self, depth: int) -> Iterator[memoryview | bytes]:
        """The bytes of a level, some at a time."""
        return (states.data for states in self.chunks(depth))

    def run(self) -> None:
        """Searches until the space or a limit ends it; sets `stopped`.

        Raises `UsageError` where the folder of a checkpoint is not of this search, or damaged.
        """
        try:
            self._levels()
            if self._kept is not None:
                self._settle()
        finally:
            if self._workers is not None:
                self._workers.stop()

    def _levels(self) -> None:
        """Level after level, until something ends the search."""
        try:
            self._begin()
            while self.stopped is None and self.kept.sizes[-1]:
                self._level()
        except KeyboardInterrupt:
            self.stopped = "interrupted"
        except (OutOfMemory, MemoryError):
            self.stopped = "memory"
        except DiskFull as full:
            self.stopped, self.note = "disk", str(full)
        except Damaged as damaged:
            raise refused(damaged) from None

    def close(self) -> None:
        """Removes the files of this process; the states are gone then."""
        if self._kept is not None:
            self._kept.close()

    def _begin(self) -> None:
        """The initial states, or the levels of a checkpoint."""
        terms, words = self.terms, self.program.words
        if terms.checkpoint is not None:
            terms.checkpoint.begin("native", 8 * words, digest(self.program, self.program.layout))
        memory = self.memory - (0 if self.workers is None else self.workers.bytes)
        self._kept = kept = Kept(words, memory, terms.disk, self.room, self.capacity, terms.checkpoint, self._tell)
        if terms.checkpoint is not None and terms.checkpoint.files:
            kept.resume()
            if terms.checkpoint.ended:
                kept.where.close()
            self._restore(terms.checkpoint.numbers)
            self._looked = len(kept.sizes)
            self._finished()
        else:
            kept.store.add(self.program.initials)
            self._finish()

    def _level(self) -> None:
        """Expands the last finished level, which makes the next."""
        self._before = self.numbers()
        depth = len(self.kept.sizes) - 1
        try:
            for source in self.kept.chunks(depth):
                self._expand(source, depth)
                if self.stopped is not None:
                    return
            if depth >= self.ordered - 1 and self.targets.get(DEADLOCK, (-1,))[0] == depth:
                self.targets[DEADLOCK] = depth, ending(self, depth, stuck=True)
        except OutOfMemory:
            if self.kept.on_disk or self.terms.disk == 0:
                raise
            self._roll_back()
            self.kept.move()
            self.note = self.kept.note
            self.search[kernel.MOST] = np.iinfo(np.int64).max
            self.kept.save(self, ended=False)
            return
        self._finish()

    def _finish(self) -> None:
        """Closes the level in making, and looks at its properties."""
        self.kept.where.close()
        self._before = None
        self._look()
        if self.stopped is None:
            self._finished()

    def _finished(self) -> None:
        """What follows a level: it is written where it shall be, and is the last one if that was asked for."""
        kept, terms = self.kept, self.terms
        self.note = kept.note
        kept.save(self, ended=not kept.sizes[-1])
        if terms.first and self._bad():
            self.stopped = "first"
        elif terms.states is not None and kept.sizes[-1] and self.count >= terms.states:
            self.stopped = "states"

    def _settle(self) -> None:
        """Makes what a search that was cut short has found agree with itself."""
        self.reporter.callback = None
        if self.kept.on_disk and self.stopped is not None and self.stopped != "error":
            self._roll_back()
        if self.stopped != "error":
            self._look()

    def _expand(self, source: Words, depth: int) -> None:
        """Expands the states of a chunk, into the level in making."""
        search, left = self.search, [(0, source.size // self.program.words)]
        search[kernel.DEADLOCK] = -1
        while left and self.stopped is None:
            search[kernel.NEXT], search[kernel.END] = left.pop()
            status, more = self._together(source) if self._many() else self._alone(source)
            left += more
            if search[kernel.DEADLOCK] >= 0:
                self.targets.setdefault(DEADLOCK, (depth, self.state(source, int(search[kernel.DEADLOCK]))))
            if status == kernel.FULL:
                self.kept.where.make_room()
            elif status == kernel.ENOUGH:
                self.stopped = "states"
            elif status == kernel.WRONG_STEP:
                self._roll_back()
                state = ending(self, depth, stuck=False)
                self._wrong(int(self.report[1]) - 1, depth, state)
            self._improve()
            self._tell()

    def _many(self) -> bool:
        """Whether what is to be expanded is for several threads."""
        workers, search = self.workers, self.search
        states = int(search[kernel.END] - search[kernel.NEXT])
        return workers is not None and workers.worth(states) and workers.fit(self.kept.store)

    def _together(self, source: Words) -> tuple[int, list[tuple[int, int]]]:
        """Expands states by several threads: what came of it, and which are left."""
        assert self.workers is not None
        self.ordered = min(self.ordered, len(self.kept.sizes))
        return self.workers.expand(self.kept.where, source, self.fired, self.search, self._tell)

    def _alone(self, source: Words) -> tuple[int, list[tuple[int, int]]]:
        """Expands some of the states to be expanded by this thread: what came of it, and which are left."""
        store, search = self.kept.store, self.search
        search[kernel.COUNT], search[kernel.CAPACITY], search[kernel.BLOCKS] = store.count, store.capacity, PATIENCE
        table = store.shape, self.program.addresses[0], store.table, store.bytes_view, store.states
        status = kernel.advance(*table, source, store.out, store.hashes, self.fired, self.report, search)
        store.count = int(search[kernel.COUNT])
        return status, [] if status == kernel.DONE else [(int(search[kernel.NEXT]), int(search[kernel.END]))]

    @property
    def workers(self) -> Workers | None:
        """The threads, if there are to be any."""
        if self._workers is None and self.terms.workers > 1:
            self._workers = Workers(self.program, self.terms.workers, self.room)
        return self._workers

    def numbers(self) -> Numbers:
        """What was counted and found, as JSON has it."""
        return {
            "transitions": int(self.search[kernel.TRANSITIONS]),
            "deadlocks": int(self.search[kernel.DEADLOCKS]),
            "fired": self.fired.tolist(),
            "ordered": self.ordered,
            "targets": [[target, depth, state] for target, (depth, state) in self.targets.items()],
        }

    def _restore(self, numbers: Numbers) -> None:
        """Takes back what was counted and found."""
        self.search[kernel.TRANSITIONS] = numbers["transitions"]
        self.search[kernel.DEADLOCKS] = numbers["deadlocks"]
        self.fired[:] = numbers["fired"]
        self.ordered = min(self.ordered, numbers.get("ordered", ALL))
        self.targets = {target: (depth, tuple(state)) for target, depth, state in numbers["targets"]}
        for target in self.targets:
            if isinstance(target, int):
                self._taken(target)

    def _roll_back(self) -> None:
        """Goes back to where the last level was finished."""
        self.kept.where.reopen()
        if self._before is not None:
            self._restore(self._before)

    def _look(self) -> None:
        """Looks at the properties of the states that were not looked at."""
        sizes = self.levels
        while self._looked < len(sizes) and self.stopped != "error":
            for states in self.chunks(self._looked) if self._open or self._checked else ():
                self._look_at(states, self._looked)
            self._looked += 1

    def _look_at(self, states: Words, depth: int) -> None:
        start, count = 0, states.size // self.program.words
        while start < count and self.stopped != "error":
            end = min(count, start + GLANCE)
            start = self._noticed(states, start, end)
            if start < end and depth >= self.ordered:
                for state in least_noticed(self, depth):
                    if not self._noticed(np.array(state, np.uint64), 0, 1):
                        self._note(depth, state)
            elif start < end:
                self._note(depth, self.state(states, start))
            self._tell()

    def _noticed(self, states: Words, start: int, end: int) -> int:
        """The first state that shows something new, which the report tells; `end` if there is none."""
        notice = self.program.addresses[1]
        if self.workers is not None and self.workers.worth(end - start):
            start = self.workers.look(notice, states, start, end, self.found, self.report.size)
            if start == end:
                return end
        return int(looking.look(self.kept.shape, notice, states, start, end, self.found, self.report))

    def _note(self, depth: int, state: State) -> None:
        if self.report[0]:
            self._wrong(int(self.report[0]) - 1, depth, state)
            return
        for number in sorted(self._open):
            word, bit = divmod(number, 64)
            if int(self.report[1 + word]) >> bit & 1:
                self._taken(number)
                self.targets[number] = depth, state

    def _taken(self, number: int) -> None:
        """A property of which no more is to be noted."""
        word, bit = divmod(number, 64)
        self._open.discard(number)
        self.found[word] |= np.uint64(1 << bit).astype(np.int64)

    def _wrong(self, mistake: int, depth: int, state: State) -> None:
        self.mistake = mistake
        self.targets[ERROR] = depth, state
        self.stopped = "error"

    def _bad(self) -> bool:
        """Whether a violation or a deadlock was found."""
        properties = self.program.properties
        return any(t == DEADLOCK or (isinstance(t, int) and properties[t].kind == "invariant") for t in self.targets)

    def _improve(self) -> None:
        """Has better code compiled, once the search turns out long enough for it; the search goes on meanwhile."""
        if (
            self.improved is None
            and not self.program.improved
            and self.stopped is None
            and self.kept.where.found >= LONG
        ):
            self.improved = threading.Thread(target=self.program.improve)
            self.improved.start()

    def _tell(self) -> None:
        """Tells how far it is."""
        if not self.reporter.due():
            return
        kept = self.kept
        done, making = sum(kept.sizes), kept.store.count - (0 if kept.on_disk else sum(kept.sizes))
        left = kept.sizes[-1] - int(self.search[kernel.NEXT]) if kept.sizes else 0
        disk = kept.folder.bytes if kept.on_disk and kept.folder is not None else 0
        transitions = int(self.search[kernel.TRANSITIONS])
        self.reporter.tell(done + making, max(0, left) + making, max(0, len(kept.sizes) - 1), transitions, disk)

    def state(self, states: Words, place: int) -> State:
        """A state of many, by its place among them."""
        words = self.program.words
        return tuple(int(word) for word in states[place * words : (place + 1) * words])

    def result(self, judge: Program) -> Exploration:
        """What was found; `judge`, the same model in another engine, replays each counterexample.

        Raises `NotABehaviour` if the engines contradict each other.
        """
        return result(self, judge)
