"""Models after the TLA+ examples collection: the figures that its manifests publish of what TLC finds.

TLC's depth counts states, here it is steps; what TLC calls generated are the initial states and the transitions.
"""

from __future__ import annotations

import pytest

from checker import plain
from checker.configuration import configure
from checker.explore import explore
from checker.explore.graph import state_graph
from checker.grounding.ground import ground
from checker.reading import load

FOLDER = "tests/models/examples"


@pytest.mark.parametrize(
    ("name", "bounds", "distinct", "generated", "depth"),
    [
        ("transaction_commit", {}, 34, 94, 7),
        ("allocator", {}, 400, 1_633, 6),
        ("prisoners", {}, 214, 860, 14),
        ("coffee_can", {}, 5_150, 20_002, 1),
        ("cat", {"boxes": 6}, 48, 128, 1),
        ("cat", {"boxes": 5}, 30, 78, 1),
        ("ring", {}, 723, 1_842, 11),
    ],
)
def test_the_published_figures(name, bounds, distinct, generated, depth):
    model = load(f"{FOLDER}/{name}.py")
    chosen = configure(model, bounds=bounds)
    grounded = ground(model, chosen.settings, chosen.bounds)
    found = explore(grounded)
    assert found.error is None and not found.deadlocks.count
    assert {finding.word for finding in found.findings} <= {"exhausted", "reached"}
    assert (found.states, found.depth + 1) == (distinct, depth)
    assert len(grounded.initials) + found.transitions == generated


def test_termination_detection_has_the_published_figures():
    """302 distinct states, 2,001 generated; the depth is published as 10, and why it is 9 says the model.

    TLC takes a step once for each part of an "or" in its guard that is true; here it is one transition.
    """
    model = load(f"{FOLDER}/termination.py")
    grounded = ground(model, None, None)
    found = explore(grounded)
    assert (found.states, found.depth + 1) == (302, 9)
    again = 0
    for values in state_graph(grounded).nodes.data("state"):
        s = plain.decode(grounded, values[1])
        parts = [s.stained, s.black[0]] if s.at == 0 else [not s.active[s.at], s.black[s.at], s.stained]
        again += max(0, sum(parts) - 1)
    assert len(grounded.initials) + found.transitions + again == 2_001


def test_two_phase_commit_has_the_published_figures():
    """TwoPhase.cfg of specifications/transaction_commit: 288 distinct states, 1,146 generated, depth 11."""
    model = load("tests/models/two_phase_commit.py")
    chosen = configure(model, scope="three")
    found = explore(ground(model, chosen.settings, chosen.bounds))
    assert (found.states, found.depth + 1) == (288, 11)
    assert 1 + found.transitions == 1_146
