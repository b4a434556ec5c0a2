"""The corpus of seeded faults: what each is, and whether it still applies to the tree."""

from __future__ import annotations

import ast
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "faults"


@dataclass(frozen=True)
class Fault:
    """One fault: in `file`, relative to the tree, the text `old`, which occurs there once, becomes `new`.

    `tests` are pytest's names of those meant to catch it; a claim of specs/ is one too.  `why` says what goes wrong.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    why: str

    def problem(self, root: Path) -> str:
        """Why it does not apply to a tree; empty if it does."""
        path = root / self.file
        if not path.is_file():
            return f"there is no {self.file}"
        times = path.read_text().count(self.old)
        if times != 1:
            return f"its text occurs {times} times in {self.file}"
        if self.old == self.new:
            return "it changes nothing"
        missing = [test for test in self.tests if not exists(test, root)]
        if missing or not self.tests:
            return f"there is no test {', '.join(missing)}" if missing else "no test is meant to catch it"
        return ""

    def apply(self, root: Path) -> str:
        """Puts the fault into a copy of the tree; returns the text that it replaced, of the whole file."""
        if problem := self.problem(root):
            raise ValueError(f"{self.name}: {problem}")
        path = root / self.file
        text = path.read_text()
        path.write_text(text.replace(self.old, self.new))
        return text


def exists(test: str, root: Path) -> bool:
    """Whether a tree has a test of pytest's name for it: a file, or a function in one, its parameters aside."""
    file, _, function = test.partition("::")
    path = root / file
    if not path.is_file() or not function:
        return path.is_file()
    name = function.partition("[")[0]
    found = ast.parse(path.read_text()).body
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in found)


def subjects(folder: Path = FOLDER) -> dict[str, list[Fault]]:
    """The faults by what they are in, in the order of the files of the corpus."""
    found = {}
    for path in sorted(folder.glob("*.toml")):
        document = tomllib.loads(path.read_text())
        faults = []
        for number, entry in enumerate(document["fault"], 1):
            name = f"{path.stem.partition('-')[2]}-{number}"
            texts = {key: entry[key].strip("\n") for key in ("old", "new")}
            faults.append(Fault(name, entry["file"], **texts, tests=tuple(entry["tests"]), why=entry["why"].strip()))
        found[document["subject"]] = faults
    return found


def corpus() -> list[Fault]:
    """All faults."""
    return [fault for faults in subjects().values() for fault in faults]
