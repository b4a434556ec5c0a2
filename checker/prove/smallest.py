"""The smallest sets of settings that are enough: which of them, switched on together, keep what is asked.

Sets are tried from the smallest up, and nothing is taken for granted of larger ones: more protection could be less, as
a setting can add behaviour too.  A set that holds one that is enough is not among the smallest, so it is not tried.
"""

from __future__ import annotations

import dataclasses
import functools
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from checker.prove.ablation import end_quietly, processors
from checker.refusal import UsageError
from checker.run import Request, run


@dataclass(frozen=True)
class Trial:
    """A set of settings that were on, all other candidates off: what was broken first, in how many steps, if anything.

    `exhausted`: all of its `states` were searched and nothing is broken.
    """

    on: tuple[str, ...]
    broken: str
    depth: int | None
    states: int
    exhausted: bool


def trial(request: Request, candidates: Sequence[str], on: tuple[str, ...]) -> Trial:
    """One search, up to the first violation."""
    switched = tuple((name, "true" if name in on else "false") for name in candidates)
    others = tuple(pair for pair in request.sets if pair[0] not in candidates)
    found = run(dataclasses.replace(request, sets=(*others, *switched), first=True)).exploration
    if found.stopped == "interrupted":
        raise KeyboardInterrupt
    if found.error is not None:
        raise UsageError(f"with {', '.join(on) or 'none of them'}: the model makes a mistake: {found.error}")
    for finding in found.findings:
        if finding.word == "violated":
            return Trial(on, finding.property.name, finding.depth, found.states, False)
    if found.deadlocks.trace is not None:
        return Trial(on, "deadlock", len(found.deadlocks.trace), found.states, False)
    return Trial(on, "", None, found.states, found.exhausted)


def smallest(
    request: Request,
    candidates: Sequence[str],
    workers: int | None = None,
    progress: Callable[[str], None] = lambda text: None,
) -> Iterator[Trial]:
    """Every trial, size by size; those that are exhausted are the smallest sets that are enough.

    Raises `UsageError` for what the model does not have, and for a set of which the limits do not let it be known.
    """
    enough: list[set[str]] = []
    with _pool(workers or processors()) as submit:
        for size in range(len(candidates) + 1):
            sets = [on for on in combinations(candidates, size) if not any(known <= set(on) for known in enough)]
            waiting = [submit(request, tuple(candidates), on) for on in sets]
            for number, result in enumerate(waiting):
                progress(f"sets of {size}: {number} of {len(sets)} tried")
                tried = result()
                if tried.exhausted:
                    enough.append(set(tried.on))
                elif not tried.broken:
                    raise UsageError(
                        f"with {', '.join(tried.on) or 'none of them'} nothing is broken in {tried.states:,} states, "
                        "but they are not all; allow more --states or --memory, or a smaller scope"
                    )
                yield tried


Result: TypeAlias = Callable[[], Trial]


@contextmanager
def _pool(workers: int) -> Iterator[Callable[[Request, tuple[str, ...], tuple[str, ...]], Result]]:
    """What takes a trial and gives a function that waits for it; with one worker the trial is made then and there."""
    if workers == 1:
        yield lambda request, candidates, on: functools.partial(trial, request, candidates, on)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=end_quietly) as pool:
        try:
            yield lambda request, candidates, on: pool.submit(trial, request, candidates, on).result
        except BrokenProcessPool:
            raise UsageError("a process was killed; try --workers 1, or less --memory") from None
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
