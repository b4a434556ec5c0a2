"""The command `replay`: what is refused before any server is started."""

import json

import pytest
from click.testing import CliRunner

from checker.cli import main


def refused(*arguments):
    done = CliRunner().invoke(main, ["replay", *map(str, arguments)])
    assert done.exit_code == 2, done.output
    return done.output


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "--property NAME"),
        (("a.itf.json", "--mode", "commit"), "says its own settings"),
        (("--report", "reports", "--property", "no_wal_tail"), "goes with --pg-bindir only"),
        (("--property", "no_wal_tail", "--pg-bindir", "/nowhere"), "apt-get install"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, why):
    assert why in refused(*arguments)


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ("not JSON", "it is not JSON"),
        (json.dumps({"states": []}), "no trace that `checker explore --out` wrote"),
        (json.dumps({"#meta": {"settings": {}, "bounds": {}}, "states": []}), "the trace has no states"),
        (json.dumps({"#meta": {"settings": {"mood": "good"}, "bounds": {}}, "states": []}), "no setting 'mood'"),
    ],
)
def test_a_file_that_is_no_trace_is_refused(tmp_path, document, why):
    path = tmp_path / "trace.itf.json"
    path.write_text(document)
    assert why in refused(path)
    assert "cannot read" in refused(tmp_path / "missing.itf.json")
