"""The command `report`: runs the claims and writes what people read."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from checker import __version__, fingerprint
from checker.gate import exit_code
from checker.measured import LIBRARIES
from checker.outputs import Outputs
from checker.pages.front import Front, missing, read_front
from checker.pages.growth import growth
from checker.pages.html import About, render
from checker.pages.matrix import matrix_page
from checker.pages.sheets import Sheet, model_of, sheets
from checker.progress import ProgressLine
from checker.refusal import UsageError
from checker.report.gate import SPECS
from checker.spec import find

FRONT = "front-page.toml"
"""In the folder of reports: what the report says first, and which pictures are kept beside it."""


@dataclass(frozen=True)
class Asked:
    """What was asked: specs by file, folder or name, the folder of reports, and whether each counterexample too."""

    specs: tuple[str, ...]
    out: Path
    workers: int | None = None
    fresh: bool = False
    pages: bool = False


def report_and_write(asked: Asked) -> int:
    """Runs the claims, writes the report, the matrix and the pictures; returns the exit code of a gate of them.

    Raises `UsageError` for claims that do not exist, a folder that cannot be written, and packages that are missing.
    """
    _need("jinja2", *(["resvg_py"] if asked.pages else []))
    started = time.monotonic()
    paths = find(asked.specs, SPECS)
    workers = asked.workers or os.cpu_count() or 1
    line = ProgressLine()
    with Outputs(asked.out) as outputs:
        try:
            found = sheets(paths, workers, asked.fresh, line.say)
            front = read_front(asked.out / FRONT, found)
            line.say("growth of the state space")
            grown = growth(found[0].spec.model, workers)
        finally:
            line.clear()
        text = render(found, front, grown, _about(found), asked.out)
        outputs.write("verdicts.md", matrix_page(found))
        outputs.write("report.html", text)
        outputs.publish(stale=())
        written = [f"{asked.out}/report.html ({len(text.encode()):,} bytes)", f"{asked.out}/verdicts.md"]
    written += _pictures(front, found, asked.out)
    if asked.pages:
        written.append(_pages(found, asked.out / "counterexamples"))
    for one in written:
        click.echo(one)
    absent = missing(front, found)
    if absent:
        click.echo(f"note: {absent}", err=True)
    code = exit_code([sheet.outcome for sheet in found])
    click.echo(f"reported  claims {len(found)}  {time.monotonic() - started:.1f} s")
    return code


def _need(*packages: str) -> None:
    from importlib.util import find_spec

    absent = [name for name in packages if find_spec(name) is None]
    if absent:
        raise UsageError(f"{' and '.join(absent)} cannot be imported: pip install 'failback-checker[report]'")


def _about(found: Sequence[Sheet]) -> About:
    versions = fingerprint.installed(*LIBRARIES, "z3-solver")
    return About(
        model=fingerprint.of_model(model_of(found[0].spec.model)),
        checker=f"{__version__}, {fingerprint.of_checker()}",
        versions={"Python": platform.python_version(), **{name: known or "none" for name, known in versions.items()}},
    )


def _pictures(front: Front, found: Sequence[Sheet], folder: Path) -> list[str]:
    """The pictures that are kept in the repository, with a page that says what each shows."""
    told = {(sheet.name, name): one for sheet in found for name, one in sheet.told.items() if one.wrong}
    chosen = [(one, told[one.claim, one.property]) for one in front.pictures if (one.claim, one.property) in told]
    if not chosen:
        return []
    lines = ["# Counterexamples", "", "Made by `checker report`; each opens light or dark, as the reader prefers.", ""]
    with Outputs(folder / "pictures") as outputs:
        for picture, one in chosen:
            outputs.write(f"{picture.file}.svg", one.picture)
            lines += [
                f"## {picture.caption}",
                "",
                f"`{picture.claim}`: {one.headline}. {one.comes_to or one.sentence}",
                "",
            ]
            lines += [f"![{picture.caption}]({picture.file}.svg)", ""]
        outputs.write("README.md", "\n".join(lines).rstrip() + "\n")
        outputs.publish(stale=())
    return [f"{folder}/pictures/ ({len(chosen)} pictures)"]


def _pages(found: Sequence[Sheet], folder: Path) -> str:
    """A page with its picture, as SVG and PNG, for every violated property of every claim."""
    from checker.draw.png import png

    count = 0
    for sheet in found:
        wrong = [one for one in sheet.told.values() if one.wrong]
        if not wrong:
            continue
        with Outputs(folder / sheet.name) as outputs:
            for one in wrong:
                name = one.property
                outputs.write(f"{name}.svg", one.picture)
                outputs.put(f"{name}.png", lambda path, one=one: path.write_bytes(png(one.picture)))  # type: ignore[misc]
                outputs.write(f"{name}.md", one.page)
                count += 1
            outputs.publish(stale=())
    return f"{folder}/ ({count} counterexamples)"
