"""A healthy cluster: would its primary come back if it died now, what would be lost, and which settings decide it.

Of the settings of today's servers each choice is a claim of the model; the words below name it, and say nothing of
their own.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from checker.operator.refusal import CannotTell
from checker.postgres.lsn import parse_lsn

if TYPE_CHECKING:
    import psycopg

SETTINGS = (
    "synchronous_standby_names",
    "synchronous_commit",
    "wal_log_hints",
    "data_checksums",
    "full_page_writes",
    "fsync",
    "wal_keep_size",
    "max_slot_wal_keep_size",
    "archive_mode",
)

_ROWS = """
    select application_name, state, sync_state, pid,
           sent_lsn::text, write_lsn::text, flush_lsn::text, replay_lsn::text
    from pg_stat_replication order by pid
"""
WAITS_FOR_FLUSH = ("on", "remote_apply")


@dataclass(frozen=True)
class Claim:
    """A property of the model under settings like these: what it means to an operator, and the spec that decides it."""

    property: str
    spec: str
    holds: bool
    says: str


@dataclass(frozen=True)
class Advice:
    """A setting that would change an answer, and the spec that says so."""

    setting: str
    says: str
    spec: str


@dataclass
class Safety:
    """One look. LSNs; `tail` is what the primary would have past the fork if it died now and this standby took over.

    `unsent`: transactions that the standby has not seen the beginning of, at most.
    """

    primary_flushed: int
    standby_received: int
    standby_replayed: int
    checkpoint: int
    behind_seconds: float
    unsent: int
    connected: bool
    synchronous: bool
    settings: dict[str, str]
    claims: list[Claim] = field(default_factory=list)
    advice: list[Advice] = field(default_factory=list)
    alone: int = 0
    moment: float = 0.0

    @property
    def tail(self) -> int:
        """Bytes that only the primary has on disk."""
        return max(self.primary_flushed - self.standby_received, 0)

    @property
    def checkpoint_ahead(self) -> bool:
        """Whether the primary's last checkpoint begins past what the standby has: then only pg_rewind would help."""
        return self.checkpoint >= self.standby_received

    @property
    def rewind_possible(self) -> bool:
        """Whether pg_rewind would be accepted."""
        return "on" in (self.settings.get("wal_log_hints"), self.settings.get("data_checksums"))

    @property
    def acknowledged_survive(self) -> bool:
        """Whether commits that clients were told of are on the standby's disk."""
        return self.synchronous and self.settings.get("synchronous_commit") in WAITS_FOR_FLUSH


def look(primary: psycopg.Connection[Any], standby: psycopg.Connection[Any]) -> Safety:
    """Asks both. Raises CannotTell where one of them is not what it is taken for."""

    def value(session: psycopg.Connection[Any], sql: str) -> Any:
        row = session.execute(sql).fetchone()
        return row[0] if row else None

    if value(primary, "select pg_is_in_recovery()"):
        raise CannotTell("the server given as primary is in recovery")
    if not value(standby, "select pg_is_in_recovery()"):
        raise CannotTell("the server given as standby is not in recovery: it was promoted, see `checker preflight`")
    identifiers = [
        value(session, "select system_identifier from pg_control_system()") for session in (primary, standby)
    ]
    if identifiers[0] != identifiers[1]:
        raise CannotTell("the two have different system identifiers: they are not one cluster")
    # the standby first: what it has is then never overstated
    received = value(standby, "select greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::text")
    replayed = value(standby, "select pg_last_wal_replay_lsn()::text")
    seen = value(standby, "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
    behind = value(standby, "select extract(epoch from now() - pg_last_xact_replay_timestamp())::float")
    streams = value(standby, "select count(*) from pg_stat_wal_receiver where status = 'streaming'")
    settings = {
        name: str(shown)
        for name, shown in primary.execute(
            "select name, setting from pg_settings where name = any(%s)", [list(SETTINGS)]
        )
    }
    name = value(standby, "select current_setting('cluster_name')") or "walreceiver"
    rows = primary.execute(_ROWS).fetchall()
    ours = [row for row in rows if row[0] == name] or (rows if len(rows) == 1 else [])
    safety = Safety(
        parse_lsn(value(primary, "select pg_current_wal_flush_lsn()::text")),
        parse_lsn(received or "0/0"),
        parse_lsn(replayed or "0/0"),
        parse_lsn(value(primary, "select checkpoint_lsn::text from pg_control_checkpoint()")),
        float(behind or 0.0),
        max(int(value(primary, "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint")) - int(seen), 0),
        bool(streams),
        any(row[2] in ("sync", "quorum") for row in ours),
        settings,
        alone=len(rows) - len(ours),
        moment=time.time(),
    )
    safety.claims = claims(safety)
    safety.advice = advice(safety)
    return safety


def spec_of(safety: Safety) -> str:
    """The claim on a cluster with these settings."""
    if not safety.synchronous:
        return "commit"
    commit = safety.settings.get("synchronous_commit", "on")
    names = {
        "on": "commit-sync",
        "remote_apply": "commit-sync-remote-apply",
        "remote_write": "commit-sync-remote-write",
    }
    return names.get(commit, f"commit-sync-{commit}")


CLAIMS = (
    ("page_within_standby", "no page on its disk is ahead of the standby"),
    ("commit_status_within_standby", "its commit log is not ahead of the standby"),
    ("control_within_standby", "its control file is not ahead of the standby"),
    ("removal_within_standby", "no file is truncated before the standby knows"),
    ("hint_within_standby", "no row is marked committed before the standby knows"),
    ("no_wal_tail", "its WAL does not reach past the fork"),
    ("acknowledged_commit_survives", "a commit that a client was told of survives its loss"),
)
"""What an operator wants to know of a primary that dies at any moment, by the property that says it."""

HOLDS = {
    "commit": frozenset[str](),
    "commit-sync": frozenset({"hint_within_standby", "acknowledged_commit_survives"}),
    "commit-sync-remote-apply": frozenset({"hint_within_standby", "acknowledged_commit_survives"}),
    "commit-sync-remote-write": frozenset({"hint_within_standby", "acknowledged_commit_survives"}),
    "commit-sync-local": frozenset[str](),
    "commit-sync-off": frozenset[str](),
}
"""Which of them hold under each claim; a test holds this against the specs."""


def claims(safety: Safety) -> list[Claim]:
    """What the model says of settings like these."""
    spec = spec_of(safety)
    return [Claim(name, spec, name in HOLDS[spec], says) for name, says in CLAIMS]


def advice(safety: Safety) -> list[Advice]:
    """The settings that would change an answer, the cheapest first."""
    found = []
    if not safety.rewind_possible:
        says = "makes pg_rewind possible; without it a diverged primary needs a base backup"
        found.append(Advice("wal_log_hints = on (or data checksums)", says, "rewind-refused"))
    if not safety.acknowledged_survive:
        says = "no commit that a client was told of is lost; there can still be a tail"
        found.append(Advice("synchronous_standby_names, and synchronous_commit = on", says, "commit-sync"))
    if safety.settings.get("full_page_writes") != "on":
        says = "images heal pages that ran ahead, and pg_rewind needs it"
        found.append(Advice("full_page_writes = on", says, "data-flush-cut-without-hint-gate"))
    if safety.settings.get("wal_keep_size") == "0" and safety.settings.get("archive_mode") == "off":
        says = "the new primary keeps the WAL that the old one needs to follow"
        found.append(Advice("wal_keep_size, or a replication slot, or an archive", says, "data-flush-cut"))
    says = "always comes back: stop it with the standby attached before the promotion"
    found.append(Advice("planned switchover", says, "commit-clean"))
    return found
