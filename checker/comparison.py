"""A claim beside what its exploration came to: where the two differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checker.measured import Judged, Measured
from checker.refusal import listed
from checker.spec import Expected, Spec


@dataclass(frozen=True)
class Difference:
    """Where a claim and what came out differ; `about` is a property, or empty where it is about the space."""

    what: str
    expected: str
    actual: str
    about: str = ""

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}, came out {self.actual}"


def differences(spec: Spec, came: Measured) -> Iterator[Difference]:
    """Every difference, those of properties first.  What a search that ended early has not seen is none."""
    for judged in came.verdicts:
        expected = spec.expect[judged.property]
        if judged.word != "unknown" and not _as_expected(expected, judged):
            yield Difference(
                judged.property, str(expected), came_out(judged, expected) + _hint(expected, judged), judged.property
            )
    if came.stopped is not None:
        return
    for what in ("states", "transitions", "depth"):
        claimed, counted = getattr(spec, what), getattr(came, what)
        if claimed is not None and claimed != counted:
            yield Difference(what, f"{claimed:,}", f"{counted:,}")
    if came.deadlocks != spec.deadlocks:
        nearest = f", the nearest after {came.nearest} steps" if came.nearest is not None else ""
        yield Difference("deadlocks", f"{spec.deadlocks:,}", f"{came.deadlocks:,}{nearest}")
    idle = [name for name in came.idle if name not in spec.idle]
    if idle:
        yield Difference("actions that never fire", listed(spec.idle), listed(came.idle))


def _as_expected(expected: Expected, judged: Judged) -> bool:
    return (
        judged.word == expected.verdict
        and expected.depth in (None, judged.depth)
        and judged.constant == expected.constant
        and expected.possible in (None, judged.possible)
    )


def _hint(expected: Expected, judged: Judged) -> str:
    """What a verdict that says nothing has to be claimed as."""
    if not judged.constant or expected.constant or judged.word != expected.verdict:
        return ""
    return ": no state can make it otherwise; if that is meant, claim it with `constant = true`"


def came_out(judged: Judged, expected: Expected | None = None) -> str:
    """A verdict as a spec would expect it: in so many words as it is expected."""
    possible = judged.possible if expected is not None and expected.possible is not None else None
    return str(Expected(judged.word, judged.depth, judged.constant, possible))
