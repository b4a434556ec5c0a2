"""What happened to a node that was to come back: read from logs, of the node itself and where there are of others.

R is the end of the WAL that the node recovered with, F the fork: where the new timeline left the one the node is on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from checker.operator.logs import Entry
from checker.operator.messages import Catalogue, Match, catalogue
from checker.postgres.lsn import parse_lsn
from checker.postgres.outcomes import Outcome

REFUSALS: dict[str, Outcome] = {
    "start_ahead": Outcome.START_AHEAD,
    "start_not_in_history": Outcome.NOT_IN_HISTORY,
    "forked_before": Outcome.TAIL_DIVERGED,
    "minimum_recovery": Outcome.NOT_IN_HISTORY,
    "not_a_child": Outcome.NOT_IN_HISTORY,
    "not_a_child_of": Outcome.NOT_IN_HISTORY,
    "no_checkpoint": Outcome.NO_CHECKPOINT,
    "invalid_pages": Outcome.INVALID_PAGES,
}
"""Which outcome of the closed list a message means."""

OTHER_ENDS = ("wal_removed",)
"""Ends of a return that are in no model: the new primary no longer has the WAL."""

_HISTORY_LINE = re.compile(r"(?:^|history=)(\d+)\s+([0-9A-F]+/[0-9A-F]+)\s+\S")
_PATRONI_LOCAL = re.compile(r"Local timeline=(\d+) lsn=([0-9A-F]+/[0-9A-F]+)")
_PATRONI_PRIMARY = re.compile(r"(?:primary|master)_timeline=(\d+)")
_WAITING = re.compile(r"(?:checkpointer|background writer|writer|startup)\b.* waiting for ([0-9A-F]+/[0-9A-F]{1,8})\b")
_REWIND_REFUSES = 'target server needs to use either data checksums or "wal_log_hints = on"'


@dataclass(frozen=True)
class Fork:
    """Where a timeline was left; `timeline` is the new one, 0 where the log does not say."""

    old_timeline: int
    lsn: int
    timeline: int
    moment: str
    where: str


@dataclass(frozen=True)
class Diagnosis:
    """One return: how it ended, and where; LSNs are 0 where no log says them.

    `outcome` is None where the node streams (a log cannot show whether it diverged) or ended for another reason.
    `fork_is_bound`: F is not known, and is at most `fork`. `times`: how often the deciding message came.
    """

    kind: str
    outcome: Outcome | None
    where: str
    moment: str
    line: str
    end_of_wal: int = 0
    fork: int = 0
    fork_is_bound: bool = False
    timeline: int = 0
    new_timeline: int = 0
    times: int = 1
    rewind_refused: bool = False

    @property
    def tail(self) -> int:
        """Bytes of WAL past the fork; 0 where one end is not known, or there are none."""
        return max(self.end_of_wal - self.fork, 0) if self.end_of_wal and self.fork else 0


@dataclass
class _Attempt:
    """What was gathered since the node was last started."""

    decided: Match | None = None
    entry: Entry | None = None
    times: int = 0
    end_of_wal: int = 0
    fork: int = 0
    bound: int = 0
    timeline: int = 0
    new_timeline: int = 0
    streamed: int = 0
    rewind_refused: bool = False


@dataclass
class Reader:
    """Takes entries in order, one file after the other; `diagnoses` says what they amount to."""

    catalogue: Catalogue = field(default_factory=catalogue)
    forks: list[Fork] = field(default_factory=list)
    found: list[tuple[_Attempt, Entry]] = field(default_factory=list)

    def file(self, entries: Iterable[Entry]) -> None:
        """Reads one file: a return does not go on in the next one."""
        self._attempt = _Attempt()
        self._last_end = 0
        self._promoting = False
        for entry in entries:
            for match in self.catalogue.find(entry.text):
                self._message(match, entry)
            self._other_words(entry)
        self._close()

    def diagnoses(self) -> list[Diagnosis]:
        """Every return in the files, in order."""
        return [self._diagnosis(attempt, entry) for attempt, entry in self.found]

    def _close(self) -> None:
        attempt = self._attempt
        if attempt.entry is not None:
            self.found.append((attempt, attempt.entry))
        self._attempt = _Attempt()

    def _message(self, match: Match, entry: Entry) -> None:
        attempt = self._attempt
        if match.kind in ("interrupted", "interrupted_in_recovery"):
            self._close()
        elif match.kind == "promote":
            self._close()
            self._promoting = True
        elif match.kind == "new_timeline":
            if self._last_end:
                where = f"{entry.file}:{entry.number}"
                self.forks.append(Fork(0, self._last_end, match.timeline, entry.moment, where))
            self._promoting = False
        elif match.kind in ("end_of_wal", "consistent"):
            self._last_end = match.lsn
            if not self._promoting and attempt.decided is None:
                attempt.end_of_wal = max(attempt.end_of_wal, match.lsn)
        elif match.kind in ("forked_at", "end_of_timeline"):
            attempt.fork, attempt.timeline = match.lsn, match.old_timeline
        elif match.kind == "checkpoint_after_fork":
            attempt.fork, attempt.timeline = match.fork, match.old_timeline
            attempt.end_of_wal = max(attempt.end_of_wal, match.lsn)
        elif match.kind == "streaming":
            attempt.timeline = attempt.timeline or match.timeline
            attempt.streamed = max(attempt.streamed, match.timeline)
            if attempt.entry is None and match.timeline > 1:
                attempt.entry = entry
        if match.kind in REFUSALS or match.kind in OTHER_ENDS:
            self._refusal(match, entry)

    def _refusal(self, match: Match, entry: Entry) -> None:
        attempt = self._attempt
        attempt.timeline = match.old_timeline or attempt.timeline
        attempt.new_timeline = match.timeline or attempt.new_timeline
        if match.kind == "forked_before":
            attempt.end_of_wal = match.lsn
        if match.kind == "minimum_recovery":
            attempt.end_of_wal = max(attempt.end_of_wal, match.lsn)
        if match.kind == "start_ahead":
            attempt.bound = match.flushed
        if match.kind in ("start_ahead", "start_not_in_history") and not attempt.end_of_wal:
            # no more is known than that the node's WAL reaches into the segment it asked for
            attempt.end_of_wal = match.lsn
        if attempt.decided is None:
            attempt.decided, attempt.entry = match, entry
        attempt.times += match.kind == attempt.decided.kind

    def _other_words(self, entry: Entry) -> None:
        """What others say in words of their own: Patroni, a timeline history file, `ps`, pg_rewind."""
        attempt = self._attempt
        if found := _HISTORY_LINE.search(entry.text):
            where = f"{entry.file}:{entry.number}"
            self.forks.append(Fork(int(found[1]), parse_lsn(found[2]), attempt.new_timeline, entry.moment, where))
        if found := _PATRONI_LOCAL.search(entry.text):
            attempt.timeline = int(found[1])
            attempt.end_of_wal = attempt.end_of_wal or parse_lsn(found[2])
        if found := _PATRONI_PRIMARY.search(entry.text):
            attempt.new_timeline = int(found[1])
        if _REWIND_REFUSES in entry.text:
            attempt.rewind_refused = True
        if (found := _WAITING.search(entry.text)) and attempt.decided is None:
            attempt.decided, attempt.entry = Match("waiting", lsn=parse_lsn(found[1])), entry

    def _diagnosis(self, attempt: _Attempt, entry: Entry) -> Diagnosis:
        decided = attempt.decided
        kind = decided.kind if decided else "streaming"
        outcome = Outcome.BLOCKED if kind == "waiting" else REFUSALS.get(kind)
        said = Diagnosis(
            kind,
            outcome,
            f"{entry.file}:{entry.number}",
            entry.moment,
            entry.line.strip(),
            end_of_wal=attempt.end_of_wal,
            timeline=attempt.timeline,
            new_timeline=attempt.new_timeline or attempt.streamed * (decided is None),
            times=max(attempt.times, 1),
            rewind_refused=attempt.rewind_refused,
        )
        if attempt.fork:
            known = next((fork.timeline for fork in self.forks if fork.lsn == attempt.fork), 0)
            return replace(said, fork=attempt.fork, new_timeline=said.new_timeline or known)
        if outcome in (None, Outcome.BLOCKED) or (fork := self._fork_for(said)) is None:
            return replace(said, fork=attempt.bound, fork_is_bound=bool(attempt.bound))
        return replace(
            said,
            fork=fork.lsn,
            timeline=said.timeline or fork.old_timeline,
            new_timeline=said.new_timeline or fork.timeline,
        )

    def _fork_for(self, said: Diagnosis) -> Fork | None:
        """The fork in the other logs that this return met: of the node's timeline, and the last one before it."""
        fitting = [
            fork
            for fork in self.forks
            if (not fork.moment or not said.moment or fork.moment <= said.moment)
            and (not fork.old_timeline or fork.old_timeline == (said.timeline or fork.old_timeline))
            and (not fork.timeline or fork.timeline == (said.new_timeline or fork.timeline))
        ]
        return fitting[-1] if fitting else None
