"""A folder of results that appear whole or not at all.

Files are written into a hidden folder beside their final place and moved there together at the end, so a full disk or
a kill in the middle leaves what was there before.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from checker.refusal import UsageError


class Outputs:
    """The folder of one run.  Opening it raises `UsageError` where it cannot be written, before any work is done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: list[str] = []

    def __enter__(self) -> Self:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=self.folder))
        except OSError as error:
            raise _unwritable(self.folder, error) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._unfinished, ignore_errors=True)

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
            if self.names:
                self.path(self.names[-1]).unlink(missing_ok=True)
            for name in set(stale) - set(self.names):
                self.path(name).unlink(missing_ok=True)
            for name in self.names:
                (self._unfinished / name).replace(self.path(name))
        except OSError as error:
            raise _unwritable(self.folder, error) from None


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"cannot write {path}: {error.strerror or error}")
