"""Where a checkpoint is kept: a folder, or a prefix of an object store."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Protocol

from checker.explore.files import DiskFull, Folder, States
from checker.refusal import UsageError

LOCK = "lock"


class Files(Protocol):
    """Files of states: whole or not there."""

    def write(self, name: str, pieces: Iterable[memoryview | bytes]) -> States:
        """A new file.  Raises `DiskFull`; there is none then."""

    def read(self, states: States) -> Iterator[bytes]:
        """The bytes of a file, piece by piece, whole states each.  Raises `Damaged`."""


class Place(Protocol):
    """A place that one search has at a time.

    `address` leads there from all machines that share it.  Where it is `fenced` nothing keeps others out, but `publish`
    fails as soon as another has published.
    """

    address: str
    fenced: bool

    def text(self, name: str) -> str | None:
        """A small file; None where there is none.  Raises OSError, UnicodeError."""

    def publish(self, name: str, text: str) -> None:
        """Replaces a small file as a whole, and for good.

        Raises `DiskFull`; `UsageError` where it is fenced and somebody else has replaced it.
        """

    def sizes(self) -> dict[str, int]:
        """The bytes of every file that is there.  Raises OSError."""

    def has(self, name: str) -> bool:
        """Whether a file is there, asked for by its name: listings may be some seconds old.  Raises OSError."""

    def remove(self, name: str) -> None:
        """Deletes a file, if that can be done: one that nobody names is of no meaning."""

    def files(self, width: int) -> Files:
        """Its files of states of so many bytes, which outlive the process."""

    def close(self) -> None:
        """Lets others have it."""


def opened(where: Path | str) -> Place:
    """A folder, or what an address such as `s3://bucket/prefix` names.  Raises `UsageError`."""
    return _buckets(str(where)).Bucket(str(where)) if remote(where) else Locked(Path(where))


def files_at(address: str, width: int) -> Files:
    """The files of states at an address that a place has.  Raises `UsageError`."""
    if not remote(address):
        return Folder(Path(address), width, lasting=True)
    place: Place = _buckets(address).Bucket(address)
    return place.files(width)


def remote(where: Path | str) -> bool:
    """Whether that is no path."""
    return isinstance(where, str) and "://" in where


def _buckets(address: str) -> ModuleType:
    if find_spec("obstore") is None:
        raise UsageError(f"{address} needs obstore, which cannot be imported: install the extra `cluster`")
    from checker.explore import bucket

    return bucket


class Locked:
    """A folder, made if it is not there, that no other process may use meanwhile.

    Raises `UsageError` for one that is in use or cannot be had.
    """

    fenced = False

    def __init__(self, path: Path) -> None:
        self.path, self.address = path, str(path.absolute())
        self._lock = _locked(path)

    def __str__(self) -> str:
        return str(self.path)

    def close(self) -> None:
        """Lets others use the folder."""
        os.close(self._lock)

    def text(self, name: str) -> str | None:
        """A small file."""
        path = self.path / name
        return path.read_text(encoding="utf-8") if path.exists() else None

    def publish(self, name: str, text: str) -> None:
        """Replaces a small file."""
        part = self.path / f"{name}.part"
        try:
            with part.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path / name)
            entry = os.open(self.path, os.O_RDONLY)
            try:
                os.fsync(entry)
            finally:
                os.close(entry)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise DiskFull(f"{self.path} takes no more: {error.strerror or error}") from None

    def sizes(self) -> dict[str, int]:
        """The bytes of every file."""
        found = {}
        for item in self.path.iterdir():
            with suppress(FileNotFoundError):  # renamed meanwhile, by a worker that was given up
                found[item.name] = item.stat().st_size
        return found

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        return (self.path / name).exists()

    def remove(self, name: str) -> None:
        """Deletes a file."""
        with suppress(OSError):
            (self.path / name).unlink()

    def files(self, width: int) -> Folder:
        """Its files of states."""
        return Folder(self.path, width, lasting=True)


def _locked(path: Path) -> int:
    """The open lock of a folder; the system lets go of it when the process ends."""
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
