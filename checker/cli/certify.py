"""`checker certify`: proofs checked by another solver."""

from __future__ import annotations

from pathlib import Path

import click

from checker.cli import options
from checker.cli.codes import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=20.0,
    show_default=True,
    metavar="N",
    help="Time for one obligation.",
)
@options.workers
@options.as_json
def certify(folder: Path, seconds: float, workers: int | None, as_json: bool) -> int:
    """Has cvc5 check the certificates that `checker prove --out DIR` wrote.

    They are refused where one is missing or edited, and where the model has changed since.  Ends with 0 where cvc5
    agrees with every one, 3 where it leaves some undecided, 1 where it denies one.
    """
    from checker.prove.table import processors
    from checker.report.certify import certify_and_report

    return certify_and_report(folder, seconds, workers or processors(), as_json)
