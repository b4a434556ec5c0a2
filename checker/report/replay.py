"""The command `replay`: a trace of the model on real servers, step by step; or the reports on what servers did."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from checker.configuration import configure, spelled
from checker.grounding.ground import ground
from checker.installed import installations
from checker.outputs import Outputs
from checker.progress import ProgressLine
from checker.reading import load
from checker.refusal import UsageError
from checker.run import Request, run
from checker.traces.itf import ItfError, read_json, trace_from_itf
from checker.traces.replay import NotReplayed
from checker.traces.replay import replay as replay_in_plain
from checker.traces.trace import Trace

if TYPE_CHECKING:
    from checker.postgres.replaying import Done, Replayed

AGREES, DIFFERS, INCOMPLETE = 0, 1, 3


@dataclass(frozen=True)
class Asked:
    """What was asked: a trace's file, or a property whose trace is to be found first; on which installations."""

    trace: Path | None
    request: Request
    bindirs: tuple[Path, ...] = ()
    as_json: bool = False


def replay_and_report(asked: Asked) -> int:
    """Replays a trace and prints it; returns 0 where servers and model agree, 1 where not, 3 where it cannot be done.

    Raises `UsageError` for a trace that is none, and for programs that are missing.
    """
    installed = installations(asked.bindirs)
    import psycopg

    from checker.postgres.feasible import NotDone, Unmapped
    from checker.postgres.node import NodeFailed
    from checker.postgres.replaying import replay_trace
    from checker.postgres.waiting import ConditionNotMet

    trace = _read(asked.trace) if asked.trace is not None else _found(asked.request)
    codes, documents = [], []
    for programs in installed:
        try:
            done = replay_trace(trace, programs, (lambda step: None) if asked.as_json else _print_step)
        except Unmapped as problem:
            click.echo(f"cannot be done on servers: {problem}", err=True)
            codes.append(INCOMPLETE)
            continue
        except (ConditionNotMet, NodeFailed, NotDone, psycopg.Error) as problem:
            click.echo(f"differ: the servers did not do what the model did: {problem}", err=True)
            codes.append(DIFFERS)
            continue
        codes.append(AGREES if done.agrees else DIFFERS)
        documents.append(_document(done))
        if not asked.as_json:
            _print_end(done)
    if asked.as_json:
        click.echo(json.dumps({"property": trace.property, "steps": len(trace), "replays": documents}, indent=1))
    return max(codes)


def report_on_servers(bindirs: Sequence[Path], folder: Path) -> int:
    """Runs every scenario and the false acknowledgement, writes both reports; 1 where anything is not as predicted."""
    installed = installations(bindirs)
    from checker.postgres.report import Reports

    with Outputs(folder) as outputs:
        made = Reports(installed, _found(FALSE_ACKNOWLEDGEMENT), lambda text: click.echo(text, err=True))
        for name, text in made.texts.items():
            outputs.write(name, text)
        outputs.publish(stale=())
    return AGREES if made.as_predicted else DIFFERS


FALSE_ACKNOWLEDGEMENT = Request(
    mode="commit",
    sets=(("sync", "true"),),
    scope="small",
    bounds=(("records", 2), ("promotions", 2), ("segment", 3)),
    properties=("acknowledged_commit_survives",),
    first=True,
)
"""specs/false-acknowledgement.toml, as a request."""


# The trace


def _read(path: Path) -> Trace:
    """The trace of a file, under the settings and bounds that the file names, checked by plain execution."""
    try:
        document = read_json(path)
        model = load("model")
        meta = document["#meta"]
        chosen = configure(
            model,
            sets={name: spelled(value) for name, value in meta["settings"].items()},
            bounds={name: int(value) for name, value in meta["bounds"].items()},
        )
        trace = trace_from_itf(document, ground(model, chosen.settings, chosen.bounds))
        replay_in_plain(trace)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = error if isinstance(error, ItfError) else "it is no trace that `checker explore --out` wrote"
        raise UsageError(f"{path}: {reason}") from None
    except NotReplayed as problem:
        raise UsageError(f"{path} is no behaviour of the model: {problem}") from None
    return trace


def _found(request: Request) -> Trace:
    """A shortest counterexample to the property asked for, or a witness of it."""
    if len(request.properties) != 1:
        raise UsageError("give a trace, or one --property whose shortest trace is to be found")
    line = ProgressLine()
    try:
        done = run(request, progress=line)
    finally:
        line.clear()
    (verdict,) = done.verdicts
    if verdict.trace is None:
        raise UsageError(f"{verdict.property} has no trace under these settings: {verdict.word}")
    if verdict.trace.loop is not None:
        raise UsageError(f"{verdict.property}: what goes on for ever cannot be replayed to its end")
    return verdict.trace


# The output


def _print_step(step: Done) -> None:
    click.echo(f"{step.number:3}  {step.label}")
    click.echo(f"       {step.operation}")
    changed = ", ".join(str(seen) for seen in step.news)
    if changed:
        click.echo(f"       seen: {changed}")
    for seen in step.observations:
        if not seen.agrees:
            click.echo(f"       NOT AS IN THE MODEL: {seen}")


def _print_end(done: Replayed) -> None:
    click.echo()
    click.echo(f"model:   {done.predicted}")
    click.echo(f"servers: {done.shown}")
    for line in done.evidence:
        click.echo(f"         {line}")
    word = "agree" if done.agrees else "differ"
    click.echo(f"{word}  steps {len(done.steps)}  PostgreSQL {done.major}  {done.seconds:.1f} s")


def _document(done: Replayed) -> dict[str, Any]:
    steps = [
        {
            "step": step.label,
            "operation": step.operation,
            "seen": [{"what": o.what, "model": o.model, "server": o.server, "as": o.seen} for o in step.observations],
        }
        for step in done.steps
    ]
    return {
        "major": done.major,
        "agrees": done.agrees,
        "model": done.predicted,
        "servers": done.shown,
        "evidence": done.evidence,
        "seconds": round(done.seconds, 2),
        "steps": steps,
    }
