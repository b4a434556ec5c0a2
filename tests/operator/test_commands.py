"""The commands `preflight` and `watch`: what is refused before anything is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from checker.cli import main


def said(code: int, *arguments: str) -> str:
    done = CliRunner().invoke(main, list(arguments))
    assert done.exit_code == code, done.output
    return done.output


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("preflight",), "give --pgdata"),
        (("preflight", "--pgdata", "."), "give the new primary"),
        (("preflight", "--pgdata", ".", "--new-primary", "x", "--new-pgdata", "."), "give the new primary"),
        (("preflight", "--pgdata", "/nowhere", "--new-pgdata", "."), "does not exist"),
        (("preflight", "--pgdata", ".", "--undo", "--cut"), "--undo goes with --pgdata alone"),
        (("preflight", "--report", "r", "--pgdata", "."), "--report goes with"),
        (("watch", "--primary", "host=/nowhere", "--standby", "host=/nowhere"), "cannot reach the primary"),
        (("watch", "--primary", "a", "--standby", "b", "--prometheus", "--json"), "--prometheus goes without"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: tuple[str, ...], why: str) -> None:
    assert why in said(2, *arguments)


def test_a_folder_that_is_no_data_directory(tmp_path: Path) -> None:
    assert "no PG_VERSION" in said(3, "preflight", "--pgdata", str(tmp_path), "--new-pgdata", str(tmp_path))
    (tmp_path / "PG_VERSION").write_text("15\n")
    assert "pg_control" in said(3, "preflight", "--pgdata", str(tmp_path), "--new-pgdata", str(tmp_path))
    (tmp_path / "global").mkdir()
    (tmp_path / "global" / "pg_control").write_bytes(bytes(8192))
    output = said(3, "preflight", "--pgdata", str(tmp_path), "--new-pgdata", str(tmp_path), "--json")
    assert '"decision": null' in output
