"""`constraints-lowest.txt` has the lowest versions that pyproject.toml allows, of everything that tests need."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOWEST = dict(re.findall(r"^([\w-]+)==(\S+)$", (ROOT / "constraints-lowest.txt").read_text(), re.MULTILINE))


def requirements():
    extras = [text for name, texts in PROJECT["optional-dependencies"].items() if name != "lint" for text in texts]
    for text in (*PROJECT["dependencies"], *extras):
        found = Requirement(text)
        if found.name != PROJECT["name"]:
            yield found


def test_every_dependency_has_a_lowest_version_that_is_allowed():
    """The first bug fix of a version stands for it where the version itself was withdrawn."""
    needed = list(requirements())
    assert len(needed) > 10
    for requirement in needed:
        pinned = Version(LOWEST[requirement.name])
        assert requirement.specifier.contains(pinned), requirement
        (bound,) = [Version(one.version) for one in requirement.specifier if one.operator in (">=", "==")]
        assert (pinned.major, pinned.minor) == (bound.major, bound.minor), requirement


def test_nothing_else_is_pinned():
    names = {requirement.name for requirement in requirements()} | {"psycopg-binary"}
    assert set(LOWEST) <= names


def test_no_addresses():
    assert "://" not in (ROOT / "constraints-lowest.txt").read_text()
