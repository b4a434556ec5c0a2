"""The table of scenarios: what came out otherwise is marked, what could not run says why."""

from checker.postgres.outcomes import Outcome
from checker.postgres.run import Result
from checker.postgres.scenarios import SCENARIOS
from checker.postgres.table import Cell, Row, markdown, run_table


def test_a_surprise_is_marked_and_a_missing_program_named():
    scenario = next(one for one in SCENARIOS if one.expected == Outcome.IDENTICAL)
    good = Cell(15, Result(scenario, Outcome.IDENTICAL, {"fork": "0/5"}, [], 1.25))
    bad = Cell(16, Result(scenario, Outcome.SILENT_DIVERGENCE, {}, ["ghost row t"], 1.0))
    missing = Cell(18, problem="pg_rewind is missing", missing=True)
    assert [one.as_predicted for one in (good, bad, missing)] == [True, False, True]
    ended = Cell(17, problem="it ended")
    assert (ended.text, ended.as_predicted) == ("**not run: it ended**", False)
    lines = markdown([Row(scenario, (good, bad, missing))]).splitlines()
    assert lines[0] == "| scenario | predicted | PostgreSQL 15 | PostgreSQL 16 | PostgreSQL 18 |"
    assert lines[2].endswith("| identical | identical | **silent_divergence** | not run: pg_rewind is missing |")
    assert "- PostgreSQL 15: identical in 1.2 s; fork 0/5" in lines
    assert "    - `ghost row t`" in lines


def test_scenarios_are_run(programs):
    seen = []
    (row,) = run_table([programs], SCENARIOS[:1], lambda scenario, cell: seen.append((scenario.name, cell.text)))
    assert seen == [(SCENARIOS[0].name, str(SCENARIOS[0].expected))]
    assert row.cells[0].major == programs.major
