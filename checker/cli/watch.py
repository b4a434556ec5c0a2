"""`checker watch`: a healthy primary and its standby."""

from __future__ import annotations

import click

from checker.cli import options

CODES = """\b
Exit codes:
  0    nothing would be lost or stay behind
  2    usage, and a server that cannot be reached
  3    cannot tell
  23   a commit that a client was told of could be lost, or only a base
       backup would bring the primary back
  130  interrupted
"""


@click.command(epilog=CODES)
@click.option("--primary", required=True, metavar="DSN", help="The primary.")
@click.option("--standby", required=True, metavar="DSN", help="The standby that would be promoted.")
@click.option("--prometheus", is_flag=True, help="Print Prometheus' text format, once.")
@click.option("--every", type=click.FloatRange(min=0.1), metavar="SECONDS", help="Look again and again, a line each.")
@options.as_json
def watch(primary: str, standby: str, prometheus: bool, every: float | None, as_json: bool) -> int:
    """Says what would become of a healthy primary if it died this second: its tail, what is lost, its way back.

    And what the model says of such settings at any moment, with the settings that would change it.
    """
    from checker.report.watch import Asked, watch_and_report

    if prometheus and (every or as_json):
        raise click.UsageError("--prometheus goes without --every and --json")
    return watch_and_report(Asked(primary, standby, prometheus, as_json, every or 0.0))
