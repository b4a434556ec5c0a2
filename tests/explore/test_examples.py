"""Models after the TLA+ examples collection: the figures that its manifests publish of what TLC finds.

TLC's depth counts states, here it is steps; what TLC calls generated are the initial states and the transitions.
"""

from __future__ import annotations

import pytest

from checker.configuration import configure
from checker.explore import explore
from checker.ground import ground
from checker.reading import load

FOLDER = "tests/models/examples"


@pytest.mark.parametrize(
    ("name", "bounds", "distinct", "generated", "depth"),
    [
        ("transaction_commit", {}, 34, 94, 7),
        ("allocator", {}, 400, 1_633, 6),
        ("termination", {}, 302, 2_001, 9),  # published as 10: see the model
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


def test_two_phase_commit_has_the_published_figures():
    """TwoPhase.cfg of specifications/transaction_commit: 288 distinct states, 1,146 generated, depth 11."""
    model = load("tests/models/two_phase_commit.py")
    chosen = configure(model, scope="three")
    found = explore(ground(model, chosen.settings, chosen.bounds))
    assert (found.states, found.depth + 1) == (288, 11)
    assert 1 + found.transitions == 1_146
