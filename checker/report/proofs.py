"""The command `proofs`: the page of what is proved, and how far it has come."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from checker.progress import ProgressLine
from checker.prove.table import table
from checker.refusal import UsageError
from checker.report.proofs_page import proofs_page


def proofs_and_report(paths: Sequence[Path], workers: int | None, fresh: bool) -> int:
    """Proves what it can under the settings of claims and prints the page; 1 where a proof and a claim contradict.

    Raises `UsageError` where no claim speaks of an invariant.
    """
    line = ProgressLine()
    try:
        rows = table(paths, workers, fresh, lambda done, total: line.say(f"inductions {done} of {total}"))
    finally:
        line.clear()
    if not rows:
        raise UsageError("none of these claims speaks of an invariant, so there is nothing to prove")
    click.echo(proofs_page(rows))
    for row in rows:
        for name in row.contradictions:
            click.echo(f"contradiction: {name} is proved, and {row.spec.path} says it is violated", err=True)
        if row.undemanded:
            click.echo(f"note: {row.spec.path} could demand proofs of {', '.join(row.undemanded)}", err=True)
    return 1 if any(row.contradictions for row in rows) else 0
