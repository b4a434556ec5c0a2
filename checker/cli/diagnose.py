"""`checker diagnose`: what logs say of a node that was to come back."""

from __future__ import annotations

from pathlib import Path

import click

from checker.cli import options

CODES = """\b
Exit codes:
  0    a return was found, and what it came to is said
  2    usage: a file that cannot be read, a folder that cannot be written
  3    no return in these logs
"""


@click.command(epilog=CODES)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--locale",
    "locales",
    multiple=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="A server's share/locale: the languages of its messages (repeatable).",
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Draw the model's trace.")
@options.as_json
def diagnose(files: tuple[Path, ...], locales: tuple[Path, ...], out: Path | None, as_json: bool) -> int:
    """Says how the return of an old primary ended, from logs, and what to do.

    A FILE is a log of PostgreSQL (stderr with any prefix, csvlog, jsonlog), Patroni or CloudNativePG, as it is or
    wrapped by Kubernetes or Docker, or a timeline history file.  Give the log of the node, and that of the new primary
    from its promotion on: together they say where the fork is.
    """
    from checker.report.diagnose import diagnose_and_report

    return diagnose_and_report(files, locales, out, as_json)
