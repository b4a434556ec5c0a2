"""What slices and symmetry leave of a search, mode by mode; each held against the full search.

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
from checker.ground import ground
from checker.reading import load
from checker.reduction_text import written
from checker.replay import replay
from tests.benchmarks.orders import left

ORDERS = """
Partial-order reduction is not built, since by single actions it could not do more than this. In a state of the whole
graph an oracle takes one action alone where no action that could come before it fails to commute with it, where it
writes nothing that the property reads, and where it leads to a new state. What is concluded from guards and assignments
takes such actions in fewer states. Larger sets of actions that are taken without the rest were not tried.
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
    parser.add_argument("--orders", default="tiny", metavar="SCOPE", help="for the order of steps (default: tiny)")
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
    lines += ["", f"## Order of independent steps, scope `{given.orders}`, at the most", ORDERS, *orders(given.orders)]
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


def orders(scope: str) -> Iterator[str]:
    """A table: for each configuration and property, the states that the oracle leaves."""
    yield "| configuration | all | " + " | ".join(f"`{name}`" for name in ASKED) + " |"
    yield "|---" * (len(ASKED) + 2) + "|"
    for settings in CONFIGURATIONS:
        counts = [left(grounded(settings, scope, {}), [name]) for name in ASKED]
        cells = [f"{less:,} ({full / less:.2f}×)" for full, less in counts]  # noqa: RUF001
        yield f"| {shown(settings)} | {counts[0][0]:,} | {' | '.join(cells)} |"


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
