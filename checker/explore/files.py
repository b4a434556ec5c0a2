"""Files of states in a folder: whole or not there, and counted."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from checker.memory import shown

SPARE = 256 << 20
"""Bytes of a disk that are left free: others write there too."""

PIECE = 1 << 22
"""Bytes read at once."""


class DiskFull(Exception):
    """The disk took no more, or all that may be used was used; the text says where."""


class Damaged(Exception):
    """A file is not what was written; the text says which and why."""


@dataclass(frozen=True)
class States:
    """A file of so many states; the digest of its bytes, where it is to outlive the process."""

    name: str
    states: int
    digest: str = ""


class Folder:
    """A folder in which each state takes `width` bytes; `most` are the bytes that may be used, None for no limit.

    `bytes` are in use, `peak` were at most.  What is to outlive the process (`lasting`) is brought to the disk itself
    and has a digest.
    """

    def __init__(self, path: Path, width: int, most: int | None = None, lasting: bool = False) -> None:
        self.path, self.width, self.most, self.lasting = path, width, most, lasting
        self.bytes = self.peak = 0

    def write(self, name: str, pieces: Iterable[memoryview | bytes], lasting: bool | None = None) -> States:
        """A new file, which gets its name when it is complete.  Raises `DiskFull`; nothing is left of it then."""
        safe = self.lasting if lasting is None else lasting
        digest, written = hashlib.blake2b(digest_size=16), 0
        part = self.path / f"{name}.part"
        try:
            with part.open("wb", buffering=0) as file:
                for piece in pieces:
                    view = memoryview(piece).cast("B")
                    self._allow(written + len(view), len(view))
                    if safe:
                        digest.update(view)
                    while view:
                        taken = file.write(view) or 0
                        written, view = written + taken, view[taken:]
                if safe:
                    os.fsync(file.fileno())
            part.replace(self.path / name)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise DiskFull(f"{self.path} takes no more: {error.strerror or error}") from None
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        self.bytes += written
        self.peak = max(self.peak, self.bytes)
        return States(name, written // self.width, digest.hexdigest() if safe else "")

    def _allow(self, written: int, more: int) -> None:
        if self.most is not None and self.bytes + written > self.most:
            raise DiskFull(f"the {shown(self.most)} of disk that may be used in {self.path} are used up")
        if shutil.disk_usage(self.path).free < more + SPARE:
            raise DiskFull(f"the disk of {self.path} is full, but for {shown(SPARE)} that are left to others")

    def read(self, states: States) -> Iterator[bytes]:
        """The bytes of a file, piece by piece, whole states each.

        Raises `Damaged` where they are not those written, if the file is a lasting one.
        """
        digest = hashlib.blake2b(digest_size=16)
        path = self.path / states.name
        try:
            size = path.stat().st_size
            if size != states.states * self.width:
                raise Damaged(f"{path} has {size:,} bytes, and {states.states * self.width:,} were written")
            with path.open("rb") as file:
                while data := file.read(max(1, PIECE // self.width) * self.width):
                    if states.digest:
                        digest.update(data)
                    yield data
        except OSError as error:
            raise Damaged(f"{path} cannot be read: {error.strerror or error}") from None
        if states.digest and digest.hexdigest() != states.digest:
            raise Damaged(f"{path} is not as it was written: its checksum differs")

    def remove(self, states: States) -> None:
        """Deletes a file."""
        (self.path / states.name).unlink(missing_ok=True)
        self.bytes -= states.states * self.width
