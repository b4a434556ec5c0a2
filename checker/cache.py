"""What was found or made before, kept between runs, each under everything it depends on.

An entry is a file that holds a checksum, its whole key and its value, written aside and moved into place.  What is not
exactly that (torn, edited, moved, of another format, or a file that somebody else could have written) is as if it were
not there, so the worst a cache can do is to be slow.  The folder may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

FORMAT = 2
"""Of an entry; it is a part of its checksum, so an entry of another format does not fit."""

VARIABLE = "CHECKER_CACHE"
"""The environment variable that names the folder; without it, it is the platform's place for caches."""


def folder() -> Path:
    """Where entries are."""
    from platformdirs import user_cache_path

    return Path(os.environ.get(VARIABLE) or user_cache_path("failback-checker", appauthor=False)).absolute()


def lookup(key: Mapping[str, object], below: str = "") -> object | None:
    """The value that was stored under exactly this key, as JSON has it; None where there is none to be believed.

    A key is all that its value depends on (see `checker.fingerprint`), in what JSON can say.  `below` is a folder in
    that of the cache.
    """
    text = _text(key)
    try:
        found = _read(_path(text, below))
        checksum, _, rest = found.partition(b"\n")
        said, _, value = rest.partition(b"\n")
        if said != text or checksum != _checksum(text, value):
            return None
        loaded: object = json.loads(value)
    except (OSError, ValueError, RecursionError):
        return None
    return loaded


def store(key: Mapping[str, object], value: object, below: str = "", most: int | None = None) -> bool:
    """Keeps a value, which JSON must be able to say; False where the disk does not take it, which is no error.

    With more than `most` bytes in that folder, what was stored first goes.
    """
    text, said = _text(key), _text(value)
    path = _path(text, below)
    try:
        _made(path.parent)
        number, name = tempfile.mkstemp(prefix=".unfinished-", dir=path.parent)
    except OSError:
        return False
    try:
        with os.fdopen(number, "wb") as file:
            file.write(b"\n".join([_checksum(text, said), text, said]))
        Path(name).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        return False
    if most is not None:
        _thin_out(path.parent, most)
    return True


def _made(place: Path) -> None:
    """A folder, and those above it, that only its owner may change."""
    if not place.is_dir():
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.mkdir(mode=0o700, exist_ok=True)


def _thin_out(place: Path, most: int) -> None:
    """Removes the oldest entries while there are too many; another process may be doing the same."""
    with contextlib.suppress(OSError):
        found = sorted(((entry.stat(), entry.path) for entry in os.scandir(place)), key=lambda one: one[0].st_mtime)
        left = sum(entry.st_size for entry, _ in found)
        for entry, path in found:
            if left <= most:
                return
            Path(path).unlink(missing_ok=True)
            left -= entry.st_size


def _path(text: bytes, below: str) -> Path:
    return folder() / below / f"{hashlib.sha256(text).hexdigest()}.json"


def _read(path: Path) -> bytes:
    """The bytes of a file that nobody else could have written: a checksum is no signature, and there is code in some.

    The file that is looked at is the one that was opened, whatever is put in its place meanwhile.  Raises OSError.
    """
    with path.open("rb") as file:
        if not (_ours(path.parent.stat()) and _ours(os.fstat(file.fileno()))):
            raise PermissionError(path)
        return file.read()


def _ours(found: os.stat_result) -> bool:
    """Whether nobody else can write it.  Where files have no owners, always."""
    return not hasattr(os, "geteuid") or (
        found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )


def _checksum(key: bytes, value: bytes) -> bytes:
    whole = hashlib.sha256(f"{FORMAT} {len(key)} ".encode())
    whole.update(key)
    whole.update(value)
    return whole.hexdigest().encode()


def _text(value: object) -> bytes:
    """One spelling of a value, in one line."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
