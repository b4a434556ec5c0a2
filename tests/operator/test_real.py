"""On real servers: what preflight says agrees with what then happens; the commands, from health to a return."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from click.testing import CliRunner

from checker.cli import main
from checker.operator.control_data import STATES, read_control_data
from checker.operator.decision import Decision
from checker.operator.old_primary import OldPrimary
from checker.operator.trial import CANNOT_TELL, of_scenario, random_trial
from checker.postgres.lsn import format_lsn, parse_lsn
from checker.postgres.node_socket import PORT
from checker.postgres.outcomes import Outcome
from checker.postgres.returning import come_back
from checker.postgres.scenarios import SCENARIOS
from checker.postgres.stage import NEW_TIMELINE, insert, open_stage

HELD = {
    "tail_in_later_segment": Decision.AFTER_CUT,
    "page_ahead": Decision.BASE_BACKUP,
    "truncation_ahead": Decision.BASE_BACKUP,
    "hint_ahead_no_image": Decision.BASE_BACKUP,
    "hint_ahead_image": Decision.COMES_BACK,
    "attached_before_promotion": CANNOT_TELL,
}
"""Some of the scenarios with what must be said of them: hints and checksums are off there, so pg_rewind is no way."""


@pytest.mark.parametrize("name", HELD)
def test_a_scenario_is_foretold_before_it_starts(programs, name):
    (scenario,) = [scenario for scenario in SCENARIOS if scenario.name == name]
    trial = of_scenario(scenario, programs)
    assert trial.decision.partition(",")[0] == HELD[name], trial
    assert not trial.false_comes_back


@pytest.mark.parametrize("seed", [1, 8, 27])
def test_a_random_trial_is_foretold(programs, seed):
    """Three of those that the report has hundreds of."""
    trial = random_trial(seed, programs)
    assert not trial.false_comes_back, trial
    assert not trial.false_rewind, trial


def dsn(node) -> str:
    return f"host={node.socket} port={PORT} user=postgres dbname=postgres"


def run(*arguments: str, code: int = 0):
    done = CliRunner().invoke(main, list(map(str, arguments)))
    assert done.exit_code == code, done.output
    return done.output


def test_the_way_of_an_operator(programs):
    """One cluster: healthy, then a primary with a tail, looked at, cut, the cut undone, cut again, and back."""
    stage = open_stage(programs, {"wal_log_hints": "on"})
    try:
        stage.insert(1, 2)
        stage.checkpoint()
        _healthy(stage)
        stage.cut()
        stage.insert(101, 102, 103)
        _with_a_tail(stage)
        running = run("preflight", "--pgdata", stage.old.data, "--new-primary", dsn(stage.new), code=3)
        assert "a server runs in" in running
        stage.crash()
        early = run("preflight", "--pgdata", stage.old.data, "--new-primary", dsn(stage.new), code=3)
        assert "was not promoted" in early
        stage.promote()
        insert(stage.new, 201)
        _looked_at(stage, programs)
        _cut_and_back(stage)
    finally:
        stage.cluster.close()


def _healthy(stage) -> None:
    both = ("--primary", dsn(stage.old), "--standby", dsn(stage.new))
    text = run("watch", *both)
    assert text.splitlines()[-1].startswith("safe  tail 0  ")
    wrong = run("watch", "--primary", dsn(stage.new), "--standby", dsn(stage.old), code=3)
    assert "is in recovery" in wrong
    metrics = run("watch", *both, "--prometheus")
    assert "failback_tail_bytes 0\n" in metrics
    names = re.findall(r"^# TYPE (\S+) gauge$", metrics, re.MULTILINE)
    samples = [line.split("{")[0].split(" ")[0] for line in metrics.splitlines() if not line.startswith("#")]
    assert set(samples) == set(names)


def _with_a_tail(stage) -> None:
    document = json.loads(run("watch", "--primary", dsn(stage.old), "--standby", dsn(stage.new), "--json", code=23))
    assert document["tail_bytes"] == stage.old.flushed() - parse_lsn(document["standby_received"]) > 0
    assert document["unsent_transactions"] >= 3
    assert document["pg_rewind_possible"]
    assert not document["acknowledged_commits_survive"]


def _looked_at(stage, programs) -> None:
    before = {path: path.stat().st_mtime_ns for path in stage.old.data.rglob("*") if path.is_file()}
    asked = ("preflight", "--pgdata", stage.old.data, "--new-primary", dsn(stage.new))
    document = json.loads(run(*asked, "--json", code=20))
    assert document["decision"] == "comes_back_after_cut"
    assert document["fork"] == stage.facts["fork"]
    assert document["end_of_wal"] == stage.facts["end_of_wal"]
    assert document["commits_only_here"] == 3
    assert all(said.endswith(": account") for said in document["first_commits"])
    every = json.loads(run(*asked, "--json", "--every-page", code=20))
    assert every["pages"] > 1000
    assert "in the model: no_wal_tail, specs/data-flush.toml" in run(*asked, code=20)
    assert {path: path.stat().st_mtime_ns for path in stage.old.data.rglob("*") if path.is_file()} == before
    _as_the_servers_own_programs(stage, programs)


def _as_the_servers_own_programs(stage, programs) -> None:
    """pg_controldata and pg_waldump read the same, where the installation has them."""
    old = OldPrimary(stage.old.data)
    if programs.has("pg_controldata"):
        said = subprocess.run(
            [programs.path("pg_controldata"), stage.old.data],
            capture_output=True,
            text=True,
            check=True,
            env={"LC_ALL": "C"},
        ).stdout
        printed = dict(re.findall(r"^(.+?):\s+(.*)$", said, re.MULTILINE))
        control = read_control_data(stage.old.data)
        assert printed["Database cluster state"] == STATES[control.state]
        assert printed["wal_log_hints setting"] == ("on" if control.wal_log_hints else "off") == "on"
        assert printed["track_commit_timestamp setting"] == "off"
        assert int(printed["max_connections setting"]) == control.limits["max_connections"]
        assert int(printed["Bytes per WAL segment"]) == control.wal_segment_size
        assert int(printed["Data page checksum version"]) == int(control.checksums)
        assert int(printed["Latest checkpoint's NextXID"].partition(":")[2]) == control.next_xid
        assert printed["Minimum recovery ending location"] == format_lsn(control.positions.minimum_recovery_point)
    if programs.has("pg_waldump"):
        start = format_lsn(old.control.positions.redo)
        told = subprocess.run(
            [programs.path("pg_waldump"), "-p", old.pg_wal, "-s", start], capture_output=True, text=True, check=False
        ).stdout
        lines = re.findall(r"tx:\s+(\d+), lsn: (\S+), prev (\S+), desc: (.*)", told)
        ours = list(old.log.records(old.control.positions.redo))
        assert [(record.xid, record.start) for record in ours] == [
            (int(xid), parse_lsn(lsn)) for xid, lsn, _, _ in lines
        ]
        for record, (_, _, _, described) in zip(ours, lines, strict=True):
            theirs = re.findall(r"rel (\d+)/(\d+)/(\d+)(?: fork (\w+))? blk (\d+)", described)
            references = [reference.block for reference in old.log.contents(record).references]
            assert [(*map(str, block.relation), str(block.number)) for block in references] == [
                (space, database, number, block) for space, database, number, _, block in theirs
            ]


def _cut_and_back(stage) -> None:
    asked = ("preflight", "--pgdata", stage.old.data, "--new-primary", dsn(stage.new))
    segment = stage.old.pg_wal / json.loads(run(*asked, "--json", code=20))["cut"]["file"]
    whole = segment.read_bytes()
    assert "Cut" in CliRunner().invoke(main, list(map(str, [*asked, "--cut"])), input="n\n").output
    assert segment.read_bytes() == whole
    run(*asked, "--cut", "--yes")
    assert segment.read_bytes() != whole
    assert json.loads(run(*asked, "--json"))["decision"] == "comes_back"
    run("preflight", "--pgdata", stage.old.data, "--undo")
    assert segment.read_bytes() == whole
    assert "nothing to undo" in run("preflight", "--pgdata", stage.old.data, "--undo", code=3)
    stage.new.stop_fast()
    stopped = ("preflight", "--pgdata", stage.old.data, "--new-pgdata", stage.new.data)
    assert json.loads(run(*stopped, "--json", code=20))["decision"] == "comes_back_after_cut"
    run(*stopped, "--cut", "--yes")
    stage.new.start()
    returned = come_back(stage.old, stage.new, NEW_TIMELINE, stage.first_xid)
    assert returned.outcome == Outcome.IDENTICAL, returned
    assert "a server runs" in run("preflight", "--pgdata", stage.old.data, "--undo", code=3)
    stage.old.stop_immediate()
    assert "on timeline 2 already" in run(*asked, code=3)
