"""`checker replay`: traces on real servers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from checker.cli import options
from checker.cli.codes import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@click.argument("trace", required=False, type=click.Path(dir_okay=False, path_type=Path), metavar="[TRACE.itf.json]")
@options.mode
@options.sets
@options.preset
@options.scope("The named bounds to look for the trace in.")
@options.bounds("Changes one bound.")
@click.option("--property", "property_name", metavar="NAME", help="Finds the shortest trace of this property first.")
@options.bindirs
@click.option(
    "--report",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Instead: runs every scenario, and writes what servers did into DIR.",
)
@click.option(
    "--claims",
    multiple=True,
    metavar="SPEC",
    help="Instead: replays every counterexample that claims rest on (a file, a folder, a name; repeatable).",
)
@options.as_json
def replay(
    trace: Path | None,
    property_name: str | None,
    claims: tuple[str, ...],
    bindirs: tuple[Path, ...],
    report: Path | None,
    as_json: bool,
    **asked: Any,
) -> int:
    """Does a trace of the model on real PostgreSQL servers, step by step, and compares.

    The trace is a file that `explore --out` wrote, or that of a --property.  Exit code 1: the servers did otherwise;
    3: a step cannot be done on servers.
    """
    from checker.report.replay import Asked, replay_and_report, report_on_servers
    from checker.run import Request

    chosen = {name: value for name, value in {**asked, "property": property_name}.items() if value}
    if claims:
        if trace is not None or chosen or as_json:
            raise click.UsageError("--claims goes with --pg-bindir and --report only")
        from checker.report.claims_on_servers import claims_and_report

        return claims_and_report(claims, bindirs, report)
    if report is not None:
        if trace is not None or chosen or as_json:
            raise click.UsageError("--report goes with --pg-bindir only")
        return report_on_servers(bindirs, report)
    if trace is not None and chosen:
        raise click.UsageError("a trace says its own settings, scope and property")
    if trace is None and property_name is None:
        raise click.UsageError("give a trace, or --property NAME whose shortest trace is to be found")
    request = Request(properties=(property_name,) if property_name else (), first=True, **asked)
    return replay_and_report(Asked(trace, request, bindirs, as_json))
