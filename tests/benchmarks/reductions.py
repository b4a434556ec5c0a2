"""What slices, symmetry and one order of steps leave of a search, mode by mode; each held against the full search.

    python -m tests.benchmarks.reductions --out reports/reductions.md

Counts do not depend on the machine; the seconds go to standard error only.
"""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from checker.configuration import configure
from checker.explore import Exploration, explore, reduction
from checker.grounding.ground import ground
from checker.reading import load
from checker.report.reduction_text import written
from checker.traces.replay import replay

ORDERS = """
Of actions that come to the same in either order, as guards and assignments show it, `--order` takes one order where
nothing that is asked can tell. A counterexample may be longer by steps that were taken first; where one is, the table
says by how many. Deadlocks, and the actions that never fire, are those of the full search. Few steps of the protocol
commute so that it shows: most of one node read or move the same ends of WAL, and those of the other node wait for them.
"""

CONFIGURATIONS = [
    {"mode": "commit"},
    {"mode": "data_flush"},
    {"mode": "all", "sync": "true"},
]

ASKED = [
    "page_lsn_within_standby_flush",
    "page_within_standby",
    "acknowledged_commit_survives",
    "failback_succeeds",
]

SORTS = ["Page", "Transaction"]

NOTES = """
A slice drops what cannot bear on the properties asked, and takes no step where they are settled for good. Verdicts and
lengths of counterexamples are those of the full search; deadlocks and actions that never fire are not looked for.
Symmetry visits one of the states that differ only in names of pages and transactions; `stands for` is the sum of the
orbits of the states visited, and is the number of states of the full search. Every counterexample of a reduced search
was brought back to the whole model and replayed by plain execution.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the tables, or writes them; 1 where a reduced search says otherwise than the full one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="write the page there")
    parser.add_argument("--scope", default="small", help="for the slices (default: small)")
    parser.add_argument("--symmetric", default="small", metavar="SCOPE", help="for symmetry (default: small)")
    parser.add_argument("--pages", type=int, default=2)
    parser.add_argument("--transactions", type=int, default=2)
    given = parser.parse_args(arguments)
    command = f"python -m tests.benchmarks.reductions --scope {given.scope} --symmetric {given.symmetric}"
    command += f" --pages {given.pages} --transactions {given.transactions}"
    lines = ["# What reductions leave of a search", "", f"Made by `{command}`.", NOTES]
    lines += [f"## Slices, scope `{given.scope}`", "", *slices(given.scope), ""]
    bounds = {"pages": given.pages, "transactions": given.transactions}
    shown = ", ".join(f"{name}={value}" for name, value in bounds.items())
    lines += [f"## Symmetry of pages and transactions, scope `{given.symmetric}` with {shown}", ""]
    lines += symmetries(given.symmetric, bounds)
    lines += ["", f"## One order of independent steps, scopes `tiny` and `{given.scope}`", ORDERS]
    lines += [*orders("tiny", [None, *ASKED]), "", *orders(given.scope, [None])]
    page = "\n".join(lines) + "\n"
    if given.out is None:
        sys.stdout.write(page)
    else:
        given.out.write_text(page, encoding="utf-8")
    return 1 if " otherwise " in page else 0


def slices(scope: str) -> Iterator[str]:
    """A table: for each configuration and property, the states of its slice and by how much they are fewer."""
    yield "| configuration | all | " + " | ".join(f"`{name}`" for name in ASKED) + " |"
    yield "|---" * (len(ASKED) + 2) + "|"
    for settings in CONFIGURATIONS:
        whole = grounded(settings, scope, {})
        full = timed(explore(whole), settings)
        cells = []
        for name in ASKED:
            part = reduction(whole, [name], True, ())
            assert part is not None and part.slice is not None
            less = timed(explore(whole, properties=[name], reduction=part), settings, name)
            settled = part.slice.settled
            until = "" if settled.operator == "const" else f", until `{written(whole, settled)}`"
            cells.append(f"{factor(full.states, less)}{until}{same(full, less)}")
        yield f"| {shown(settings)} | {full.states:,} | {' | '.join(cells)} |"


def symmetries(scope: str, bounds: dict[str, int]) -> Iterator[str]:
    """A table: for each configuration the states up to names, what they stand for, and the factor."""
    yield "| configuration | all | one an orbit | stands for | verdicts and lengths |"
    yield "|---|---|---|---|---|"
    for settings in CONFIGURATIONS:
        whole = grounded(settings, scope, bounds)
        full = timed(explore(whole), settings)
        names = [finding.property.name for finding in full.findings]
        less = timed(explore(whole, reduction=reduction(whole, names, False, SORTS)), settings, "symmetry")
        told = same(full, less) or " the same"
        yield (f"| {shown(settings)} | {full.states:,} | {factor(full.states, less)} | {less.represented:,} |{told} |")


def orders(scope: str, asked: Sequence[str | None]) -> Iterator[str]:
    """A table: for each configuration and property, None for all of them, the states that one order leaves."""
    columns = " | ".join("every property" if name is None else f"`{name}`" for name in asked)
    yield f"| `{scope}` | all | {columns} |"
    yield "|---" * (len(asked) + 2) + "|"
    for settings in CONFIGURATIONS:
        whole = grounded(settings, scope, {})
        full = timed(explore(whole), settings)
        cells = []
        for name in asked:
            names = [f.property.name for f in full.findings] if name is None else [name]
            less = timed(explore(whole, reduction=reduction(whole, names, False, (), True), properties=names), settings)
            cells.append(f"{factor(full.states, less)}{longer(full, less)}")
        yield f"| {shown(settings)} | {full.states:,} | {' | '.join(cells)} |"


def longer(full: Exploration, less: Exploration) -> str:
    """What is different in the verdicts, the deadlocks and the actions that fire, and which traces are longer."""
    if [f.word for f in less.findings] != [full.finding(f.property.name).word for f in less.findings]:
        return " otherwise in a verdict"
    if (less.deadlocks.count, less.idle) != (full.deadlocks.count, full.idle):
        return " otherwise in deadlocks or actions"
    more = []
    for finding in less.findings:
        if finding.trace is not None and finding.depth is not None:
            replay(finding.trace)
            steps = finding.depth - (full.finding(finding.property.name).depth or 0)
            more += [f"{finding.property.name} +{steps}"] if steps else []
    return "".join(f", {text}" for text in more)


@functools.cache
def protocol():
    """The model, read once."""
    return load("model")


def grounded(settings, scope, bounds):
    """The protocol under some settings."""
    model = protocol()
    chosen = configure(model, sets=settings, scope=scope, bounds=bounds)
    return ground(model, chosen.settings, chosen.bounds)


def factor(states: int, less: Exploration) -> str:
    """`31,978 (1.58×)`: so many are left, and so many times fewer."""  # noqa: RUF002
    return f"{less.states:,} ({states / less.states:.2f}×)"  # noqa: RUF001


def same(full: Exploration, less: Exploration) -> str:
    """Nothing where the verdicts are those of the full search, and its traces behaviours of the model."""
    for finding in less.findings:
        other = full.finding(finding.property.name)
        if (finding.word, finding.depth) != (other.word, other.depth):
            return f" otherwise in {finding.property.name}"
        if finding.trace is not None:
            replay(finding.trace)
    return "" if less.represented in (None, full.states) else " otherwise in the number of states"


def shown(settings: dict[str, str]) -> str:
    """`commit, tail=cut`."""
    return ", ".join(f"`{value if name == 'mode' else f'{name}={value}'}`" for name, value in settings.items())


def timed(found: Exploration, settings: dict[str, str], what: str = "full") -> Exploration:
    """The same, after a line of how long it took."""
    sys.stderr.write(f"{shown(settings)} {what}: {found.states:,} states, {found.engine}, {found.seconds:.1f} s\n")
    return found


if __name__ == "__main__":
    sys.exit(main())
