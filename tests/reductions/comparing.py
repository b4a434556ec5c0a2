"""A reduced search held against the full one, on any model; and models read from text."""

from __future__ import annotations

import itertools
import sys

from checker.explore import explore
from checker.reading import load

NUMBER = itertools.count()


def model_of(folder, source):
    """The model that a text is, read as a file of its own."""
    name = f"reduced_model_{next(NUMBER)}"
    path = folder / f"{name}.py"
    path.write_text(source)
    try:
        return load(str(path))
    finally:
        sys.modules.pop(name, None)


def verdicts(found):
    """What is known of each property, and after how many steps it was seen."""
    return [(f.property.name, f.word, f.depth, f.constant) for f in found.findings]


def traces(found):
    """Every trace of an exploration."""
    shown = [finding.trace for finding in found.findings] + [found.deadlocks.trace]
    return [trace for trace in shown if trace is not None]


def searched(grounded, names=None, reduction=None, engine="python"):
    return explore(grounded, properties=names, reduction=reduction, engine=engine)
