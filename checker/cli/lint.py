"""`checker lint`: what in a model does no work."""

from __future__ import annotations

from typing import Any

import click

from checker.cli import options
from checker.cli.codes import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@options.model_first
@options.mode
@options.sets
@options.preset
@options.scope("The named bounds to look within.")
@options.bounds("Changes one bound.")
@click.option("--idle", multiple=True, metavar="ACTION", help="An action that need not fire (repeatable).")
@options.memory("Stop at so much memory, such as 2G.")
@click.option("--states", type=click.IntRange(min=1), metavar="N", help="Stop at so many states.")
@options.as_json
def lint(path: str, as_json: bool, **asked: Any) -> int:
    """Finds what in a model does no work, in one scope and under one choice of settings.

    Actions that never fire, guards that the others imply, properties that the settings decide or that a part of them
    suffices for, variables that nothing depends on.  MODEL is a package or a .py file, which is run.  Exit code 1:
    there are remarks; 3: none were found, but not all was searched.
    """
    from checker.report.lint import lint_and_report
    from checker.run import Request

    return lint_and_report(Request(model=path, **asked), as_json)
