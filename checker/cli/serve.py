"""`checker serve`: the interactive page."""

from __future__ import annotations

import click

from checker.cli import options
from checker.cli.codes import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@options.model
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, metavar="N", help="0: any that is free."
)
def serve(model: str, host: str, port: int) -> int:
    """Serves a page in which a model is stepped through by hand, in a browser."""
    from checker.report.serving import serve_and_report

    return serve_and_report(model, host, port)
