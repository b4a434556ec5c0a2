"""`checker preflight`: may this old primary come back?"""

from __future__ import annotations

from pathlib import Path

import click

from checker.cli import options

CODES = """\b
Exit codes:
  0    it comes back as it is; or the cut, or its undo, was done
  1    with --report: it came back otherwise than was said
  2    usage, and a new primary that cannot be reached
  3    cannot tell
  20   it comes back after its WAL tail is cut at the fork
  21   it needs pg_rewind
  22   it needs a base backup
"""


@click.command(epilog=CODES)
@click.option(
    "--pgdata",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="OLD",
    help="The old primary's data directory, not running.",
)
@click.option("--new-primary", metavar="DSN", help="The new primary, for a role that pg_rewind could use.")
@click.option(
    "--new-pgdata",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Instead: its data directory, while it is stopped.",
)
@click.option("--every-page", is_flag=True, help="Read every page, also where the WAL says which were changed.")
@click.option("--cut", is_flag=True, help="Do the cut that is proposed, after asking.")
@click.option("--yes", is_flag=True, help="Do not ask before a cut.")
@click.option("--undo", is_flag=True, help="Undo a cut, as long as nothing was started since.")
@click.option(
    "--report",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Instead: tries itself against servers made for it, and writes how often it was right into DIR.",
)
@click.option("--trials", type=click.IntRange(min=0), default=200, show_default=True, help="Random ones of --report.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the random ones.")
@options.bindirs
@options.as_json
def preflight(
    pgdata: Path | None,
    new_primary: str | None,
    new_pgdata: Path | None,
    every_page: bool,
    cut: bool,
    yes: bool,
    undo: bool,
    report: Path | None,
    trials: int,
    seed: int,
    bindirs: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Says whether an old primary may come back as a standby of the new one, and what it needs; writes nothing.

    To be asked BEFORE the old primary is started.  Each condition names the property of the model that it stands for.
    With --cut it removes the WAL past the fork, if that is all that is in the way.
    """
    from checker.report.preflight import Asked, preflight_and_report, undo_and_report

    if report is not None:
        from checker.report.preflight_trials import report_on_trials

        if pgdata is not None or new_primary or new_pgdata is not None or cut or undo:
            raise click.UsageError("--report goes with --trials, --seed and --pg-bindir only")
        return report_on_trials(bindirs, report, trials, seed)
    if pgdata is None:
        raise click.UsageError("give --pgdata OLD, the old primary's data directory")
    if undo:
        if cut or new_primary or new_pgdata is not None:
            raise click.UsageError("--undo goes with --pgdata alone")
        return undo_and_report(pgdata, as_json)
    if (new_primary is None) == (new_pgdata is None):
        raise click.UsageError("give the new primary: --new-primary DSN, or --new-pgdata DIR while it is stopped")
    return preflight_and_report(Asked(pgdata, new_primary, new_pgdata, every_page, cut, yes, as_json))
