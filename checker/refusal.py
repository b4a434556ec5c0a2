"""How a wrong name or value is refused: what was asked, what exists, and what may have been meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class UsageError(Exception):
    """The user asked for something that does not exist or makes no sense; the message is for the user."""


def near(asked: str, known: Iterable[str]) -> list[str]:
    """Those of the known names that look like the one asked for, the likest first, at most three."""
    names = {name.lower().replace("-", "_"): name for name in known}
    wanted = asked.lower().replace("-", "_")
    close = difflib.get_close_matches(wanted, names, n=3, cutoff=0.6)
    if len(wanted) >= 3:
        close += [name for name in names if wanted in name and name not in close]
    return [names[name] for name in close[:3]]


def listed(names: Iterable[str], last: str = "and") -> str:
    """Names as a sentence has them: `a, b and c`."""
    items = list(names)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}" if items else "none"


def unknown(what: str, asked: str, known: Sequence[str], plural: str = "") -> str:
    """Says that there is no such `what`, which were likely meant, and which there are."""
    close = near(asked, known)
    meant = f"; did you mean {listed(close, 'or')}?" if close else "."
    many = plural or f"{what}s"
    exist = f" The {many} are: {', '.join(known)}." if known else f" There are no {many}."
    return f"no {what} {asked!r}{meant}{exist}"
