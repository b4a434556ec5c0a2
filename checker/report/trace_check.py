"""The command `trace check`: reads a trace, and prints whether it is a behaviour of the model or why not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from checker.configuration import Configuration, spelled
from checker.grounding.ground import ground
from checker.reading import load
from checker.refusal import UsageError
from checker.run import Request, configured
from checker.traces.check import Attempt, Checked, Refused, TooMuchLeftOut, check_trace
from checker.traces.itf import ItfError, Json, read_json

BEHAVIOUR, NONE, INCOMPLETE = 0, 1, 3
MOST = 6
"""Differences of one attempt that are printed."""


def check_and_report(path: Path, request: Request, as_json: bool) -> int:
    """Checks the trace of a file; returns 0 where it is a behaviour, 1 where it is none, 3 where it says too little.

    Raises `UsageError` for a file that is no trace of this model, `ModelError` for a broken model.
    """
    try:
        document = read_json(path)
        chosen = _configured(document, request)
        checked = check_trace(document, ground(chosen.model, chosen.settings, chosen.bounds))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except ItfError as error:
        raise UsageError(f"{path}: {error}") from None
    except TooMuchLeftOut as reason:
        click.echo(f"incomplete: {reason}", err=True)
        return INCOMPLETE
    if as_json:
        click.echo(json.dumps(_document(checked, chosen), indent=1, ensure_ascii=False))
    else:
        _print(checked, chosen)
    return BEHAVIOUR if checked.refused is None else NONE


def _configured(document: Json, request: Request) -> Configuration:
    """The settings and bounds that the file names, or those that were asked for where it names none."""
    meta = document.get("#meta") if isinstance(document, Mapping) else None
    named = meta if isinstance(meta, Mapping) else {}
    said: dict[str, Any] = {name: named[name] for name in ("settings", "bounds") if named.get(name)}
    if not all(isinstance(values, Mapping) for values in said.values()):
        raise ItfError("`settings` and `bounds` of its `#meta` must be JSON objects")
    if "settings" in said and (request.mode or request.sets or request.preset):
        raise UsageError("the trace says its own settings: give none")
    if "bounds" in said and (request.scope or request.bounds):
        raise UsageError("the trace says its own bounds: give neither --scope nor --bound")
    try:
        sets = tuple((name, spelled(value)) for name, value in said.get("settings", {}).items())
        bounds = tuple((name, int(value)) for name, value in said.get("bounds", {}).items())
    except (TypeError, ValueError):
        raise ItfError("`bounds` of its `#meta` must be whole numbers") from None
    model = load(request.model)
    return configured(model, replace(request, sets=sets or request.sets, bounds=bounds or request.bounds))


# The output


def _print(checked: Checked, chosen: Configuration) -> None:
    for name in checked.others:
        click.echo(f"note: the model has no variable {name!r}; it is not looked at", err=True)
    settings = "".join(f"  {name}={spelled(value)}" for name, value in chosen.changed_settings().items())
    of = f"model {chosen.model.name}{settings}"
    if checked.trace is not None:
        if not checked.whole:
            click.echo("what the trace leaves out can be filled in, for one as:")
            for number, action in enumerate(checked.trace.actions, 1):
                click.echo(f"{number:4}  {action.label}")
        click.echo(f"behaviour  steps {checked.length}  {of}")
    elif checked.refused is not None:
        for line in _lines(checked.refused):
            click.echo(line)
        click.echo(f"no behaviour  step {checked.refused.step} of {checked.length}  {of}")


def _lines(refused: Refused) -> list[str]:
    if refused.why:
        return [refused.why]
    if refused.start:
        return ["state 0 is no initial state; the nearest has:", *_differing(refused.start)]
    where = f"state {refused.step - 1} to state {refused.step}"
    said = [f"step {refused.step}: no action leads from {where}; nearest:"]
    if refused.named:
        said = [f"step {refused.step}, {refused.named}, does not lead from {where}:"]
    for attempt in refused.meant:
        said += _told(attempt)
    if refused.meant and refused.nearest:
        said.append("what would lead there:")
    for attempt in refused.nearest:
        said += _told(attempt)
    return said


def _told(attempt: Attempt) -> list[str]:
    said = [f"  {attempt.label}"]
    if attempt.requirement is not None:
        said.append(f"    not possible: require({attempt.requirement.text})  {attempt.requirement.at}")
        said += [f"      {fact}" for fact in attempt.facts[:MOST]]
    if attempt.mistake:
        said.append(f"    a mistake of the model: {attempt.mistake}")
    if attempt.differences:
        said.append("    leads elsewhere:" if attempt.possible else "    and would lead elsewhere:")
        said += _differing(attempt.differences)
    return said


def _differing(differences: Any) -> list[str]:
    more = len(differences) - MOST
    return [f"      {one}" for one in differences[:MOST]] + ([f"      and {more} more"] if more > 0 else [])


def _document(checked: Checked, chosen: Configuration) -> dict[str, Any]:
    refused = checked.refused
    return {
        "behaviour": refused is None,
        "model": chosen.model.name,
        "settings": chosen.setting_values(),
        "bounds": chosen.bound_values(),
        "steps": checked.length,
        "whole": checked.whole,
        "ignored": list(checked.others),
        "actions": [] if checked.trace is None else [action.label for action in checked.trace.actions],
        "refused": None if refused is None else _refusal(refused),
    }


def _refusal(refused: Refused) -> dict[str, Any]:
    return {
        "step": refused.step,
        "named": refused.named,
        "why": refused.why,
        "start": [str(one) for one in refused.start],
        "meant": [_attempt(one) for one in refused.meant],
        "nearest": [_attempt(one) for one in refused.nearest],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    requirement = attempt.requirement
    return {
        "action": attempt.label,
        "guard": None if requirement is None else {"text": requirement.text, "at": str(requirement.at)},
        "facts": list(attempt.facts),
        "differences": [str(one) for one in attempt.differences],
        "mistake": attempt.mistake,
    }
