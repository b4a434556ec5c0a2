"""README says what the claims say: its table of verdicts, the claims it names, the options it shows."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from checker.cli import main
from checker.report.claims_table import claims_page
from checker.spec import Spec, read

TOP = Path(__file__).parents[2]
README = (TOP / "README.md").read_text(encoding="utf-8")
SPECS = {path.stem: read(path) for path in sorted((TOP / "specs").glob("*.toml"))}


def rows(heading: str = "The verdicts") -> list[list[str]]:
    """The cells of the table below a heading, header first."""
    section = README.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def cell(spec: Spec, name: str) -> str:
    """What the table shows for a property of a claim."""
    expected = spec.expect[name]
    shown = {"exhausted": "-", "unreached": "never", "reached": f"✓ {expected.depth}", "violated": f"{expected.depth}"}
    return shown[expected.verdict]


def test_the_table_of_verdicts_is_that_of_the_claims() -> None:
    header, *body = rows()
    columns = [name.strip("`") for name in header[1:]]
    assert len(columns) >= 6
    properties = [row[0].strip("`") for row in body]
    elsewhere = {"failback_after_cut_happens", "failback_with_commits_on_both_sides_happens"}
    assert set(properties) == set(SPECS["commit"].expect) - elsewhere
    for row, name in zip(body, properties, strict=True):
        assert row[1:] == [cell(SPECS[column], name) for column in columns], name


def test_the_table_of_proofs_is_that_of_the_page_of_proofs() -> None:
    """And what the page says to be violated or proved is what the claims expect."""
    page = (TOP / "reports" / "proofs.md").read_text(encoding="utf-8").replace("<wbr>", "").replace("*", "")
    lines = page.split("| claim | settings |")[1].split("\n\n")[0].splitlines()
    notes: dict[str, dict[str, int]] = {"proved": {}}
    for number, said in re.findall(r"^(\d+)\. for any size, (.+)\.$", page, re.M):
        bounds = (text.split("=") for text in said.split(", "))
        notes[f"proved {number}"] = {name: int(value) for name, value in bounds}
    names = [name.strip() for name in lines[0].strip("|").split("|")][1:-3]
    found = [[text.strip() for text in line.strip("|").split("|")] for line in lines[2:]]
    shown = {one[0]: dict(zip(names, one[3:-3], strict=True)) for one in found}
    header, *body = rows("What is proved for any size")
    columns = [name.strip("`") for name in header[1:]]
    assert [row[0].strip("`") for row in body] == names
    for row in body:
        assert row[1:] == [shown[column][row[0].strip("`")] for column in columns], row[0]
    for claim, cells in shown.items():
        for name, text in cells.items():
            if text and not text.startswith("constant"):
                expected = SPECS[claim].expect[name]
                depth = f"violated ({expected.depth})"
                if expected.verdict == "violated":
                    assert text == depth
                else:
                    assert text == "exhausted" or text in notes, (claim, name)
                    if expected.proved is not None:
                        assert notes[text] == expected.proved, (claim, name)


def test_the_claims_named_in_the_answers_exist() -> None:
    answers = README.split("## Quick start")[0]
    named = {name for line in answers.splitlines() if line.startswith("|") for name in re.findall(r"`([a-z-]+)`", line)}
    assert {name for name in named if "-" in name} <= set(SPECS) | {"pg-rewind"}


@pytest.mark.parametrize("line", [line for line in README.splitlines() if re.match(r"checker \w", line)])
def test_the_commands_shown_have_the_options_of_the_command_line(line: str) -> None:
    words = line.split("#")[0].split()
    command = main.get_command(click.Context(main), words[1])
    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_page_of_claims_is_that_of_the_specs() -> None:
    """Made again by `checker claims > reports/claims.md`."""
    page = claims_page(sorted((TOP / "specs").glob("*.toml")))
    assert (TOP / "reports" / "claims.md").read_text(encoding="utf-8") == page + "\n"
