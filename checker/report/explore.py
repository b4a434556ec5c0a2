"""The command `explore`: runs, writes what was found, and prints it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import click

from checker.outputs import Outputs
from checker.progress import ProgressLine
from checker.refusal import UsageError
from checker.report.as_json import explored
from checker.run import Request, Run, run
from checker.traces.trace import Trace

VERDICTS = "verdicts.json"
"""Written last: where it is, the other files are those of the same run."""

TRACE_FILES = (".itf.json", ".txt", ".dot", ".svg", ".spacetime.svg")
"""Endings of the files of one trace."""

NO_WAY = "{}.no-way"
"""The name of the trace to a state from which no way leads to what a liveness property waits for."""


@dataclass
class Written:
    """What went into the folder: each trace's ITF file by what it shows, and notes on what could not be drawn."""

    folder: Path | None = None
    traces: dict[str, str] = field(default_factory=dict)
    notes: set[str] = field(default_factory=set)


def explore_and_report(request: Request, out: Path | None, as_json: bool) -> int:
    """Explores, writes into `out` if it is given, prints; returns the exit code.

    What was found is printed even where it cannot be written; that then raises `UsageError`.
    """
    with ExitStack() as stack:
        outputs = None if out is None else stack.enter_context(Outputs(out))
        line = ProgressLine()
        try:
            done = run(request, progress=line, say=lambda text: _say(line, text))
        finally:
            line.clear()
        written, failure = Written(), None
        if outputs is not None:
            try:
                written = write_all(done, outputs)
            except UsageError as error:
                failure = error
        _print(done, written, as_json)
        if failure is not None:
            raise failure
        return done.code


def _say(line: ProgressLine, text: str) -> None:
    """Says on standard error what a search will need, above the line that tells how far it is."""
    line.clear()
    click.echo(text, err=True)


def traces_of(run: Run) -> dict[str, Trace]:
    """Every trace of a run by the name of what it shows: a property, its `no-way`, `deadlock` or `error`."""
    found = run.exploration
    named = {verdict.property: verdict.trace for verdict in run.verdicts}
    named |= {NO_WAY.format(verdict.property): verdict.no_way for verdict in run.verdicts}
    named["deadlock"] = found.deadlocks.trace
    named["error"] = found.error.trace if found.error is not None else None
    return {name: trace for name, trace in named.items() if trace is not None}


def write_all(run: Run, outputs: Outputs) -> Written:
    """Writes every trace and the verdicts.  Raises `UsageError`.

    Files that an earlier run left in the folder and this one does not have are removed.
    """
    written = Written(outputs.folder)
    for name, trace in traces_of(run).items():
        _write_trace(name, trace, outputs, written)
    outputs.write(VERDICTS, explored(run, written.traces) + "\n")
    known = [item.name for item in run.configuration.model.properties]
    known += [*map(NO_WAY.format, known), "deadlock", "error"]
    outputs.publish(stale=[name + ending for name in known for ending in TRACE_FILES])
    return written


def _write_trace(name: str, trace: Trace, outputs: Outputs, written: Written) -> None:
    from checker.draw.clearest import clearest
    from checker.draw.graph import trace_dot
    from checker.draw.render import NoGraphviz, render_svg
    from checker.draw.spacetime import spacetime
    from checker.draw.text import trace_text
    from checker.traces.itf import write_itf

    trace = clearest(trace).trace
    outputs.put(f"{name}.itf.json", lambda path: write_itf(trace, path))
    outputs.write(f"{name}.txt", trace_text(trace, color=False, width=120, full=True))
    outputs.write(f"{name}.spacetime.svg", spacetime(trace))
    dot = trace_dot(trace)
    outputs.write(f"{name}.dot", dot)
    try:
        outputs.write(f"{name}.svg", render_svg(dot))
    except NoGraphviz as missing:
        written.notes.add(str(missing))
    written.traces[name] = str(outputs.path(f"{name}.itf.json"))


def _print(done: Run, written: Written, as_json: bool) -> None:
    for note in written.notes:
        click.echo(f"note: {note}", err=True)
    if as_json:
        click.echo(explored(done, written.traces))
        return
    from checker.report.show import console, show

    show(done, console(), written.folder)
