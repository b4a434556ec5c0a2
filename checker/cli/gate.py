"""`checker gate`: claims against verdicts."""

from __future__ import annotations

import click

from checker.cli import options
from checker.cli.codes import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
@options.workers
@options.as_json
def gate(specs: tuple[str, ...], workers: int | None, as_json: bool) -> int:
    """Runs claims and compares what comes out with what they say.

    A SPEC is a file, a folder, or a name in specs/; without one, all of specs/ run.
    """
    from checker.gate_report import gate_and_report

    return gate_and_report(specs, workers, as_json)
