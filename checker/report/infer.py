"""The command `prove --infer`: lemmas found by themselves, as model source, and what they are good for."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from checker.progress import ProgressLine
from checker.prove.infer import Inferred, infer
from checker.reading import load
from checker.refusal import UsageError, listed
from checker.run import Request, configured
from checker.verdict import INCOMPLETE, OK


def infer_and_report(request: Request, others: Sequence[str], as_json: bool) -> int:
    """Infers and prints; 0 where lemmas are found and show every property, 3 where not.

    `others` are options that were given and go with a proof only.  Raises `UsageError` and `ModelError`.
    """
    if others:
        raise UsageError(f"--infer looks for lemmas only, so {listed(others)} cannot be given with it")
    model = load(request.model)
    chosen = configured(model, request)
    if request.bounds:
        raise UsageError("--infer finds lemmas for any size, so --bound cannot be given with it; --scope can")
    named = [item.name for item in model.properties if item.kind == "invariant"]
    asked = [name for name in named if not request.properties or name in request.properties]
    line = ProgressLine()
    try:
        found = infer(chosen, asked, line.say)
    finally:
        line.clear()
    if as_json:
        click.echo(json.dumps(_document(found), indent=2))
    else:
        _show(found)
    return OK if found.lemmas and not found.open else INCOMPLETE


def _document(found: Inferred) -> dict[str, object]:
    return {
        "tried": found.tried,
        "left": found.left,
        "lemmas": [{"name": one.name, "source": one.source()} for one in found.lemmas],
        "covered": found.covered,
        "idle": found.idle,
        "uncovered": found.uncovered,
        "proved": found.proved,
        "open": found.open,
    }


def _show(found: Inferred) -> None:
    for one in found.lemmas:
        click.echo(one.source() + "\n")
    for what, names in (
        ("the model's lemmas that follow from these", found.covered),
        ("those that say nothing under these settings", found.idle),
        ("those that do not follow", found.uncovered),
        ("properties shown with these alone", found.proved),
        ("properties not shown with these", found.open),
    ):
        click.echo(f"# {what}: {listed(names)}")
    click.echo(f"inferred  candidates {found.tried:,}  unrefuted {found.left:,}  lemmas {len(found.lemmas):,}")
