"""The false acknowledgement and what prevents it, on real servers."""

import pytest

from checker.postgres.false_acknowledgement import CONTROLS, DEFECT, LATER_CLIENTS, WAITING_CLIENTS, run_variant


def test_commits_are_confirmed_by_a_node_that_lacks_them(programs):
    report = run_variant(DEFECT, programs)
    assert len(report.released) == WAITING_CLIENTS
    assert len(report.released_later) == LATER_CLIENTS
    assert report.lost == report.released + report.released_later


@pytest.mark.parametrize("variant", CONTROLS, ids=[variant.name for variant in CONTROLS])
def test_controls_lose_nothing(programs, variant):
    report = run_variant(variant, programs)
    assert len(report.released) == (WAITING_CLIENTS if variant.cut else 0)
    assert report.lost == []
