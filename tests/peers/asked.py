"""What the tests of other tools share: the tools that are here, and models explored to be compared."""

from __future__ import annotations

import pytest

from checker.configuration import configure
from checker.explore import explore
from checker.grounding.ground import ground
from checker.grounding.narrow import narrowed
from checker.peers.rumur import Rumur
from checker.peers.running import Missing
from checker.peers.spin import Spin
from checker.peers.tlc import Tlc
from checker.reading import load

SPIN, RUMUR, TLC = Spin(), Rumur(), Tlc()


def needed(tool):
    """The tool; skips the test where it is missing."""
    try:
        tool.look()
    except Missing as reason:
        pytest.skip(f"{reason} ({tool.name}; Debian package {' and '.join(tool.packages)})")
    return tool


def explored(reference, **chosen):
    """A model explored by this checker, with its properties that one state decides."""
    model = load(reference)
    chosen = configure(model, **chosen)
    judged = [item.name for item in model.properties if item.kind != "eventually"]
    return explore(ground(model, chosen.settings, chosen.bounds), properties=judged)


def small(reference, **chosen):
    """A model as other tools are given it."""
    return narrowed(explored(reference, **chosen).grounded)
