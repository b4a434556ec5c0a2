"""The command `export`: writes a model in another language, or prints it."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from checker.backends.infix import TooLarge
from checker.backends.murphi import murphi
from checker.backends.promela import promela
from checker.backends.tla import tla
from checker.grounding.ground import ground
from checker.grounding.grounded import Grounded
from checker.grounding.narrow import narrowed
from checker.outputs import Outputs
from checker.reading import load
from checker.refusal import UsageError
from checker.run import Request, configured

ENDINGS = {"tla": ".tla", "promela": ".pml", "murphi": ".m"}


def export_and_report(language: str, request: Request, out: Path | None) -> int:
    """Exports what was asked into a folder or file, or prints it; returns the exit code.

    Raises `UsageError` for what the model does not have, what cannot be exported, and what cannot be written.
    """
    model = load(request.model)
    chosen = configured(model, request)
    grounded = ground(model, chosen.settings, chosen.bounds)
    properties = [*request.properties] or None
    command = shlex.join(["checker", "export", language, "--model", request.model, *chosen.options()])
    files = exported(language, grounded, properties, command)
    name = next(iter(files))
    if out is None:
        click.echo(files[name], nl=False)
        if language == "tla":
            click.echo("its configuration, a .cfg, is written with --out", err=True)
        return 0
    folder = out
    if out.suffix == ENDINGS[language]:
        if language == "tla" and out.name != name:
            raise UsageError(f"a TLA+ module has the name of its file: write it to {out.parent / name}, or to a folder")
        folder, files = out.parent, {name.replace(Path(name).stem, out.stem): text for name, text in files.items()}
    with Outputs(folder) as outputs:
        for name, text in files.items():
            outputs.write(name, text)
        outputs.publish(())
    for name in files:
        click.echo(folder / name)
    return 0


def exported(language: str, grounded: Grounded, properties: list[str] | None, command: str) -> dict[str, str]:
    """The text of each file by its name, the main one first.  Raises `UsageError` where there is none."""
    stem = grounded.model.name.rpartition(".")[2]
    try:
        if language == "tla":
            made = tla(grounded, properties)
            return {f"{made.name}.tla": made.module, f"{made.name}.cfg": f"\\* {command}\n{made.configuration}"}
        if language == "promela":
            return {f"{stem}.pml": promela(narrowed(grounded), properties, made_by=command)}
        return {f"{stem}.m": murphi(narrowed(grounded), properties, made_by=command)}
    except TooLarge as reason:
        raise UsageError(f"model {stem} has no {language}: {reason}") from None
