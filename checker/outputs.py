"""A folder of results that appear whole or not at all.

Files are written into a hidden folder beside their final place and moved there together at the end, so a full disk or
a kill in the middle leaves what was there before.  Two runs into one folder move theirs one after the other; what a run
that was killed left hidden goes with the next.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from checker.refusal import UsageError

UNFINISHED = ".unfinished-"
"""The hidden folders begin so."""


class Outputs:
    """The folder of one run.  Opening it raises `UsageError` where it cannot be written, before any work is done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: list[str] = []

    def __enter__(self) -> Self:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=self.folder))
            self._lock = _locked(self._unfinished)
            self._sweep()
        except OSError as error:
            raise _unwritable(self.folder, error) from None
        return self

    def _sweep(self) -> None:
        """Removes what runs that were killed have left: nobody holds its lock any more."""
        for other in self.folder.glob(f"{UNFINISHED}*"):
            with contextlib.suppress(OSError):
                os.close(_locked(other, wait=False))
                shutil.rmtree(other, ignore_errors=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._unfinished, ignore_errors=True)
        os.close(self._lock)

    def path(self, name: str) -> Path:
        """Where a file will be once the outputs are published."""
        return self.folder / name

    def write(self, name: str, text: str) -> None:
        """Puts a file aside.  Raises `UsageError` when the disk does not take it."""
        self.put(name, lambda path: path.write_text(text, encoding="utf-8"))

    def put(self, name: str, writer: Callable[[Path], object]) -> None:
        """Puts a file aside that `writer` writes where it is told.  Raises `UsageError` when it cannot."""
        path = self._unfinished / name
        try:
            writer(path)
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        except OSError as error:
            raise _unwritable(self.path(name), error) from None
        self.names.append(name)

    def publish(self, stale: Iterable[str]) -> None:
        """Moves the files into place in the order written, after removing those of an earlier run that are stale.

        The file written last thus vouches for the others.  Raises `UsageError` when the disk does not allow it.
        """
        try:
            whole = _locked(self.folder)
        except OSError as error:
            raise _unwritable(self.folder, error) from None
        try:
            if self.names:
                self.path(self.names[-1]).unlink(missing_ok=True)
            for name in set(stale) - set(self.names):
                self.path(name).unlink(missing_ok=True)
            for name in self.names:
                (self._unfinished / name).replace(self.path(name))
        except OSError as error:
            raise _unwritable(self.folder, error) from None
        finally:
            os.close(whole)


def _locked(folder: Path, wait: bool = True) -> int:
    """A folder, opened and locked until it is closed.  Raises `OSError`, without `wait` also where another has it.

    A file system that knows no locks gives none, and is as it was before there were any.
    """
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError as error:
        if not wait or error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
            os.close(opened)
            raise
    return opened


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"cannot write {path}: {error.strerror or error}")
