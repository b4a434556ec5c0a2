"""The command `observe`: what was recorded of a run of real servers, and what the model says of it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from checker.installed import installations
from checker.refusal import UsageError

if TYPE_CHECKING:
    from checker.postgres.recording import Recording
    from checker.postgres.validation import Validation

AS_PREDICTED, UNEXPLAINED, VIOLATED = 0, 1, 12

COMMIT, DATA_FLUSH = "commit", "data_flush"


@dataclass(frozen=True)
class Asked:
    """What was asked; without a mode both."""

    mode: str | None = None
    cut: bool = False
    lag: float = 0.03
    seconds: float = 4.0
    clients: int = 4
    bindirs: tuple[Path, ...] = ()
    as_json: bool = False


def observe_and_report(asked: Asked) -> int:
    """Makes the runs, checks and prints them. Raises `UsageError` for programs that are missing."""
    installed = installations(asked.bindirs)
    from checker.postgres.programs import MissingProgram
    from checker.postgres.recording import Load, record
    from checker.postgres.validation import Explainer, validate

    codes: list[int] = []
    documents = []
    for programs in installed:
        for mode in (asked.mode,) if asked.mode else (COMMIT, DATA_FLUSH):
            load = Load(mode == DATA_FLUSH, asked.cut, asked.lag, asked.seconds, asked.clients)
            try:
                recording = record(load, programs)
            except MissingProgram as missing:
                raise UsageError(str(missing)) from None
            explainer = Explainer({"mode": mode})
            begun = time.monotonic()
            found = validate(recording, explainer, {"mode": mode})
            seconds = time.monotonic() - begun
            codes.append(_code(found, predicted=mode if asked.mode is None else None))
            documents.append(_document(recording, found, seconds))
            if not asked.as_json:
                _show(recording, found, seconds)
    if asked.as_json:
        click.echo(json.dumps(documents, indent=1))
    return max(codes)


def _code(found: Validation, predicted: str | None) -> int:
    """With a prediction: whether it came true. Without: what was found."""
    if found.unexplained or not found.events:
        return UNEXPLAINED
    if predicted is not None:
        return AS_PREDICTED if bool(found.violated) == (predicted == COMMIT) else UNEXPLAINED
    return VIOLATED if found.violated else AS_PREDICTED


def _show(recording: Recording, found: Validation, seconds: float) -> None:
    load = recording.load
    gate = "gate on" if load.gated else "no gate"
    behind = "the standby is cut off halfway" if load.cut else f"the standby lags by {load.lag:g} s a message"
    click.echo(
        f"PostgreSQL {recording.major}, {gate}, {behind}: {recording.transactions} commits in {load.seconds:g} s"
    )
    if recording.titles:
        click.echo(f"  at the end: {', '.join(recording.titles)}")
    click.echo(f"  durable writes {found.events}, of them {found.ahead} ahead of the acknowledgement")
    for pattern, count in found.patterns.most_common():
        click.echo(f"  {count:8}  {', '.join(pattern)}")
    if found.first_unexplained:
        event, pattern, judgement = found.first_unexplained
        click.echo(f"  NOT EXPLAINED by mode={found.settings['mode']}: {found.unexplained}, the first is")
        click.echo(f"    {event}")
        click.echo(f"    after {', '.join(pattern[:-1])} none takes {judgement.unexplained}: {judgement.reason}")
    else:
        click.echo(f"  explained  every write is a step of the model with mode={found.settings['mode']}")
    for name, event in found.first_violation.items():
        click.echo(f"  violated   {name}: {found.violated[name]} times, first by")
        click.echo(f"    {event}")
    if not found.violated:
        click.echo("  violated   nothing")
    rate = found.events / seconds if seconds else 0
    click.echo(f"  checked in {seconds:.2f} s, {rate:,.0f} writes a second")
    click.echo()


def _document(recording: Recording, found: Validation, seconds: float) -> dict[str, Any]:
    first = found.first_unexplained
    return {
        "major": recording.major,
        "mode": found.settings["mode"],
        "gated": recording.load.gated,
        "cut": recording.load.cut,
        "commits": recording.transactions,
        "writes": found.events,
        "ahead": found.ahead,
        "patterns": {" ".join(pattern): count for pattern, count in found.patterns.items()},
        "unexplained": found.unexplained,
        "first_unexplained": str(first[0]) if first else None,
        "violated": dict(found.violated),
        "first_violation": {name: str(event) for name, event in found.first_violation.items()},
        "seconds": round(seconds, 3),
    }
