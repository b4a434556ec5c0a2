"""Where a server listens: a socket file in a directory of its own, no TCP port anywhere."""

from __future__ import annotations

from pathlib import Path

PORT = 5432
"""Part of the name of the socket file only."""


def socket_file(directory: Path) -> Path:
    """The socket that libpq opens for `host=directory`."""
    return directory / f".s.PGSQL.{PORT}"
