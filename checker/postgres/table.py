"""The table of scenarios: what was predicted, and what servers of one or several majors did."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from checker.postgres.node import NodeFailed
from checker.postgres.played import ROWS, Played
from checker.postgres.programs import MissingProgram, Programs
from checker.postgres.run import Result, run_scenario
from checker.postgres.scenarios import OutsideModel, Scenario
from checker.postgres.waiting import ConditionNotMet

LONGEST = 200
"""Characters of a line of evidence in a table."""


@dataclass(frozen=True)
class Cell:
    """One scenario on one major: its result, or in `problem` why it could not be carried out.

    `missing`: for want of a program, which says nothing of the scenario.
    """

    major: int
    result: Result | None = None
    problem: str = ""
    missing: bool = False

    @property
    def as_predicted(self) -> bool:
        """Nothing came out otherwise; a server that did something in no list has."""
        return self.missing if self.result is None else self.result.as_expected

    @property
    def text(self) -> str:
        """One word, and a mark where it is not what was predicted."""
        if self.result is None:
            said = f"not run: {self.problem.splitlines()[0]}"
            return said if self.missing else f"**{said}**"
        return str(self.result.outcome) if self.result.as_expected else f"**{self.result.outcome}**"


@dataclass(frozen=True)
class Row:
    """One scenario on every major."""

    scenario: Scenario | Played
    cells: tuple[Cell, ...]


def run_table(
    installations: Sequence[Programs],
    scenarios: Iterable[Scenario | Played] = ROWS,
    progress: Callable[[Scenario | Played, Cell], None] | None = None,
) -> list[Row]:
    """Runs every scenario on every installation; one that cannot be carried out says so in its cell."""
    rows = []
    for scenario in scenarios:
        cells = []
        for programs in installations:
            cell = _cell(scenario, programs)
            cells.append(cell)
            if progress:
                progress(scenario, cell)
        rows.append(Row(scenario, tuple(cells)))
    return rows


def _cell(scenario: Scenario | Played, programs: Programs) -> Cell:
    try:
        done = scenario.run(programs) if isinstance(scenario, Played) else run_scenario(scenario, programs)
        return Cell(programs.major, done)
    except MissingProgram as missing:
        return Cell(programs.major, problem=f"this installation has no {missing.program}", missing=True)
    except (NodeFailed, ConditionNotMet) as problem:
        return Cell(programs.major, problem=str(problem))


def as_it_is(text: str) -> str:
    """A line of evidence unchanged."""
    return text


def markdown(rows: Sequence[Row], clean: Callable[[str], str] = as_it_is) -> str:
    """The table, and below it what each prediction rests on, and the LSNs and the evidence of every run."""
    majors = [cell.major for cell in rows[0].cells] if rows else []
    lines = [
        f"| scenario | predicted | {' | '.join(f'PostgreSQL {major}' for major in majors)} |",
        "|---|---|" + "---|" * len(majors),
    ]
    for row in rows:
        outcomes = " | ".join(cell.text for cell in row.cells)
        lines.append(f"| `{row.scenario.name}`: {row.scenario.summary} | {_predicted(row.scenario)} | {outcomes} |")
    lines.append("")
    for row in rows:
        lines += [f"### {row.scenario.name}", "", *_foretold(row.scenario)]
        for cell in row.cells:
            lines += _details(cell, clean)
        lines.append("")
    return "\n".join(lines)


def _predicted(scenario: Scenario | Played) -> str:
    outside = isinstance(scenario.foretold, OutsideModel)
    return f"*{scenario.expected}*" if outside else str(scenario.expected)


def _foretold(scenario: Scenario | Played) -> list[str]:
    foretold = scenario.foretold
    if isinstance(foretold, OutsideModel):
        return [f"- outside the model: {foretold.reason}"]
    chosen = {**foretold.settings, **{name: str(value) for name, value in foretold.bounds.items()}}
    under = f" under {', '.join(f'{name}={value}' for name, value in chosen.items())}" if chosen else ""
    lines = [f"- model: {scenario.expected}{under}, after {', '.join(f'`{step}`' for step in foretold.steps)}"]
    return [*lines, *([f"- {scenario.remark}"] if scenario.remark else [])]


def _details(cell: Cell, clean: Callable[[str], str]) -> list[str]:
    if cell.result is None:
        return [f"- PostgreSQL {cell.major}: not run: {cell.problem.splitlines()[0]}"]
    facts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in cell.result.facts.items())
    shown = [f"    - `{clean(line)[:LONGEST]}`" for line in cell.result.evidence]
    return [f"- PostgreSQL {cell.major}: {cell.result.outcome} in {cell.result.seconds:.1f} s; {facts}", *shown]
