"""Whether pg_rewind can help, and would really do something."""

from __future__ import annotations

from checker.operator.control_data import State
from checker.operator.decision import CONDITIONS, Line, Word
from checker.operator.new_primary import NewPrimary
from checker.operator.old_primary import OldPrimary
from checker.operator.wal_log import is_checkpoint
from checker.postgres.lsn import format_lsn

_FIXED_IN = 16
"""Since this major pg_rewind looks at the history and not only at the control file's timeline."""

_RECOVERS_ALONE = 13
_MOST_RECORDS = 2_000_000


def rewind_lines(old: OldPrimary, new: NewPrimary, fork: int) -> list[Line]:
    """What pg_rewind needs, as it was found."""
    return [_hints(old), _knows(old, new), _one_promotion(old, new), _common(old, fork), _images(new), _alone(old)]


def _line(name: str, holds: bool, says: str) -> Line:
    return Line(CONDITIONS[name], Word.HOLDS if holds else Word.VIOLATED, says)


def _hints(old: OldPrimary) -> Line:
    logged, summed = old.control.wal_log_hints, old.control.checksums
    says = f"wal_log_hints is {'on' if logged else 'off'}, checksums are {'on' if summed else 'off'}"
    return _line("hints_logged", logged or summed, says)


def _knows(old: OldPrimary, new: NewPrimary) -> Line:
    says = f"its control file is of timeline {new.control_timeline}"
    if new.major >= _FIXED_IN or new.control_timeline == new.timeline:
        return _line("knows_new_timeline", True, says)
    return _line(
        "knows_new_timeline", False, f"{says}: run CHECKPOINT on the new primary, or pg_rewind finds nothing to do"
    )


def _one_promotion(old: OldPrimary, new: NewPrimary) -> Line:
    same = old.timeline == new.timeline
    says = f"the old primary is on timeline {old.timeline}, the new one on {new.timeline}"
    return _line("one_promotion", not same, says)


def _common(old: OldPrimary, fork: int) -> Line:
    """Goes back record by record, as pg_rewind does (findLastCheckpoint)."""
    record = old.checkpoint
    if record is None or record.end > fork:
        following = old.log.record(fork)
        record = old.log.before(following) if following is not None else None
    for _ in range(_MOST_RECORDS):
        if record is None:
            break
        if is_checkpoint(record) and record.end <= fork:
            return _line("common_checkpoint", True, f"the checkpoint at {format_lsn(record.start)}")
        record = old.log.before(record)
    return _line("common_checkpoint", False, "no checkpoint before the fork is in its pg_wal")


def _images(new: NewPrimary) -> Line:
    says = "full_page_writes is on" if new.full_page_writes else "it is off: set full_page_writes = on there"
    return _line("images", new.full_page_writes, says)


def _alone(old: OldPrimary) -> Line:
    if old.control.state in (State.SHUT_DOWN, State.SHUT_DOWN_IN_RECOVERY):
        return _line("can_recover_alone", True, "it was shut down cleanly")
    if old.major < _RECOVERS_ALONE:
        return _line(
            "can_recover_alone", False, "pg_rewind before 13 does not do that: start and stop the old primary cleanly"
        )
    if (old.data / "standby.signal").exists():
        return _line("can_recover_alone", False, "single-user mode refuses it: take standby.signal away")
    return _line("can_recover_alone", True, "pg_rewind runs it alone first")
