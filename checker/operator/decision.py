"""The table of conditions under which an old primary may come back, each with the property that the model checks.

`failback_succeeds` and `no_silent_divergence` hold in the model, with the tail cut at the fork, when the five
`…_within_standby` do; a condition below is one of those, looked up in a real data directory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from checker.postgres.wal import WalRecord


class Decision(StrEnum):
    """What the operator may do, the least expensive way first."""

    COMES_BACK = "comes_back"
    AFTER_CUT = "comes_back_after_cut"
    REWIND = "needs_pg_rewind"
    BASE_BACKUP = "needs_base_backup"


class Word(StrEnum):
    """How a condition was found; `unseen` counts as violated."""

    HOLDS = "holds"
    VIOLATED = "violated"
    UNSEEN = "unseen"


@dataclass(frozen=True)
class Condition:
    """A line of the table: the property of the model it stands for, and the claim that shows what its absence does."""

    name: str
    property: str
    spec: str
    meaning: str


TABLE: tuple[Condition, ...] = (
    Condition("wal_tail", "no_wal_tail", "data-flush", "its WAL does not reach past the fork"),
    Condition(
        "wal_whole", "failback_succeeds", "data-flush-delete", "recovery finds its checkpoint and all WAL to go on"
    ),
    Condition(
        "checkpoint",
        "control_within_standby",
        "data-flush-cut-without-control-gate",
        "its checkpoint is before the fork",
    ),
    Condition(
        "minimum_recovery", "control_within_standby", "data-flush-cut-late", "it was not started once with the tail"
    ),
    Condition("pages", "page_within_standby", "data-flush-cut-without-page-gate", "no page on disk is past the fork"),
    Condition(
        "commit_log",
        "commit_status_within_standby",
        "data-flush-cut-without-clog-gate",
        "its commit log calls nothing committed that was not before the fork",
    ),
    Condition(
        "removals",
        "removal_within_standby",
        "data-flush-cut-without-truncate-gate",
        "no file was truncated, removed, or made anew past the fork",
    ),
    Condition(
        "hints",
        "hint_within_standby",
        "hints-without-a-rule",
        "no row is marked committed by a transaction that was not before the fork",
    ),
    Condition("index_marks", "hint_within_standby", "hints-without-a-rule", "no index entry is marked dead by one"),
    Condition("no_archive_of_the_tail", "no_wal_tail", "data-flush", "no archive gives the tail back"),
    Condition("wal_to_follow", "failback_succeeds", "data-flush-cut", "the new primary has the WAL from there on"),
)
"""What must hold; the first line only where nothing is cut."""

REWIND_TABLE: tuple[Condition, ...] = (
    Condition("hints_logged", "failback_succeeds", "rewind-refused", "wal_log_hints or data checksums are on"),
    Condition(
        "knows_new_timeline", "failback_succeeds", "commit-rewind", "the new primary's control file has its timeline"
    ),
    Condition(
        "one_promotion", "no_silent_divergence", "rewind-uncoordinated", "the two are not on the same timeline ID"
    ),
    Condition(
        "common_checkpoint", "failback_succeeds", "commit-rewind", "its WAL goes back to a checkpoint before the fork"
    ),
    Condition("images", "no_silent_divergence", "commit-rewind", "the new primary has full_page_writes on"),
    Condition("can_recover_alone", "failback_succeeds", "commit-rewind", "pg_rewind can finish its crash recovery"),
)
"""What pg_rewind needs."""

MENDABLE = ("knows_new_timeline", "images", "can_recover_alone")
"""Those of them that the operator can make true first: the line says how."""

CONDITIONS = {condition.name: condition for condition in (*TABLE, *REWIND_TABLE)}


@dataclass(frozen=True)
class Line:
    """A condition as it was found; `says` is a sentence, `evidence` the first few things it rests on."""

    condition: Condition
    word: Word
    says: str
    evidence: tuple[str, ...] = ()


@dataclass
class Finding:
    """Everything that was seen, and the decision. LSNs; `segments` are names of files that a cut would take away.

    `first`: settings to be raised before the start, for they say nothing on the data.
    """

    decision: Decision
    reason: str
    fork: int = 0
    end_of_wal: int = 0
    timeline: int = 0
    new_timeline: int = 0
    lines: list[Line] = field(default_factory=list)
    rewind: list[Line] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    lost_count: int = 0
    cut_file: str = ""
    cut_from: int = 0
    cut_bytes: int = 0
    segments: tuple[str, ...] = ()
    first: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    pages: int = 0
    seconds: float = 0.0
    checkpoint: WalRecord | None = None

    @property
    def tail(self) -> int:
        """Bytes past the fork."""
        return max(self.end_of_wal - self.fork, 0)


def decide(lines: list[Line], rewind: list[Line], *, has_tail: bool) -> tuple[Decision, str]:
    """The decision, and the conditions that made it; what was not seen is taken to be violated."""
    against = [line.condition.name for line in lines if line.word != Word.HOLDS and line.condition.name != "wal_tail"]
    if not against:
        if has_tail:
            return Decision.AFTER_CUT, "everything durable is within what the new primary has, but for the WAL itself"
        return Decision.COMES_BACK, "nothing that it has is past what the new primary has"
    because = f"not shown: {', '.join(against)}"
    missing = [
        line.condition.name for line in rewind if line.word != Word.HOLDS and line.condition.name not in MENDABLE
    ]
    if against == ["wal_to_follow"]:
        return Decision.BASE_BACKUP, f"{because}; an archive that has the WAL would do too"
    if missing:
        return Decision.BASE_BACKUP, f"{because}; and pg_rewind lacks {', '.join(missing)}"
    first = [line.says.partition(": ")[2] or line.says for line in rewind if line.word != Word.HOLDS]
    return Decision.REWIND, because + (f"; first {'; '.join(first)}" if first else "")
