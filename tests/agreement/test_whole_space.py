"""The tiny scope in full: plain execution's own search finds the states that generated Python finds, level by level."""

from __future__ import annotations

import pytest

from checker.backends.python import compile_program
from checker.explore import explore
from checker.grounding.ground import ground
from model.scopes import SCOPES
from model.settings import Mode, Settings, Tail
from tests.agreement.protocol import Both, protocol

CONFIGURATIONS = {
    "commit": Settings(mode=Mode.COMMIT),
    "data_flush": Settings(mode=Mode.DATA_FLUSH),
    "all": Settings(mode=Mode.ALL, sync=True),
    "data_flush, the tail cut": Settings(mode=Mode.DATA_FLUSH, tail=Tail.CUT),
}


def search(both):
    """The states that plain execution reaches, packed, a set for each depth; compares every step on the way."""
    frontier = {both.packed(state): state for state in both.initial_states()}
    seen, levels = set(frontier), []
    while frontier:
        levels.append(set(frontier))
        following = {}
        for packed, state in frontier.items():
            expected = {}
            for name, after in both.plain_successors(state):
                expected[name] = number = both.packed(after)
                if number not in seen:
                    following.setdefault(number, after)
            assert both.generated_successors(packed) == expected
        seen |= set(following)
        frontier = following
    return levels


def generated(both):
    """The same by the generated program alone."""
    frontier = set(both.program.initials)
    seen, levels = set(frontier), []
    while frontier:
        levels.append(frontier)
        frontier = {after for state in frontier for _, after in both.program.expand(state)} - seen
        seen |= frontier
    return levels


@pytest.mark.parametrize("settings", list(CONFIGURATIONS.values()), ids=list(CONFIGURATIONS))
def test_the_same_states_at_every_depth(settings):
    both = Both(settings, SCOPES["tiny"])
    levels = search(both)
    assert levels == generated(both)
    assert explore(both.grounded).levels == tuple(map(len, levels))


def test_a_difference_does_not_go_unnoticed():
    """A generated program of other settings: without its gate a page is written where plain execution waits."""
    both = Both(Settings(mode=Mode.DATA_FLUSH), SCOPES["tiny"])
    both.program = compile_program(ground(protocol(), Settings(mode=Mode.DATA_FLUSH, page_gate=False), SCOPES["tiny"]))
    with pytest.raises(AssertionError, match="write_page"):
        search(both)
