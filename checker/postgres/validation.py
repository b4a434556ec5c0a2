"""Whether a recorded run is a behaviour of the model: the model's own actions, each constrained by what was recorded.

A scope of the model has a handful of positions, a run has a hundred thousand. But every guard and every property that
a durable write is subject to compares positions with one: the LSN that the page, the status or the checkpoint carries.
So each durable write is looked at by itself, with its position L: every position x of the run is replaced by 1 if
x >= L and by 0 if not. That map keeps every comparison with L (`lsn <= flushed`, `lsn <= acknowledged`), it keeps
assignments of one position to another (`flushed := wal_end`), and it makes of the record that ends at L the only record
of the smallest scope. Whatever the servers did, if they did what the model allows, the image of it is a behaviour of
that scope. What several writes have to do with each other is not asked.

Of a run these steps are seen, each when L is first covered: the log is flushed (`flush_wal`, the shim), it can have
reached the standby (`receive`, the proxy), the primary is told that it did (`reply`, the proxy) and the data is written
(the shim). All other steps of the processes may come in between, and are found by search: a set of states is kept, all
that the model can be in. It becomes empty at the first step that no behaviour explains. A property is violated for
certain when it is false in all of them. Writes of the same pattern are judged once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from checker import plain
from checker.backends.python import PythonProgram
from checker.configuration import configure
from checker.grounding.ground import ground
from checker.postgres.behaviour import guards, protocol
from checker.postgres.lsn import format_lsn
from checker.postgres.recording import Recording, transaction_of
from checker.postgres.shim import DurableWrite

FLUSH, RECEIVE, REPLY = "flush_wal", "receive", "reply"
WRITES = {"heap": "write_page", "clog": "write_commit_log", "control": "update_control_file"}
_RECORD = {"write_page": "update_page", "write_commit_log": "insert_commit", "update_control_file": "insert_checkpoint"}
"""What kind of record the position is the end of, by the action that makes its effect durable."""

_FIRST = "A"

Pattern = tuple[str, ...]
"""The steps that were seen of one position, in their order; the last is the write."""


@dataclass(frozen=True)
class Event:
    """One durable write: what it makes durable ends at `lsn`; `acknowledged` is what the primary had been told."""

    write: DurableWrite
    action: str
    lsn: int
    acknowledged: int

    def __str__(self) -> str:
        where = self.write.path
        if self.action == "write_page":
            where = f"{where} block {self.write.offset // 8192}"
        told = f"the standby has acknowledged {format_lsn(self.acknowledged)}"
        return f"{self.action}: {where} by {self.write.role}, LSN {format_lsn(self.lsn)}, {told}"


@dataclass(frozen=True)
class Judgement:
    """Of one pattern: which step no behaviour explains and why, and which invariants are false after which step."""

    unexplained: str = ""
    reason: str = ""
    violated: tuple[str, ...] = ()


@dataclass
class Validation:
    """Of one recording under one choice of settings; `first` is the first event of each kind of trouble."""

    settings: dict[str, str]
    events: int = 0
    ahead: int = 0
    patterns: Counter[Pattern] = field(default_factory=Counter)
    unexplained: int = 0
    first_unexplained: tuple[Event, Pattern, Judgement] | None = None
    violated: Counter[str] = field(default_factory=Counter)
    first_violation: dict[str, Event] = field(default_factory=dict)


class Explainer:
    """Judges patterns under one choice of settings, each once."""

    def __init__(self, settings: dict[str, str]) -> None:
        model = protocol()
        chosen = configure(model, sets=settings, scope="tiny")
        self._grounded = ground(model, chosen.settings, chosen.bounds)
        self._properties = tuple(one for one in self._grounded.properties if one.kind == "invariant")
        self._program = PythonProgram(self._grounded, self._properties)
        self._known: dict[Pattern, Judgement] = {}

    def judge(self, pattern: Pattern) -> Judgement:
        """What the model says of a pattern."""
        if pattern not in self._known:
            self._known[pattern] = self._judged(pattern)
        return self._known[pattern]

    def _judged(self, pattern: Pattern) -> Judgement:
        record = _RECORD[pattern[-1]]
        states = self._closure({self._program.initials[0]}, record)
        known = {action.name for action in self._grounded.actions}
        violated: dict[str, None] = {}
        for action in pattern:
            if action not in known:
                continue  # nobody keeps what a standby replies
            before = states
            states = self._closure(self._after(before, action), record)
            if not states:
                return Judgement(action, self._reason(before, action), tuple(violated))
            for bit, item in enumerate(self._properties):
                if all(self._program.broken(state) >> bit & 1 for state in states):
                    violated[item.name] = None
        return Judgement(violated=tuple(violated))

    def _after(self, states: set[int], action: str) -> set[int]:
        return {
            after
            for state in states
            for number, after in self._program.expand(state)
            if self._grounded.actions[number].name == action
        }

    def _closure(self, states: set[int], record: str) -> set[int]:
        """All that can be reached by steps that nobody sees."""
        found, fresh = set(states), list(states)
        while fresh:
            for number, after in self._program.expand(fresh.pop()):
                if after not in found and self._unseen(number, record):
                    found.add(after)
                    fresh.append(after)
        return found

    def _unseen(self, number: int, record: str) -> bool:
        action = self._grounded.actions[number]
        other = action.name.startswith(("insert_", "update_page", "set_logged")) and action.name != record
        return not (action.outside or other or action.name in (FLUSH, RECEIVE, REPLY, *WRITES.values()))

    def _reason(self, states: set[int], action: str) -> str:
        """The guards that stand in the way, where the model is furthest."""
        found = [
            guards(step, plain.decode(self._grounded, self._program.unpack(state)), (_FIRST,))
            for state in sorted(states)
            for step in protocol().actions
            if step.name == action
        ]
        lines = Counter(line for one in found for line in one if "require(" in line)
        return "; ".join(sorted({line for line in lines if "data_released" in line}) or sorted(lines)[:2])


def validate(recording: Recording, explainer: Explainer, settings: dict[str, str]) -> Validation:
    """Checks every durable write of a recording, in their order."""
    found = Validation(settings)
    for event in events(recording):
        pattern = _pattern(recording, event)
        judgement = explainer.judge(pattern)
        found.events += 1
        found.ahead += event.lsn > event.acknowledged
        found.patterns[pattern] += 1
        if judgement.unexplained:
            found.unexplained += 1
            found.first_unexplained = found.first_unexplained or (event, pattern, judgement)
        for name in judgement.violated:
            found.violated[name] += 1
            found.first_violation.setdefault(name, event)
    return found


def events(recording: Recording) -> Iterator[Event]:
    """The durable writes whose position is known: pages with an LSN, statuses, and checkpoints in the control file.

    Positions from before the recording are left out, as everybody has them.
    """
    checkpoints = iter(recording.checkpoints)
    for write in recording.writes:
        if write.op != "write" or write.kind not in WRITES:
            continue
        lsn = write.page_lsn
        if write.kind == "clog":
            lsn = recording.commits.get(transaction_of(write), 0)
        elif write.kind == "control":
            lsn = next(checkpoints, 0)
        if lsn > recording.begins:
            yield Event(write, WRITES[write.kind], lsn, write.acknowledged)


def _pattern(recording: Recording, event: Event) -> Pattern:
    """The steps in their order: those of the log by their moments, the reply by what the shim knew at the write."""
    moment = event.write.nanoseconds
    flushed, passed = recording.flushed.since(event.lsn), recording.passed.since(event.lsn)
    before = []
    if event.lsn <= event.acknowledged:
        before = [FLUSH, RECEIVE, REPLY]
    else:
        before += [FLUSH] if flushed is not None and flushed <= moment else []
        before += [RECEIVE] if before and passed is not None and passed <= moment else []
    return (*before, event.action)
