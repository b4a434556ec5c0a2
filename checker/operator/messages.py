"""The lines of PostgreSQL's logs that say how a return went, found in any language its message catalogues are in.

A message is looked for by its format string, the key of the catalogues: in English always, and as every catalogue that
is installed translates it.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from checker.postgres.lsn import parse_lsn

CATALOGUES = ("/usr/share/locale", "/usr/local/share/locale", "/usr/local/pgsql/share/locale")
"""Where distributions put the catalogues; Debian's are named postgres-15.mo, a server built from source has
postgres-9.4.mo in its own share/locale."""

_LSN = "%X/%X"

FORMATS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # kind: the fields in the order of the English arguments, and the format strings of all majors since 9.3
    "forked_before": (
        ("timeline", "old_timeline", "lsn"),
        (f"new timeline %u forked off current database system timeline %u before current recovery point {_LSN}",),
    ),
    "start_ahead": (
        ("lsn", "flushed"),
        (f"requested starting point {_LSN} is ahead of the WAL flush position of this server {_LSN}",),
    ),
    "start_not_in_history": (
        ("lsn", "old_timeline"),
        (f"requested starting point {_LSN} on timeline %u is not in this server's history",),
    ),
    "forked_at": (("old_timeline", "lsn"), (f"This server's history forked from timeline %u at {_LSN}.",)),
    "minimum_recovery": (
        ("timeline", "lsn", "old_timeline"),
        (f"requested timeline %u does not contain minimum recovery point {_LSN} on timeline %u",),
    ),
    "not_a_child": (("timeline",), ("requested timeline %u is not a child of this server's history",)),
    "not_a_child_of": (
        ("timeline", "old_timeline"),
        ("new timeline %u is not a child of database system timeline %u",),
    ),
    "checkpoint_after_fork": (
        ("lsn", "old_timeline", "fork"),
        (
            f"Latest checkpoint is at {_LSN} on timeline %u, but in the history of the requested timeline, the server "
            f"forked off from that timeline at {_LSN}.",
        ),
    ),
    "no_checkpoint": (
        (),
        ("could not locate a valid checkpoint record", "could not locate required checkpoint record"),
    ),
    "invalid_pages": ((), ("WAL contains references to invalid pages",)),
    "wal_removed": (("segment",), ("requested WAL segment %s has already been removed",)),
    "end_of_wal": (
        ("lsn",),
        (
            f"invalid record length at {_LSN}: wanted %u, got %u",
            f"invalid record length at {_LSN}: expected at least %u, got %u",
            f"invalid record length at {_LSN}",
            f"record with zero length at {_LSN}",
        ),
    ),
    "consistent": (("lsn",), (f"consistent recovery state reached at {_LSN}",)),
    "redo_starts": (("lsn",), (f"redo starts at {_LSN}",)),
    "end_of_timeline": (("old_timeline", "lsn"), (f"End of WAL reached on timeline %u at {_LSN}.",)),
    "streaming": (
        ("lsn", "timeline"),
        (
            f"started streaming WAL from primary at {_LSN} on timeline %u",
            f"restarted WAL streaming at {_LSN} on timeline %u",
        ),
    ),
    "new_timeline": (("timeline",), ("selected new timeline ID: %u",)),
    "promote": ((), ("received promote request",)),
    "interrupted": ((), ("database system was interrupted; last known up at %s",)),
    "interrupted_in_recovery": ((), ("database system was interrupted while in recovery at log time %s",)),
    "standby_mode": ((), ("entering standby mode",)),
}
"""Messages of the server, with those details that have numbers in them."""

_SPEC = re.compile(r"%(?:(\d+)\$)?[-0 ]*\d*l*([uXdsmz%])")


@dataclass(frozen=True)
class Match:
    """A message that was found: its kind, and its numbers by name; `flushed` and everything named `lsn` are LSNs."""

    kind: str
    lsn: int = 0
    timeline: int = 0
    old_timeline: int = 0
    flushed: int = 0
    fork: int = 0
    segment: str = ""


def _arguments(text: str) -> int:
    return sum(match.group(2) != "%" for match in _SPEC.finditer(text))


def pattern(translated: str) -> str:
    """A regular expression for a format string; group a3 is the argument that is third in English (from 0: a2)."""
    made, position, following, seen = "", 0, 0, set()
    for spec in _SPEC.finditer(translated):
        made += re.escape(translated[position : spec.start()])
        position = spec.end()
        if spec.group(2) == "%":
            made += "%"
            continue
        number = int(spec.group(1)) - 1 if spec.group(1) else following
        following = number + 1
        kind = {"s": ".+?", "m": ".+?", "X": "[0-9A-Fa-f]+"}.get(spec.group(2), r"\d+")
        made += f"(?:{kind})" if number in seen else f"(?P<a{number}>{kind})"
        seen.add(number)
    tail = re.escape(translated[position:])
    return made + (tail or (r"(?!\w)" if made.endswith(")") else ""))


def _plainest(translated: str) -> str:
    """The longest piece of a format string that has no argument in it."""
    return max(_SPEC.split(translated)[::3], key=len)


class Catalogue:
    """Finds the messages above in text. `languages` names the files that were read, English not among them."""

    def __init__(self, files: Iterable[Path] = ()) -> None:
        self.languages: list[str] = []
        texts = {kind: list(formats) for kind, (_, formats) in FORMATS.items()}
        for path in files:
            if added := self._translations(path):
                self.languages.append(f"{path.parent.parent.name}/{path.name}")
            for kind, translated in added:
                texts[kind].append(translated)
        self._patterns = {
            kind: [
                re.compile(pattern(text.rstrip(".。"))) for text in sorted(dict.fromkeys(found), key=len, reverse=True)
            ]
            for kind, found in texts.items()
        }
        pieces = {_plainest(text) for found in texts.values() for text in found}
        self._any = re.compile("|".join(re.escape(piece) for piece in sorted(pieces, key=len, reverse=True)))

    def _translations(self, path: Path) -> list[tuple[str, str]]:
        try:
            with path.open("rb") as file:
                read = gettext.GNUTranslations(file)
        except (OSError, ValueError, UnicodeError):
            return []
        found = []
        for kind, (_, formats) in FORMATS.items():
            # 19 pads the second half of an LSN
            for english in [*formats, *(text.replace(_LSN, "%X/%08X") for text in formats)]:
                translated = read.gettext(english)
                if translated != english and _arguments(translated) == _arguments(english):
                    found.append((kind, translated))
        return found

    def find(self, text: str) -> list[Match]:
        """Every message in a piece of text, a message of another server quoted inside it too."""
        if not self._any.search(text):
            return []
        return [
            _match(kind, match)
            for kind, patterns in self._patterns.items()
            if (match := next((m for one in patterns if (m := one.search(text))), None))
        ]


def _match(kind: str, match: re.Match[str]) -> Match:
    """The arguments by name: an LSN takes two of them."""
    given, number = match.groupdict(), 0
    values: dict[str, Any] = {}
    for name in FORMATS[kind][0]:
        if name in ("lsn", "flushed", "fork"):
            values[name] = parse_lsn(f"{given[f'a{number}']}/{given[f'a{number + 1}']}")
            number += 2
        else:
            values[name] = given[f"a{number}"] if name == "segment" else int(given[f"a{number}"])
            number += 1
    return Match(kind, **values)


def installed(more: Iterable[Path] = ()) -> list[Path]:
    """The message catalogues of servers on this machine, and in the locale directories `more`."""
    return [
        path
        for folder in [*map(Path, CATALOGUES), *Path("/usr").glob("pgsql-*/share/locale"), *more]
        for path in sorted(folder.glob("*/LC_MESSAGES/postgres-*.mo"))
    ]


@cache
def catalogue() -> Catalogue:
    """English, and every language that is installed here."""
    return Catalogue(installed())
