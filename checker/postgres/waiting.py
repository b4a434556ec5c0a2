"""Waiting for a condition of another process: polled, with a limit, and with a sentence that says what did not come."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

LIMIT = 30.0
"""Seconds after which a condition that should hold by then is given up."""


class ConditionNotMet(RuntimeError):
    """A condition did not hold within its limit; the message names it and says what was seen instead."""


def wait_until(
    condition: Callable[[], Found | None], what: str, *, limit: float = LIMIT, seen: Callable[[], str] | None = None
) -> Found:
    """The first true value of `condition`; `what` completes the sentence "waited N s for …".

    Raises ConditionNotMet after `limit` seconds, with the answer of `seen` as evidence.
    """
    deadline = time.monotonic() + limit
    pause = 0.002
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            evidence = f"; last seen: {seen()}" if seen else ""
            raise ConditionNotMet(f"waited {limit:g} s for {what}{evidence}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
