"""Which steps of a long trace stand together in its picture: what one actor does without a message or a new role."""

from __future__ import annotations

from checker.traces.trace import Change, Trace
from checker.view import Sight

LONG = 24
"""Steps from which on a picture is folded; a shorter one is read step by step."""
FEWEST = 3
"""Steps that are worth folding."""
MOST = 8
"""Steps that are told at once: a row that fills a page hides where time goes."""


def runs(trace: Trace, sight: Sight) -> list[range]:
    """The steps of a trace, each alone or in a run that is told at once; the last one is always alone."""
    found: list[range] = []
    start = 0
    while start < len(trace):
        end = start + 1
        if len(trace) >= LONG:
            while end < min(len(trace) - 1, start + MOST) and end != trace.loop and _together(trace, sight, start, end):
                end += 1
        if end - start < FEWEST:
            end = start + 1
        found.append(range(start, end))
        start = end
    return found


def net_changes(trace: Trace, run: range) -> list[Change]:
    """What a run of steps changed in all."""
    ends = trace.states[run.start], trace.states[run.stop]
    return Trace(trace.grounded, ends, (trace.actions[run.start],)).changes(0)


def _together(trace: Trace, sight: Sight, first: int, other: int) -> bool:
    actors = [sight.taking_part(trace.actions[step]) for step in (first, other)]
    return actors[0] == actors[1] and _quiet(trace, sight, first) and _quiet(trace, sight, other)


def _quiet(trace: Trace, sight: Sight, step: int) -> bool:
    """The step sends nothing and gives nobody a new role."""
    before, after = trace.states[step], trace.states[step + 1]
    return sight.arrow(trace.actions[step], before, after) is None and all(
        sight.role(before, one) == sight.role(after, one) for one in sight.lifelines
    )
