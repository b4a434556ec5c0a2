"""The page of a model: everything a user can name stands on it, in the words of the source."""

from __future__ import annotations

import dataclasses
import re

import pytest

from checker.describe import described
from checker.reading import load
from tests.cli.models import BARE, ROOT, TANK, checker

MODEL = load("model")
PAGE = described(MODEL)


def test_the_committed_page_is_that_of_the_model():
    """Made again by `checker describe > reports/model.md`."""
    assert (ROOT / "reports" / "model.md").read_text(encoding="utf-8") == PAGE


def rows(heading):
    """The first cells of the table below a heading, without their quotes."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [re.split(r"[`(]", line)[1] for line in section.splitlines() if line.startswith("| `")]


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("Settings", [field.name for field in dataclasses.fields(MODEL.settings)]),
        ("Scopes and bounds", [field.name for field in dataclasses.fields(MODEL.bounds)]),
        ("Presets", list(MODEL.module.PRESETS)),
        ("Variables", [name for name, _ in MODEL.variables]),
        ("Actions", [action.name for action in MODEL.actions]),
    ],
)
def test_everything_has_a_row(heading, names):
    """But for the header, whose first cells are words."""
    assert rows(heading) == list(names)


def test_every_setting_and_property_says_what_it_means():
    for line in PAGE.split("## Settings")[1].split("## Presets")[0].splitlines():
        if line.startswith("| `"):
            assert len(line.rstrip(" |").rsplit("|", 1)[1].strip()) > 10, line
    for item in MODEL.properties:
        assert f"- `{item.name}`: {item.doc.split()[0]}" in PAGE


@pytest.mark.parametrize("path", [TANK, BARE])
def test_any_model_has_a_page(path):
    done = checker("describe", path)
    assert done.returncode == 0
    model = load(path)
    assert all(f"`{item.name}" in done.stdout for item in (*model.actions, *model.properties))
    assert ("## Settings" in done.stdout) == (model.settings is not None)


def test_the_model_may_be_said_as_other_commands_have_it():
    for command in ("describe", "lint"):
        said, given = checker(command, TANK), checker(command, "--model", TANK)
        assert said.stdout and said.stdout != checker(command, BARE).stdout
        assert (given.stdout, given.returncode) == (said.stdout, said.returncode)


def test_two_models_are_a_mistake():
    for command in ("describe", "lint"):
        done = checker(command, TANK, "--model", BARE)
        assert (done.returncode, done.stdout) == (2, "")
        assert "two models are named" in done.stderr
        assert checker(command, TANK, "--model", TANK).stdout == checker(command, TANK).stdout


def test_a_broken_model_is_told():
    done = checker("describe", "nowhere.py")
    assert (done.returncode, done.stdout) == (150, "")
    assert "there is no file" in done.stderr
