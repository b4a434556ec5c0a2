"""reports/ablation.md: a row for every guard of the model as it is today, and for every spare one a reason."""

from __future__ import annotations

import pytest

from tests.prove.ablation_page import PAGE, Stale, cells, refreshed

TEXT = PAGE.read_text(encoding="utf-8")


def rows(heading):
    """The rows of the table under a heading."""
    _, _, rest = TEXT.partition(f"## {heading}\n")
    table = rest.partition("\n## ")[0]
    return [cells(line) for line in table.splitlines() if line.startswith("| `model/")]


def test_every_guard_has_its_row_where_it_stands_today():
    """Lines alone: python -m tests.prove.ablation_page"""
    assert refreshed(TEXT) == TEXT


def test_a_guard_that_is_gone_and_one_that_is_new_are_found():
    line = next(line for line in TEXT.splitlines() if line.startswith("| `model/"))
    with pytest.raises(Stale, match="no row for 1 guards"):
        refreshed(TEXT.replace(f"{line}\n", "", 1))
    with pytest.raises(Stale, match="no such guard"):
        refreshed(TEXT.replace(line, f"{line}\n{line}", 1))


def test_nothing_is_left_open():
    assert "## Guards that the limits left open" not in TEXT
    assert rows("Guards without which something breaks")


def test_no_spare_guard_is_without_a_reason():
    """Where the machine can only say how much a guard keeps away, the model says what for."""
    spare = rows("Guards without which nothing breaks")
    assert spare
    for place, action, guard, reason in spare:
        measured, _, said = reason.partition("<br>")
        assert measured, (place, action, guard)
        assert said or not measured.startswith("Narrows"), f"{place} {action} {guard}: a comment above it says what for"
