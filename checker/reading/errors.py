"""What is said of a model that is not in the language: where, what was found, and what the language has instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from checker import ir


class ModelError(Exception):
    """A model cannot be read, or does not fit its scope.

    `str()` of it is `file:line: message`, the source line, and what to write instead, each on a line of its own.
    """

    def __init__(self, message: str, place: ir.Place | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.place, self.hint = message, place, hint

    def __str__(self) -> str:
        lines = [f"{self.place}: {self.message}" if self.place else self.message]
        if self.place and self.place.text.strip():
            lines.append(f"    {self.place.text.strip()}")
        if self.hint:
            lines.append(self.hint)
        return "\n".join(lines)


def meant(asked: str, known: Iterable[str], what: str) -> str:
    """A hint for an unknown name: the nearest of the known ones if any is near, else all of them."""
    names = sorted(set(known))
    close = difflib.get_close_matches(asked, names, n=3, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(f'`{name}`' for name in close)}?"
    return f"{what}: {', '.join(names)}" if names else f"there are no {what}"


def must(what: str, expected: object, got: object, place: ir.Place, hint: str = "") -> ModelError:
    """The error of a value of the wrong type."""
    return ModelError(f"{what} must be {expected}, got {got}", place, hint)
