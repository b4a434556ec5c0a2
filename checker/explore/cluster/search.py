"""Breadth-first search by partitions: what the driver does, which holds counters and no states.

A long level is one call of each partition, and so are several short ones.  They expand it and send each other what they
find, until all know that all has arrived; then each closes the level, looks at it, and says what it came to.  Where the
search is to end in the middle of a level they are told to end a round of the exchange before that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from checker.backends.native import NativeProgram
from checker.backends.program import Program
from checker.explore.checkpoint import Numbers, refused
from checker.explore.cluster.fleet import Fleet, Lost
from checker.explore.cluster.forecast import Outlook
from checker.explore.cluster.messages import Closed, Reached, Task, Told
from checker.explore.cluster.tally import Tally
from checker.explore.compiled import ROOM
from checker.explore.compiled_result import Packed, result
from checker.explore.digest import digest
from checker.explore.files import Damaged, DiskFull
from checker.explore.limits import EVERY, Reporter, Terms
from checker.explore.result import Exploration, Stop
from checker.explore.walk import DEADLOCK, ERROR, Target

if TYPE_CHECKING:
    from checker.backends.images import Plan

T = TypeVar("T")

MANY = 1 << 30
"""More levels than there can be."""

LOSSES = 3
"""Losses of workers without a level finished in between after which there is no point in going on."""


class _Over(Exception):
    """The partitions are not what they were when the last level was closed, and nothing can be done about it."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(stop)
        self.stop = stop


