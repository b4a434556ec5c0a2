"""The command `certify`: has certificates checked again and prints how that came out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from checker import fingerprint
from checker.progress import ProgressLine
from checker.prove.certify import Certified, certify
from checker.prove.demanded import sizes
from checker.refusal import UsageError
from checker.verdict import INCOMPLETE, OK

WORDS = {OK: "certified", INCOMPLETE: "incomplete", 1: "denied"}
"""How it came out, by its exit code: 1 where the other solver finds a state that an obligation says there is not."""

COLORS = {OK: "green", INCOMPLETE: "yellow", 1: "red"}


def certify_and_report(folder: Path, seconds: float, workers: int, as_json: bool) -> int:
    """Checks, prints, returns the exit code.  Raises `UsageError` for certificates that are refused."""
    try:
        import cvc5  # noqa: F401
    except ImportError:
        raise UsageError("cvc5 is not installed: `pip install failback-checker[certify]` brings it") from None
    line = ProgressLine()
    try:
        found = certify(folder, seconds, workers, lambda done, total: line.say(f"obligations {done} of {total}"))
    finally:
        line.clear()
    code = 1 if found.denied else INCOMPLETE if found.open else OK
    if as_json:
        click.echo(json.dumps(_document(found, code), indent=2, ensure_ascii=False))
    else:
        _show(found, code)
    return code


def _solver() -> str:
    return f"cvc5 {fingerprint.installed('cvc5')['cvc5']}"


def _document(found: Certified, code: int) -> dict[str, Any]:
    return {
        "model": found.manifest.model,
        "settings": dict(found.manifest.settings),
        "fixed": dict(found.manifest.fixed),
        "outcome": WORDS[code],
        "exit": code,
        "properties": list(found.manifest.properties),
        "solver": _solver(),
        "obligations": [
            {
                "property": one.written.claim,
                "action": one.written.step,
                "file": one.written.file,
                "result": one.result,
                "because": one.because,
                "seconds": round(one.seconds, 3),
            }
            for one in found.checked
        ],
        "by_reading": len(found.manifest.by_reading),
        "seconds": round(found.seconds, 3),
    }


def _show(found: Certified, code: int) -> None:
    chosen = ", ".join(f"{name}={value}" for name, value in found.manifest.settings.items())
    click.echo(f"model       {found.manifest.model}")
    click.echo(f"settings    {chosen or 'none'}")
    click.echo(f"sizes       {sizes(found.manifest.fixed)}")
    click.echo(f"solver      {_solver()}")
    for name in found.manifest.properties:
        click.echo(f"proved      {name}")
    for one in (*found.denied, *found.open):
        word = "denied" if one.result == "sat" else "open"
        click.echo(f"{word:<12}{one.written.step} keeps {one.written.claim}  ({one.written.file})")
        if one.because:
            click.echo(f"            {one.because}")
    agreed = len(found.checked) - len(found.denied) - len(found.open)
    last = f"{WORDS[code]}  obligations {len(found.checked):,}  agreed {agreed:,}  open {len(found.open):,}  "
    last += f"denied {len(found.denied):,}  by reading {len(found.manifest.by_reading):,}  {found.seconds:.1f} s"
    click.echo(click.style(last, fg=COLORS[code]))
