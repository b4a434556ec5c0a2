"""`checker gate`: claims against verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from checker.cli import options
from checker.cli.codes import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@options.specs
@options.workers
@click.option("--fresh", is_flag=True, help="Run every claim, whatever verdicts were kept from earlier runs.")
@click.option(
    "--sarif",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write what came out otherwise there as SARIF 2.1.0.",
)
@options.cluster("Run the claims, and the proofs they demand, as tasks of a Ray cluster, given its address")
@options.as_json
def gate(**asked: Any) -> int:
    """Runs claims and compares what comes out with what they say.

    A SPEC is a file, a folder, or a name in specs/; without one, all of specs/ run.  A claim that came out as claimed
    is not run again while the model, the claim, the scope and the checker are what they were.
    """
    from checker.report.gate import Asked, gate_and_report

    return gate_and_report(Asked(**asked))