class ClusterSearch:
    """One search by one program; `open_fleet` gives the partitions for a task, once; `outlook` says what that takes."""

    def __init__(
        self,
        program: NativeProgram,
        terms: Terms,
        parts: int,
        open_fleet: Callable[[Task], Fleet],
        room: int = ROOM,
        outlook: Outlook | None = None,
    ) -> None:
        self.program = program
        self.terms = terms
        actions, properties = len(program.grounded.actions), len(program.properties)
        checked, room = any(prop.checks for prop in program.properties), max(room, 2 * actions)
        self.task = Task(program.source, program.words, actions, properties, checked, room, parts, program.kept)
        self.reporter = Reporter(terms.progress)
        self.stopped: Stop | None = None
        self.note = ""
        self.targets: dict[Target, tuple[int, Packed]] = {}
        self.mistake: int | None = None
        self.disk = 0
        self.sizes: list[list[int]] = []
        self.counts: tuple[int, int, Sequence[int]] = (0, 0, [0] * max(1, actions))
        self.tally = Tally(parts, 8 * program.words)
        self.fleet = open_fleet(self.task)
        self.outlook = outlook or Outlook(terms.memory, program.words, parts, 1, lambda text: None)
        self._attempt = 0
        self._losses = self._deepest = 0
        self._before = self.numbers()

    @property
    def levels(self) -> tuple[int, ...]:
        """States at each depth."""
        levels = [sum(sizes) for sizes in self.sizes]
        while levels and not levels[-1]:
            levels.pop()
        return tuple(levels)

    def run(self) -> None:
        """Searches until the space or a limit ends it; sets `stopped`.

        Raises `UsageError` where the folder of a checkpoint is not of this search, or damaged.
        """
        checkpoint = self.terms.checkpoint
        try:
            if checkpoint is not None:
                checkpoint.begin("cluster", 8 * self.program.words, digest(self.program, self.program.layout))
            self._mended(self._begin)
            self._search()
        except DiskFull as full:
            self.stopped, self.note = "disk", str(full)
        except KeyboardInterrupt:
            if self.stopped is not None:
                raise
            self._restore(self._before)
            self.stopped = "interrupted"
        except _Over as over:
            self._give_up(over.stop)
        except Damaged as damaged:
            raise refused(damaged) from None
        self.reporter.callback = None
        self.note = "; ".join(filter(None, [self.note, self.tally.told(self.reporter.seconds())]))

    def result(self, judge: Program) -> Exploration:
        """What was found; `judge`, the same model in another engine, replays each counterexample.

        Raises `NotABehaviour` if the engines contradict each other.
        """
        try:
            return result(self, judge)
        except DiskFull as full:
            self.note = str(full)
            self._give_up("disk")
        except _Over as over:
            self._give_up(over.stop)
        return result(self, judge)

    def close(self) -> None:
        """Ends the partitions."""
        self.fleet.stop()

    def predecessors(self, wanted: Sequence[Packed], depth: int) -> Mapping[int, Packed]:
        """The least state of that level leading to each of the wanted ones, by their place; those that have one."""
        found: dict[int, Packed] = {}
        for one in self._of_all("predecessors", list(wanted), depth):
            found |= {place: min(state, found.get(place, state)) for place, state in one.items()}
        return found

    def orbits(self, plans: Sequence[Plan]) -> int:
        """The number of states in the orbits of those found."""
        return sum(self._of_all("orbits", list(plans), len(self.levels)))

    def numbers(self) -> Numbers:
        """What was counted and found, as JSON has it."""
        transitions, deadlocks, fired = self.counts
        return {
            "transitions": transitions,
            "deadlocks": deadlocks,
            "fired": list(fired),
            "targets": [[target, depth, state] for target, (depth, state) in self.targets.items()],
            "sizes": [list(sizes) for sizes in self.sizes],
        }

    # --- the levels ---------------------------------------------------------------------------------------------

    def _search(self) -> None:
        while self.stopped is None and any(self.sizes[-1]):
            self._mended(self._level)

    def _begin(self) -> None:
        """The initial states, or the levels of the checkpoint; what the partitions had is forgotten."""
        try:
            self._start_over()
        except KeyboardInterrupt:
            raise _Over("interrupted") from None

    def _start_over(self) -> None:
        checkpoint = self.terms.checkpoint
        self._attempt += 1
        if checkpoint is None or not checkpoint.files:
            self._restore({**_NOTHING, "fired": [0] * len(self.counts[2])})
            self._closed(self._all("begin", self._attempt, self.program.initials, []))
            return
        self._restore(checkpoint.numbers)
        files = iter(checkpoint.files)
        levels = [[next(files) for _ in sizes] for sizes in self.sizes]
        asked = []
        for part in range(self.task.parts):
            own = [[made[part]] if len(made) == self.task.parts else made for made in levels]
            asked.append(self.fleet.ask(part, "load", self._attempt, checkpoint.place.address, own))
        self._heard(list(map(self.fleet.answer, asked)))
        if self.stopped == "memory":
            self.note = self.outlook.short(self.levels)
            raise _Over("memory")
        self._before = self.numbers()
        self._finished()

    def _level(self, most: int | None = None) -> None:
        """Expands the last finished level, or what is left of it, and up to so many in all that take but a moment."""
        alone = self.terms.first or self.terms.states is not None
        for told in zip(*self._work(1 if alone else most or MANY), strict=True):
            self._count(told)
            depth = len(self.sizes) - 1
            if self.stopped == "memory":
                self._run_short()
                return
            if self.stopped == "error":
                self._restore(self._before)
                self._wrong(self._ending(depth, stuck=False), depth)
                return
            if self.counts[1] and DEADLOCK not in self.targets:
                self.targets[DEADLOCK] = depth, self._ending(depth, stuck=True)[0]
            closed = [one.closed for one in told if one.closed is not None]
            if not closed and self.stopped is None and sum(self.tally.held) < (self.terms.states or 0):
                return
            if not closed and self.stopped is None:
                self.stopped = "states"
            self._closed(closed or self._all("close", (self._attempt, depth), self._known()))
            if self.stopped not in (None, "interrupted") or not any(self.sizes[-1]):
                return

    def _work(self, levels: int) -> list[list[Told]]:
        """Has all partitions work on so many levels at most, and hears from each what they came to."""
        most = None
        if self.terms.states is not None:
            most = max(1, -(-(self.terms.states - sum(self.tally.held)) // self.task.parts))
        parts, when = range(self.task.parts), (self._attempt, len(self.sizes) - 1)
        asked = [self.fleet.ask(part, "work", when, self._known(), most, levels) for part in parts]
        left = set(asked)
        while left:
            try:
                for reference in self.fleet.ready(list(left), EVERY):
                    self.fleet.answer(reference)
                    left.remove(reference)
                self._tell()
            except KeyboardInterrupt:
                if self.stopped is not None:
                    raise
                self.stopped = "interrupted"
                for part in parts:
                    self.fleet.interrupt(part, "pause")
        return [self.fleet.answer(reference) for reference in asked]

    def _count(self, told: Sequence[Told]) -> None:
        """Takes note of what a round came to."""
        self.tally.add(told)
        status = {one.status for one in told}
        if status & {"memory", "wrong"}:
            self.stopped = "error" if "wrong" in status else "memory"
        transitions, deadlocks, fired = self.counts
        for one in told:
            if one.fired is not None:
                fired = (fired + one.fired).tolist()
            transitions += one.transitions
            deadlocks += one.deadlocks
        self.counts = transitions, deadlocks, fired

    def _known(self) -> list[int]:
        """Properties of which no more is to be noted."""
        return [target for target in self.targets if isinstance(target, int)]

    def _ending(self, depth: int, stuck: bool) -> tuple[Packed, int]:
        """The least state of a level that is stuck, or else that shows a mistake; and the number of the mistake."""
        least: tuple[Packed, int] = min(filter(None, self._all("ending", depth, stuck)))
        return least

    def _run_short(self) -> None:
        """Gives the level in making up, and says how much memory it takes: more than what there is of that level."""
        making = max(0, sum(self.tally.held) - sum(self.levels))
        self._restore(self._before)
        self.note = self.outlook.short([*self.levels, making] if making else self.levels)

    def _closed(self, heard: list[Closed]) -> None:
        """Takes note of a level that all have closed, and of what its states show."""
        self._heard(heard)
        if self.stopped == "memory":
            self._run_short()
            return
        self.sizes.append([closed.size for closed in heard])
        depth = len(self.sizes) - 1
        # In a moment's levels a partition does not know what others have seen in an earlier one.
        for number in {number for closed in heard for number in closed.seen} - self.targets.keys():
            self.targets[number] = depth, min(closed.seen[number] for closed in heard if number in closed.seen)
        self._before = self.numbers()
        mistakes = [closed.mistake for closed in heard if closed.mistake is not None]
        if mistakes:
            self._wrong(min(mistakes), depth)
        elif self.stopped is None:
            self._finished()

    def _finished(self) -> None:
        """What follows a level: it is written where it shall be, and is the last one if that was asked for."""
        if len(self.sizes) > self._deepest:
            self._deepest, self._losses = len(self.sizes), 0
        self._save()
        if self.terms.first and self._bad():
            self.stopped = "first"
        elif self.terms.states is not None and any(self.sizes[-1]) and sum(self.levels) >= self.terms.states:
            self.stopped = "states"
        elif any(self.sizes[-1]) and not self.terms.first and self.terms.states is None:
            self.note = self.outlook.foresee(self.levels)
            self.stopped = "memory" if self.note else None

    def _heard(self, heard: list[Closed]) -> list[Closed]:
        """The same, after it was seen whether there was memory for all."""
        if any(closed.status == "memory" for closed in heard):
            self.stopped = "memory"
        self.tally.held = [closed.states for closed in heard]
        return heard

    def _wrong(self, mistake: tuple[Packed, int], depth: int) -> None:
        state, self.mistake = mistake
        self.targets[ERROR] = depth, state
        self.stopped = "error"

    def _bad(self) -> bool:
        """Whether a violation or a deadlock was found."""
        properties = self.program.properties
        return any(t == DEADLOCK or (isinstance(t, int) and properties[t].kind == "invariant") for t in self.targets)

    def _restore(self, numbers: Numbers) -> None:
        """Takes back what was counted and found."""
        self.counts = numbers["transitions"], numbers["deadlocks"], list(numbers["fired"])
        self.targets = {target: (depth, tuple(state)) for target, depth, state in numbers["targets"]}
        self.sizes = [list(sizes) for sizes in numbers["sizes"]]

    # --- what can go wrong --------------------------------------------------------------------------------------

    def _all(self, method: str, *arguments: Any) -> list[Any]:
        """What a method of every partition gives."""
        asked = [self.fleet.ask(part, method, *arguments) for part in range(self.task.parts)]
        return [self.fleet.answer(reference) for reference in asked]

    def _of_all(self, method: str, *arguments: Any) -> list[Any]:
        """What a method of every partition gives, at the end of the search; a lost part is searched again."""
        levels, stopped, targets = len(self.sizes), self.stopped, self.targets

        def step() -> list[Any]:
            self.stopped = None
            while len(self.sizes) < levels and self.stopped is None:
                self._level(levels - len(self.sizes))
            if len(self.sizes) < levels:
                raise _Over(self.stopped or "lost")
            self.stopped, self.targets = stopped, targets
            return self._all(method, *arguments)

        return self._mended(step)

    def _mended(self, step: Callable[[], T]) -> T:
        """Does a step; where a worker is lost, all go back to what was saved first, and it is done again.

        Raises `_Over` where one is lost again and again.
        """
        while True:
            try:
                return step()
            except Lost:
                self._losses += 1
                if self._losses > LOSSES:
                    raise _Over("lost") from None
                self._mended(self._go_back)

    def _go_back(self) -> None:
        """Replaces the workers that are gone, and goes back to what was saved, or else to the beginning."""
        for part in range(self.task.parts):
            self.fleet.interrupt(part, "give_up", self._attempt + 1)
        gone = self.fleet.mend()
        if self.terms.checkpoint is not None:
            self.terms.checkpoint.tidy()
        self._begin()
        self.tally.lost += len(gone)

    def _give_up(self, stopped: Stop) -> None:
        """What is left when the partitions are not what they were, and cannot be made so: the counts, no states."""
        self.stopped = stopped
        self.targets = {}
        self.mistake = None
        self.reporter.callback = None

    def _save(self) -> None:
        """Writes the levels that are not written, if there is a checkpoint and it is time to."""
        checkpoint = self.terms.checkpoint
        if checkpoint is None:
            return
        ended = not any(self.sizes[-1])
        if not ended and not checkpoint.due():
            return
        depths = range(len(checkpoint.numbers.get("sizes", ())), len(self.sizes))
        by_part = self._all("save", checkpoint.place.address, list(depths))
        files = [made[number] for number in range(len(depths)) for made in by_part]
        checkpoint.add(files, self.numbers(), ended)
        if ended and self.tally.lost:  # what others wrote when one was lost came after the tidying then
            checkpoint.tidy()

    def _tell(self) -> None:
        """Tells how far it is, as the partitions say it in the middle of their work."""
        if not self.reporter.due():
            return
        asked = [self.fleet.interrupt(part, "reached") for part in range(self.task.parts)]
        reached: list[Reached] = [self.fleet.answer(reference) for reference in asked]
        done, self.tally.held = sum(self.levels), [one.states for one in reached]
        making = max(0, sum(self.tally.held) - done)
        left, transitions = sum(one.left for one in reached), sum(one.transitions for one in reached)
        more = self.tally.told(self.reporter.seconds(), sum(one.handed for one in reached))
        self.reporter.tell(done + making, left + making, len(self.sizes) - 1, self.counts[0] + transitions, more=more)


_NOTHING: Numbers = {"transitions": 0, "deadlocks": 0, "targets": [], "sizes": []}
