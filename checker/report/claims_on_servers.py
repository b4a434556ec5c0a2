"""`checker replay --claims`: every counterexample that claims rest on, replayed on real servers, and a page on it.

Claims share counterexamples: what is violated in three steps is violated so under many settings. One that differs in
nothing that a server could tell is replayed once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from checker import spec as claims
from checker.installed import installations
from checker.outputs import Outputs
from checker.reading import load
from checker.refusal import UsageError
from checker.run import Request, configured, run
from checker.spec import Spec, SpecError
from checker.traces.trace import Trace

if TYPE_CHECKING:
    from checker.postgres.programs import Programs

AGREES, DIFFERS = 0, 1
PAGE, SO_FAR = "replayed-claims.md", "replayed-claims-so-far.md"


@dataclass
class Counterexample:
    """A trace and the claims that rest on it; or in `reason` why no server can be brought to it. `seen` by major."""

    claims: list[str]
    settings: str
    trace: Trace | None = None
    reason: str = ""
    seen: dict[int, str] = field(default_factory=dict)
    evidence: dict[int, list[str]] = field(default_factory=dict)

    @property
    def steps(self) -> list[str]:
        """The labels of its actions."""
        return [action.label for action in self.trace.actions] if self.trace is not None else []

    @property
    def differs(self) -> bool:
        """Whether servers did otherwise somewhere."""
        return any(word.startswith("differs") for word in self.seen.values())


def claims_and_report(asked: Sequence[str], bindirs: Sequence[Path], folder: Path | None) -> int:
    """Replays the counterexamples of claims (files, folders; none: `specs/`); 1 where servers did otherwise.

    What is done so far has a page of its own until all is done, so that an end in between loses nothing.  Raises
    `UsageError` for claims that cannot be read, for programs that are missing, and for a folder that takes no page.
    """
    installed = installations(bindirs)
    from checker.postgres.report import version_of

    try:
        specs = [claims.read(path) for path in claims.find(tuple(asked), Path("specs"))]
    except SpecError as error:
        raise UsageError(str(error)) from None
    versions = {one.major: version_of(one) for one in installed}
    found = counterexamples(specs, lambda text: click.echo(text, err=True))
    _publish(folder, SO_FAR, page(found, versions, asked))
    for one in found:
        for programs in installed if one.trace is not None else ():
            _replay(one, programs)
            click.echo(f"{one.claims[0]}  PostgreSQL {programs.major}  {one.seen[programs.major]}")
        _publish(folder, SO_FAR, page(found, versions, asked))
    _publish(folder, PAGE, page(found, versions, asked), stale=(SO_FAR,))
    return DIFFERS if any(one.differs for one in found) else AGREES


def _publish(folder: Path | None, name: str, text: str, stale: Sequence[str] = ()) -> None:
    if folder is not None:
        with Outputs(folder) as outputs:
            outputs.write(name, text)
            outputs.publish(stale)


def counterexamples(specs: Sequence[Spec], say: Callable[[str], None]) -> list[Counterexample]:
    """The counterexamples to all safety properties that specs of the protocol claim violated, each once."""
    model = load(claims.MODEL)
    kinds = {item.name: item.kind for item in model.properties}
    known: dict[tuple[str, ...], Counterexample] = {}
    for one in specs:
        violated = [
            name
            for name, expected in one.expect.items()
            if expected.verdict == "violated" and kinds.get(name) == "invariant"
        ]
        if one.model != claims.MODEL or not violated:
            continue
        for name, found in _of_claim(one, violated):
            key = (*found.steps, found.reason, found.settings)
            known.setdefault(key, found).claims.append(f"{one.name}: {name}")
        say(f"{one.name}: {len(violated)} counterexamples")
    return list(known.values())


def _of_claim(one: Spec, violated: Sequence[str]) -> Iterator[tuple[str, Counterexample]]:
    from checker.postgres.feasible import Unmapped, bearing, check_feasible

    request = Request(
        sets=tuple(one.settings.items()), preset=one.preset, scope=one.scope, bounds=tuple(one.bounds.items())
    )
    chosen = configured(load(claims.MODEL), request)
    try:
        check_feasible(chosen.settings, chosen.bounds)
    except Unmapped as problem:
        yield from ((name, Counterexample([], "", reason=str(problem))) for name in violated)
        return
    for name in violated:
        done = run(Request(**{**vars(request), "properties": (name,), "first": True, "slice": True}))
        trace = done.verdicts[0].trace
        if trace is None:
            raise UsageError(f"{one.path} claims that {name} is violated, and it is not: see checker gate {one.name}")
        yield name, Counterexample([], bearing(chosen, {action.name for action in trace.actions}), trace)


def _replay(one: Counterexample, programs: Programs) -> None:
    import psycopg

    from checker.postgres.feasible import NotDone, Unmapped
    from checker.postgres.node import NodeFailed
    from checker.postgres.programs import MissingProgram
    from checker.postgres.replaying import replay_trace
    from checker.postgres.waiting import ConditionNotMet

    assert one.trace is not None
    try:
        done = replay_trace(one.trace, programs)
    except MissingProgram as problem:
        one.seen[programs.major] = (
            f"cannot be done: this installation has no {str(problem).partition(' is missing')[0]}"
        )
    except Unmapped as problem:
        one.seen[programs.major] = f"cannot be done: {problem}"
    except (ConditionNotMet, NodeFailed, NotDone, psycopg.Error) as problem:
        one.seen[programs.major] = f"differs: {str(problem).splitlines()[0]}"
    else:
        shown = f": {done.shown}" if done.evidence else ""
        one.seen[programs.major] = f"reproduced{shown}" if done.agrees else f"differs: {done.shown}"
        one.evidence[programs.major] = done.evidence


# --- the page -----------------------------------------------------------------------------------------------

_INTRODUCTION = """Each claim that says of a safety property that it is violated rests on a shortest counterexample.
Each of these is found again, and done step by step on servers; what can be seen is compared after every step, and at
the end. One that several claims share is done once. *Reproduced*: the servers did what the model says, to the end. What
no server can be brought to is listed below with the reason.
"""


def page(found: Sequence[Counterexample], versions: dict[int, str], asked: Sequence[str]) -> str:
    """The page: a row for each counterexample, its steps and the servers' own words, and those that cannot be done.

    Counterexamples that were not done on every major yet are counted only.
    """
    from checker.postgres.report import clean

    done = [one for one in found if one.trace is not None and set(versions) <= set(one.seen)]
    waiting = sum(one.trace is not None for one in found) - len(done)
    left = f" Not done yet: {waiting}; this is as far as a run has come." if waiting else ""
    counts = {
        major: sum(one.seen[major].startswith("reproduced") for one in done if major in one.seen) for major in versions
    }
    named = " ".join(f"--claims {Path(one).name}" for one in asked)
    sums = ", ".join(f"{counts[major]} on {version}" for major, version in versions.items())
    lines = [
        "# The counterexamples of claims on real servers",
        f"Made by `checker replay {named} --report reports --pg-bindir DIR [--pg-bindir DIR]...`.",
        _INTRODUCTION.rstrip(),
        f"{len(done)} counterexamples of {sum(len(one.claims) for one in done)} claims; reproduced: {sums}.{left}",
        "\n".join(
            [
                f"| no. | violated | steps | {' | '.join(f'PostgreSQL {major}' for major in versions)} |",
                "|---|---|---|" + "---|" * len(versions),
                *(_row(number, one, list(versions)) for number, one in enumerate(done, 1)),
            ]
        ),
        "## Steps, settings, and what servers said",
        *(_details(number, one, clean) for number, one in enumerate(done, 1)),
        "## What no server can be brought to",
        "\n".join(_left(found)),
    ]
    return "\n\n".join(lines) + "\n"


def _row(number: int, one: Counterexample, majors: Sequence[int]) -> str:
    cells = " | ".join(one.seen[major].replace("|", "\\|") for major in majors)
    return f"| {number} | {_properties(one)} | {len(one.steps)} | {cells} |"


def _properties(one: Counterexample) -> str:
    return ", ".join(dict.fromkeys(f"`{claim.partition(': ')[2]}`" for claim in one.claims))


def _details(number: int, one: Counterexample, clean: Callable[[str], str]) -> str:
    names = ", ".join(dict.fromkeys(claim.partition(": ")[0] for claim in one.claims))
    lines = [f"{number}. claimed in {names}; {one.settings}; {', '.join(f'`{step}`' for step in one.steps)}"]
    for major, evidence in one.evidence.items():
        lines += [f"    - PostgreSQL {major}: `{_placeless(clean(line))[:200]}`" for line in evidence[:3] if line]
    return "\n".join(lines)


def _placeless(line: str) -> str:
    """A line without the folders of the machine that it was printed on."""
    return re.sub(r'"/[^"]*/([^/"]+)"', r'"\1"', line)


def _left(found: Sequence[Counterexample]) -> Iterator[str]:
    for one in found:
        if one.trace is None:
            yield f"- {', '.join(one.claims)}: {one.reason}"
