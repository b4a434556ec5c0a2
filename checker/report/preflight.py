"""The command `preflight`: may the old primary come back, on a terminal and as JSON; the cut, and its undo."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from checker.operator import cut as cutting
from checker.operator.decision import Decision, Finding, Line, Word
from checker.operator.inspection import Inspection
from checker.operator.new_primary import NewPrimary, from_directory, from_session
from checker.operator.old_primary import OldPrimary
from checker.operator.refusal import CannotTell
from checker.operator.relation_files import PAGE
from checker.operator.sizes import size
from checker.postgres.lsn import format_lsn
from checker.progress import ProgressLine
from checker.refusal import UsageError

CODES = {Decision.COMES_BACK: 0, Decision.AFTER_CUT: 20, Decision.REWIND: 21, Decision.BASE_BACKUP: 22}
DONE, CANNOT_TELL = 0, 3

HEADLINES = {
    Decision.COMES_BACK: "comes back as it is: start it as a standby",
    Decision.AFTER_CUT: "comes back after cutting its WAL at the fork, before its first start",
    Decision.REWIND: "needs pg_rewind",
    Decision.BASE_BACKUP: "needs a base backup",
}
COLOURS = {Word.HOLDS: "green", Word.VIOLATED: "red", Word.UNSEEN: "yellow"}


@dataclass(frozen=True)
class Asked:
    """What was asked: the two nodes, and what to do."""

    pgdata: Path
    new_primary: str | None
    new_pgdata: Path | None
    every_page: bool = False
    cut: bool = False
    yes: bool = False
    as_json: bool = False


def preflight_and_report(asked: Asked) -> int:
    """Looks, prints, and with `cut` does what it proposed; returns the exit code. Raises UsageError."""
    try:
        if asked.cut and (begun := cutting.unfinished(asked.pgdata)) is not None:
            OldPrimary(asked.pgdata)
            cutting.cut(asked.pgdata, begun)
            click.echo(f"finished the cut that was begun, at {format_lsn(begun.fork)}")
            return DONE
        found = look(asked)
    except CannotTell as reason:
        return _cannot_tell(reason, asked.as_json)
    if asked.as_json:
        click.echo(json.dumps(document(found), indent=1))
    else:
        _print(found, asked)
    return _cut(found, asked) if asked.cut else CODES[found.decision]


def undo_and_report(pgdata: Path, as_json: bool) -> int:
    """Undoes a cut."""
    try:
        OldPrimary(pgdata)
        plan = cutting.undo(pgdata)
    except CannotTell as reason:
        return _cannot_tell(reason, as_json)
    if as_json:
        click.echo(json.dumps({"undone": plan.segment, "fork": format_lsn(plan.fork)}))
    else:
        click.echo(f"undone: the WAL goes to {format_lsn(plan.end_of_wal)} again, {size(plan.bytes)} past the fork")
    return DONE


def look(asked: Asked) -> Finding:
    """The finding on the two nodes. Raises CannotTell, UsageError."""
    line = ProgressLine()
    try:
        old = OldPrimary(asked.pgdata)
        with _new_primary(asked) as new:
            return Inspection(old, new, every_page=asked.every_page, progress=line.say).finding()
    except OSError as error:
        raise CannotTell(f"cannot read {error.filename}: {error.strerror}") from None
    finally:
        line.clear()


@contextmanager
def _new_primary(asked: Asked) -> Iterator[NewPrimary]:
    if asked.new_pgdata is not None:
        yield from_directory(asked.new_pgdata)
        return
    try:
        import psycopg
    except ImportError:
        raise UsageError("psycopg is missing; install failback-checker[postgres]") from None
    try:
        connection = psycopg.connect(asked.new_primary or "", autocommit=True, connect_timeout=10)
    except psycopg.Error as error:
        raise UsageError(f"cannot reach the new primary: {str(error).splitlines()[0]}") from None
    with connection:
        connection.read_only = True
        yield from_session(connection)


def _cut(found: Finding, asked: Asked) -> int:
    """Does the cut, where that is the decision and it is confirmed."""
    if found.decision != Decision.AFTER_CUT:
        click.echo("not cut: that is not what it needs", err=True)
        return CODES[found.decision]
    if not asked.yes:
        if asked.as_json:
            raise UsageError("--cut with --json needs --yes: there is nobody to ask")
        if not click.confirm(f"Cut {asked.pgdata} at {format_lsn(found.fork)} now?", default=False):
            return CODES[found.decision]
    try:
        old = OldPrimary(asked.pgdata)
        plan = cutting.plan_cut(
            asked.pgdata, found.timeline, found.fork, found.end_of_wal, found.segments, old.segment_size
        )
        cutting.cut(asked.pgdata, plan)
    except CannotTell as reason:
        return _cannot_tell(reason, asked.as_json)
    if not asked.as_json:
        click.echo(f"cut  {size(plan.bytes)}  {plan.segment} from byte {plan.offset}, {len(plan.later)} segments aside")
        click.echo(f"undo it, as long as nothing was started: checker preflight --pgdata {asked.pgdata} --undo")
    return DONE


def _cannot_tell(reason: CannotTell, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps({"decision": None, "reason": str(reason)}))
    else:
        click.echo(f"cannot tell  {reason}")
    return CANNOT_TELL


# The output


def _print(found: Finding, asked: Asked) -> None:
    bold = {"bold": True}
    colour = {Decision.COMES_BACK: "green", Decision.AFTER_CUT: "yellow"}.get(found.decision, "red")
    click.echo(click.style(HEADLINES[found.decision], fg=colour, **bold))
    for name, said in _positions(found):
        click.echo(f"  {name:<12} {said}")
    for title, lines in (("conditions", found.lines), ("for pg_rewind", found.rewind)):
        if title == "for pg_rewind" and found.decision in (Decision.COMES_BACK, Decision.AFTER_CUT):
            continue
        click.echo(f"\n{title}")
        for one in lines:
            _print_line(one)
    if found.lost_count:
        click.echo(f"\nonly the old primary knows {found.lost_count} commit{'' if found.lost_count == 1 else 's'}")
        for said in found.lost:
            click.echo(f"  {said}")
        if found.lost_count > len(found.lost):
            click.echo(f"  and {found.lost_count - len(found.lost)} more")
    if found.decision == Decision.AFTER_CUT:
        _print_cut(found, asked)
    for said in found.first:
        click.echo(f"\nbefore the start: {said}")
    click.echo("\nnot looked at: " + "; ".join(found.unseen))
    click.echo(f"\n{_last_line(found)}")


def _positions(found: Finding) -> list[tuple[str, str]]:
    said = [("why", found.reason), ("timelines", f"{found.timeline} here, {found.new_timeline} on the new primary")]
    if found.fork:
        said.append(("F (fork)", format_lsn(found.fork)))
    if found.end_of_wal:
        said.append(("R (its end)", format_lsn(found.end_of_wal)))
    if found.tail:
        said.append(("tail", f"{size(found.tail)} ({found.tail} bytes)"))
    return said


def _print_line(one: Line) -> None:
    word = click.style(f"{one.word:<9}", fg=COLOURS[one.word])
    click.echo(f"  {word} {one.condition.name:<22} {one.says}")
    if one.word != Word.HOLDS:
        for said in one.evidence:
            click.echo(f"{'':<35}{said}")
        click.echo(f"{'':<35}in the model: {one.condition.property}, specs/{one.condition.spec}.toml")


def _print_cut(found: Finding, asked: Asked) -> None:
    click.echo("\nthe cut")
    click.echo(f"  {found.cut_file}: {found.cut_bytes} bytes from byte {found.cut_from} on become zeros")
    for name in found.segments:
        click.echo(f"  {name}: moved aside")
    target = f"--new-primary {asked.new_primary!r}" if asked.new_primary else f"--new-pgdata {asked.new_pgdata}"
    click.echo(f"  to do it: checker preflight --pgdata {asked.pgdata} {target} --cut")


def _last_line(found: Finding) -> str:
    """The line to look for."""
    read = ""
    if found.pages:
        rate = found.pages * PAGE / found.seconds / 1e9 if found.seconds else 0.0
        read = f"  pages {found.pages:,}  {rate:.2f} GB/s"
    return f"{found.decision}  tail {found.tail}  commits only here {found.lost_count}{read}"


def document(found: Finding) -> dict[str, Any]:
    """The finding as JSON."""

    def lines(some: list[Line]) -> list[dict[str, Any]]:
        return [
            {
                "condition": one.condition.name,
                "word": str(one.word),
                "property": one.condition.property,
                "spec": one.condition.spec,
                "says": one.says,
                "evidence": [*one.evidence],
            }
            for one in some
        ]

    return {
        "decision": str(found.decision),
        "reason": found.reason,
        "fork": format_lsn(found.fork),
        "end_of_wal": format_lsn(found.end_of_wal),
        "tail_bytes": found.tail,
        "timeline": found.timeline,
        "new_timeline": found.new_timeline,
        "conditions": lines(found.lines),
        "pg_rewind": lines(found.rewind),
        "commits_only_here": found.lost_count,
        "first_commits": found.lost,
        "cut": {
            "file": found.cut_file,
            "from_byte": found.cut_from,
            "bytes": found.cut_bytes,
            "segments": [*found.segments],
        }
        if found.decision == Decision.AFTER_CUT
        else None,
        "before_the_start": found.first,
        "not_looked_at": found.unseen,
        "pages": found.pages,
        "seconds": round(found.seconds, 3),
    }
