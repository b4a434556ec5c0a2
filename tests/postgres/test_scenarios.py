"""Every scenario on real servers, and the comparison that judges them."""

from pathlib import Path

import pytest
from psycopg.errors import UndefinedFile

from checker.postgres.cluster import Cluster
from checker.postgres.compare import Contents, contents, differences
from checker.postgres.observed import Observation
from checker.postgres.outcomes import Outcome
from checker.postgres.played import PLAYED, ROWS, Played
from checker.postgres.programs import Programs
from checker.postgres.replaying import Done, Replayed
from checker.postgres.run import run_scenario
from checker.postgres.scenarios import SCENARIOS
from checker.postgres.stage import PREPARED
from checker.postgres.table import run_table
from checker.postgres.uncoordinated import Uncoordinated
from checker.postgres.waiting import ConditionNotMet

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


@pytest.mark.parametrize("row", PLAYED, ids=[row.name for row in PLAYED])
def test_servers_do_what_was_predicted_of_a_second_promotion(programs, row):
    result = row.run(programs)
    assert result.outcome == row.expected, result
    assert result.facts


def test_a_step_that_came_out_otherwise_is_no_outcome(monkeypatch):
    """A row that is replayed says nothing of its end where servers left the behaviour before."""
    step = Done(7, "crash(B)", "immediate stop", [Observation("flushed of A", 1, 2, "0/2")])
    monkeypatch.setattr("checker.postgres.played.replay_trace", lambda trace, programs: Replayed(trace, 15, [step]))
    (row,) = [row for row in PLAYED if row.name == "promoted_node_lost"]
    with pytest.raises(ConditionNotMet, match=r"step 7, crash\(B\), came out otherwise"):
        row.run(None)
    (cell,) = run_table([Programs(Path(), 15)], [row])[0].cells
    assert cell.text == "**not run: step 7, crash(B), came out otherwise**"
    assert not cell.as_predicted


@pytest.mark.parametrize(
    ("predicted", "shown", "why"),
    [
        ("identical; nothing told of is lost", "identical; a client was told of what is lost: x", "a client was told"),
        ("pg_rewind refuses", "pg_rewind refuses", "no outcome of a return"),
    ],
)
def test_the_whole_end_counts(monkeypatch, predicted, shown, why):
    """An outcome is not as predicted where other commits are lost; what is no outcome is said, and not raised."""
    step = Done(7, "crash(B)", "immediate stop", [])
    done = Replayed(None, 15, [step], predicted, shown)
    monkeypatch.setattr("checker.postgres.played.replay_trace", lambda trace, programs: done)
    (row,) = [row for row in PLAYED if row.name == "promoted_node_lost"]
    (cell,) = run_table([Programs(Path(), 15)], [row])[0].cells
    assert why in cell.text and not cell.as_predicted


def test_rows_that_differ_after_a_rewind_are_not_what_was_foretold(monkeypatch):
    (row,) = [row for row in PLAYED if row.name == "uncoordinated_promotions"]
    for said, as_predicted in (("pg_rewind: no rewind required", True), ("pg_rewind: Done!", False)):
        seen = Uncoordinated(said, [1, 2], [1, 3])
        monkeypatch.setattr("checker.postgres.played.promote_uncoordinated", lambda programs, seen=seen: seen)
        (cell,) = run_table([Programs(Path(), 15)], [row])[0].cells
        assert cell.as_predicted is as_predicted, cell.text


def test_every_outcome_is_expected_somewhere():
    assert {scenario.expected for scenario in SCENARIOS} == set(Outcome)
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert [row for row in ROWS if isinstance(row, Played)] == list(PLAYED)


def test_a_table_without_its_file_has_no_rows(programs):
    """Redo of a drop that the new primary never had leaves a catalog that knows the table, and no file.

    Any other table without its file is an error.
    """
    with Cluster(programs) as cluster:
        whole, robbed = (cluster.create(name, prepared=PREPARED) for name in "AB")
        whole.start()
        path = whole.value("select pg_relation_filepath('filler')")
        first, following = 3, int(whole.value("select pg_snapshot_xmax(pg_current_snapshot())::text"))
        theirs = contents(whole, first, following)
        (robbed.data / path).unlink()
        robbed.start()
        with pytest.raises(UndefinedFile):
            contents(robbed, first, following)
        ours = contents(robbed, first, following, {"filler"})
    assert (len(ours.rows["filler"]), ours.sizes["filler"]) == (0, 0)
    assert len(theirs.rows["filler"]) == 900
    assert {difference.kind for difference in differences(ours, theirs)} == {"lost row", "size"}


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
