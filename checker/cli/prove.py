"""`checker prove`: proofs for every size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from checker.cli import options
from checker.cli.codes import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@options.model
@options.mode
@options.sets
@options.preset
@options.scope("The named bounds to look for counterexamples in.")
@options.bounds("Fixes a bound, in proofs too.")
@options.properties
@click.option("--bounded", type=click.IntRange(min=0), metavar="K", help="No proof: behaviours of up to K steps.")
@click.option(
    "--k", type=click.IntRange(min=1), default=1, metavar="K", help="Induction over up to K steps at once; default: 1."
)
@click.option("--infer", is_flag=True, help="No proof: finds lemmas by itself, and prints them as model source.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Writes each obligation as SMT-LIB 2, for `checker certify`.",
)
@options.as_json
def prove(bounded: int | None, k: int, infer: bool, out: Path | None, as_json: bool, **asked: Any) -> int:
    """Shows by induction that properties hold for every size, or finds a shortest counterexample in a scope."""
    from checker.run import Request

    if infer:
        from checker.report.infer import infer_and_report

        others = [name for name, given in (("--bounded", bounded is not None), ("--k", k > 1), ("--out", out)) if given]
        return infer_and_report(Request(**asked), others, as_json)
    from checker.prove.proof import Asked
    from checker.report.prove import prove_and_report

    return prove_and_report(Asked(Request(**asked), bounded, k), out, as_json)
