"""A search that outlives its process: its finished levels in a folder or an object store, from which it goes on.

Each level is a file that is written once.  `manifest.json` says which files count, what was asked, and the counts up
to there; it is replaced whole, after the files it names are there for good.  So whatever moment ends the process, the
place holds the search up to some finished level; a file that the manifest does not name is of no meaning.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from checker import __version__
from checker.explore.files import Damaged, Folder, States
from checker.explore.places import LOCK, Locked, opened
from checker.refusal import UsageError

Numbers: TypeAlias = dict[str, Any]
"""What a search counted and found: `transitions`, `deadlocks`, `fired` by action, and `targets`, each with what it
shows, its depth, and its packed state as a list."""

MANIFEST = "manifest.json"

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
    """The place of one search: a folder, which no other process may use meanwhile, or the address of an object store,
    from which the search before it is shut out.

    `asked` says in words what is searched: model, settings, bounds, properties.  Raises `UsageError` for a place that
    is in use, is something else, is damaged, or is of another search.
    """

    def __init__(self, where: Path | str, asked: Mapping[str, str]) -> None:
        self.asked = dict(asked)
        self.files: list[States] = []
        self.engine: str | None = None
        self.width = 0
        self.code = ""
        self.numbers: Numbers = {}
        self.ended = False
        self.written = 0.0
        self.by = ""
        """Who wrote last what is there."""
        self.place = opened(where)
        self._run = secrets.token_hex(8)
        try:
            self._read()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Lets others use the place."""
        self.place.close()

    def begin(self, engine: str, width: int, code: str) -> None:
        """Begins a search by an engine, of states of so many bytes; or makes sure that it is the one begun before.

        `code` tells models apart.  Raises `UsageError` where it is another search, `DiskFull`.
        """
        if self.engine == engine:
            if (self.width, self.code) != (width, code):
                raise UsageError(f"{self.place} holds a search of another version of this model: {_OTHER}")
        else:
            self.files, self.numbers, self.ended = [], {}, False
            self.engine, self.width, self.code = engine, width, code
            self._publish(self.files, self.numbers, self.ended)
        self.tidy()

    def folder(self, most: int | None) -> Folder:
        """The folder, for files of states; an object store is none."""
        assert isinstance(self.place, Locked)
        folder = Folder(self.place.path, self.width, most, lasting=True)
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
        self._publish(files, search.numbers(), ended)
        for states in old:
            if states not in files:
                folder.remove(states)
        self.written = time.monotonic()

    def due(self) -> bool:
        """Whether it is time to write finished levels."""
        return time.monotonic() - self.written >= OFTEN

    def add(self, files: Sequence[States], numbers: Numbers, ended: bool) -> None:
        """Lets files count that others wrote there: those of the next levels.

        Raises `DiskFull`; `UsageError` where they are not to be seen from here.
        """
        if not self.files and not all(map(self._has, files)):
            self._publish(self.files, self.numbers, self.ended)  # which fails if another search has deleted them
            raise UsageError(f"{self.place} is not what the workers have by that name: all machines must share it")
        self._publish([*self.files, *files], numbers, ended)
        self.written = time.monotonic()

    def _read(self) -> None:
        try:
            text = self.place.text(MANIFEST)
            if text is None:
                self._check_new()
                return
            told = json.loads(text)
            digest = told.pop("digest")
        except OSError as error:
            raise self._unreadable(error) from None
        except (ValueError, AttributeError, KeyError, TypeError):
            raise UsageError(f"{self._manifest} cannot be read: it is no whole manifest; {_OTHER}") from None
        if told.get("format") != FORMAT:
            has = f"{self._manifest} has format {told.get('format')}"
            raise UsageError(f"{has}, and this checker has {FORMAT}: {_OTHER}")
        if digest != _digest(told):
            raise UsageError(f"{self._manifest} was changed after it was written: its checksum differs; {_OTHER}")
        self._compare(told["asked"])
        self.engine, self.width, self.code = told["engine"], told["width"], told["code"]
        self.files = [States(**states) for states in told["levels"]]
        self.numbers, self.ended = told["numbers"], told["ended"]
        self.by = told.get("by", "")
        self._check()

    def _check_new(self) -> None:
        """Raises `UsageError` where something else is there."""
        foreign = sorted(name for name in self._sizes() if not _ours(name))
        if foreign:
            raise UsageError(
                f"{self.place} is no folder of a search: it has {foreign[0]} but no {MANIFEST}; "
                "--resume wants a new or empty folder, or one that it made"
            )

    def _check(self) -> None:
        """Raises `UsageError` where files are not there as they were written."""
        sizes = self._sizes()
        for states in self.files:
            size, written = sizes.get(states.name), states.states * self.width
            if size != written:
                found = "is gone" if size is None else f"has {size:,} bytes, and {written:,} were written"
                raise UsageError(f"{self._at(states.name)} {found}; {_OTHER}")

    def tidy(self) -> None:
        """Deletes what a process that was killed left half done.  Raises `DiskFull`, `UsageError`.

        Where nothing is locked it publishes in between: what was seen before that is of no search that came after.
        """
        named = {states.name for states in self.files}
        seen = self._sizes()
        if self.place.fenced:
            self._publish(self.files, self.numbers, self.ended)
        for name in seen:
            if name.endswith(".part") or (name.startswith(("level-", "run-")) and name not in named):
                self.place.remove(name)

    def _sizes(self) -> dict[str, int]:
        try:
            return self.place.sizes()
        except OSError as error:
            raise self._unreadable(error) from None

    def _has(self, states: States) -> bool:
        try:
            return self.place.has(states.name)
        except OSError as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: OSError) -> UsageError:
        return UsageError(f"{self.place} cannot be read: {error.strerror or error}")

    def _compare(self, before: dict[str, str]) -> None:
        for name in {**before, **self.asked}:
            old, new = before.get(name, "nothing"), self.asked.get(name, "nothing")
            if old != new:
                changed = f"its {name} was {old or 'none'}, and now it is {new or 'none'}"
                raise UsageError(f"{self.place} holds another search: {changed}; {_OTHER}")

    def _publish(self, files: Sequence[States], numbers: Numbers, ended: bool) -> None:
        """From now on these files count.  Raises `DiskFull`, `UsageError`; then what counted before still does."""
        told = {
            "format": FORMAT,
            "checker": __version__,
            "by": f"process {os.getpid()} on {platform.node()}, {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
            "run": self._run,
            "asked": self.asked,
            "engine": self.engine,
            "width": self.width,
            "code": self.code,
            "levels": [asdict(states) for states in files],
            "numbers": numbers,
            "ended": ended,
        }
        self.place.publish(MANIFEST, json.dumps({**told, "digest": _digest(told)}, indent=1))
        self.files, self.numbers, self.ended = list(files), numbers, ended

    @property
    def _manifest(self) -> str:
        return self._at(MANIFEST)

    def _at(self, name: str) -> str:
        return f"{str(self.place).rstrip('/')}/{name}"


_OTHER = "give another place, or delete what is in this one to start over"


def refused(damaged: Damaged) -> UsageError:
    """What a user is told of a damaged file."""
    return UsageError(f"{damaged}; {_OTHER}")


def _ours(name: str) -> bool:
    """Whether a file may be left of a search that was killed before its first manifest."""
    return name == LOCK or name == f"{MANIFEST}.part"


def _digest(told: dict[str, Any]) -> str:
    return hashlib.blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=16).hexdigest()
