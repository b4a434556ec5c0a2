"""The command `conform`: runs as they are made, their sum, and the page on how model and servers agree."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from checker.installed import installations
from checker.outputs import Outputs
from checker.refusal import UsageError

if TYPE_CHECKING:
    from checker.postgres.conformance import Attempt
    from checker.postgres.settled import Settled

AGREES, DIFFERS = 0, 1


Document = dict[str, Any]
"""One run as JSON: walk, major, version, came_out, settings, bounds, steps, what model and servers say."""


@dataclass(frozen=True)
class Asked:
    """What was asked; `added` are files that other runs with --json have printed."""

    runs: int
    seed: str
    fixed: Mapping[str, str]
    bindirs: tuple[Path, ...] = ()
    report: Path | None = None
    added: tuple[Path, ...] = ()
    minutes: float | None = None
    as_json: bool = False


def conform_and_report(asked: Asked) -> int:
    """Makes the runs and tells of each; 1 where servers did otherwise. Raises `UsageError`."""
    documents = [document for path in asked.added for document in _read(path)]
    if asked.runs:
        documents += _made(asked)
    if asked.as_json:
        click.echo(json.dumps({"seed": asked.seed, "runs": documents}, indent=1))
    else:
        counts = Counter(_word(one) for one in documents)
        click.echo("  ".join(f"{word} {count}" for word, count in sorted(counts.items())))
    if asked.report is not None:
        with Outputs(asked.report) as outputs:
            outputs.write("conformance.md", page(documents))
            outputs.publish(stale=())
    return DIFFERS if any(_word(one) == "differs" for one in documents) else AGREES


def _made(asked: Asked) -> list[Document]:
    installed = installations(asked.bindirs)
    from checker.configuration import configure
    from checker.postgres.behaviour import protocol
    from checker.postgres.conformance import conform
    from checker.postgres.report import version_of

    configure(protocol(), sets=dict(asked.fixed))
    versions = {programs.major: version_of(programs) for programs in installed}
    attempts = conform(
        asked.runs, asked.seed, installed, asked.fixed, lambda one: _tell(one, asked.as_json), asked.minutes
    )
    return [{**_document(one), "version": versions[one.major]} for one in attempts]


def _read(path: Path) -> list[Document]:
    try:
        return list(json.loads(path.read_text(encoding="utf-8"))["runs"])
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(f"{path} is not what `checker conform --json` prints") from None


def _word(document: Document) -> str:
    return str(document["came_out"]).partition(":")[0]


def _tell(attempt: Attempt, quiet: bool) -> None:
    """One line a run, and all there is to know of one that differs."""
    if quiet:
        return
    replayed = attempt.replayed
    end = replayed.predicted if replayed is not None else attempt.problem.splitlines()[0]
    click.echo(
        f"{attempt.walk.seed}  PostgreSQL {attempt.major}  {attempt.word}  steps {len(attempt.walk.trace)}  {end}"
    )
    if attempt.agrees or attempt.unmapped:
        return
    chosen = {**attempt.walk.settings, **{name: str(value) for name, value in attempt.walk.bounds.items()}}
    click.echo(f"    settings {', '.join(f'{name}={value}' for name, value in chosen.items())}")
    click.echo(f"    steps {', '.join(action.label for action in attempt.walk.trace.actions)}")
    if replayed is None:
        click.echo(f"    {attempt.problem}")
        return
    click.echo(f"    servers: {replayed.shown}  {'; '.join(replayed.evidence)}")
    for step in replayed.steps:
        for seen in step.observations:
            if not seen.agrees:
                click.echo(f"    step {step.number}, {step.label}: {seen}")


def _document(attempt: Attempt) -> Document:
    replayed = attempt.replayed
    return {
        "walk": attempt.walk.seed,
        "major": attempt.major,
        "came_out": attempt.word,
        "settings": dict(attempt.walk.settings),
        "bounds": dict(attempt.walk.bounds),
        "steps": [action.label for action in attempt.walk.trace.actions],
        "model": replayed.predicted if replayed is not None else "",
        "servers": replayed.shown if replayed is not None else attempt.problem.splitlines()[0],
    }


_INTRODUCTION = """Each run is a random walk in the model under random settings that servers can be given, from a base
backup to the end of the old primary's return. It is done on servers step by step; what can be seen (flush and
acknowledged positions, the page's LSN and hints, commit status, control files, forks, timeline IDs) is compared after
every step, and at the end the outcome, the data of both servers, and which commits that a client was told of are lost.
A walk keeps to what can be arranged on servers (`checker/postgres/arranged.py`), and may still turn out not to be
possible, for transaction numbers cannot be chosen. What no server can be is listed with its reason in
`checker/postgres/feasible.py`. In a second failover (A to B to A) the second primary keeps its pages in memory: only
the first one's writes are held and gated.

