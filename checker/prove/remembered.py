"""What inductions are kept under, and which claims one proved: asked by every gate, so without Z3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from checker import cache, fingerprint
from checker.configuration import Configuration

SOLVER = "z3-solver"
"""What judges; an answer of another version is not taken for its own."""

EFFORT = 3_000_000
"""For one question, in Z3's own unit (rlimit), of which a second has some two million: it gives up at the same
point however fast and busy the machine is."""


def key(chosen: Configuration, asked: Sequence[str], fixed: Mapping[str, int]) -> dict[str, object]:
    """All that an induction depends on; of bounds only those that are fixed."""
    return {
        "what": "induction",
        "model": fingerprint.of_model(chosen.model),
        "checker": fingerprint.of_checker(),
        "libraries": fingerprint.installed(SOLVER),
        "settings": chosen.setting_values(),
        "fixed": dict(fixed),
        "asked": list(asked),
        "effort": EFFORT,
    }


def proved(chosen: Configuration, asked: Sequence[str], fixed: Mapping[str, int]) -> frozenset[str]:
    """The claims that an earlier run proved on the way to these invariants; none where nothing can be believed."""
    value = cache.lookup(key(chosen, asked, fixed))
    names = value.get("proved") if isinstance(value, dict) else None
    return frozenset(map(str, names)) if isinstance(names, list) else frozenset()
