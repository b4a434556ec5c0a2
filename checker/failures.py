"""What a user sees when a command cannot do its work: a message on standard error, and an exit code."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import traceback
from typing import Any

import click

from checker.refusal import UsageError, near

USAGE, INCOMPLETE, INTERRUPTED, BROKEN_PIPE, BAD_MODEL, INTERNAL = 2, 3, 130, 141, 150, 255


class Commands(click.Group):
    """A group whose commands return their exit code, and whose failures have codes of their own."""

    def invoke(self, ctx: click.Context) -> Any:
        _never_fail_to_print()
        _end_in_good_order()
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except (click.ClickException, click.exceptions.Exit):
            raise
        except (KeyboardInterrupt, click.Abort):
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            _discard_output()
            ctx.exit(BROKEN_PIPE)
        except Exception as error:
            ctx.exit(_told(error))
        ctx.exit(code or 0)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        close = near(args[0], self.list_commands(ctx)) if args else []
        if args and close and self.get_command(ctx, args[0]) is None:
            ctx.fail(f"No such command {args[0]!r}. Did you mean {' or '.join(close)}?")
        return super().resolve_command(ctx, args)


def _never_fail_to_print() -> None:
    """A terminal that has no such letter shows a question mark; it gets no traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _end_in_good_order() -> None:
    """To be told to end is to be interrupted: what is known is printed, and nothing is left half done."""
    with contextlib.suppress(ValueError):  # not the main thread, so not a program of its own
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def _told(error: Exception) -> int:
    """Says what went wrong; returns the exit code."""
    from checker.reading import ModelError
    from checker.spec import SpecError
    from checker.view import ViewError

    if isinstance(error, UsageError | ModelError | SpecError):
        click.echo(f"Error: {error}", err=True)
        return BAD_MODEL if isinstance(error, ModelError | SpecError | ViewError) else USAGE
    if isinstance(error, MemoryError):
        click.echo("Error: out of memory; choose a smaller scope, or less --memory", err=True)
        return INCOMPLETE
    traceback.print_exception(error)
    click.echo("This is a mistake in the checker, not in your model; please report it with the lines above.", err=True)
    return INTERNAL


def _discard_output() -> None:
    """The reader went away (`checker explore | head`): what is still buffered must not raise again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
