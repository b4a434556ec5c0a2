"""Two promotions that do not see each other: what the claim rewind-uncoordinated finds, on real servers."""

from checker.postgres.uncoordinated import COMMON, ITS_OWN, LOST, promote_uncoordinated
from checker.postgres.uncoordinated_page import uncoordinated_page


def test_pg_rewind_finds_nothing_to_do_between_two_histories_of_one_number(programs):
    seen = promote_uncoordinated(programs)
    assert "no rewind required" in seen.rewind
    assert (seen.returned_rows, seen.primary_rows) == ([COMMON, ITS_OWN], [COMMON, LOST])
    assert seen.as_predicted
    page = uncoordinated_page({"here": seen, "there": "this installation has no pg_rewind"})
    assert f"| here | B {seen.facts['fork of B']}, C {seen.facts['fork of C']} |" in page
    assert "| there | not run: this installation has no pg_rewind |" in page
