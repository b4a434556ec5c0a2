"""What an ablation found, as a Markdown table and as JSON."""

from __future__ import annotations

import dataclasses
import json
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from checker.configuration import Configuration, spelled
from checker.prove.ablation import Asked, Row
from checker.prove.effect import Effect
from checker.prove.spare import Kind, Reason
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
    guards = [row for row in found.rows if row.subject.guard is not None]
    settings = [row for row in found.rows if row.subject.guard is None]
    needed, spare, left = ([row for row in guards if row.word == word] for word in ("needed", "spare", "open"))
    yield from ("# Which guards are needed", "", f"    {found.command}", "")
    yield (
        f"Each of the {len(guards)} conditions that the model's actions require was taken away by itself, in each "
        f"setup below in which something could break sooner than in another: something "
        f"breaks without {len(needed)} of them, nothing without {len(spare)}"
        + (f", and limits left {len(left)} open" if left else "")
        + ". What counts is what did not break before: an invariant that held, a mistake of the model, a deadlock; "
        "liveness was not asked. A row has the setup in which something breaks in the fewest steps."
    )
    yield from ("", *_setups(found), "")
    if settings:
        yield from ("## Settings switched off", "", *_table(("setting", *BROKEN), map(_setting, settings)), "")
    for title, rows in (
        ("Guards without which something breaks", needed),
        ("Guards that the limits left open", left),
    ):
        if rows:
            yield from (f"## {title}", "", *_table((*GUARD, *BROKEN), map(_needed, rows)), "")
    if spare:
        head = (*GUARD, "why nothing breaks")
        yield from ("## Guards without which nothing breaks", "", *_table(head, map(_spare, spare)), "")


GUARD = ("where", "action", "guard")
BROKEN = ("what breaks first", "steps", "setup")
"""Headings of columns."""

LONGEST = 90
"""Characters of a guard that a row shows; the line it stands in has the rest."""


def _setups(found: Found) -> Iterator[str]:
    """Each setup, its size, of how many rows it has the shortest breakage, and how many were searched in it."""
    rows = []
    for name, chosen in found.configurations.items():
        changed = ", ".join(f"{key}={spelled(value)}" for key, value in chosen.changed_settings().items())
        limits = ", ".join(f"{key}={value}" for key, value in chosen.bound_values().items())
        states = next((row.effects[name].before for row in found.rows if name in row.effects), 0)
        first = sum(row.first is not None and row.first[0] == name for row in found.rows)
        new = sum(name in row.effects and row.effects[name].word not in ("same", "later") for row in found.rows)
        rows.append((name, changed or "all settings at their defaults", limits, f"{states:,}", str(first), str(new)))
    yield from _table(("setup", "settings", "bounds", "states", "breaks first", "searched"), rows)


def _setting(row: Row) -> tuple[str, ...]:
    return (f"`{row.subject.name}`", *_broken(row))


def _needed(row: Row) -> tuple[str, ...]:
    return (*_guard(row), *_broken(row))


def _spare(row: Row) -> tuple[str, ...]:
    reason = row.reason
    return (*_guard(row), "" if reason is None else "<br>".join(filter(None, (told(reason), reason.note))))


def _guard(row: Row) -> tuple[str, ...]:
    guard = row.subject.guard
    assert guard is not None
    return f"`{guard.at}`", f"`{guard.action}`", code(guard.text)


def _broken(row: Row) -> tuple[str, ...]:
    if row.first is None:
        more = {name: effect for name, effect in row.effects.items() if effect.word in ("nothing", "unknown")}
        name = max(more, key=lambda each: abs(more[each].states - more[each].before), default="")
        return (str(more[name]) if name else "nothing, no new behaviour", "", name)
    name, effect = row.first
    return f"`{effect.what}`" if effect.word == "violated" else effect.broken, str(effect.depth), name


def told(reason: Reason) -> str:
    """Why a guard is spare, in a sentence; what the model says beside it is another."""
    by = _listed([*map(code, reason.by), *(f"`{name}`" for name in reason.facts)]) or "what the types allow"
    texts: dict[Kind, str] = {
        "switch": f"A setting or bound; without it {reason.states:,} more states ({reason.setup}), all as asked.",
        "narrows": f"Narrows: {reason.states:,} more states ({reason.setup}), in which all that is asked holds.",
        "detour": f"Other steps, between states that are reached anyway ({reason.setup}).",
        "guards": f"Implied by {by}.",
        "lemmas": f"Implied, in what is reachable, by {by}.",
        "reachable": f"True in each of {reason.states:,} states ({reason.setup}) where the action's other guards are.",
        "never": "Where the settings let it be false, the action is never possible, with it or without.",
        "settings": "In each setup the settings, the bounds or the other guards, as they are written, decide it.",
    }
    return texts[reason.kind]


def code(text: str) -> str:
    """A guard as a row shows it."""
    return f"`{text if len(text) <= LONGEST else text[: LONGEST - 1] + '…'}`"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _line(head)
    yield _line(["---"] * len(head))
    yield from map(_line, rows)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


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
        "reason": None if row.reason is None else _reason(row.reason),
        "effects": {name: _effect(effect) for name, effect in row.effects.items()},
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {**dataclasses.asdict(reason), "text": told(reason)}


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "word": effect.word,
        "why": effect.why or None,
        "what": effect.what or None,
        "depth": effect.depth,
        "steps": list(effect.steps) if effect.depth is not None else None,
        "states": effect.states,
        "before": effect.before,
        "seconds": round(effect.seconds, 3),
    }
