"""`checker export`: a model in the language of another model checker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from checker.cli import options
from checker.cli.codes import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@click.argument("language", type=click.Choice(["tla", "promela", "murphi"]))
@options.model
@options.mode
@options.sets
@options.preset
@options.scope("The named bounds to export.")
@options.bounds("Changes one bound.")
@options.properties
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR|FILE", help="Write there; else it is printed.")
def export(language: str, out: Path | None, **asked: Any) -> int:
    """Writes a model as TLA+ (for TLC), Promela (SPIN) or Murphi (Rumur).

    The TLA+ module serves every choice of settings; the .cfg beside it is that of the one asked for.  A `reachable`
    property is asked as one that never holds, so that its counterexample is the example.
    """
    from checker.report.export import export_and_report
    from checker.run import Request

    return export_and_report(language, Request(**asked), out)
