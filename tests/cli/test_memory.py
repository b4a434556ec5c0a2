"""Sizes of memory: as written, as shown, and as refused."""

import pytest

from checker import memory
from checker.refusal import UsageError


@pytest.mark.parametrize(
    ("text", "size"),
    [("2G", 2 * 2**30), ("500M", 500 * 2**20), ("1.5GiB", 3 * 2**29), ("64mb", 64 * 2**20), ("16777216", 2**24)],
)
def test_sizes_are_powers_of_two(text, size):
    assert memory.parsed(text) == size


@pytest.mark.parametrize("text", ["", "G", "-1G", "2X", "2 G 3", "1e9", "nan"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(UsageError, match="no size of memory"):
        memory.parsed(text)


def test_too_little_is_refused():
    with pytest.raises(UsageError, match="at least 16M"):
        memory.parsed("1M")


def test_what_is_shown_can_be_written():
    for text in ("2G", "500M", "1.5G"):
        assert memory.shown(memory.parsed(text)) == text


def test_processes_share_what_is_available(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 8 * 2**30)
    assert memory.default_budget(4) * 4 == memory.default_budget() < 8 * 2**30


def test_a_container_limits(monkeypatch):
    monkeypatch.setattr(memory, "_available_to_kernel", lambda: 8 * 2**30)
    monkeypatch.setattr(memory, "_available_to_group", lambda: 2**30)
    assert memory.available() == 2**30
