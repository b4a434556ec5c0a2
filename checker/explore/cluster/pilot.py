"""A short search in one process before workers are started: how large the space will be, and what that needs."""

from __future__ import annotations

from checker.backends.native import NativeProgram
from checker.explore.compiled import CompiledSearch
from checker.explore.limits import Progress, Terms

STATES, SECONDS, MEMORY = 1_000_000, 2.0, 256 << 20
"""States, seconds and bytes after which it is over."""


class Pilot:
    """The first levels of a search; `memory` bytes are there for all of it."""

    def __init__(self, program: NativeProgram, memory: int | None) -> None:
        most = MEMORY if memory is None else min(MEMORY, memory)
        self.search = CompiledSearch(program, Terms(memory=most, states=STATES, disk=0, progress=self._look))
        self._over = False

    def run(self) -> None:
        """Searches until it is over, or all is found."""
        self.search.run()

    @property
    def levels(self) -> list[int]:
        """States of each finished level."""
        return self.search.kept.sizes

    @property
    def complete(self) -> bool:
        """Whether these are all levels."""
        return self.search.stopped is None

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended it."""
        return self.search.stopped == "interrupted" and not self._over

    def _look(self, progress: Progress) -> None:
        if self.search.reporter.seconds() >= SECONDS:
            self._over, self.search.stopped = True, "interrupted"
