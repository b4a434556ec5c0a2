"""Exhaustive exploration of a grounded model: the search, what it found, and the state graph of small models."""

from checker.explore.checkpoint import Checkpoint
from checker.explore.engine import Engine, NoNativeEngine, explore
from checker.explore.limits import Progress
from checker.explore.liveness import with_liveness
from checker.explore.reduction import reduction
from checker.explore.result import Deadlocks, Exploration, Failure, Finding

__all__ = [
    "Checkpoint",
    "Deadlocks",
    "Engine",
    "Exploration",
    "Failure",
    "Finding",
    "NoNativeEngine",
    "Progress",
    "explore",
    "reduction",
    "with_liveness",
]
