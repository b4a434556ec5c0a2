"""PostgreSQL's programs on this machine, of the major that was asked for; a missing one is named with its package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PREFERRED_MAJOR = 15
_DEBIAN = Path("/usr/lib/postgresql")
_OTHER_PACKAGES = {"gcc": "gcc"}


class MissingProgram(RuntimeError):
    """A program is not on this machine; the message names it and the Debian package that has it."""

    def __init__(self, program: str, package: str, where: str) -> None:
        super().__init__(
            f"{program} is missing ({where}); it is in the Debian package {package}: apt-get install {package}"
        )
        self.program = program
        self.package = package


@dataclass(frozen=True)
class Programs:
    """One installation: the directory of its programs, and its major."""

    bindir: Path
    major: int

    def path(self, name: str) -> Path:
        """The full path of a program. Raises MissingProgram."""
        found = self.bindir / name
        if not found.exists():
            raise MissingProgram(name, f"postgresql-{self.major}", f"looked in {self.bindir}")
        return found

    def client(self, name: str) -> Path:
        """A client program, of another installation where this one has none: they speak to every major."""
        return self.path(name) if self.has(name) else find_programs().path(name)

    def has(self, name: str) -> bool:
        """Whether the installation has this program: repackaged servers leave out client programs."""
        return (self.bindir / name).exists()


def find_programs(bindir: Path | str | None = None) -> Programs:
    """The installation in `bindir`; without one, `CHECKER_PG_BINDIR`, then Debian's (15 first, then the newest).

    Raises MissingProgram when there is none.
    """
    chosen = bindir or os.environ.get("CHECKER_PG_BINDIR")
    return _programs_in(Path(chosen) if chosen else _default_bindir())


def find_gcc() -> str:
    """The C compiler that builds the shim. Raises MissingProgram."""
    found = shutil.which("gcc")
    if found is None:
        raise MissingProgram("gcc", _OTHER_PACKAGES["gcc"], "looked in PATH")
    return found


def _default_bindir() -> Path:
    installed = sorted(
        (int(path.parent.name), path) for path in _DEBIAN.glob("[0-9]*/bin") if (path / "initdb").exists()
    )
    for major, path in installed:
        if major == PREFERRED_MAJOR:
            return path
    if installed:
        return installed[-1][1]
    raise MissingProgram("postgres", f"postgresql-{PREFERRED_MAJOR}", f"looked in {_DEBIAN}/*/bin")


@cache
def _programs_in(bindir: Path) -> Programs:
    postgres = bindir / "postgres"
    if not postgres.exists():
        raise MissingProgram("postgres", f"postgresql-{PREFERRED_MAJOR}", f"looked in {bindir}")
    answer = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"(\d+)(?:\.\d+|\w+)", answer)
    if not match:
        raise RuntimeError(f"{postgres} --version says {answer!r}, which names no version")
    return Programs(bindir, int(match.group(1)))
