"""Settings chosen by a generator, given to another tool; the module beside this one goes on longer by hand."""

from __future__ import annotations

from tests.peers.asked import SPIN, needed
from tests.peers.random_settings import sampled


def test_other_tools_agree_under_any_settings():
    found = list(sampled(seed=1, count=3, tools=(needed(SPIN),)))
    assert [one.differs for one in found] == [()] * 3
    assert sum(one.questions for one in found) >= 3
