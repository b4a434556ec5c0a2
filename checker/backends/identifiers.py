"""Names that another language takes: made of the model's own, each given out once."""

from __future__ import annotations

import re
from collections.abc import Iterable


class Identifiers:
    """Gives out identifiers; `taken` are words that mean something already."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)

    def fresh(self, wanted: str) -> str:
        """The identifier nearest to a text, such as `disk_A_p1_lsn` for `disk[A, p1].lsn`."""
        plain = wanted.encode("ascii", "backslashreplace").decode()
        name = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")
        name = name if name[:1].isalpha() else f"v_{name}"
        made, number = name, 2
        while made in self._taken:
            made, number = f"{name}_{number}", number + 1
        self._taken.add(made)
        return made
