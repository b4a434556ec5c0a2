"""A search that outlives its process: its finished levels in a folder, from which it goes on.

Each level is a file that is written once.  `manifest.json` says which files count, what was asked, and the counts up
to there; it is replaced whole, after the files it names are on the disk.  So whatever moment ends the process, the
folder holds the search up to some finished level; a file that the manifest does not name is of no meaning.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from checker import __version__
from checker.explore.files import Damaged, DiskFull, Folder, States
from checker.refusal import UsageError

Numbers: TypeAlias = dict[str, Any]
"""What a search counted and found: `transitions`, `deadlocks`, `fired` by action, and `targets`, each with what it
shows, its depth, and its packed state as a list."""

MANIFEST = "manifest.json"
LOCK = "lock"

FORMAT = 1
"""Of the manifest and the files; one of another format is refused."""

OFTEN = 0.2
"""Seconds between two levels that are written: those that take less are written together."""


class Saved(Protocol):
    """A search as it is written: the levels that are finished, and what was counted up to there."""

    @property
    def levels(self) -> tuple[int, ...]:
        """States of each level."""

    @property
    def files(self) -> Sequence[States]:
        """The files of the first levels, where there are some already."""

    def bytes_of(self, depth: int) -> Iterator[memoryview | bytes]:
        """The states of a level."""

    def numbers(self) -> Numbers:
        """What was counted and found, as JSON has it."""


class Checkpoint:
    """The folder of one search, which no other process may use meanwhile.

    `asked` says in words what is searched: model, settings, bounds, properties.  Raises `UsageError` for a folder that
    is in use, is something else, is damaged, or is of another search.
    """

    def __init__(self, path: Path, asked: Mapping[str, str]) -> None:
        self.path, self.asked = path, dict(asked)
        self.files: list[States] = []
        self.engine: str | None = None
        self.width = 0
        self.code = ""
        self.numbers: Numbers = {}
        self.ended = False
        self.written = 0.0
        self._lock = _locked(path)
        try:
            self._read()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Lets others use the folder."""
        os.close(self._lock)

    def begin(self, engine: str, width: int, code: str) -> None:
        """Begins a search by an engine, of states of so many bytes; or makes sure that it is the one begun before.

        `code` tells models apart.  Raises `UsageError` where it is another search, `DiskFull`.
        """
        if self.engine == engine:
            if (self.width, self.code) != (width, code):
                raise UsageError(f"{self.path} holds a search of another version of this model: {_OTHER}")
            return
        if self.files and self.engine is not None:
            self.files = []
        self.engine, self.width, self.code = engine, width, code
        self.numbers, self.ended = {}, False
        self._publish()

    def folder(self, most: int | None) -> Folder:
        """The folder, for files of states."""
        folder = Folder(self.path, self.width, most, lasting=True)
        folder.bytes = folder.peak = sum(states.states for states in self.files) * self.width
        return folder

    def save(self, search: Saved, folder: Folder, ended: bool = False) -> None:
        """Writes the finished levels that are not written, if it is time to.  Raises `DiskFull`."""
        if not ended and not self.due():
            return
        files = list(search.files)
        old = self.files[: len(files)]
        files += self.files[len(files) :]
        for depth in range(len(files), len(search.levels)):
            files.append(folder.write(f"level-{depth:05}.found", search.bytes_of(depth)))
        self.files, self.numbers, self.ended = files, search.numbers(), ended
        self._publish()
        for states in old:
            if states not in files:
                folder.remove(states)
        self.written = time.monotonic()

    def due(self) -> bool:
        """Whether it is time to write finished levels."""
        return time.monotonic() - self.written >= OFTEN

    def add(self, files: Sequence[States], numbers: Numbers, ended: bool) -> None:
        """Lets files count that others wrote into the folder: those of the next levels.  Raises `DiskFull`."""
        self.files, self.numbers, self.ended = [*self.files, *files], numbers, ended
        self._publish()
        self.written = time.monotonic()

    def _read(self) -> None:
        path = self.path / MANIFEST
        if not path.exists():
            foreign = sorted(item.name for item in self.path.iterdir() if not _ours(item.name))
            if foreign:
                raise UsageError(
                    f"{self.path} is no folder of a search: it has {foreign[0]} but no {MANIFEST}; "
                    "--resume wants a new or empty folder, or one that it made"
                )
            return
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            digest = told.pop("digest")
        except (OSError, ValueError, AttributeError, KeyError, TypeError):
            raise UsageError(f"{path} cannot be read: it is no whole manifest; {_OTHER}") from None
        if told.get("format") != FORMAT:
            raise UsageError(f"{path} has format {told.get('format')}, and this checker has {FORMAT}: {_OTHER}")
        if digest != _digest(told):
            raise UsageError(f"{path} was changed after it was written: its checksum differs; {_OTHER}")
        self._compare(told["asked"])
        self.engine, self.width, self.code = told["engine"], told["width"], told["code"]
        self.files = [States(**states) for states in told["levels"]]
        self.numbers, self.ended = told["numbers"], told["ended"]
        for states in self.files:
            size = (self.path / states.name).stat().st_size if (self.path / states.name).exists() else -1
            if size != states.states * self.width:
                found = (
                    f"has {size:,} bytes, and {states.states * self.width:,} were written" if size >= 0 else "is gone"
                )
                raise UsageError(f"{self.path / states.name} {found}; {_OTHER}")
        self.tidy()

    def tidy(self) -> None:
        """Deletes what a process that was killed left half done."""
        named = {states.name for states in self.files}
        for item in self.path.iterdir():
            if item.name.endswith(".part") or (item.name.startswith(("level-", "run-")) and item.name not in named):
                item.unlink()

    def _compare(self, before: dict[str, str]) -> None:
        for name in {**before, **self.asked}:
            old, new = before.get(name, "nothing"), self.asked.get(name, "nothing")
            if old != new:
                raise UsageError(
                    f"{self.path} holds another search: its {name} was {old or 'none'}, and now it is {new or 'none'}; "
                    f"{_OTHER}"
                )

    def _publish(self) -> None:
        told = {
            "format": FORMAT,
            "checker": __version__,
            "asked": self.asked,
            "engine": self.engine,
            "width": self.width,
            "code": self.code,
            "levels": [asdict(states) for states in self.files],
            "numbers": self.numbers,
            "ended": self.ended,
        }
        text = json.dumps({**told, "digest": _digest(told)}, indent=1)
        part = self.path / f"{MANIFEST}.part"
        try:
            with part.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path / MANIFEST)
            entry = os.open(self.path, os.O_RDONLY)
            try:
                os.fsync(entry)
            finally:
                os.close(entry)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise DiskFull(f"{self.path} takes no more: {error.strerror or error}") from None


_OTHER = "give another folder, or delete this one to start over"


def refused(damaged: Damaged) -> UsageError:
    """What a user is told of a damaged file."""
    return UsageError(f"{damaged}; {_OTHER}")


def _ours(name: str) -> bool:
    """Whether a file may be left of a search that was killed before its first manifest."""
    return name == LOCK or name == f"{MANIFEST}.part"


def _digest(told: dict[str, Any]) -> str:
    return hashlib.blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=16).hexdigest()


def _locked(path: Path) -> int:
    """The open lock of a folder, which is made if it is not there; the system lets go of it when the process ends."""
    import fcntl

    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.read(lock, 32).decode(errors="replace").strip()
        os.close(lock)
        raise UsageError(f"{path} is in use by process {holder or 'unknown'}: wait for it, or end it") from None
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    return lock
