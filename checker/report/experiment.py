"""The command `experiment`: the table of what 2013 saw, what the model says, and what servers did."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from checker.installed import installations
from checker.outputs import Outputs
from checker.refusal import UsageError

if TYPE_CHECKING:
    from checker.postgres.seed_experiment import Row

AS_PREDICTED, DIFFERS = 0, 1


def experiment_and_report(bindirs: Sequence[Path], report: Path | None, as_json: bool) -> int:
    """Runs it on every installation; 1 where a server did otherwise than the model says. Raises `UsageError`."""
    installed = installations(bindirs)
    from checker.postgres.programs import MissingProgram
    from checker.postgres.report import version_of
    from checker.postgres.seed_experiment import run_experiment

    found: dict[str, list[Row]] = {}
    for programs in installed:
        version = version_of(programs)
        try:
            found[version] = run_experiment(programs, lambda row: None if as_json else _tell(row))
        except MissingProgram as missing:
            raise UsageError(str(missing)) from None
    if as_json:
        rows = {version: [dataclasses.asdict(row) for row in rows] for version, rows in found.items()}
        click.echo(json.dumps(rows, indent=1))
    if report is not None:
        with Outputs(report) as outputs:
            outputs.write("seed-experiment.md", page(found))
            outputs.publish(stale=())
    return AS_PREDICTED if all(row.same for rows in found.values() for row in rows) else DIFFERS


def _tell(row: Row) -> None:
    click.echo(f"{row.step}: {row.now}{'' if row.same else '  NOT AS PREDICTED'}")
    for name, text in (("2013", row.then), ("model", row.model), ("seen", row.evidence)):
        if text:
            click.echo(f"    {name:6}{text}")


def page(found: dict[str, list[Row]]) -> str:
    """The page, with the evidence of every version below the table."""
    from checker.postgres.report import clean

    versions = list(found)
    lines = [
        "# The experiment of 2013, once more",
        "",
        f"Made by `checker experiment --report reports --pg-bindir DIR...`, on PostgreSQL {', '.join(versions)}.",
        "",
        "In August 2013 somebody tried version 4 of the patch by hand, on 9.4devel with data_flush, with pgbench, one",
        "table and one function, and wrote down what was seen. Here the patch is emulated on servers of today by a",
        "library that holds durable writes back until the standby has acknowledged them; the rest is as it was.",
        "**Bold**: not what the model says.",
        "",
        f"| step | seen in 2013 | the model | {' | '.join(f'PostgreSQL {version}' for version in versions)} |",
        "|---|---|---|" + "---|" * len(versions),
    ]
    for same in zip(*found.values(), strict=True):
        now = " | ".join(row.now if row.same else f"**{row.now}**" for row in same)
        lines.append(f"| {same[0].step} | {same[0].then} | {same[0].model} | {now} |")
    for version, rows in found.items():
        lines += ["", f"## PostgreSQL {version}", ""]
        lines += [f"- {row.step}: `{clean(row.evidence)}`" for row in rows if row.evidence]
    return "\n".join(lines) + "\n"
