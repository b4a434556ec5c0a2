"""A line that tells how far a search is: on standard error, and only where that is a terminal."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, TextIO

from checker.memory import shown

if TYPE_CHECKING:
    from checker.explore import Progress


class ProgressLine:
    """Called with how far the search is; draws over itself.  Silent where the stream is no terminal."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream if stream is not None else sys.stderr
        self.shown = self.stream.isatty()
        self.width = 0

    def __call__(self, now: Progress) -> None:
        """Draws the line."""
        if self.shown:
            text = f"states {now.states:,}  queue {now.queue:,}  {now.rate:,.0f} states/s  depth {now.depth}"
            text += f"  disk {shown(now.disk)}" if now.disk else ""
            self._draw(f"{text}  {now.more}" if now.more else text)

    def say(self, text: str) -> None:
        """Draws any other text."""
        if self.shown:
            self._draw(text)

    def clear(self) -> None:
        """Takes the line away, so that results do not start behind it."""
        if self.width:
            self._draw("")
            self.stream.write("\r")
            self.stream.flush()

    def _draw(self, text: str) -> None:
        text = text[: shutil.get_terminal_size().columns - 1]
        self.stream.write("\r" + text.ljust(self.width))
        self.stream.flush()
        self.width = len(text)
