"""Looks at an old primary and a new one, and fills in the table of conditions; writes nothing anywhere."""

from __future__ import annotations

from checker.operator.control_data import STATES
from checker.operator.cut import unfinished
from checker.operator.decision import CONDITIONS, Decision, Finding, Line, Word, decide
from checker.operator.evidence import Evidence, Progress
from checker.operator.history import Switch, fork_between, parse_history
from checker.operator.new_primary import NewPrimary
from checker.operator.old_primary import COMMITTED, SUB_COMMITTED, OldPrimary
from checker.operator.refusal import CannotTell
from checker.operator.removals import created_lines, removed_in_tail, shorter_than
from checker.operator.rewind import rewind_lines
from checker.postgres.lsn import format_lsn, segment_name, segment_start

FEW = 5
"""Pieces of evidence that are shown of one kind."""

UNSEEN_ALWAYS = (
    "settings in files that postgresql.conf includes, and on the command line",
    "replication slots and two-phase state of the old primary",
    "torn pages, where full_page_writes or fsync were off",
)
NO_CUT_BEFORE = (
    "whether index entries were marked dead by transactions of a tail that somebody has removed already: nothing is "
    "left that would say so"
)


def line(name: str, word: Word, says: str, evidence: list[str] | tuple[str, ...] = ()) -> Line:
    """A line of the table, with the first few pieces of evidence."""
    shown = tuple(evidence[:FEW]) + ((f"and {len(evidence) - FEW} more",) if len(evidence) > FEW else ())
    return Line(CONDITIONS[name], word, says, shown)


