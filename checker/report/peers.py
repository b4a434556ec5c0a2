"""The command `peers`: asks other model checkers, prints and writes how they compare."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from checker import ir, spec
from checker.explore import Exploration, explore
from checker.grounding.ground import ground
from checker.outputs import Outputs
from checker.peers.compare import DEADLOCK, WHOLE, Answer, broken, comparable, compare
from checker.peers.outcome import Tool
from checker.peers.rumur import Rumur
from checker.peers.running import Missing
from checker.peers.spin import Spin
from checker.peers.tlc import Tlc
from checker.progress import ProgressLine
from checker.reading import load
from checker.refusal import UsageError, unknown
from checker.run import Request, configured

SPECS = Path("specs")


@dataclass(frozen=True)
class Asked:
    """What was asked.  With `specs` each is compared under its own settings, at the request's scope if it names one.

    `whole`: no counterexamples.  `out`: a Markdown file for the table.
    """

    request: Request
    specs: tuple[str, ...]
    tools: tuple[str, ...]
    whole: bool
    out: Path | None
    as_json: bool


@dataclass(frozen=True)
class Compared:
    """One configuration: its title, this checker's exploration, and what each tool answered."""

    title: str
    exploration: Exploration
    answers: tuple[Answer, ...]


def all_tools() -> dict[str, Tool]:
    """The tools by the names of the command line."""
    return {"spin": Spin(), "rumur": Rumur(), "tlc": Tlc()}


def peers_and_report(asked: Asked) -> int:
    """Compares, prints, writes; returns the exit code: 1 where something differs, 3 where a tool is missing."""
    tools, missing = _tools(asked.tools)
    line = ProgressLine()
    try:
        compared = []
        for title, request in _requests(asked):
            compared.append(compared_on(title, request, tools, asked.whole, line, not asked.specs))
    finally:
        line.clear()
    if asked.as_json:
        click.echo(json.dumps(_json(compared, missing), indent=2))
    else:
        for item in compared:
            click.echo("\n".join(_shown(item)))
        for reason in missing:
            click.echo(reason, err=True)
    if asked.out is not None:
        _write(asked.out, page(compared))
    if any(answer.differs for item in compared for answer in item.answers):
        return 1
    return 3 if missing else 0


def _tools(names: Sequence[str]) -> tuple[list[Tool], list[str]]:
    """The tools asked for, and why others are not asked.  Raises `Missing` for one asked for by name, and for all."""
    known = all_tools()
    if names:
        for name in names:
            known[name].look()
        return [known[name] for name in dict.fromkeys(names)], []
    here, missing = [], []
    for tool in known.values():
        try:
            tool.look()
            here.append(tool)
        except Missing as reason:
            missing.append(f"{tool.name} was not asked: {reason}")
    if not here:
        raise Missing("; ".join(missing))
    return here, missing


def _requests(asked: Asked) -> Iterator[tuple[str, Request]]:
    request = asked.request
    if not asked.specs:
        yield _title(request), request
        return
    if request.mode or request.sets or request.preset:
        raise UsageError("a SPEC says its own settings; leave out --mode, --set and --preset")
    for path in spec.find(asked.specs, SPECS):
        claim = spec.read(path)
        bounds = dict(claim.bounds) if request.scope is None else {}
        bounds |= dict(request.bounds)
        yield (
            path.stem,
            replace(
                request,
                model=claim.model,
                sets=tuple(claim.settings.items()),
                preset=claim.preset,
                scope=request.scope or claim.scope,
                bounds=tuple(bounds.items()),
            ),
        )


def _title(request: Request) -> str:
    sets = [*([f"mode={request.mode}"] if request.mode else []), *(f"{name}={value}" for name, value in request.sets)]
    return " ".join([*([request.preset] if request.preset else []), *sets]) or "defaults"


def compared_on(
    title: str, request: Request, tools: Sequence[Tool], whole: bool, line: ProgressLine, strict: bool = True
) -> Compared:
    """One configuration.  Raises `UsageError` where there is nothing to compare.

    `strict`: also for a property that has no counterexample there.
    """
    model: ir.Model = load(request.model)
    chosen = configured(model, request)
    judged = [item.name for item in model.properties if item.kind != "eventually"]
    line.say(f"{title}: exploring")
    exploration = explore(ground(model, chosen.settings, chosen.bounds), properties=judged)
    if reason := comparable(exploration):
        raise UsageError(f"{title}: nothing to compare: {reason}")
    names = broken(exploration)
    for name in request.properties:
        if name not in (*judged, DEADLOCK):
            raise UsageError(unknown("property", name, [*judged, DEADLOCK], "properties"))
        if name not in names and strict:
            raise UsageError(f"{title}: {name} has no counterexample here; it is among what holds in the whole space")
    only = [] if whole else [*request.properties] or None
    answers = compare(exploration, tools, only, lambda text: line.say(f"{title}: {text}"))
    where = f"{title} ({chosen.scope})" if not chosen.changed_bounds else f"{title} ({chosen.scope}, changed)"
    return Compared(where, exploration, tuple(answers))


