"""The command `ablate --smallest`: prints the smallest sets of settings that are enough, and writes them as a page."""

from __future__ import annotations

import dataclasses
import json
import shlex
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from checker import memory as budget
from checker.outputs import Outputs
from checker.progress import ProgressLine
from checker.prove.ablation import processors, setups
from checker.prove.smallest import Trial, smallest
from checker.reading import load
from checker.refusal import UsageError, listed
from checker.run import Request, check_names, configured

PAGE, DOCUMENT = "smallest.md", "smallest.json"
"""What is written into the folder of results."""


def smallest_and_report(request: Request, workers: int | None, out: Path | None, as_json: bool) -> int:
    """Tries sets of the model's `PROTECTIONS`, prints those that are enough; returns the exit code.

    What they are to keep are the properties asked for, or else the model's `PROTECTED`.  Settings not asked for are
    those of the model's first `ABLATIONS`.  Raises `UsageError` for a model that names no protections.
    """
    model = load(request.model)
    candidates: tuple[str, ...] = getattr(model.module, "PROTECTIONS", ())
    if not candidates:
        raise UsageError(f"model {model.name} names no PROTECTIONS: settings that may be on or off")
    configured(model, request)
    goals = tuple(request.properties) or tuple(getattr(model.module, "PROTECTED", ()))
    check_names("property", goals, [item.name for item in model.properties], "properties")
    if not goals:
        raise UsageError("name a --property that the settings are to keep")
    setup = setups(model, request)[0]
    limited = dataclasses.replace(
        setup.request,
        properties=goals,
        memory=budget.default_budget(workers or processors()) if request.memory is None else request.memory,
    )
    values = configured(model, limited).setting_values()
    wrong = [name for name in candidates if not isinstance(values.get(name), bool)]
    if wrong:
        raise UsageError(f"PROTECTIONS of model {model.name} names {listed(wrong)}, no setting that is on or off")
    with ExitStack() as stack:
        outputs = None if out is None else stack.enter_context(Outputs(out))
        line, started = ProgressLine(), time.monotonic()
        trials: list[Trial] = []
        try:
            for tried in smallest(limited, candidates, workers, line.say):
                trials.append(tried)
                if tried.exhausted and not as_json:
                    line.clear()
                    click.echo(f"enough    {', '.join(tried.on) or 'none of them'}  ({tried.states:,} states)")
        except KeyboardInterrupt:
            line.clear()
            click.echo(f"interrupted  {len(trials)} sets tried")
            return 130
        finally:
            line.clear()
        found = _document(limited, setup.name, candidates, goals, trials, model)
        if outputs is not None:
            outputs.write(PAGE, _page(found))
            outputs.write(DOCUMENT, json.dumps(found, indent=2) + "\n")
            outputs.publish(stale=())
        if as_json:
            click.echo(json.dumps(found, indent=2))
        else:
            count = len(found["enough"])
            click.echo(f"smallest  {count} of {len(trials)} sets tried  {time.monotonic() - started:.1f} s")
        return 0 if found["enough"] else 3


def _document(
    request: Request, setup: str, candidates: tuple[str, ...], goals: tuple[str, ...], trials: list[Trial], model: Any
) -> dict[str, Any]:
    chosen = configured(model, request)
    words = ["checker", "ablate", "--smallest", "--model", request.model]
    fixed = [(name, value) for name, value in request.sets if name not in candidates]
    values = {name: value for name, value in chosen.changed_settings().items() if name not in candidates}
    words += [word for name, value in fixed if name in values for word in ("--set", f"{name}={value}")]
    words += ["--scope", chosen.scope, *(word for n, v in request.bounds for word in ("--bound", f"{n}={v}"))]
    words += [word for name in goals for word in ("--property", name)]
    proposed = tuple(getattr(model.module, "CANDIDATE", ()))
    return {
        "setup": setup,
        "scope": {"name": chosen.scope, "bounds": chosen.bound_values()},
        "properties": list(goals),
        "candidates": list(candidates),
        "enough": [{"on": list(t.on), "states": t.states} for t in trials if t.exhausted],
        "broken": [{"on": list(t.on), "property": t.broken, "depth": t.depth} for t in trials if not t.exhausted],
        "candidate": _answer(proposed, trials) if proposed else None,
        "command": shlex.join(words),
    }


def _answer(proposed: tuple[str, ...], trials: list[Trial]) -> dict[str, Any]:
    """What the trials say of a set that was proposed.

    `enough`: it holds one that is; or else what it breaks, and the fewest settings that would make it one.
    """
    enough = [trial.on for trial in trials if trial.exhausted]
    lacks = [set(on) - set(proposed) for on in enough]
    tried = next((trial for trial in trials if set(trial.on) == set(proposed)), None)
    return {
        "on": list(proposed),
        "enough": any(set(on) <= set(proposed) for on in enough),
        "broken": tried.broken if tried else None,
        "depth": tried.depth if tried else None,
        "lacks": [sorted(names) for names in lacks if not any(fewer < names for fewer in lacks)],
    }


def _page(found: dict[str, Any]) -> str:
    bounds = ", ".join(f"{name}={value}" for name, value in found["scope"]["bounds"].items()) or "as the model is"
    lines = [
        "# The smallest sets of settings that are enough",
        "",
        f"Made by `{found['command']}`.",
        "",
        f"Setup: {found['setup']}. Scope: {bounds}. To be kept: {', '.join(f'`{p}`' for p in found['properties'])}.",
        f"Candidates: {', '.join(f'`{c}`' for c in found['candidates'])}. Sets are tried from the smallest",
        "up; one that holds a set that is enough is not tried.",
        "",
        "| switched on together | states, all searched |",
        "|---|---|",
        *(f"| {_set(item['on'])} | {item['states']:,} |" for item in found["enough"]),
        "",
        *_told(found["candidate"]),
        "What every other set that was tried breaks first:",
        "",
        "| property | sets | shortest counterexample, of the sets with most settings on |",
        "|---|---|---|",
    ]
    counts = Counter(item["property"] for item in found["broken"])
    for name, count in counts.most_common():
        those = [item for item in found["broken"] if item["property"] == name]
        most = max(len(item["on"]) for item in those)
        largest = [f"{_set(item['on'])}: {item['depth']} steps" for item in those if len(item["on"]) == most]
        lines.append(f"| `{name}` | {count} | {'; '.join(largest)} |")
    return "\n".join(lines) + "\n"


def _told(candidate: dict[str, Any] | None) -> list[str]:
    if candidate is None:
        return []
    asked = f"**Is what was proposed enough?** {_set(candidate['on'])}:"
    if candidate["enough"]:
        return [f"{asked} yes, in this scope.", ""]
    lacks = "; or ".join(_set(names) for names in candidate["lacks"])
    return [
        f"{asked} no. `{candidate['broken']}` is violated in {candidate['depth']} steps.",
        f"Switched on beside it, this would be enough: {lacks}.",
        "",
    ]


def _set(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none of them"
