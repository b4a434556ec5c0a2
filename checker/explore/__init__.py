"""Exhaustive exploration of a grounded model: the search, what it found, and the state graph of small models."""

from checker.explore.engine import Engine, NoNativeEngine, explore
from checker.explore.limits import Progress
from checker.explore.liveness import with_liveness
from checker.explore.result import Deadlocks, Exploration, Failure, Finding

__all__ = [
    "Deadlocks",
    "Engine",
    "Exploration",
    "Failure",
    "Finding",
    "NoNativeEngine",
    "Progress",
    "explore",
    "with_liveness",
]
