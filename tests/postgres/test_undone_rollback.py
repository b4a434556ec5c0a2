"""A checkpoint in the middle of a ROLLBACK PREPARED, and one before it."""

from checker.postgres.report import clean
from checker.postgres.undone_rollback import GHOST, KNOWN, undo_rollback
from checker.postgres.undone_rollback_page import undone_rollback_page


def test_it_rises_where_a_checkpoint_fits_in_between(programs):
    """Which servers let it is not ours to say; what follows from it is."""
    seen = undo_rollback(programs)
    assert seen.risen == (not seen.delayed)
    assert seen.primary_rows == ([KNOWN, GHOST] if seen.risen else [KNOWN])
    assert seen.standby_rows == [KNOWN]
    assert seen.facts["prepared_on_standby"] == "nothing"
    assert "| 99.1 |" in undone_rollback_page(["99.1"], [seen], [seen], clean)


def test_without_a_checkpoint_in_between_it_stays_rolled_back(programs):
    seen = undo_rollback(programs, raced=False)
    assert not seen.risen
    assert seen.as_predicted
    assert seen.primary_rows == seen.standby_rows == [KNOWN]
