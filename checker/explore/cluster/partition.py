"""One partition of a search: the states whose hash is its own, in the same table as on one machine.

Its driver tells it what to do, call by call; successors that are not its own it sends to those whose they are
(`checker.explore.cluster.exchange`).  Every call says which attempt at which level it belongs to; one of another is not
carried out, so whatever comes late does no harm.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from checker.backends.native import MachineCode
from checker.explore import looking
from checker.explore.cluster import rings, scatter
from checker.explore.cluster.exchange import SHARED, Exchange, Post
from checker.explore.cluster.messages import Closed, Parcel, Reached, Task, Told, When
from checker.explore.cluster.rings import Offer, Rings
from checker.explore.compiled_result import Packed, predecessors
from checker.explore.files import States
from checker.explore.levels import InMemory
from checker.explore.orbits import in_orbits
from checker.explore.places import Files, files_at
from checker.explore.table import OutOfMemory, Words

if TYPE_CHECKING:
    from checker.backends.images import Plan

PIECE = 1 << 12
"""States expanded before one looks at what is to be sent, and what has come."""

REMEMBERED, NEAR = 1 << 19, 1 << 15
"""States sent that are remembered; where all others are on this machine as many as caches hold: it costs less there to
send one more than to wait for memory."""

MOMENT = 0.2
"""Seconds after which a partition tells what came of its work before it begins another level."""

LONG = 3_000_000
"""States from which on better code is worth the seconds it takes to compile, all processors being at work."""

LEAST = 1 << 14
"""States that the table has slots for to begin with."""

NOTHING = np.empty(0, np.uint64)


class Partition:
    """Partition number `own` of a task, within `memory` bytes.

    `deliver`, `give_up`, `pause` and `reached` may be called by other threads while a round is under way.
    """

    def __init__(self, task: Task, own: int, memory: int) -> None:
        self.task, self.own = task, own
        self.shape = (0,) * task.words
        self.code = MachineCode(lambda: task.source, None if task.kept is None else dict(task.kept))
        self.out = np.empty(task.room * task.words, np.uint64)
        self.hashes = np.empty(task.room, np.uint64)
        self.exchange = Exchange(own, task.parts, task.words, task.room, memory, self._receive)
        self.sent = np.zeros(_remembered(memory, task) * (task.words + 1), np.uint64)
        self.fired = np.zeros(max(1, task.actions), np.int64)
        self.search = np.zeros(scatter.FIELDS, np.int64)
        self.found = np.zeros(-(-task.properties // 64) + 1, np.int64)
        self.report = np.zeros(max(4, 1 + self.found.size), np.int64)
        self.memory = memory - self.out.nbytes - self.hashes.nbytes - self.sent.nbytes - self.exchange.bytes
        self.share = memory // SHARED
        self.rings: Rings | None = None
        self.at: When = (-1, -1)
        self.next = 0
        """The first state of the last level that is not expanded."""
        self.short = self.paused = False
        self.age = 0
        """Of what is remembered as sent: what was sent in vain is forgotten by it."""
        self.name = secrets.token_hex(4)
        self._improving: threading.Thread | None = None
        self._load_kernels()

    # --- what others may call at any time -----------------------------------------------------------------------

    def deliver(self, parcel: Parcel) -> None:
        """States that another partition found for this one."""
        self.exchange.inbox.put(parcel)

    def give_up(self, attempt: int) -> None:
        """Ends a round of an attempt before that one: somebody in it was lost."""
        self.exchange.inbox.give_up(attempt)

    def pause(self) -> None:
        """Ends a round as soon as all that was found so far is where it belongs; so do those that follow."""
        self.paused = True

    def reached(self) -> Reached:
        """How far this round is."""
        search, left = self.search, self.levels.sizes[-1] - self.next if self.levels.sizes else 0
        return Reached(self.levels.store.count, left, int(search[scatter.TRANSITIONS]), self.exchange.handed)

    # --- the levels ---------------------------------------------------------------------------------------------

    def offer(self, beside: Sequence[int]) -> Offer | None:
        """Rings by which those beside it, on its machine, may reach it; None where there is no memory for them."""
        self.rings = rings.made(beside, self.task.words, self.share)
        return None if self.rings is None else self.rings.offer

    def meet(self, post: Post, offers: Mapping[int, Offer]) -> list[int]:
        """From now on others are reached by a post, but by rings those who have offered some, if that can be; who these
        are."""
        opened = {part: rings.opened(offer, self.own) for part, offer in offers.items()}
        beside = {part: ring for part, ring in opened.items() if ring is not None}
        self.exchange.meet(post, [] if self.rings is None else self.rings.near, beside)
        if len(beside) == self.task.parts - 1:
            near = self.sent[: NEAR * (self.task.words + 1)].copy()
            self.memory += self.sent.nbytes - near.nbytes
            self.sent = near
        return list(beside)

    def begin(self, attempt: int, initials: Sequence[Packed], known: Sequence[int]) -> Closed:
        """Starts over with those of the initial states that are its own."""
        try:
            self._start()
            for start in range(0, len(initials), self.task.room):
                self._take(self._own(np.array(initials[start : start + self.task.room], np.uint64).reshape(-1)))
        except OutOfMemory:
            return Closed("memory")
        self.at = (attempt, -1)
        return self.close(self.at, known)

    def load(self, attempt: int, where: str, levels: Sequence[Sequence[States]]) -> Closed:
        """Goes back to levels that were written at an address: of each the files, whoever wrote them.

        Those who still have them read nothing.  Raises `Damaged`.
        """
        self.paused = False
        if self.at[1] + 1 >= len(levels):
            return self._reopen(attempt, len(levels) - 1)
        try:
            self._start()
            written = files_at(where, 8 * self.task.words)
            sizes = [self._read(written, files) for files in levels]
            for size in sizes:
                self.levels.starts.append(self.levels.starts[-1] + size)
            self.levels.store.refill()
        except OutOfMemory:
            return Closed("memory")
        self.at, self.next = (attempt, len(levels) - 1), 0
        return Closed("done", sizes[-1], self.levels.store.count)

    def work(self, when: When, known: Sequence[int], most: int | None, levels: int) -> list[Told]:
        """Expands the last level, all of it or until `most` new states are there, and exchanges what it finds with all
        others, which do the same; what that came to.

        Where no state of any of them is left they close the level, and go on with the next, up to so many `levels`, as
        long as all of that takes a moment.
        """
        if when != self.at:
            return [Told("stale")]
        rounds: list[Told] = []
        exchange, seen = self.exchange, set(known)
        until, right = time.monotonic() + MOMENT, True
        while True:
            willing = len(rounds) + 1 < levels and time.monotonic() < until
            exchange.open((when[0], when[1] + len(rounds)))
            told = self._round(sorted(seen), most, right, willing)
            rounds.append(told)
            if not (exchange.finished and exchange.willing and exchange.some):
                return rounds
            # Where this one cannot go on the others hear of it in the next round.
            right = told.closed is not None and told.closed.mistake is None
            seen |= set() if told.closed is None else told.closed.seen.keys()

    def close(self, when: When, known: Sequence[int]) -> Closed:
        """Finishes the level in making, and looks at those properties of it that are not known."""
        if when != self.at:
            return Closed("stale")
        size = self.levels.close()
        self.at, self.next = (when[0], when[1] + 1), 0
        if self._improving is None and not self.code.improved and self.levels.found >= LONG:
            self._improving = threading.Thread(target=self.code.improve)
            self._improving.start()
        closed = Closed("done", size, self.levels.store.count)
        if self.task.checked or len(known) < self.task.properties:
            self._look(closed, known)
        return closed

    def ending(self, depth: int, stuck: bool) -> tuple[Packed, int] | None:
        """The least state of a level that is stuck, or else that shows a mistake when expanded; and its number."""

        def at(states: Words) -> int:
            address = self.code.addresses[0]
            return int(looking.ending(self.shape, address, states, stuck, True, self.out, scratch, self.report))

        scratch = np.zeros_like(self.fired)
        found = [self._state(states, place) for states in self.levels.chunks(depth) if (place := at(states)) >= 0]
        if not found:
            return None
        at(np.array(min(found), np.uint64))
        return min(found), int(self.report[1]) - 1

    def predecessors(self, wanted: Sequence[Packed], depth: int) -> dict[int, Packed]:
        """For the wanted states that a state of that level leads to, by their place: the least such state."""
        address, actions = self.code.addresses[0], self.task.actions
        return predecessors(self.shape, address, self.levels.chunks(depth), wanted, self.out, actions, by_size=True)

    def save(self, where: str, depths: Sequence[int]) -> list[States]:
        """Writes levels at an address into files of its own; the name of a file is never used again.

        Raises `DiskFull`.
        """
        kept = files_at(where, 8 * self.task.words)
        return [
            kept.write(f"level-{depth:05}.part-{self.own:04}.{self.name}-{self.at[0]}.found", self._bytes(depth))
            for depth in depths
        ]

    def orbits(self, plans: Sequence[Plan], levels: int) -> int:
        """The number of states in the orbits of all of the first levels that are here."""
        chunks = (chunk for depth in range(levels) for chunk in self.levels.chunks(depth))
        return in_orbits(plans, chunks, self.task.words)

    def _round(self, known: Sequence[int], most: int | None, right: bool, willing: bool) -> Told:
        """One round; where not all is `right` with the last level nothing is expanded in it."""
        exchange, size = self.exchange, self.levels.sizes[-1]
        began, self.short = time.thread_time(), False
        told = Told("done")
        self.search[:] = 0
        self.fired[:] = 0
        if right:
            self._expand(told, most)
        finished = told.status == "done" and not self.short and self.next == size and right
        exchange.end(finished, willing, size > 0)
        if exchange.given_up:
            return Told("stale")
        if self.short:
            return Told("memory", self.levels.store.count)
        told.states = self.levels.store.count
        told.transitions = int(self.search[scatter.TRANSITIONS])
        told.deadlocks = int(self.search[scatter.DEADLOCKS])
        told.repeated = int(self.search[scatter.REPEATED])
        told.fired = self.fired.copy()
        told.handed, told.waited = exchange.handed, exchange.waited
        if exchange.finished:
            told.closed = self.close(self.at, known)
        told.busy = time.thread_time() - began
        return told

    def _start(self) -> None:
        self.at, self.next = (-1, -1), 0
        self.paused = False
        memory = self.memory - (0 if self.rings is None else self.rings.offer.bytes)
        self.levels = InMemory(self.task.words, memory, self.task.room, LEAST)
        self.age += 1

    def _load_kernels(self) -> None:
        """Has the kernels read from where Numba keeps them, before time counts."""
        self._start()
        self.levels.close()
        self._expand_piece(NOTHING)
        self.levels.store.insert(NOTHING)
        looking.look(self.shape, self.code.addresses[1], NOTHING, 0, 0, self.found, self.report)

    def _reopen(self, attempt: int, depth: int) -> Closed:
        del self.levels.starts[depth + 2 :]
        self.levels.reopen()
        self.levels.store.refill()
        self.age += 1
        self.at, self.next = (attempt, depth), 0
        return Closed("done", self.levels.sizes[-1], self.levels.store.count)

    def _own(self, states: Words) -> Words:
        chosen = np.empty_like(states)
        count = scatter.select(self.shape, self.task.parts, self.own, states, chosen)
        return chosen[: count * self.task.words]

    def _read(self, written: Files, files: Sequence[States]) -> int:
        """The states of a level that are its own, put behind the others; their number.  Raises `OutOfMemory`."""
        store, before = self.levels.store, self.levels.store.count
        for made in files:
            for data in written.read(made):
                own = self._own(np.frombuffer(bytearray(data), np.uint64))
                number = own.size // store.words
                if store.count + number + 2 * store.room > store.largest():
                    raise OutOfMemory
                store.states[store.count * store.words :][: own.size] = own
                store.count += number
        return store.count - before

    def _bytes(self, depth: int) -> Iterator[memoryview | bytes]:
        return (states.data for states in self.levels.chunks(depth))

    def _receive(self, some: Words) -> None:
        """Takes in what was sent, unless there is no memory left.

        What Ray brought lies in memory that may only be read, and kernels are compiled for what may be written.
        """
        try:
            for start in range(0, 0 if self.short else some.size, self.out.size):
                piece = some[start : start + self.out.size]
                if not piece.flags.writeable:
                    self.out[: piece.size] = piece
                    piece = self.out[: piece.size]
                self._take(piece)
        except (OutOfMemory, MemoryError):
            self.short = True

    def _take(self, some: Words) -> None:
        """Takes in those of at most `room` states that are new.  Raises `OutOfMemory`, MemoryError."""
        self._make_room()
        self.levels.store.insert(some)

    def _expand(self, told: Told, most: int | None) -> None:
        words, search, exchange = self.task.words, self.search, self.exchange
        store, end = self.levels.store, self.levels.sizes[-1]
        source = store.states[self.levels.starts[-2] * words :]
        before = store.count
        while self.next < end and exchange.finished and not (self.short or self.paused or exchange.given_up):
            search[scatter.NEXT], search[scatter.END] = self.next, min(end, self.next + PIECE)
            self._expand_piece(source)
            self.next = int(search[scatter.NEXT])
            if search[scatter.WRONG]:
                told.status = "wrong"
                return
            try:
                self._make_room()
            except (OutOfMemory, MemoryError):
                self.short = True
            exchange.send_full()
            exchange.take_in()
            if most is not None and store.count - before >= most:
                return

    def _make_room(self) -> None:
        store = self.levels.store
        while store.count + store.room > store.capacity:
            store.grow()

    def _expand_piece(self, source: Words) -> None:
        store, search = self.levels.store, self.search
        search[scatter.COUNT], search[scatter.CAPACITY] = store.count, store.capacity
        scatter.scatter(
            self.shape,
            self.task.parts,
            self.own,
            self.code.addresses[0],
            store.table,
            store.bytes_view,
            store.states,
            source,
            search,
            self.out,
            self.hashes,
            self.fired,
            self.report,
            self.exchange.buffers,
            self.exchange.used,
            self.sent,
            np.uint64(self.age),
        )
        store.count = int(search[scatter.COUNT])

    def _look(self, closed: Closed, known: Sequence[int]) -> None:
        """Finds the least state for each property that is not known, and the least that shows a mistake."""
        self.found[:] = 0
        for number in known:
            word, bit = divmod(number, 64)
            self.found[word] |= np.uint64(1 << bit).astype(np.int64)
        depth, notice = len(self.levels.sizes) - 1, self.code.addresses[1]
        best = np.empty(self.task.properties + 1, np.int64)
        found: dict[int, Packed] = {}
        for states in self.levels.chunks(depth):
            end = states.size // self.task.words
            if looking.look(self.shape, notice, states, 0, end, self.found, self.report) == end:
                continue
            looking.least(self.shape, notice, states, self.found, self.report, best)
            for number in map(int, np.flatnonzero(best >= 0)):
                state = self._state(states, int(best[number]))
                found[number] = min(state, found.get(number, state))
        wrong = found.pop(self.task.properties, None)
        closed.seen = found
        if wrong is not None:
            looking.look(self.shape, notice, np.array(wrong, np.uint64), 0, 1, self.found, self.report)
            closed.mistake = wrong, int(self.report[0]) - 1

    def _state(self, states: Words, place: int) -> Packed:
        words = self.task.words
        return tuple(int(word) for word in states[place * words : (place + 1) * words])


def _remembered(memory: int, task: Task) -> int:
    """States sent that are remembered: a power of two."""
    if task.parts == 1:
        return 1
    most = max(1, memory // (SHARED * 8 * (task.words + 1)))
    return min(REMEMBERED, 1 << most.bit_length() - 1)
