"""`checker observe`: pgbench on real servers, its durable writes held against the model."""

from __future__ import annotations

from pathlib import Path

import click

from checker.cli import options
from checker.cli.codes import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@click.option(
    "--mode",
    type=click.Choice(["commit", "data_flush"]),
    help="One run only: as PostgreSQL is (commit), or with the gate on (data_flush).",
)
@click.option("--cut", is_flag=True, help="The standby is cut off halfway; else it lags behind.")
@click.option("--lag", type=float, default=0.03, show_default=True, metavar="SECONDS", help="How late WAL arrives.")
@click.option("--seconds", type=float, default=4.0, show_default=True, metavar="T", help="How long pgbench runs.")
@click.option(
    "--clients", type=click.IntRange(1, 20), default=4, show_default=True, metavar="N", help="Sessions of pgbench."
)
@options.bindirs
@options.as_json
def observe(
    mode: str | None,
    cut: bool,
    lag: float,
    seconds: float,
    clients: int,
    bindirs: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Runs pgbench on a real primary whose standby lags or is cut off, and checks what was durable when.

    Every durable write is checked against the model's actions and properties: the first that no behaviour explains is
    shown, and the first that violates a property.  Without --mode there are two runs, and exit code 0 means what the
    model says: violations as PostgreSQL is, none with the gate on.  With --mode: 12 a property is violated, 1 a write
    is not explained.
    """
    from checker.report.observe import Asked, observe_and_report

    return observe_and_report(Asked(mode, cut, lag, seconds, clients, bindirs, as_json))
