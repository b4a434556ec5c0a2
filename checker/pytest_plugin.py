"""Claims as tests: pytest items of `specs/*.toml`, one for each property that a claim speaks of, one for its space.

Nothing happens unless it is asked for: by the folders or files that the project's configuration of pytest names,

    [tool.pytest.ini_options]
    testpaths = ["tests", "specs"]
    checker_specs = ["specs"]

or by naming a file on the command line, `pytest specs/lock.toml`.  A claim is explored once, when its first item runs.
With pytest-xdist, `--dist loadfile` (or loadgroup) keeps the items of a claim in one process, so that this stays true.
Verdicts kept from earlier runs are not used: what pytest reports was run.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from checker.gate import Outcome

SPECS = "checker_specs"
"""The option of pytest's configuration that names the folders and files of claims."""

SPACE = "space"
"""The item that speaks of what is no property: numbers of states, deadlocks, actions that never fire."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Makes the option known."""
    parser.addini(SPECS, "Folders and files of claims (*.toml) that `checker` is to check.", type="paths", default=[])


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The claim that a file is, if it is one that was asked for."""
    if file_path.suffix != ".toml":
        return None
    named = parent.config.getini(SPECS)
    if file_path in named or file_path.parent in named or parent.session.isinitpath(file_path):
        return SpecFile.from_parent(parent, path=file_path)
    return None


class Otherwise(Exception):
    """A claim came out otherwise than it says, or did not come out; the text says how."""


class SpecFile(pytest.File):
    """A claim."""

    def collect(self) -> Iterable[pytest.Item]:
        """An item a property, then the one of the space.  Only the claim itself is read."""
        from checker.spec import SpecError, line_of, read

        try:
            spec = read(self.path)
        except SpecError as error:
            raise self.CollectError(str(error)) from None
        for name in (*spec.expect, SPACE):
            item = ClaimItem.from_parent(self, name=name, line=line_of(self.path, name))
            if self.config.pluginmanager.hasplugin("xdist"):
                item.add_marker(pytest.mark.xdist_group(self.nodeid))
            yield item

    @cached_property
    def outcome(self) -> Outcome:
        """What came out: explored once, for all items."""
        from checker.gate import check
        from checker.memory import default_budget

        return check(self.path, default_budget(int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))))


class ClaimItem(pytest.Item):
    """What a claim says of one property, or of its space."""

    parent: SpecFile

    def __init__(self, *, line: int, **others: Any) -> None:
        super().__init__(**others)
        self.line = line

    def runtest(self) -> None:
        """Raises `Otherwise` with the difference and the counterexample."""
        outcome = self.parent.outcome
        if outcome.word == "interrupted":
            raise KeyboardInterrupt
        told = list(_told(outcome, self.name))
        if told:
            raise Otherwise("\n".join(told))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was raised in words, for a claim; a traceback for all else."""
        return str(excinfo.value) if isinstance(excinfo.value, Otherwise) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the claim says it."""
        return self.path, self.line - 1, f"{self.path.stem}: {self.name}"


def _told(outcome: Outcome, name: str) -> Iterable[str]:
    """What is to be said of an item that failed; nothing of one that passed."""
    about = "" if name == SPACE else name
    if outcome.word == "broken":
        yield outcome.message
    found = [difference for difference in outcome.differences if difference.about == about]
    yield from map(str, found)
    missing = not about or outcome.verdicts.get(name, "unknown").startswith("unknown")
    if outcome.word == "incomplete" and missing and not found:
        yield f"incomplete: {outcome.message}"
    shown = {about} if about else {difference.what.removesuffix("s") for difference in found}
    for one in outcome.evidence:
        if one.name in shown | {"error"}:
            yield from ("", one.text.rstrip())
    if outcome.command and (found or outcome.word in ("broken", "incomplete")):
        yield from ("", f"see it: {outcome.command}")
