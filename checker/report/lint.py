"""The command `lint`: what in a model does no work, a remark a paragraph."""

from __future__ import annotations

import json
from collections import Counter

import click
from rich.text import Text

from checker.lint import Linted, lint
from checker.report.show import console
from checker.run import Request
from checker.verdict import MODEL_ERROR

KINDS = {
    "idle": "actions that never fire",
    "constant": "properties that the settings decide",
    "vacuous": "properties that a part of them suffices for",
    "implied": "guards that the others imply",
    "unread": "variables that nothing depends on",
}

CLEAN, REMARKS, INCOMPLETE = 0, 1, 3


def lint_and_report(request: Request, as_json: bool) -> int:
    """Looks, prints; returns the exit code: 1 for any remark, 3 where the search came to no end and found none."""
    found = lint(request)
    code = _code(found)
    if as_json:
        click.echo(_json(found, code))
    else:
        _show(found, code)
    return code


def _code(found: Linted) -> int:
    if any(search.error is not None for search in found.searches):
        return MODEL_ERROR
    if found.remarks:
        return REMARKS
    return CLEAN if found.complete else INCOMPLETE


def _show(found: Linted, code: int) -> None:
    to = console()
    for kind, meaning in KINDS.items():
        remarks = [remark for remark in found.remarks if remark.kind == kind]
        if remarks:
            to.print(Text(f"{kind}: {meaning}", "bold"))
        for remark in remarks:
            to.print(Text(f"  {remark}"), soft_wrap=True)
    for search in found.searches:
        if search.error is not None:
            to.print(Text(f"error  {search.error}", "bold red"), soft_wrap=True)
    if found.off:
        to.print(
            Text(
                f"not looked at, since they are never possible under these settings and bounds: {', '.join(found.off)}"
            ),
            soft_wrap=True,
        )
    if not found.complete:
        told = "the search ended early: what never happens, and what always holds, is not known"
        to.print(Text(told, "yellow"), soft_wrap=True)
    counts = Counter[str](remark.kind for remark in found.remarks)
    said = "".join(f"  {kind} {counts[kind]}" for kind in KINDS if counts[kind])
    word = {CLEAN: "clean", REMARKS: "remarks", INCOMPLETE: "incomplete"}.get(code, "error")
    to.print(Text(f"{word}{said}  states {found.searches[0].states:,}"), soft_wrap=True)


def _json(found: Linted, code: int) -> str:
    chosen = found.configuration
    document = {
        "settings": chosen.setting_values(),
        "scope": {"name": chosen.scope, "bounds": chosen.bound_values()},
        "remarks": [
            {
                "kind": remark.kind,
                "file": None if remark.at is None else remark.at.file,
                "line": None if remark.at is None else remark.at.line,
                "name": remark.name,
                "text": remark.text,
            }
            for remark in found.remarks
        ],
        "off": list(found.off),
        "complete": found.complete,
        "states": found.searches[0].states,
        "exit": code,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)