# --- how it is shown ----------------------------------------------------------------------------------------


def _row(answer: Answer) -> tuple[str, str, str, str, str, str]:
    outcome = answer.outcome
    if outcome is None:
        return answer.tool, answer.asked, "", "", "", f"DIFFERS: {answer.differs}"
    whole = answer.asked == WHOLE
    states = f"{outcome.states:,}" if whole else ""
    depth = "" if outcome.depth is None or not whole else str(outcome.depth)
    steps = "" if outcome.trace is None else str(len(outcome.trace))
    return answer.tool, answer.asked, states, depth or steps, f"{outcome.seconds:.2f}", _said(answer)


def _said(answer: Answer) -> str:
    return f"DIFFERS: {answer.differs}" if answer.differs else "same"


def _own(item: Compared) -> tuple[str, str, str, str, str, str]:
    found = item.exploration
    return "checker", WHOLE, f"{found.states:,}", str(found.depth), f"{found.seconds:.2f}", ""


def _shown(item: Compared) -> Iterator[str]:
    yield item.title
    rows = [("", "asked", "states", "depth", "seconds", ""), _own(item), *map(_row, item.answers)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for row in rows:
        cells = [row[0].ljust(widths[0]), row[1].ljust(widths[1])]
        cells += [row[column].rjust(widths[column]) for column in (2, 3, 4)]
        yield ("  " + "  ".join([*cells, row[5]])).rstrip()


def page(compared: Sequence[Compared]) -> str:
    """The table as Markdown: a row a configuration and tool."""
    lines = [
        "# The same model in other model checkers",
        "",
        "Made by `checker peers`.  Each tool is given the model that `checker export` writes for it.  First the whole",
        "space, with every property that holds: the number of distinct states and the depth have to be the same.  Then",
        "each property that does not hold, by itself: the shortest counterexample has to be as long, and is read back",
        "and taken again by plain execution.  Depth is counted in steps.  SPIN and Rumur are compiled without",
        "optimization here, and seconds are those of one run on a machine with other work: speed is in benchmarks.md.",
        "",
        "| configuration | tool | distinct states | depth | seconds | counterexamples (steps) | |",
        "|---|---|--:|--:|--:|---|---|",
    ]
    for item in compared:
        own = _own(item)
        lengths = [
            f"{f.property.name} {f.depth}" for f in item.exploration.findings if f.word in ("violated", "reached")
        ]
        if item.exploration.deadlocks.trace is not None:
            lengths.append(f"{DEADLOCK} {len(item.exploration.deadlocks.trace)}")
        lines.append(f"| {item.title} | checker | {own[2]} | {own[3]} | {own[4]} | {', '.join(lengths)} | |")
        for tool in dict.fromkeys(answer.tool for answer in item.answers):
            mine = [answer for answer in item.answers if answer.tool == tool]
            whole = next(_row(answer) for answer in mine if answer.asked == WHOLE)
            examples = [a for a in mine if a.asked != WHOLE]
            same = sum(not a.differs for a in examples)
            differs = "; ".join(f"{a.asked}: {a.differs}" for a in mine if a.differs)
            told = f"{same} of {len(examples)} the same" if examples else ""
            lines.append(f"| | {tool} | {whole[2]} | {whole[3]} | {whole[4]} | {told} | {differs or 'same'} |")
    return "\n".join(lines) + "\n"


def _json(compared: Sequence[Compared], missing: Sequence[str]) -> object:
    return {
        "configurations": [
            {
                "title": item.title,
                "states": item.exploration.states,
                "depth": item.exploration.depth,
                "answers": [
                    {
                        "tool": answer.tool,
                        "asked": answer.asked,
                        "word": answer.outcome.word if answer.outcome else None,
                        "states": answer.outcome.states if answer.outcome else None,
                        "depth": answer.outcome.depth if answer.outcome else None,
                        "seconds": answer.outcome.seconds if answer.outcome else None,
                        "differs": answer.differs or None,
                    }
                    for answer in item.answers
                ],
            }
            for item in compared
        ],
        "missing": list(missing),
    }


def _write(out: Path, text: str) -> None:
    with Outputs(out.parent) as outputs:
        outputs.write(out.name, text)
        outputs.publish(())
    click.echo(out, err=True)
