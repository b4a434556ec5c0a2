"""What an ablation found, as a Markdown table and as JSON."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from checker.configuration import Configuration, spelled
from checker.prove.ablation import Asked, Effect, Row
from checker.run import Request

OK, INCOMPLETE, INTERRUPTED = 0, 3, 130

WORDS = {OK: "ablated", INCOMPLETE: "incomplete", INTERRUPTED: "interrupted"}
"""How an ablation came out, by its exit code."""


@dataclass
class Found:
    """What was asked, the exact settings and bounds of each setup by its name, and a row for each thing taken away."""

    asked: Asked
    request: Request
    configurations: dict[str, Configuration]
    rows: list[Row] = field(default_factory=list)
    interrupted: bool = False
    seconds: float = 0.0

    @property
    def code(self) -> int:
        """The exit code: 0 where of each it is known whether it is needed."""
        if self.interrupted:
            return INTERRUPTED
        return INCOMPLETE if not self.rows or any(row.word == "open" for row in self.rows) else OK

    @property
    def command(self) -> str:
        """The command that makes this again."""
        asked = self.request
        words = ["checker", "ablate", "--model", asked.model]
        words += [] if asked.mode is None else ["--mode", asked.mode]
        for name, value in asked.sets:
            words += ["--set", f"{name}={value}"]
        words += [] if asked.preset is None else ["--preset", asked.preset]
        words += [] if asked.scope is None else ["--scope", asked.scope]
        for name, limit in asked.bounds:
            words += ["--bound", f"{name}={limit}"]
        words += [word for name in self.asked.actions for word in ("--action", name)]
        return shlex.join([*words, "--states", str(asked.states), "--memory", str(asked.memory)])


def summary(found: Found) -> str:
    """The last line: how many guards and settings, how many of them needed."""
    guards = sum(row.subject.guard is not None for row in found.rows)
    counts = Counter(row.word for row in found.rows)
    words = "  ".join(
        f"{word} {counts[word]}" for word in ("needed", "spare", "open") if counts[word] or word != "open"
    )
    return f"{WORDS[found.code]}  guards {guards}  settings {len(found.rows) - guards}  {words}  {found.seconds:.1f} s"


# --- Markdown -----------------------------------------------------------------------------------------------


def markdown(found: Found) -> str:
    """The whole as a page: what was looked at, then settings, guards that are needed, and guards that are not."""
    return "\n".join(_page(found)) + "\n"


def _page(found: Found) -> Iterator[str]:
    yield from ("# Which guards are needed", "", f"    {found.command}", "")
    for name, chosen in found.configurations.items():
        changed = ", ".join(f"{key}={spelled(value)}" for key, value in chosen.changed_settings().items())
        limits = ", ".join(f"{key}={value}" for key, value in chosen.bound_values().items())
        yield f"- **{name}**: {changed or 'all settings at their defaults'}; {chosen.scope} ({limits})"
    yield from ("", "A number is that of the steps of a shortest way to what breaks.", "")
    guards = [row for row in found.rows if row.subject.guard is not None]
    for title, rows in (
        ("Settings switched off", [row for row in found.rows if row.subject.guard is None]),
        ("Guards without which something breaks", [row for row in guards if row.word == "needed"]),
        ("Guards without which nothing breaks", [row for row in guards if row.word == "spare"]),
        ("Guards that the limits left open", [row for row in guards if row.word == "open"]),
    ):
        if rows:
            yield from (f"## {title}", "", *_table(rows, [setup.name for setup in found.asked.setups]), "")


def _table(rows: list[Row], names: list[str]) -> Iterator[str]:
    yield _line(["where", "what", *names])
    yield _line(["---"] * (2 + len(names)))
    for row in rows:
        guard = row.subject.guard
        what = f"`{row.subject.name}`" if guard is None else f"`{guard.action}`: `{guard.text}`"
        where = "" if guard is None else f"`{guard.at}`"
        yield _line([where, what, *(_cell(row.effects.get(name)) for name in names)])


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _cell(effect: Effect | None) -> str:
    return "" if effect is None else str(effect)


# --- JSON ---------------------------------------------------------------------------------------------------


def document(found: Found) -> str:
    """The whole as JSON."""
    made = {
        "model": found.asked.model,
        "outcome": WORDS[found.code],
        "exit": found.code,
        "setups": [
            {
                "name": name,
                "settings": chosen.setting_values(),
                "scope": {"name": chosen.scope, "bounds": chosen.bound_values()},
            }
            for name, chosen in found.configurations.items()
        ],
        "rows": [_row(row) for row in found.rows],
        "seconds": round(found.seconds, 3),
        "command": found.command,
    }
    return json.dumps(made, indent=2, ensure_ascii=False)


def _row(row: Row) -> dict[str, Any]:
    guard = row.subject.guard
    return {
        "setting": row.subject.name if guard is None else None,
        "action": None if guard is None else guard.action,
        "guard": None if guard is None else guard.text,
        "at": None if guard is None else str(guard.at),
        "verdict": row.word,
        "effects": {name: _effect(effect) for name, effect in row.effects.items()},
    }


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "word": effect.word,
        "what": effect.what or None,
        "depth": effect.depth,
        "steps": list(effect.steps) if effect.depth is not None else None,
        "states": effect.states,
        "before": effect.before,
        "seconds": round(effect.seconds, 3),
    }
