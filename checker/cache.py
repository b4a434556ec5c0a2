"""Verdicts kept between runs, each under everything it depends on.

An entry is a file that holds its whole key, its value and a checksum of both, written aside and moved into place.  What
is not exactly that (torn, edited, moved, of another format, or a file that somebody else could have written) is as if
it were not there, so the worst a cache can do is to be slow.  The folder may be deleted at any time.
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

FORMAT = 1
"""Of an entry; it is a part of its checksum, so an entry of another format does not fit."""

VARIABLE = "CHECKER_CACHE"
"""The environment variable that names the folder; without it, it is the platform's place for caches."""


def folder() -> Path:
    """Where entries are."""
    from platformdirs import user_cache_path

    return Path(os.environ.get(VARIABLE) or user_cache_path("failback-checker", appauthor=False)).absolute()


def lookup(key: Mapping[str, object]) -> object | None:
    """The value that was stored under exactly this key, as JSON has it; None where there is none to be believed.

    A key is all that its value depends on (see `checker.fingerprint`), in what JSON can say.
    """
    path = _path(key)
    try:
        if not _ours(path):
            return None
        entry = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(entry, dict) or entry.keys() != {"key", "value", "checksum"}:
        return None
    if _text(entry["key"]) != _text(key) or entry["checksum"] != _checksum(key, entry["value"]):
        return None
    value: object = entry["value"]
    return value


def store(key: Mapping[str, object], value: object) -> bool:
    """Keeps a value, which JSON must be able to say; False where the disk does not take it, which is no error."""
    text = _text({"key": key, "value": value, "checksum": _checksum(key, value)})
    path = _path(key)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(prefix=".unfinished-", dir=path.parent)
    except OSError:
        return False
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        return False
    return True


def _path(key: Mapping[str, object]) -> Path:
    return folder() / f"{_digest(_text(key))}.json"


def _ours(path: Path) -> bool:
    """Whether nobody else could have written it: a checksum is no signature.  Where files have no owners, always."""
    if not hasattr(os, "geteuid"):
        return True
    return all(
        (found := one.stat()).st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        for one in (path.parent, path)
    )


def _checksum(key: Mapping[str, object], value: object) -> str:
    return _digest(_text([FORMAT, key, value]))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _text(value: object) -> str:
    """One spelling of a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
