"""Which PostgreSQL installations a command is to run, or what is missing for that, as a user has to be told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from checker.refusal import UsageError

if TYPE_CHECKING:
    from checker.postgres.programs import Programs


def installations(bindirs: Sequence[Path]) -> list[Programs]:
    """The installations in these directories, or the one that is found. Raises `UsageError` naming what is missing."""
    try:
        from checker.postgres.programs import MissingProgram, find_gcc, find_programs
        from checker.postgres.replaying import replay_trace  # noqa: F401  (needs psycopg)
    except ImportError as missing:
        raise UsageError(f"{missing.name} is missing; install failback-checker[postgres]") from None
    try:
        find_gcc()
        return [find_programs(bindir) for bindir in bindirs or (None,)]
    except MissingProgram as missing:
        raise UsageError(str(missing)) from None
