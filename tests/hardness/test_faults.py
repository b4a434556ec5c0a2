"""Every fault is tried, and what happens is what the committed page says."""

from __future__ import annotations

import re

import pytest

from tests.hardness.faults import FAULTS, ROOT, row

PAGE = (ROOT / "reports" / "robustness.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if re.match(r"\| [a-z]", line)]


@pytest.mark.parametrize(("subject", "tried", "function"), FAULTS, ids=[function.__name__ for _, _, function in FAULTS])
def test_a_fault_does_what_the_page_says(subject, tried, function):
    """Made again by `python -m tests.hardness.faults > reports/robustness.md`."""
    assert row(subject, tried, function) in ROWS


def test_the_page_has_no_other_rows():
    assert [row.split(" | ")[1] for row in ROWS] == [tried for _, tried, _ in FAULTS]
