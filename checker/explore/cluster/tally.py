"""What the partitions of a search did: for those who wait for it, and for pages."""

from __future__ import annotations

from collections.abc import Sequence

from checker.explore.cluster.forecast import divided, workers
from checker.explore.cluster.messages import Told


class Tally:
    """States that each holds (`held`), seconds that each worked (`busy`) and had to wait for others (`waited`).

    All in all: bytes `exchanged`, of states of `width` bytes; states not sent again (`repeated`); workers `lost`.
    """

    def __init__(self, parts: int, width: int) -> None:
        self.width = width
        self.held = [0] * parts
        self.busy, self.waited = [0.0] * parts, [0.0] * parts
        self.exchanged = self.repeated = self.lost = 0

    def add(self, told: Sequence[Told]) -> None:
        """Takes note of what a round came to."""
        self.held = [one.states for one in told]
        for part, one in enumerate(told):
            self.busy[part] += one.busy
            self.waited[part] += one.waited
            self.repeated += one.repeated
            self.exchanged += one.handed * self.width

    def told(self, seconds: float, handed: int = 0) -> str:
        """How the work of so many seconds is divided: speed, skew, what was exchanged, with states `handed` since."""
        lost = f", {workers(self.lost)} lost and replaced" if self.lost else ""
        return divided(self.held, self.exchanged + handed * self.width, seconds) + lost
