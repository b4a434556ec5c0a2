"""What GitHub's runner is told of a gate: annotations at the lines of claims, and a summary of the step."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from checker.gate import Outcome
from checker.report.sarif import repository, spec_line

MOST = 1_000_000
"""Bytes of a step's summary; GitHub refuses one of more than a mebibyte whole."""

RESERVE = 200
"""Bytes of those for the sentence that counts what does not fit."""

MARKS = {"as claimed": "✅", "otherwise": "❌", "broken": "❌", "incomplete": "⚠️", "interrupted": "⚠️"}


def annotated(outcome: Outcome) -> Iterator[str]:
    """Commands of the runner, a line each: an error at the line of the claim for everything that is wrong with it."""
    for difference in outcome.differences:
        line = spec_line(outcome.path, difference.about)
        yield _command("error", outcome, line, f"{outcome.name}: {difference.about or 'space'}", str(difference))
    if outcome.word == "broken":
        yield _command("error", outcome, 1, f"{outcome.name}: broken", outcome.message)
    elif outcome.word in ("incomplete", "interrupted"):
        yield _command("warning", outcome, 1, f"{outcome.name}: {outcome.word}", outcome.message)


def _command(level: str, outcome: Outcome, line: int, title: str, text: str) -> str:
    path, root = Path(outcome.path).absolute(), repository()
    file = str(path.relative_to(root) if path.is_relative_to(root) else path)
    said = "\n".join([text, *([f"see it: {outcome.command}"] if outcome.command else [])])
    return f"::{level} file={_property(file)},line={line},title={_property(title)}::{_data(said)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def summary(outcomes: Sequence[Outcome], last_line: str, most: int = MOST) -> str:
    """A Markdown page of at most so many bytes: the table of claims first, those with something wrong on top.

    Then what is wrong, each with its counterexample.  What does not fit is left out and counted.
    """
    order = sorted(outcomes, key=lambda outcome: outcome.word == "as claimed")
    page = f"## Claims: {_text(last_line)}\n\n| | claim | | states | seconds |\n|---|---|---|---:|---:|\n"
    rows = _fitting([_row(outcome) for outcome in order], most - len(page.encode()) - RESERVE)
    page += "".join(rows)
    if len(rows) < len(order):
        page += f"\n{len(order) - len(rows)} more claims: {_counted(order[len(rows) :])}\n"
    sections = [_section(outcome) for outcome in order if outcome.word != "as claimed"]
    shown = _fitting(sections, most - len(page.encode()) - RESERVE)
    page += "".join(shown)
    if len(shown) < len(sections):
        page += f"\n{len(sections) - len(shown)} more claims with something wrong do not fit here: see the log.\n"
    return page if len(page.encode()) <= most else ""


def _counted(outcomes: Sequence[Outcome]) -> str:
    return ", ".join(f"{word} {count}" for word, count in Counter(outcome.word for outcome in outcomes).items())


def _fitting(parts: Sequence[str], most: int) -> list[str]:
    """As many of the first parts as fit into so many bytes."""
    shown: list[str] = []
    for part in parts:
        most -= len(part.encode())
        if most < 0:
            break
        shown.append(part)
    return shown


def _row(outcome: Outcome) -> str:
    took = "kept" if outcome.kept else f"{outcome.seconds:.1f}"
    name = f"**{_text(outcome.name)}**<br>{_text(outcome.title)}"
    return f"| {MARKS[outcome.word]} | {name} | {outcome.word} | {outcome.states:,} | {took} |\n"


def _section(outcome: Outcome) -> str:
    lines = [f"\n### {_text(outcome.name)}: {outcome.word}\n"]
    lines += [f"- {_text(str(difference))}" for difference in outcome.differences]
    lines += [_fenced(outcome.message)] if outcome.message else []
    lines += [
        f"\n<details><summary>{_text(one.headline)}</summary>\n\n{_fenced(one.text)}\n</details>"
        for one in outcome.evidence
    ]
    lines += [f"\nSee it:\n{_fenced(outcome.command)}"] if outcome.command else []
    return "\n".join(lines) + "\n"


def _fenced(text: str) -> str:
    """Text as it is, in a fence longer than any in it."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}text\n{text.rstrip()}\n{fence}"


def _text(text: str) -> str:
    """Text that Markdown and HTML leave alone."""
    return re.sub(r"([\\`*_\[\]|#~])", r"\\\1", " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;"))
