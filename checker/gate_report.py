"""The command `gate`: runs claims and prints a line each."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from checker.gate import CODES, Outcome, exit_code, run_claims
from checker.spec import find

SPECS = Path("specs")
"""Where claims are looked for, from the current directory."""

WORDS = {0: "passed", 1: "failed", 3: "incomplete", 130: "interrupted", 150: "broken"}
"""How a gate came out, by its exit code."""

COLORS = {"as claimed": "green", "otherwise": "red", "broken": "red", "incomplete": "yellow", "interrupted": "yellow"}


def gate_and_report(asked: tuple[str, ...], workers: int | None, as_json: bool, fresh: bool = False) -> int:
    """Runs the specs asked for, prints each as it ends; returns the exit code.  Raises `UsageError` for no match."""
    started = time.monotonic()
    outcomes: list[Outcome] = []
    interrupted = False
    paths = find(asked, SPECS)
    try:
        for outcome in run_claims(paths, workers, fresh):
            outcomes.append(outcome)
            if not as_json:
                _show(outcome)
    except KeyboardInterrupt:
        interrupted = True
    code = CODES["interrupted"] if interrupted else exit_code(outcomes)
    seconds = time.monotonic() - started
    click.echo(
        _json(outcomes, len(paths), code, seconds) if as_json else _last_line(outcomes, len(paths), code, seconds)
    )
    return code


def _show(outcome: Outcome) -> None:
    took = "kept" if outcome.kept else f"{outcome.seconds:.1f} s"
    counted = f"  ({outcome.states:,} states, {took})" if outcome.states else ""
    word = _styled(f"{outcome.word:<11}", outcome.word)
    click.echo(f"{word} {outcome.name}  {outcome.title}{counted}".rstrip())
    for line in outcome.message.splitlines():
        click.echo(f"    {line}")
    for difference in outcome.differences:
        click.echo(f"    {difference}")
    if outcome.word != "as claimed" and outcome.command:
        click.echo(f"    see it: {outcome.command}")


def _styled(text: str, word: str) -> str:

    return text if "NO_COLOR" in os.environ else click.style(text, fg=COLORS[word])


def _last_line(outcomes: Sequence[Outcome], asked: int, code: int, seconds: float) -> str:
    counts = Counter(outcome.word for outcome in outcomes)
    said = "  ".join(f"{word} {counts[word]}" for word in reversed(CODES) if counts[word] or word == "as claimed")
    kept = sum(outcome.kept for outcome in outcomes)
    said += f"  of these kept {kept}" if kept else ""
    return f"{WORDS[code]}  claims {asked}  {said}  {seconds:.1f} s"


def _json(outcomes: Sequence[Outcome], asked: int, code: int, seconds: float) -> str:
    document = {
        "outcome": WORDS[code],
        "exit": code,
        "asked": asked,
        "claims": [{"name": outcome.name, **dataclasses.asdict(outcome)} for outcome in outcomes],
        "seconds": round(seconds, 3),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)