A run counts as it came out, also where it agrees since what it showed is settled. The campaigns before, of earlier code
on the same servers: 720 runs, of which 710 agreed, and 328, of which 323 did; what differed is settled below.
"""


def page(documents: Sequence[Document]) -> str:
    """The page: how many runs, what they showed, which actions they took, and what had been settled on the way."""
    from checker.postgres.settled import SETTLED

    runs = [one for one in documents if _word(one) != "cannot be done"]
    steps = Counter(label.partition("(")[0] for one in runs for label in one["steps"])
    seeds = sorted({str(one["walk"]).partition("-")[0] for one in documents})
    parts = [
        "# Random behaviours of the model on real servers",
        f"Made by `checker conform --runs N --seed S --pg-bindir DIR --report reports`, seed {', '.join(seeds)}.",
        _INTRODUCTION.rstrip(),
        _sums(documents),
        _kinds(runs),
        "## How the returns ended\n\n" + _outcomes(runs),
        f"## Steps taken\n\n{sum(steps.values())} in all: "
        + ", ".join(f"`{name}` {count}" for name, count in steps.most_common()),
        "## Disagreements, settled\n\nAll that were met while this was made, in walks and before.\n\n"
        + "\n".join(_settled(one) for one in SETTLED),
    ]
    left = [one for one in runs if _word(one) != "agrees"]
    if left:
        parts.append("## Runs that differ here\n\n" + "\n".join(_differs(one, SETTLED) for one in left))
    return "\n\n".join(parts) + "\n"


def _sums(documents: Sequence[Document]) -> str:
    lines = ["| PostgreSQL | runs | agree | differ | cannot be done |", "|---|---|---|---|---|"]
    for version in sorted({str(one["version"]) for one in documents}):
        words = Counter(_word(one) for one in documents if one["version"] == version)
        cells = (words["agrees"] + words["differs"], words["agrees"], words["differs"], words["cannot be done"])
        lines.append(f"| {version} | {' | '.join(str(cell) for cell in cells)} |")
    return "\n".join(lines)


_KINDS = (
    ("a primary that may restart alone", "crash_restart", "restart_alone"),
    ("prepared transactions", "prepared_transactions", "prepare_transaction"),
    ("restartpoints", "restartpoints", "take_restartpoint"),
    ("dropped tables", "drop", "insert_drop_table"),
)
"""Settings that are off by default in the model, in words, and the action that they are for."""


def _kinds(runs: Sequence[Document]) -> str:
    """How many runs had what the model has not by default, and in how many it took place."""
    lines = ["| with | runs | in which it happens |", "|---|---|---|"]
    for words, name, action in _KINDS:
        having = [one for one in runs if one["settings"].get(name) in ("true", "table")]
        seen = sum(any(label.startswith(action) for label in one["steps"]) for one in having)
        lines.append(f"| {words} | {len(having)} | {seen} |")
    three = [one for one in runs if one["bounds"].get("nodes") == 3]
    seen = sum(any("(C" in label for label in one["steps"]) for one in three)
    lines.append(f"| a second standby | {len(three)} | {seen} |")
    anyone = [one for one in three if one["settings"].get("promote") == "any"]
    seen = sum(any(label.startswith("promote(C") for label in one["steps"]) for one in anyone)
    lines.append(f"| any of two standbys promoted | {len(anyone)} | {seen} |")
    twice = [one for one in runs if one["bounds"].get("promotions") == 2]
    seen = sum(sum(label.startswith("promote(") for label in one["steps"]) == 2 for one in twice)
    lines.append(f"| a second failover | {len(twice)} | {seen} |")
    return "\n".join(lines)


def _outcomes(runs: Sequence[Document]) -> str:
    ends: dict[str, Counter[str]] = {}
    for one in runs:
        if one["model"]:
            tail = str(one["settings"].get("tail", "keep"))
            lost = ", commits lost" if "a client was told" in one["model"] else ""
            ends.setdefault(tail, Counter())[one["model"].partition(";")[0] + lost] += 1
    lines = ["| tail | predicted ends |", "|---|---|"]
    for tail, counts in sorted(ends.items()):
        lines.append(f"| {tail} | {', '.join(f'{end} {count}' for end, count in counts.most_common())} |")
    return "\n".join(lines)


def _settled(one: Settled) -> str:
    return f"- **{one.name}** ({one.wrong} was otherwise than thought): {one.seen}. {one.changed}"


def _differs(one: Document, known: Sequence[Settled]) -> str:
    from checker.postgres.report import clean

    where = f"`{one['walk']}`, PostgreSQL {one['major']}, {one['came_out']}"
    seen = clean(str(one["servers"]).partition("; last seen")[0])
    names = [kind.name for kind in known if re.search(rf"\b{re.escape(one['walk'])}\b", kind.seen)]
    settled = f". Settled: {', '.join(names)}" if names else ". Not settled"
    return f"- {where}: {'model ' + one['model'] + '; ' if one['model'] else ''}servers {seen}{settled}"
