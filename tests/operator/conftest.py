"""The real servers that some of these tests need."""

from __future__ import annotations

import os

import pytest

from checker.postgres.programs import MissingProgram, find_gcc, find_programs


@pytest.fixture(scope="session")
def programs():
    """PostgreSQL and gcc, or no test; where CHECKER_REQUIRE_POSTGRES is 1 a machine without them fails."""
    try:
        find_gcc()
        return find_programs()
    except MissingProgram as missing:
        if os.environ.get("CHECKER_REQUIRE_POSTGRES") == "1":
            raise
        return pytest.skip(str(missing))
