"""Every scenario on real servers, and the comparison that judges them."""

import pytest

from checker.postgres.compare import Contents, differences
from checker.postgres.outcomes import Outcome
from checker.postgres.run import run_scenario
from checker.postgres.scenarios import SCENARIOS

NAMES = [scenario.name for scenario in SCENARIOS]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=NAMES)
def test_servers_do_what_was_predicted(programs, scenario):
    result = run_scenario(scenario, programs)
    assert result.outcome == scenario.expected, result
    if result.outcome != Outcome.IDENTICAL:
        assert result.evidence
    if scenario.name.startswith("gated"):
        assert result.facts["pages_ahead"] == ("2" if scenario.name.endswith("bypassed") else "0")
    if scenario.name == "page_ahead":
        assert int(result.facts["pages_ahead"]) > 0


def test_every_outcome_is_expected_somewhere():
    assert {scenario.expected for scenario in SCENARIOS} == set(Outcome)
    assert len(set(NAMES)) == len(NAMES)


def test_every_kind_of_difference_is_found():
    ours = Contents(
        rows={"t": {("(0,1)", "5", "(1)"), ("(0,2)", "6", "(2)")}},
        pages={"t": ["aa", "bb"]},
        sizes={"t": 16384},
        commit_status={6: "committed"},
    )
    theirs = Contents(
        rows={"t": {("(0,1)", "5", "(1)"), ("(0,3)", "7", "(3)")}},
        pages={"t": ["aa", "cc"]},
        sizes={"t": 8192},
        commit_status={6: "aborted"},
    )
    kinds = [difference.kind for difference in differences(ours, theirs)]
    assert kinds == ["ghost row", "lost row", "size", "commit status of", "page"]
    assert differences(ours, ours) == []
