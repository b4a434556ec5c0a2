"""The command `gate`: runs claims and prints a line each."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from checker.gate import CODES, Elsewhere, Outcome, exit_code, run_claims
from checker.outputs import Outputs
from checker.report.github import MOST, annotated, summary
from checker.report.sarif import sarif
from checker.spec import find

SPECS = Path("specs")
"""Where claims are looked for, from the current directory."""

WORDS = {0: "passed", 1: "failed", 3: "incomplete", 130: "interrupted", 150: "broken"}
"""How a gate came out, by its exit code."""

COLORS = {"as claimed": "green", "otherwise": "red", "broken": "red", "incomplete": "yellow", "interrupted": "yellow"}


@dataclass(frozen=True)
class Asked:
    """What was asked of a gate: specs by file, folder or name, processes, and what to write."""

    specs: tuple[str, ...]
    workers: int | None = None
    fresh: bool = False
    cluster: str | None = None
    sarif: Path | None = None
    as_json: bool = False


def gate_and_report(asked: Asked) -> int:
    """Runs the specs asked for, prints each as it ends; returns the exit code.

    Raises `UsageError` for no match, and for a file that cannot be written: where that shows at once, before any work.
    """
    started = time.monotonic()
    paths = find(asked.specs, SPECS)
    with ExitStack() as stack:
        outputs = None if asked.sarif is None else stack.enter_context(Outputs(asked.sarif.absolute().parent))
        outcomes, interrupted = _run(paths, asked)
        code = CODES["interrupted"] if interrupted else exit_code(outcomes)
        seconds = time.monotonic() - started
        last_line = _last_line(outcomes, len(paths), code, seconds)
        click.echo(_json(outcomes, len(paths), code, seconds) if asked.as_json else last_line)
        _summarize(outcomes, last_line)
        if outputs is not None and asked.sarif is not None:
            outputs.write(asked.sarif.name, json.dumps(sarif(outcomes, code), indent=1, ensure_ascii=False) + "\n")
            outputs.publish(stale=())
    return code


def _run(paths: Sequence[Path], asked: Asked) -> tuple[list[Outcome], bool]:
    """What came out, each shown at once, and whether it was interrupted."""
    outcomes: list[Outcome] = []
    try:
        for outcome in run_claims(paths, asked.workers, asked.fresh, _elsewhere(asked)):
            outcomes.append(outcome)
            if not asked.as_json:
                _show(outcome)
    except KeyboardInterrupt:
        return outcomes, True
    return outcomes, False


def _elsewhere(asked: Asked) -> Elsewhere | None:
    """How claims run on the cluster that was asked for, if one was."""
    if asked.cluster is None:
        return None
    from checker.explore.cluster.ray_fleet import Asked as Cluster
    from checker.spread import spread

    cluster = Cluster(asked.cluster, asked.workers)
    return lambda paths: spread(paths, cluster, lambda text: click.echo(text, err=True))


def _summarize(outcomes: Sequence[Outcome], last_line: str) -> None:
    """Adds to the summary of the step where GitHub's runner wants one.  It is no result: that it fails is only told."""
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if not page:
        return
    try:
        with Path(page).open("a", encoding="utf-8") as file:
            there = file.tell()
            file.write(summary(outcomes, last_line, max(0, MOST - there)))
    except OSError as error:
        click.echo(f"note: no summary of this step: {page}: {error.strerror}", err=True)


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
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in annotated(outcome):
            click.echo(line)


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
        "claims": [_claim(outcome) for outcome in outcomes],
        "seconds": round(seconds, 3),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _claim(outcome: Outcome) -> dict[str, Any]:
    told = {"name": outcome.name, **dataclasses.asdict(outcome)}
    del told["came"]
    return told
