"""The command line: options only, one file a command; what a command needs is imported when it runs."""

from __future__ import annotations

import importlib

import click

from checker import __version__
from checker.cli.codes import EXIT_CODES
from checker.failures import Commands

COMMANDS = (
    "explore",
    "prove",
    "certify",
    "gate",
    "claims",
    "simulate",
    "lint",
    "describe",
    "proofs",
    "ablate",
    "trace",
    "replay",
    "conform",
    "observe",
    "experiment",
    "preflight",
    "export",
    "peers",
    "diagnose",
    "watch",
    "report",
    "serve",
)
"""In the order of the help; the file of each has its name."""


class Listed(Commands):
    """The commands above, each imported when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"checker.cli.{cmd_name}"), cmd_name)
        return command


@click.group(cls=Listed, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="checker")
def main() -> None:
    """Checks models of protocols exhaustively, and claims about them.

    Without --model it is the model of PostgreSQL failback that comes with it.
    """
