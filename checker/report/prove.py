"""The command `prove`: asks, and prints what is proved, refuted and open."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from checker.draw.changes import change_lines, telling_cells, value_lines
from checker.draw.spacetime import spacetime
from checker.draw.text import trace_text
from checker.labels import first_sentence, value_label
from checker.outputs import Outputs
from checker.prove.bounded import Mistaken
from checker.prove.certificate import write_certificates
from checker.prove.induction import Induction
from checker.prove.proof import Asked, Breaking, Proof, prove
from checker.reading.errors import ModelError
from checker.refusal import UsageError
from checker.verdict import Verdict

COLORS = {"proved": "green", "reached": "green", "violated": "red", "bounded": "yellow", "unknown": "yellow"}
"""The colour of each word; a word is always written too."""

BESIDE = len("violated") + 2


def prove_and_report(asked: Asked, out: Path | None, as_json: bool) -> int:
    """Proves, writes certificates into `out` if it is given, prints; returns the exit code.

    Raises `UsageError` for what the model does not have or the disk does not take, `ModelError` for a broken model.
    """
    if out is not None and asked.bounded is not None:
        raise UsageError("--out writes proofs, and --bounded makes none; give one of them")
    if asked.k > 1 and (out is not None or asked.bounded is not None):
        other = "--bounded makes no induction" if out is None else "--out writes obligations of one step"
        raise UsageError(f"{other}, and --k is induction over several; give one of them")
    with ExitStack() as stack:
        outputs = None if out is None else stack.enter_context(Outputs(out))
        found = _proved(asked)
        if outputs is not None and found.induction is not None:
            _write_steps(found, outputs)
            write_certificates(
                found.induction, asked.request.model, found.configuration, dict(asked.request.bounds), outputs
            )
        if as_json:
            click.echo(json.dumps(document(found), indent=2, ensure_ascii=False))
        else:
            _show(found)
            if outputs is not None and found.induction is not None and found.induction.proved:
                click.echo(f"certificates in {outputs.folder}: checker certify {shlex.quote(str(outputs.folder))}")
    return found.code


STEP = ("{}.step.txt", "{}.step.svg")
"""Names of the files of a counterexample to induction, by its property."""


def _write_steps(found: Proof, outputs: Outputs) -> None:
    for name, breaking in found.breaking.items():
        text, picture = (pattern.format(name) for pattern in STEP)
        head = f"{name}: a step that breaks it, from a state that is {breaking.before}\n"
        outputs.write(text, head + breaking_text(breaking))
        outputs.write(picture, spacetime(breaking.step))


def _proved(asked: Asked) -> Proof:
    line = _Line()
    try:
        return prove(asked, line)
    except Mistaken as mistake:
        labels = ", ".join(action.label for action in mistake.trace.actions) or "an initial state"
        raise ModelError(mistake.check.message, mistake.check.at, f"it comes about after {labels}") from None
    finally:
        line.clear()


def document(found: Proof) -> dict[str, Any]:
    """A proof as JSON has it."""
    chosen = found.configuration
    return {
        "model": found.asked.request.model,
        "settings": chosen.setting_values(),
        "scope": {"name": chosen.scope, "bounds": chosen.bound_values()},
        "sizes": None if found.induction is None else found.sizes(),
        "outcome": found.word,
        "exit": found.code,
        "verdicts": [_verdict(verdict) for verdict in found.verdicts],
        "obligations": _obligations(found),
        "breaking": [_breaking(name, breaking) for name, breaking in found.breaking.items()],
        "excluded": [] if found.induction is None else found.induction.excluded,
        "seconds": round(found.seconds, 3),
        "command": found.command,
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "property": verdict.property,
        "verdict": verdict.word,
        "depth": verdict.depth,
        "steps": None if verdict.trace is None else [action.label for action in verdict.trace.actions],
        "constant": verdict.constant,
        "evidence": verdict.evidence,
    }


def _obligations(found: Proof) -> list[dict[str, Any]]:
    if found.induction is None:
        return []
    return [
        {
            "property": answer.claim,
            "action": answer.step,
            "result": answer.result,
            "seconds": round(answer.seconds, 3),
            "uses": sorted(answer.uses),
            "hypothesis": answer.hypothesis,
        }
        for answer in found.induction.obligations.values()
    ]


def _breaking(name: str, breaking: Breaking) -> dict[str, Any]:
    step, before = breaking.step, breaking.before
    labels = {cell.name: value_label(cell.type, step.states[0][cell.index]) for cell in step.grounded.cells}
    after = {change.cell.name: value_label(change.cell.type, change.after) for change in step.changes(0)}
    return {
        "property": name,
        "action": step.actions[0].label,
        "before": labels,
        "changes": after,
        "state_before": before.word,
        "depth": before.depth,
        "states": before.states,
    }


class _Line:
    """What is being done, on standard error; silent where that is no terminal."""

    def __init__(self) -> None:
        self.width = 0

    def __call__(self, doing: str) -> None:
        if sys.stderr.isatty():
            text = doing[: shutil.get_terminal_size().columns - 1]
            click.echo("\r" + text.ljust(self.width), nl=False, err=True)
            self.width = len(text)

    def clear(self) -> None:
        """Takes the line away."""
        if self.width:
            click.echo("\r" + " " * self.width + "\r", nl=False, err=True)


# --- on a terminal ------------------------------------------------------------------------------------------


def _show(found: Proof) -> None:
    changed = ", ".join(f"{name}={value}" for name, value in found.configuration.changed_settings().items())
    _row("settings", changed or "all at their defaults")
    if found.induction is not None:
        _row("sizes", found.sizes())
    bounds = ", ".join(f"{name}={value}" for name, value in found.configuration.bound_values().items())
    _row("scope", f"{found.configuration.scope}: {bounds}  (of counterexamples)" if bounds else "no bounds")
    click.echo()
    docs = {item.name: first_sentence(item.doc) for item in found.properties}
    for verdict in found.verdicts:
        _show_verdict(verdict, docs[verdict.property])
    for verdict in found.verdicts:
        if verdict.word == "violated" and verdict.trace is not None:
            click.echo(f"\n--- {verdict.property}")
            click.echo(trace_text(verdict.trace, color=False, width=_columns()), nl=False)
        if verdict.property in found.breaking:
            _show_breaking(verdict.property, found.breaking[verdict.property])
    for name in found.induction.excluded if found.induction is not None else []:
        _row("note", f"the proved claims rule {name} out, so of it they say nothing")
    for text in [] if found.induction is None else _hypotheses(found.induction):
        _row("note", text)
    click.echo()
    click.echo(click.style(_last_line(found), fg=COLORS.get(found.word, "yellow")))


def _hypotheses(found: Induction) -> Iterator[str]:
    """What the proofs are worth: how many need what they use, and which say nothing."""
    needed, spare = (len(found.with_hypothesis(word)) for word in ("needed", "spare"))
    if needed or spare:
        yield (
            f"of the steps proved {needed + spare:,} can be taken where the claims they use hold; "
            f"{needed:,} would break their claim without those, {spare:,} not"
        )
    for answer in found.with_hypothesis("rules the step out"):
        yield f"what {answer.claim} uses rules {answer.step} out, so that proof says nothing"
    for answer in found.with_hypothesis("unknown"):
        yield f"whether {answer.step} can be taken where {answer.claim} is proved of it, the solver does not know"


def _show_verdict(verdict: Verdict, sentence: str) -> None:
    depth = "" if verdict.depth is None else f"  in {verdict.depth} step{'' if verdict.depth == 1 else 's'}"
    head = click.style(f"{verdict.word:<{BESIDE}}", fg=COLORS[verdict.word])
    click.echo(head + verdict.property + depth)
    said = [sentence, f"{verdict.evidence[0].upper()}{verdict.evidence[1:]}."]
    for text in said:
        for line in textwrap.wrap(text, max(_columns() - BESIDE, 30)):
            click.echo(" " * BESIDE + line)


def _show_breaking(name: str, breaking: Breaking) -> None:
    click.echo(f"\n--- {name}: a step that breaks it, from a state that is {breaking.before}")
    click.echo(breaking_text(breaking), nl=False)


def breaking_text(breaking: Breaking) -> str:
    """A counterexample to induction: the state before, the action, what it changes, what that breaks."""
    step = breaking.step
    lines = [
        f"    {line}"
        for line in value_lines(step.grounded, step.states[0], telling_cells(step.grounded, step.states[0]))
    ]
    lines.append(f"  {step.actions[0].label}")
    lines += [f"    {line}" for line in change_lines(step.grounded, step.changes(0))]
    return "\n".join(lines) + "\n"


def _row(name: str, text: str) -> None:
    lines = textwrap.wrap(text, max(_columns() - 10, 30)) or [""]
    click.echo(f"{name:<10}{lines[0]}")
    for line in lines[1:]:
        click.echo(" " * 10 + line)


def _columns() -> int:
    return shutil.get_terminal_size((100, 24)).columns


def _last_line(found: Proof) -> str:
    words = [verdict.word for verdict in found.verdicts]
    counts = [f"{word} {words.count(word)}" for word in dict.fromkeys(words)]
    asked = 0 if found.induction is None else sum(bool(o.seconds) for o in found.induction.obligations.values())
    depth = "" if found.bounded is None else f"  depth {found.bounded.depth}"
    return f"{found.word}  {'  '.join(counts)}  obligations {asked:,}{depth}  {found.seconds:.1f} s"
