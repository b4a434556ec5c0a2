"""The command `ablate`: takes guards and settings away, and prints what breaks without each."""

from __future__ import annotations

import dataclasses
import os
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import click

from checker import memory as budget
from checker.outputs import Outputs
from checker.progress import ProgressLine
from checker.prove.ablation import Asked, Row, processors, run, setups
from checker.reading import load
from checker.report.ablation_table import Found, document, markdown, summary, told
from checker.run import Request, configured

STATES = 1_000_000
"""States after which each search ends unless asked otherwise."""

COLORS = {"needed": "green", "spare": "yellow", "open": "yellow"}
"""The colour of each word; a word is always written too."""

TABLE, DOCUMENT = "ablation.md", "ablation.json"
"""What is written into the folder of results."""


@dataclass(frozen=True)
class Options:
    """How to go about it: processes (None: one a processor), a folder for the table, JSON in the place of lines."""

    workers: int | None = None
    out: Path | None = None
    as_json: bool = False


def ablate_and_report(request: Request, actions: tuple[str, ...], options: Options) -> int:
    """Takes away, prints a line for each as it comes out, writes; returns the exit code.

    Without settings asked for, the setups are those of the model (`ABLATIONS`), or else its default settings.
    Raises `UsageError` for what the model does not have, and where the outputs cannot be written; `ModelError`.
    """
    with ExitStack() as stack:
        outputs = None if options.out is None else stack.enter_context(Outputs(options.out))
        found = _ablated(request, actions, options)
        if outputs is not None:
            outputs.write(TABLE, markdown(found))
            outputs.write(DOCUMENT, document(found) + "\n")
            outputs.publish(stale=())
        click.echo(document(found) if options.as_json else summary(found))
        return found.code


def _ablated(request: Request, actions: tuple[str, ...], options: Options) -> Found:
    workers = options.workers or processors()
    limited = dataclasses.replace(
        request,
        states=STATES if request.states is None else request.states,
        memory=budget.default_budget(workers) if request.memory is None else request.memory,
    )
    model = load(request.model)
    asked = Asked(request.model, setups(model, limited), actions)
    chosen = {setup.name: configured(model, setup.request) for setup in asked.setups}
    found = Found(asked, limited, chosen)
    line, started = ProgressLine(), time.monotonic()
    try:
        line.say("searching with everything in place")
        for row in run(found.asked, workers, lambda done, total: line.say(f"{done} of {total} taken away")):
            found.rows.append(row)
            line.clear()
            if not options.as_json:
                _show(row)
    except KeyboardInterrupt:
        found.interrupted = True
    finally:
        line.clear()
    found.seconds = time.monotonic() - started
    return found


def _show(row: Row) -> None:
    word = row.word if "NO_COLOR" in os.environ else click.style(row.word, fg=COLORS[row.word])
    padding = " " * (8 - len(row.word))
    click.echo(f"{word}{padding}{row.subject}")
    if row.first is not None:
        setup, effect = row.first
        click.echo(f"          {effect}  ({setup})")
    elif row.reason is not None:
        for said in filter(None, (told(row.reason), row.reason.note)):
            click.echo(f"          {said}")
