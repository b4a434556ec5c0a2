"""Counterexamples of claims, replayed: each once, and a reason for what no server can be brought to."""

from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from checker.cli import main
from checker.refusal import UsageError
from checker.report.claims_on_servers import (
    PAGE,
    SO_FAR,
    Counterexample,
    claims_and_report,
    counterexamples,
    page,
)
from checker.spec import read

SPECS = {
    "plain": ('mode = "commit"', ["removal_within_standby"]),
    "synchronous": ('mode = "commit"\n[settings]\nsync = true', ["removal_within_standby"]),
    "crashing": ('mode = "data_flush"\n[settings]\npromotion_crash = true', ["no_wal_tail"]),
}
LENGTHS = {"removal_within_standby": 3, "no_wal_tail": 4}
"""Insert the record, flush, truncate; insert, flush, promote, begin the timeline."""


@pytest.fixture
def specs(tmp_path):
    for name, (settings, properties) in SPECS.items():
        expected = "\n".join(f'{one} = {{ verdict = "violated", depth = {LENGTHS[one]} }}' for one in properties)
        head = f'title = "{name}"\nwhy = "counted"\nscope = "tiny"\nproperties = {properties}\n'
        (tmp_path / f"{name}.toml").write_text(f"{head}{settings}\n[expect]\n{expected}\n")
    return tmp_path


def test_what_claims_share_is_done_once(programs, specs, tmp_path):
    found = CliRunner().invoke(main, ["replay", "--claims", str(specs), "--report", str(tmp_path)])
    assert found.exit_code == 0, found.output
    text = (tmp_path / "replayed-claims.md").read_text()
    assert "1 counterexamples of 2 claims; reproduced: 1 on " in text
    assert "| 1 | `removal_within_standby` | 3 | reproduced |" in text
    assert "claimed in plain, synchronous; " in text
    assert "- crashing: no_wal_tail: promotion_crash=true: a server that is being promoted cannot be held" in text


def test_a_run_that_is_ended_keeps_what_it_has(specs, tmp_path, monkeypatch):
    """Ctrl-C within the second of two: the first has its row, and the page of an earlier run is as it was."""
    (specs / "tail.toml").write_text(
        'title = "tail"\nwhy = "counted"\nscope = "tiny"\nproperties = ["no_wal_tail"]\nmode = "commit"\n'
        '[expect]\nno_wal_tail = { verdict = "violated", depth = 4 }\n'
    )
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / PAGE).write_text("as it was")
    done = []

    def replay(one, programs):
        if done:
            raise KeyboardInterrupt
        done.append(one)
        one.seen[programs.major] = "reproduced"

    monkeypatch.setattr("checker.report.claims_on_servers._replay", replay)
    monkeypatch.setattr("checker.report.claims_on_servers.installations", lambda bindirs: [SimpleNamespace(major=15)])
    monkeypatch.setattr("checker.postgres.report.version_of", lambda programs: "15.1")
    with pytest.raises(KeyboardInterrupt):
        claims_and_report([str(specs)], (), folder)
    text = (folder / SO_FAR).read_text()
    assert "1 counterexamples of 2 claims; reproduced: 1 on 15.1. Not done yet: 1; " in text
    assert "| 1 | `removal_within_standby` | 3 | reproduced |" in text
    assert (folder / PAGE).read_text() == "as it was"
    done.clear()
    monkeypatch.setattr("checker.report.claims_on_servers._replay", lambda one, _: one.seen.update({15: "reproduced"}))
    assert claims_and_report([str(specs)], (), folder) == 0
    assert "2 counterexamples of 3 claims; reproduced: 2 on 15.1.\n" in (folder / PAGE).read_text()
    assert sorted(path.name for path in folder.iterdir()) == [PAGE]


def test_a_counterexample_is_a_shortest_one(specs):
    (one, other) = counterexamples([read(specs / f"{name}.toml") for name in ("plain", "crashing")], lambda text: None)
    assert len(one.steps) == LENGTHS["removal_within_standby"]
    assert other.trace is None and not one.differs


def test_a_difference_is_told():
    one = Counterexample(["this: no_wal_tail"], "", seen={15: "differs: identical"})
    assert one.differs
    assert "this: no_wal_tail" in page([one], {15: "15.1"}, ["this"])


def test_claims_go_with_nothing_else():
    refused = CliRunner().invoke(main, ["replay", "--claims", "commit", "--property", "no_wal_tail"])
    assert refused.exit_code == 2
    unknown = CliRunner().invoke(main, ["replay", "--claims", "nonsense"])
    assert unknown.exit_code == 2
    assert "nonsense" in unknown.output


def test_a_claim_that_is_false_is_a_message(specs):
    (specs / "false.toml").write_text((specs / "plain.toml").read_text().replace('"commit"', '"data_flush"'))
    with pytest.raises(UsageError, match="claims that removal_within_standby is violated, and it is not"):
        counterexamples([read(specs / "false.toml")], lambda text: None)
