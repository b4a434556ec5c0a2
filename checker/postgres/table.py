"""The table of scenarios: what was predicted, and what servers of one or several majors did."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from checker.postgres.node import NodeFailed
from checker.postgres.programs import MissingProgram, Programs
from checker.postgres.run import Result, run_scenario
from checker.postgres.scenarios import SCENARIOS, Scenario
from checker.postgres.waiting import ConditionNotMet

LONGEST = 200
"""Characters of a line of evidence in a table."""


@dataclass(frozen=True)
class Cell:
    """One scenario on one major: its result, or in `problem` why it could not be carried out."""

    major: int
    result: Result | None = None
    problem: str = ""

    @property
    def text(self) -> str:
        """One word, and a mark where it is not what was predicted."""
        if self.result is None:
            return f"not run: {self.problem.splitlines()[0]}"
        return str(self.result.outcome) if self.result.as_expected else f"**{self.result.outcome}**"


@dataclass(frozen=True)
class Row:
    """One scenario on every major."""

    scenario: Scenario
    cells: tuple[Cell, ...]


def run_table(
    installations: Sequence[Programs],
    scenarios: Iterable[Scenario] = SCENARIOS,
    progress: Callable[[Scenario, Cell], None] | None = None,
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


def _cell(scenario: Scenario, programs: Programs) -> Cell:
    try:
        return Cell(programs.major, run_scenario(scenario, programs))
    except MissingProgram as missing:
        return Cell(programs.major, problem=f"this installation has no {missing.program}")
    except (NodeFailed, ConditionNotMet) as problem:
        return Cell(programs.major, problem=str(problem))


def markdown(rows: Sequence[Row]) -> str:
    """The table, and below it the LSNs and the evidence of every run."""
    majors = [cell.major for cell in rows[0].cells] if rows else []
    lines = [
        f"| scenario | predicted | {' | '.join(f'PostgreSQL {major}' for major in majors)} |",
        "|---|---|" + "---|" * len(majors),
    ]
    for row in rows:
        outcomes = " | ".join(cell.text for cell in row.cells)
        lines.append(f"| `{row.scenario.name}`: {row.scenario.summary} | {row.scenario.expected} | {outcomes} |")
    lines.append("")
    for row in rows:
        lines += [f"### {row.scenario.name}", ""]
        for cell in row.cells:
            lines += _details(cell)
        lines.append("")
    return "\n".join(lines)


def _details(cell: Cell) -> list[str]:
    if cell.result is None:
        return [f"- PostgreSQL {cell.major}: not run: {cell.problem.splitlines()[0]}"]
    facts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in cell.result.facts.items())
    shown = [f"    - `{line[:LONGEST]}`" for line in cell.result.evidence]
    return [f"- PostgreSQL {cell.major}: {cell.result.outcome} in {cell.result.seconds:.1f} s; {facts}", *shown]