class Inspection(Evidence):
    """One look at both; `finding` is what comes of it. Raises CannotTell."""

    def __init__(
        self, old: OldPrimary, new: NewPrimary, *, every_page: bool = False, progress: Progress = lambda text: None
    ) -> None:
        super().__init__(old, new, every_page=every_page, progress=progress)
        self._refuse()
        self.fork = self._fork().end

    def _refuse(self) -> None:
        old, new = self.old, self.new
        if not new.promoted:
            raise CannotTell(
                f"{new.name} is in recovery: it was not promoted, so where its timeline will leave that of the old "
                "primary is not decided yet"
            )
        if old.major != new.major:
            raise CannotTell(f"PostgreSQL {old.major} cannot follow PostgreSQL {new.major}")
        if (old.data / "recovery.signal").exists():
            raise CannotTell("recovery.signal is there: a start would recover to a target, not follow the new primary")
        if old.label is not None and not old.label.of_rewind:
            raise CannotTell(
                "backup_label is there: recovery would begin where it says, not at the control file's checkpoint"
            )
        self._refuse_other_histories()
        if unfinished(old.data) is not None:
            raise CannotTell("an earlier --cut was not finished: run --cut again, or --undo")

    def _refuse_other_histories(self) -> None:
        """A start follows the newest history that it finds here (findNewestTimeLine), whoever's it is."""
        for path in sorted(self.old.pg_wal.glob("*.history")):
            timeline = int(path.stem, 16)
            written = parse_history(path.read_text(errors="replace"), timeline)
            known = self.new.history[: len(written)]
            same = written[:-1] == known[:-1] and [one.timeline for one in known[-1:]] == [timeline]
            if timeline > self.old.timeline and not same:
                raise CannotTell(f"{path.name} is in its pg_wal, and is no part of the new primary's history")

    def _fork(self) -> Switch:
        if self.old.control.positions.system_identifier != self.new.identifier:
            raise CannotTell("the two have different system identifiers: they were never one cluster")
        shared = fork_between(self.old.history, self.new.history)
        if shared is None:
            raise CannotTell("the two timeline histories have nothing in common")
        return shared

    def finding(self) -> Finding:
        """The decision with its evidence."""
        if self.new.timeline in (self.old.timeline, self.old.control.positions.minimum_recovery_timeline):
            return self._same_timeline()
        if not self.fork or all(switch.timeline != self.old.timeline for switch in self.new.history):
            return self._side_branch()
        lines = self._lines()
        rewind = rewind_lines(self.old, self.new, self.fork)
        decision, reason = decide(lines, rewind, has_tail=self.has_tail)
        end = self.tail.end if self.has_tail else self.shared.end
        found = self._base(decision, reason)
        found.end_of_wal = end
        found.lines, found.rewind = lines, rewind
        found.lost = [self._commit(number) for number in range(min(len(self.tail.commits), 2 * FEW))]
        found.lost_count = len(self.tail.commits)
        if self.has_tail:
            size = self.old.segment_size
            found.cut_file = segment_name(self.old.timeline, self.fork, size)
            found.cut_from = self.fork % size
            found.cut_bytes = size - found.cut_from
            found.segments = tuple(path.name for path in self.old.later_segments(self.fork))
        return found

    def _base(self, decision: Decision, reason: str) -> Finding:
        found = Finding(decision, reason, self.fork, 0, self.old.timeline, self.new.timeline)
        found.unseen = list(UNSEEN_ALWAYS)
        if not self.old.cleanly_shut_down and not self.has_tail:
            found.unseen.append(NO_CUT_BEFORE)
        found.first = self._settings_to_raise()
        if self.seen is not None:
            found.pages, found.seconds = self.seen.pages, self.seen.seconds
        found.checkpoint = self.old.checkpoint
        return found

    def _settings_to_raise(self) -> list[str]:
        """A standby whose limits are below its primary's does not replay (CheckRequiredParameterValues)."""
        theirs = self.new.limits
        return [
            f"{name}: {ours} here when it last ran, {theirs[name]} on the new primary; a standby needs as many"
            for name, ours in self.old.control.limits.items()
            if ours < theirs[name]
        ]

    def _same_timeline(self) -> Finding:
        """The node is on the new primary's timeline already: rewound just now, or a standby as any other."""
        positions = self.old.control.positions
        # pg_rewind writes the label and then the control file when everything else is copied
        if self.old.label is not None and positions.minimum_recovery_timeline == self.new.timeline:
            found = Finding(Decision.COMES_BACK, "pg_rewind has been run to its end")
            found.timeline = found.new_timeline = self.new.timeline
            return found
        raise CannotTell(
            f"the node is on timeline {self.new.timeline} already, that of the new primary: it was rewound, "
            "restored, or came back before; what it did until then cannot be seen from here"
        )

    def _side_branch(self) -> Finding:
        rewind = rewind_lines(self.old, self.new, self.fork)
        says = f"the new primary was never on timeline {self.old.timeline}, on which the old one went on"
        lines = [line("wal_tail", Word.VIOLATED, says), line("checkpoint", Word.VIOLATED, says)]
        decision, reason = decide(lines, rewind, has_tail=True)
        found = self._base(decision, f"{says}; {reason}")
        found.lines, found.rewind = lines, rewind
        return found

    def _commit(self, number: int) -> str:
        commit = self.tail.commits[number]
        files = ", ".join(self.new.source.relation_name(one) for one in sorted(commit.touched)[:4]) or "no table"
        return f"transaction {commit.xid} at {format_lsn(commit.lsn)}: {files}"

    def _lines(self) -> list[Line]:
        made = [self._wal_tail(), self._wal_whole(), self._checkpoint(), self._minimum()]
        if all(one.word == Word.HOLDS for one in made[1:3]):
            clean = self.old.cleanly_shut_down and not self.has_tail
            made += self._nothing_since_shutdown() if clean else self._data()
        made += [self._archive(), self._to_follow()]
        return made

    def _wal_tail(self) -> Line:
        if not self.has_tail:
            return line("wal_tail", Word.HOLDS, f"the WAL ends at {format_lsn(self.shared.end)}, not past the fork")
        length = self.tail.end - self.fork
        says = f"the WAL goes {length} bytes past the fork, {self.tail.records} records, to {format_lsn(self.tail.end)}"
        return line("wal_tail", Word.VIOLATED, says)

    def _wal_whole(self) -> Line:
        old, redo = self.old, self.old.control.positions.redo
        if old.checkpoint is None:
            return line("wal_whole", Word.VIOLATED, f"the record of its {old.described()} is not in pg_wal")
        if old.checkpoint.end > self.fork:
            return line("wal_whole", Word.HOLDS, "its checkpoint record is there")
        if old.log.record(redo) is None:
            return line("wal_whole", Word.VIOLATED, f"no record begins at its redo point {format_lsn(redo)}")
        end = self.tail.end if self.has_tail else self.shared.end
        if self.shared.end < min(old.checkpoint.end, self.fork) or (self.has_tail and self.shared.end != self.fork):
            says = f"the WAL breaks off at {format_lsn(self.shared.end)}, before what comes after it"
            return line("wal_whole", Word.VIOLATED, says)
        stray = [path.name for path in old.later_segments(end) if old.is_of_this_log(path)]
        if stray:
            return line("wal_whole", Word.VIOLATED, f"the WAL ends at {format_lsn(end)}, and yet there is more", stray)
        return line("wal_whole", Word.HOLDS, f"the WAL is whole from {format_lsn(redo)} to {format_lsn(end)}")

    def _checkpoint(self) -> Line:
        record, start = self.old.checkpoint, self.old.control.positions.checkpoint
        if record is None:
            word = Word.VIOLATED if start >= self.fork else Word.UNSEEN
            return line("checkpoint", word, f"its checkpoint begins at {format_lsn(start)}; the record is not there")
        says = f"its checkpoint ends at {format_lsn(record.end)}, the fork is {format_lsn(self.fork)}"
        return line("checkpoint", Word.HOLDS if record.end <= self.fork else Word.VIOLATED, says)

    def _minimum(self) -> Line:
        positions = self.old.control.positions
        minimum = positions.minimum_recovery_point
        if not minimum:
            return line("minimum_recovery", Word.HOLDS, f"none; the server was {STATES[self.old.control.state]}")
        says = f"the minimum recovery point is {format_lsn(minimum)} on timeline {positions.minimum_recovery_timeline}"
        fits = minimum <= self.fork and positions.minimum_recovery_timeline <= self.old.timeline
        return line("minimum_recovery", Word.HOLDS if fits else Word.VIOLATED, says)

    def _nothing_since_shutdown(self) -> list[Line]:
        says = "shut down cleanly within the fork, and nothing was written since"
        names = ("pages", "commit_log", "removals", "hints", "index_marks")
        return [line(name, Word.HOLDS, says) for name in names]

    def _data(self) -> list[Line]:
        made = [self._pages(), self._commit_log(), self._removals(), self._hints(), self._index_marks()]
        if not self.has_tail and not self.shared.seen_running and not self._began_with_nobody:
            made.append(line("hints", Word.UNSEEN, "no record says which transactions were running"))
        return made

    @property
    def _began_with_nobody(self) -> bool:
        """Whether recovery begins at a shutdown checkpoint: then no transaction was running there."""
        return self.old.checkpoint is not None and self.old.checkpoint.info & 0xF0 == 0x00

    def _pages(self) -> Line:
        how = "every page was read" if self.scanned is not None else f"{len(self.tail.blocks)} blocks of the tail read"
        harmful = {block: lsn for block, lsn in self.ahead.items() if block not in self.restored}
        if harmful:
            evidence = [
                f"{b.relation} fork {b.fork} block {b.number}: {format_lsn(n)}" for b, n in sorted(harmful.items())
            ]
            return line("pages", Word.VIOLATED, f"{len(harmful)} pages are past the fork ({how})", evidence)
        healed = f"; {len(self.ahead)} past it are made anew by images in the WAL" if self.ahead else ""
        return line("pages", Word.HOLDS, f"no page is past the fork ({how}){healed}")

    def _commit_log(self) -> Line:
        old = self.old
        called = [xid for xid in sorted(self.unknown) if old.status(xid) in (COMMITTED, SUB_COMMITTED)]
        if not self.has_tail and (later := old.committed_from(self.shared.next_xid)):
            called.append(later)
        if called:
            evidence = [f"transaction {xid}" for xid in called]
            return line("commit_log", Word.VIOLATED, f"{len(called)} are called committed on disk", evidence)
        if old.control.track_commit_timestamp and self.tail.committed:
            return line("commit_log", Word.UNSEEN, "commit timestamps have no LSN, and track_commit_timestamp is on")
        looked = f"{len(self.unknown)} transactions" if self.unknown else "no transaction"
        return line("commit_log", Word.HOLDS, f"{looked} to look up, none of them called committed")

    def _removals(self) -> Line:
        if not self.has_tail:
            self.progress("sizes of files")
            short, unseen = shorter_than(self.old, self.new, self.fork)
            if short:
                says = f"{len(short)} files are shorter than the new primary's, which no WAL explains"
                return line("removals", Word.VIOLATED, says, short)
            if unseen:
                return line("removals", Word.UNSEEN, unseen)
            return line("removals", Word.HOLDS, "no file is shorter than the new primary's without a reason")
        gone = removed_in_tail(self.old, self.tail, self.fork)
        made = created_lines(self.old, self.tail)
        if gone or made or self.tail.odd:
            evidence = [*gone, *made, *dict.fromkeys(self.tail.odd)]
            return line("removals", Word.VIOLATED, "the tail changed files that have no LSN", evidence)
        tried = len(self.tail.truncations) + len(self.tail.removed)
        says = f"{tried} removals in the tail, none of them done" if tried else "no removal in the tail"
        return line("removals", Word.HOLDS, says)

    def _hints(self) -> Line:
        harmful = {block: xid for block, xid in self.hinted.items() if block not in self.restored}
        if harmful:
            evidence = [f"{b.relation} block {b.number}: transaction {xid}" for b, xid in sorted(harmful.items())]
            return line("hints", Word.VIOLATED, f"{len(harmful)} pages have such a row, and no LSN shows it", evidence)
        healed = f"; {len(self.hinted)} that have are made anew by images in the WAL" if self.hinted else ""
        return line("hints", Word.HOLDS, f"{len(self.unknown)} transactions to look for, no such row{healed}")

    def _index_marks(self) -> Line:
        marked = self.scanned.marked if self.scanned is not None else {}
        if marked:
            evidence = [f"{b.relation} block {b.number}: an entry for block {n}" for b, n in sorted(marked.items())]
            return line("index_marks", Word.VIOLATED, f"{len(marked)} index pages may have such an entry", evidence)
        return line("index_marks", Word.HOLDS, "none that points to where the tail deleted")

    def _archive(self) -> Line:
        command = self.old.settings().get("restore_command", "")
        if not command or not self.has_tail:
            return line(
                "no_archive_of_the_tail", Word.HOLDS, "no restore_command" if not command else "there is no tail"
            )
        size = self.old.segment_size
        done = [
            path.name
            for path in (self.old.pg_wal / "archive_status").glob("*.done")
            if path.stem >= segment_name(self.old.timeline, segment_start(self.fork, size), size)
            and len(path.stem) == 24
        ]
        if done:
            return line("no_archive_of_the_tail", Word.VIOLATED, "segments of the tail are archived", done)
        return line(
            "no_archive_of_the_tail", Word.HOLDS, "there is a restore_command; no segment of the tail is archived"
        )

    def _to_follow(self) -> Line:
        end = self.fork if self.has_tail else min(self.shared.end, self.fork)
        missing = list(self.new.missing_segments(end))
        if missing:
            return line("wal_to_follow", Word.VIOLATED, "the new primary no longer has these segments", missing)
        return line("wal_to_follow", Word.HOLDS, f"it has all from {format_lsn(end)} on")
