"""The command line: options only, one function a command; what a command needs is imported when it runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from checker import __version__
from checker.failures import Commands
from checker.memory import parsed
from checker.refusal import UsageError

EXIT_CODES = """\b
Exit codes:
  0    all as asked: the space was exhausted, properties were checked,
       and every action fired (or is declared idle)
  1    gate: a claim came out otherwise than its spec says
  2    usage: an unknown name, a wrong value, an output that cannot be written
  3    incomplete: a limit ended the search, or it shows less than was asked
  11   deadlock
  12   a safety property is violated
  13   a liveness property is violated, and no safety property
  130  interrupted
  150  error in a model or a spec
  255  error in the checker itself
"""


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


@click.group(cls=Commands, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="checker")
def main() -> None:
    """Checks models of protocols exhaustively, and claims about them.

    Without --model it is the model of PostgreSQL failback that comes with it.
    """


@main.command(epilog=EXIT_CODES)
@click.option("--model", default="model", show_default=True, metavar="PATH", help="A model: a package, or a .py file.")
@click.option("--mode", metavar="VALUE", help="Short for --set mode=VALUE.")
@click.option("--set", "sets", multiple=True, callback=_settings, metavar="NAME=VALUE", help="Chooses a setting.")
@click.option("--preset", metavar="NAME", help="Starts from a named choice of settings.")
@click.option("--scope", metavar="NAME", help="The named bounds to explore within.")
@click.option("--bound", "bounds", multiple=True, callback=_bounds, metavar="NAME=N", help="Changes one bound.")
@click.option("--property", "properties", multiple=True, metavar="NAME", help="Only this property (repeatable).")
@click.option("--liveness", is_flag=True, help="Liveness properties too: takes more time and memory.")
@click.option("--idle", multiple=True, metavar="ACTION", help="An action that need not fire (repeatable).")
@click.option("--first", is_flag=True, help="Stop at the first violation.")
@click.option(
    "--engine",
    type=click.Choice(["auto", "python", "native"]),
    default="auto",
    help="Who searches: generated Python, machine code, or (auto) the one after the other as the space grows.",
)
@click.option("--memory", callback=_memory, metavar="SIZE", help="Stop at so much memory, such as 2G.")
@click.option("--states", type=click.IntRange(min=1), metavar="N", help="Stop at so many states.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write traces there.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def explore(out: Path | None, as_json: bool, **options: Any) -> int:
    """Visits every reachable state and says which properties hold."""
    from checker.report import explore_and_report
    from checker.run import Request

    return explore_and_report(Request(**options), out, as_json)


@main.command(epilog=EXIT_CODES)
@click.option("--model", default="model", show_default=True, metavar="PATH", help="A model: a package, or a .py file.")
@click.option("--mode", metavar="VALUE", help="Short for --set mode=VALUE.")
@click.option("--set", "sets", multiple=True, callback=_settings, metavar="NAME=VALUE", help="Chooses a setting.")
@click.option("--preset", metavar="NAME", help="Starts from a named choice of settings.")
@click.option("--scope", metavar="NAME", help="The named bounds to look for counterexamples in.")
@click.option(
    "--bound", "bounds", multiple=True, callback=_bounds, metavar="NAME=N", help="Fixes a bound, in proofs too."
)
@click.option("--property", "properties", multiple=True, metavar="NAME", help="Only this property (repeatable).")
@click.option("--bounded", type=click.IntRange(min=0), metavar="K", help="No proof: behaviours of up to K steps.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def prove(bounded: int | None, as_json: bool, **options: Any) -> int:
    """Shows by induction that properties hold for every size, or finds a shortest counterexample in a scope."""
    from checker.prove.proof import Asked
    from checker.prove_report import prove_and_report
    from checker.run import Request

    return prove_and_report(Asked(Request(**options), bounded), as_json)


@main.command(epilog=EXIT_CODES)
@click.option("--model", default="model", show_default=True, metavar="PATH", help="A model: a package, or a .py file.")
@click.option("--mode", metavar="VALUE", help="Short for --set mode=VALUE.")
@click.option("--set", "sets", multiple=True, callback=_settings, metavar="NAME=VALUE", help="Chooses a setting.")
@click.option("--preset", metavar="NAME", help="Starts from a named choice of settings.")
@click.option("--scope", metavar="NAME", help="The named bounds to explore within.")
@click.option("--bound", "bounds", multiple=True, callback=_bounds, metavar="NAME=N", help="Changes one bound.")
@click.option("--action", "actions", multiple=True, metavar="NAME", help="Only this action's guards (repeatable).")
@click.option("--states", type=click.IntRange(min=1), metavar="N", help="End each search at so many states.")
@click.option("--memory", callback=_memory, metavar="SIZE", help="End each search at so much memory, such as 2G.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Processes; default: one a processor.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write the table there.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def ablate(actions: tuple[str, ...], workers: int | None, out: Path | None, as_json: bool, **options: Any) -> int:
    """Takes away each guard, and each setting that is on, and says what breaks.

    Without settings asked for it looks at those that the model names for it.
    """
    from checker.ablation_report import Options, ablate_and_report
    from checker.run import Request

    return ablate_and_report(Request(**options), actions, Options(workers, out, as_json))


@main.command(epilog=EXIT_CODES)
@click.argument("trace", required=False, type=click.Path(dir_okay=False, path_type=Path), metavar="[TRACE.itf.json]")
@click.option("--mode", metavar="VALUE", help="Short for --set mode=VALUE.")
@click.option("--set", "sets", multiple=True, callback=_settings, metavar="NAME=VALUE", help="Chooses a setting.")
@click.option("--preset", metavar="NAME", help="Starts from a named choice of settings.")
@click.option("--scope", metavar="NAME", help="The named bounds to look for the trace in.")
@click.option("--bound", "bounds", multiple=True, callback=_bounds, metavar="NAME=N", help="Changes one bound.")
@click.option("--property", "property_name", metavar="NAME", help="Finds the shortest trace of this property first.")
@click.option(
    "--pg-bindir",
    "bindirs",
    multiple=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where PostgreSQL's programs are (repeatable).",
)
@click.option(
    "--report",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Instead: runs every scenario, and writes what servers did into DIR.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def replay(
    trace: Path | None,
    property_name: str | None,
    bindirs: tuple[Path, ...],
    report: Path | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Does a trace of the model on real PostgreSQL servers, step by step, and compares.

    The trace is a file that `explore --out` wrote, or that of a --property.  Exit code 1: the servers did otherwise;
    3: a step cannot be done on servers.
    """
    from checker.replay_report import Asked, replay_and_report, report_on_servers
    from checker.run import Request

    chosen = {name: value for name, value in {**options, "property": property_name}.items() if value}
    if report is not None:
        if trace is not None or chosen or as_json:
            raise click.UsageError("--report goes with --pg-bindir only")
        return report_on_servers(bindirs, report)
    if trace is not None and chosen:
        raise click.UsageError("a trace says its own settings, scope and property")
    if trace is None and property_name is None:
        raise click.UsageError("give a trace, or --property NAME whose shortest trace is to be found")
    request = Request(properties=(property_name,) if property_name else (), first=True, **options)
    return replay_and_report(Asked(trace, request, bindirs, as_json))


@main.command(epilog=EXIT_CODES)
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Processes; default: one a processor.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def gate(specs: tuple[str, ...], workers: int | None, as_json: bool) -> int:
    """Runs claims and compares what comes out with what they say.

    A SPEC is a file, a folder, or a name in specs/; without one, all of specs/ run.
    """
    from checker.gate_report import gate_and_report

    return gate_and_report(specs, workers, as_json)


@main.command(epilog=EXIT_CODES)
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
def claims(specs: tuple[str, ...]) -> int:
    """Prints what is claimed, and why, as a Markdown page; runs nothing.

    A SPEC is a file, a folder, or a name in specs/; without one, all of specs/ are shown.
    """
    from checker.claims_table import claims_page
    from checker.gate_report import SPECS
    from checker.spec import find

    click.echo(claims_page(find(specs, SPECS)))
    return 0
