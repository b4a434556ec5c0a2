"""A few settings chosen by a generator, proved and explored; the module beside this one goes on longer by hand."""

from __future__ import annotations

from dataclasses import replace

from model.settings import Settings
from tests.prove.random_settings import compared, sampled


def test_nothing_is_proved_that_is_violated():
    found = list(sampled(seed=0, count=2, every=False))
    assert [one.contradictions for one in found] == [frozenset()] * 2
    assert all(one.violated for one in found)


def test_a_contradiction_is_told():
    """What holds without any mode is not what is violated, until somebody says both."""
    one = compared(Settings(), every=False)
    assert "page_within_standby" in one.violated and not one.contradictions
    wrong = replace(one, proved=frozenset({"page_within_standby"}))
    assert "PROVED AND VIOLATED: page_within_standby" in str(wrong)
