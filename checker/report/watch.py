"""The command `watch`: what would become of a healthy primary if it died now; as text, JSON, or for Prometheus."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from checker.operator.refusal import CannotTell
from checker.operator.safety import Safety, look
from checker.operator.sizes import size
from checker.postgres.lsn import format_lsn
from checker.refusal import UsageError

if TYPE_CHECKING:
    import psycopg

SAFE, CANNOT_TELL, UNSAFE = 0, 3, 23
"""UNSAFE: a primary that died now would not come back after a cut, or a told commit would be lost."""


@dataclass(frozen=True)
class Asked:
    """What was asked; `every` in seconds, 0 for one look."""

    primary: str
    standby: str
    prometheus: bool = False
    as_json: bool = False
    every: float = 0.0


def watch_and_report(asked: Asked) -> int:
    """Looks once, or again and again until interrupted; returns the exit code of the last look. Raises UsageError."""
    try:
        with _session(asked.primary, "primary") as primary, _session(asked.standby, "standby") as standby:
            while True:
                safety = look(primary, standby)
                _say(safety, asked)
                if not asked.every:
                    return SAFE if is_safe(safety) else UNSAFE
                time.sleep(asked.every)
    except CannotTell as reason:
        click.echo(f"cannot tell  {reason}", err=asked.as_json or asked.prometheus)
        return CANNOT_TELL


def is_safe(safety: Safety) -> bool:
    """Whether, at this moment, nothing would be lost or stay behind: no tail, or told commits and a way back."""
    return not safety.tail or (safety.acknowledged_survive and (safety.rewind_possible or not safety.checkpoint_ahead))


@contextmanager
def _session(dsn: str, role: str) -> Iterator[psycopg.Connection[Any]]:
    try:
        import psycopg
    except ImportError:
        raise UsageError("psycopg is missing; install failback-checker[postgres]") from None
    try:
        connection = psycopg.connect(dsn, autocommit=True, connect_timeout=10)
    except psycopg.Error as error:
        raise UsageError(f"cannot reach the {role}: {str(error).splitlines()[0]}") from None
    with connection:
        try:
            yield connection
        except psycopg.Error as error:
            raise CannotTell(f"a server does not answer: {str(error).splitlines()[0]}") from None


def _say(safety: Safety, asked: Asked) -> None:
    if asked.prometheus:
        click.echo(prometheus(safety), nl=False)
    elif asked.as_json:
        click.echo(json.dumps(document(safety), indent=None if asked.every else 1))
    elif asked.every:
        click.echo(last_line(safety))
    else:
        _print(safety)


def _print(safety: Safety) -> None:
    click.echo(click.style("if the primary died this second", bold=True))
    told = (
        "no commit that a client was told of" if safety.acknowledged_survive else f"up to {safety.unsent} transactions"
    )
    rewind = "possible" if safety.rewind_possible else "refused: wal_log_hints and checksums are off"
    for name, said in (
        ("tail", f"{size(safety.tail)} of WAL that the standby has not"),
        ("lost", f"{told}, {safety.behind_seconds:.1f} s since the last one replayed"),
        ("checkpoint", "past the standby: a cut would not help" if safety.checkpoint_ahead else "within the standby"),
        ("pg_rewind", rewind),
        ("standby", ("streams" if safety.connected else "DOES NOT STREAM") + (", synchronous" * safety.synchronous)),
    ):
        click.echo(f"  {name:<11} {said}")
    click.echo("\nas configured, at any moment")
    for claim in safety.claims:
        word = click.style("yes", fg="green") if claim.holds else click.style("no ", fg="red")
        click.echo(f"  {word} {claim.says}  ({claim.property}, specs/{claim.spec}.toml)")
    click.echo("\nwhat would change that")
    for advice in safety.advice:
        click.echo(f"  {advice.setting}: {advice.says}  (specs/{advice.spec}.toml)")
    click.echo(f"\n{last_line(safety)}")


def last_line(safety: Safety) -> str:
    """The line to look for."""
    word = "safe" if is_safe(safety) else "unsafe"
    return f"{word}  tail {safety.tail}  unsent {safety.unsent}  at {format_lsn(safety.primary_flushed)}"


def document(safety: Safety) -> dict[str, Any]:
    """The look as JSON."""
    return {
        "safe": is_safe(safety),
        "tail_bytes": safety.tail,
        "unsent_transactions": safety.unsent,
        "behind_seconds": safety.behind_seconds,
        "primary_flushed": format_lsn(safety.primary_flushed),
        "standby_received": format_lsn(safety.standby_received),
        "standby_replayed": format_lsn(safety.standby_replayed),
        "checkpoint_ahead": safety.checkpoint_ahead,
        "pg_rewind_possible": safety.rewind_possible,
        "acknowledged_commits_survive": safety.acknowledged_survive,
        "connected": safety.connected,
        "synchronous": safety.synchronous,
        "settings": safety.settings,
        "claims": [asdict(claim) for claim in safety.claims],
        "advice": [asdict(advice) for advice in safety.advice],
    }


def prometheus(safety: Safety) -> str:
    """The look in Prometheus' text format."""
    gauges: list[tuple[str, str, float]] = [
        ("tail_bytes", "WAL that only the primary has on disk.", safety.tail),
        ("unsent_transactions", "Transactions that the standby has not seen begin, at most.", safety.unsent),
        ("replay_age_seconds", "Time since the last transaction that the standby replayed.", safety.behind_seconds),
        ("checkpoint_ahead", "1: the primary's checkpoint is past the standby.", safety.checkpoint_ahead),
        ("rewind_possible", "1: pg_rewind would be accepted.", safety.rewind_possible),
        ("acknowledged_commits_survive", "1: no commit that was told would be lost.", safety.acknowledged_survive),
        ("standby_streaming", "1: the standby streams.", safety.connected),
        ("safe", "1: nothing would be lost or stay behind if the primary died now.", is_safe(safety)),
    ]
    lines = []
    for name, text, value in gauges:
        full = f"failback_{name}"
        lines += [f"# HELP {full} {text}", f"# TYPE {full} gauge", f"{full} {float(value):g}"]
    lines += ["# HELP failback_property_holds Whether a property of the model holds under these settings."]
    lines += ["# TYPE failback_property_holds gauge"]
    for claim in safety.claims:
        labels = f'property="{claim.property}",spec="{claim.spec}"'
        lines.append(f"failback_property_holds{{{labels}}} {int(claim.holds)}")
    return "\n".join(lines) + "\n"
