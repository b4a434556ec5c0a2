"""What a report says first: prose with the verdicts it rests on, each looked up in what came out."""

from __future__ import annotations

import builtins
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checker.pages.sheets import Sheet
from checker.refusal import UsageError, listed, unknown

PARTS = ("safe", "unsafe", "todo")


@dataclass(frozen=True)
class Ground:
    """A verdict that a sentence rests on: expected, and as it came out (empty where that claim was not run)."""

    claim: str
    property: str
    expected: str
    actual: str

    @builtins.property
    def stands(self) -> bool:
        return self.actual == self.expected


@dataclass(frozen=True)
class Sentence:
    """A sentence of the first screen.  It is shown as such only while all it rests on came out so."""

    part: str
    text: str
    grounds: tuple[Ground, ...]

    @property
    def stands(self) -> bool:
        return all(ground.stands for ground in self.grounds)


@dataclass(frozen=True)
class Picture:
    """A counterexample that is worth a picture in the repository: `file` without an ending."""

    file: str
    claim: str
    property: str
    caption: str


@dataclass(frozen=True)
class Front:
    """The sentences and pictures that a file asks for, and the claims whose states by depth are plotted."""

    title: str
    sentences: tuple[Sentence, ...]
    pictures: tuple[Picture, ...]
    plotted: tuple[str, ...]


def read_front(path: Path, sheets: Sequence[Sheet]) -> Front:
    """Reads the file; one that does not exist says nothing.

    title = "..."
    plotted = ["commit"]
    [[safe]]                 or [[unsafe]], [[todo]]
    text = "..."
    rests = [["data-flush-cut", "failback_succeeds", "exhausted"]]
    [[picture]]
    file = "async"
    claim = "commit"
    property = "page_within_standby"
    caption = "..."

    Raises `UsageError` for a file that is none of this, and a claim that does not exist.
    """
    if not path.exists():
        return Front("", (), (), ())
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        sentences = [_sentence(part, one, sheets) for part in PARTS for one in table.get(part, [])]
        pictures = [Picture(**one) for one in table.get("picture", [])]
        return Front(table["title"], tuple(sentences), tuple(pictures), tuple(table.get("plotted", ())))
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None


def _sentence(part: str, one: Mapping[str, Any], sheets: Sequence[Sheet]) -> Sentence:
    grounds = tuple(_ground(str(c), str(p), str(word), sheets) for c, p, word in one.get("rests", []))
    if part != "todo" and not grounds:
        raise UsageError(f"the sentence {one['text'][:40]!r} rests on no verdict")
    return Sentence(part, one["text"], grounds)


def _ground(claim: str, name: str, expected: str, sheets: Sequence[Sheet]) -> Ground:
    sheet = next((sheet for sheet in sheets if sheet.name == claim), None)
    actual = "" if sheet is None else _came(sheet, name)
    return Ground(claim, name, expected, actual)


def _came(sheet: Sheet, name: str) -> str:
    judged = sheet.judged(name)
    if judged is None:
        known = [one.property for one in sheet.outcome.came.verdicts] if sheet.outcome.came else []
        if sheet.outcome.came is not None:
            raise UsageError(f"claim {sheet.name}: {unknown('property', name, known, 'properties')}")
        return ""
    return judged.word


def missing(front: Front, sheets: Sequence[Sheet]) -> str:
    """Which claims of the file were not run; empty if all were."""
    names = {sheet.name for sheet in sheets}
    asked = [ground.claim for sentence in front.sentences for ground in sentence.grounds]
    asked += [picture.claim for picture in front.pictures]
    absent = [name for name in dict.fromkeys(asked) if name not in names]
    return f"not run: {listed(absent)}" if absent else ""
