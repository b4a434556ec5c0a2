"""The options that several commands have: one spelling, one help text, one check each."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from checker.memory import parsed
from checker.refusal import UsageError

Option = Callable[[Any], Any]


class Place(click.Path):
    """A folder, or the address of an object store as it is written."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, or the address."""
        return value if isinstance(value, str) and "://" in value else super().convert(value, param, ctx)


def _split(param: click.Parameter, text: str, example: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.BadParameter(f"{text!r} is not of the form {param.metavar}, such as {example}", param=param)
    return name, value


def _settings(_: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """`NAME=VALUE` as pairs."""
    return tuple(_split(param, text, "tail=cut") for text in values)


def _bounds(_: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    """`NAME=N` as pairs."""
    pairs = [_split(param, text, "records=4") for text in values]
    for name, number in pairs:
        if not re.fullmatch("-?[0-9]{1,9}", number):
            raise click.BadParameter(f"{number!r} is no whole number; write it as {name}=4", param=param)
    return tuple((name, int(number)) for name, number in pairs)


def _memory(_: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """`2G`, `500M` as bytes."""
    try:
        return None if value is None else parsed(value)
    except UsageError as error:
        raise click.BadParameter(str(error), param=param) from None


def _disk(_: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """`50G` or 0 as bytes."""
    try:
        return None if value is None else parsed(value, smallest=0)
    except UsageError as error:
        raise click.BadParameter(str(error), param=param) from None


def _claims(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """For shells: the names of the claims that begin so, or else files."""
    names = sorted(path.stem for path in Path("specs").glob("*.toml") if path.stem.startswith(incomplete))
    return [CompletionItem(name) for name in names] or [CompletionItem(incomplete, type="file")]


def _noted(context: click.Context, _: click.Parameter, value: str | None) -> None:
    context.meta[_MODEL] = value


def _said(context: click.Context, _: click.Parameter, value: str | None) -> str:
    noted = context.meta[_MODEL]
    if value and noted and value != noted:
        raise click.UsageError(f"two models are named, MODEL {value} and --model {noted}; name one", context)
    return value or noted or "model"


_MODEL = "the model, said with --model"


def model_first(command: Any) -> Any:
    """The argument MODEL, handed on as `path`; who writes `--model` instead, as for other commands, is understood."""
    option = click.option(
        "--model", metavar="PATH", expose_value=False, is_eager=True, callback=_noted, help="The same as MODEL."
    )
    return click.argument("path", required=False, metavar="[MODEL]", callback=_said)(option(command))


specs = click.argument("specs", nargs=-1, metavar="[SPEC]...", shell_complete=_claims)
model = click.option(
    "--model", default="model", show_default=True, metavar="PATH", help="A model: a package, or a .py file."
)
mode = click.option("--mode", metavar="VALUE", help="Short for --set mode=VALUE.")
sets = click.option("--set", "sets", multiple=True, callback=_settings, metavar="NAME=VALUE", help="Chooses a setting.")
preset = click.option("--preset", metavar="NAME", help="Starts from a named choice of settings.")
properties = click.option(
    "--property", "properties", multiple=True, metavar="NAME", help="Only this property (repeatable)."
)
workers = click.option(
    "--workers", type=click.IntRange(min=1), metavar="N", help="Processes; default: one a processor."
)


def cluster(help_text: str) -> Option:
    return click.option(
        "--cluster",
        metavar="ADDRESS",
        help=f"{help_text}; auto: RAY_ADDRESS, else a new one of this machine.",
    )


disk = click.option(
    "--disk",
    callback=_disk,
    metavar="SIZE",
    help="At most so much disk, in the folder of --resume or else in $TMPDIR; 0: stop at --memory.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
bindirs = click.option(
    "--pg-bindir",
    "bindirs",
    multiple=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where PostgreSQL's programs are (repeatable).",
)


def scope(help_text: str = "The named bounds to explore within.") -> Option:
    return click.option("--scope", metavar="NAME", help=help_text)


def bounds(help_text: str = "Changes one bound.") -> Option:
    return click.option("--bound", "bounds", multiple=True, callback=_bounds, metavar="NAME=N", help=help_text)


def memory(help_text: str) -> Option:
    return click.option("--memory", callback=_memory, metavar="SIZE", help=help_text)
