"""The command `diagnose`: what logs say of a return, on a terminal, as JSON, and as a picture of the model's trace."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from checker.operator.cases import CASES, Ask, Case, case_of, trace_of
from checker.operator.diagnosis import Diagnosis, Reader
from checker.operator.logs import read_entries
from checker.operator.messages import Catalogue, installed
from checker.operator.sizes import size
from checker.outputs import Outputs
from checker.postgres.lsn import format_lsn

FOUND, NOTHING = 0, 3
LONGEST = 300
"""Characters of the deciding line that are shown."""


def diagnose_and_report(files: Sequence[Path], locales: Sequence[Path], out: Path | None, as_json: bool) -> int:
    """Reads the logs and prints what they amount to; 3 where there is no return in them.

    Raises `UsageError` for a file that cannot be read, and for a folder that cannot be written.
    """
    catalogue = Catalogue(installed(locales))
    reader = Reader(catalogue)
    for path in files:
        reader.file(read_entries(path))
    found = reader.diagnoses()
    pictures = _draw(found, out) if out is not None else {}
    if as_json:
        click.echo(json.dumps({"returns": [_document(one, pictures) for one in found]}, indent=1, ensure_ascii=False))
        return FOUND if found else NOTHING
    for number, one in enumerate(found):
        if number:
            click.echo()
        _print(one, case_of(one), pictures)
    languages = len(catalogue.languages) + 1
    counted = f"{len(found)} return{'' if len(found) == 1 else 's'}"
    click.echo(f"{'' if not found else chr(10)}diagnosed  {counted}  files {len(files)}  catalogues {languages}")
    if not found:
        click.echo(
            "No message says how a return went. Give the log of the node that was to come back, from its start on, and "
            "where there is one that of the new primary from its promotion on.",
            err=True,
        )
    return FOUND if found else NOTHING


def _draw(found: Sequence[Diagnosis], out: Path) -> dict[str, str]:
    """Writes the model's trace of each kind of end; the picture of each by its kind."""
    from checker.draw.spacetime import spacetime
    from checker.draw.text import trace_text
    from checker.traces.itf import write_itf

    written = {}
    with Outputs(out) as outputs:
        for kind in dict.fromkeys(one.kind for one in found):
            behaviour = CASES[kind].behaviour
            if behaviour is None:
                continue
            trace = trace_of(behaviour, kind)
            outputs.put(f"{kind}.itf.json", partial(write_itf, trace))
            outputs.write(f"{kind}.txt", trace_text(trace, color=False, width=120, full=True))
            outputs.write(f"{kind}.spacetime.svg", spacetime(trace))
            written[kind] = str(outputs.path(f"{kind}.spacetime.svg"))
        outputs.publish(stale=())
    return written


def _facts(one: Diagnosis) -> list[tuple[str, str]]:
    """What is known, in lines of a name and what is said."""
    said = [("found", f"{one.where}{f', {one.moment}' if one.moment else ''}")]
    if one.times > 1:
        said.append(("times", str(one.times)))
    if one.timeline or one.new_timeline:
        old, new = one.timeline or "?", one.new_timeline or "?"
        said.append(("timelines", f"{old} on the node, {new} on the new primary"))
    if one.fork:
        said.append(("F (fork)", f"{'at most ' if one.fork_is_bound else ''}{format_lsn(one.fork)}"))
    if one.end_of_wal:
        said.append(("R (its end)", format_lsn(one.end_of_wal)))
    if one.tail:
        least = "at least " if one.fork_is_bound else ""
        said.append(("tail", f"{least}{size(one.tail)} past the fork ({one.tail} bytes)"))
    return said


def _print(one: Diagnosis, case: Case, pictures: dict[str, str]) -> None:
    click.echo(click.style(_word(one), bold=True))
    for name, said in _facts(one):
        click.echo(f"  {name:<12} {said}")
    shown = one.line if len(one.line) <= LONGEST else f"{one.line[:LONGEST]}…"
    click.echo(f"  {'line':<12} {shown}")
    for paragraph in (case.explanation, *(f"- {line}" for line in case.advice), *_rewind(one)):
        click.echo(click.wrap_text(paragraph, 100, "  ", "  " if paragraph == case.explanation else "    "))
    if case.ask is not None:
        click.echo(f"  in the model: {case.ask.command}")
    if one.kind in pictures:
        click.echo(f"  drawn: {pictures[one.kind]}")
    elif case.behaviour is not None:
        click.echo("  drawn with --out DIR")


def _word(one: Diagnosis) -> str:
    """The outcome of the closed list; where a log cannot tell two of them apart, both."""
    if one.outcome is not None:
        return str(one.outcome)
    return "identical or silent_divergence" if one.kind == "streaming" else one.kind


def _rewind(one: Diagnosis) -> list[str]:
    return (
        ["- pg_rewind has been tried and refuses: wal_log_hints and checksums are off."] if one.rewind_refused else []
    )


def _document(one: Diagnosis, pictures: dict[str, str]) -> dict[str, Any]:
    case = case_of(one)
    ask: Ask | None = case.ask
    return {
        "outcome": str(one.outcome) if one.outcome is not None else None,
        "message": one.kind,
        "where": one.where,
        "moment": one.moment,
        "times": one.times,
        "line": one.line,
        "timeline": one.timeline or None,
        "new_timeline": one.new_timeline or None,
        "fork": format_lsn(one.fork) if one.fork else None,
        "fork_is_bound": one.fork_is_bound,
        "end_of_wal": format_lsn(one.end_of_wal) if one.end_of_wal else None,
        "tail_bytes": one.tail if one.fork and one.end_of_wal else None,
        "explanation": case.explanation,
        "advice": [*case.advice],
        "command": ask.command if ask is not None else None,
        "picture": pictures.get(one.kind),
    }
