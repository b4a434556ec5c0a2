"""What a report says first: prose with the verdicts it rests on, each looked up in what came out."""

from __future__ import annotations

import builtins
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checker.measured import Judged
from checker.pages.sheets import Sheet
from checker.refusal import UsageError, listed, unknown

PARTS = ("safe", "unsafe", "todo")


@dataclass(frozen=True)
class Ground:
    """A verdict that a sentence rests on: expected, and as it came out (empty where that claim was not run).

    `told` says how it is known: `all 8,305 states`, `a counterexample of 15 steps`.
    """

    claim: str
    property: str
    expected: str
    actual: str
    told: str

    @builtins.property
    def stands(self) -> bool:
        return self.actual == self.expected


@dataclass(frozen=True)
class Sentence:
    """A sentence of the first screen.  It is shown as such only while all it rests on came out so."""

    part: str
    lead: str
    text: str
    grounds: tuple[Ground, ...]

    @property
    def stands(self) -> bool:
        return all(ground.stands for ground in self.grounds)

    @property
    def shown(self) -> list[Ground]:
        """Its grounds, one of those that a reader could not tell apart."""
        return list({(ground.claim, ground.told, ground.stands): ground for ground in self.grounds}.values())


@dataclass(frozen=True)
class Picture:
    """A counterexample that is worth a picture in the repository: `file` without an ending."""

    file: str
    claim: str
    property: str
    caption: str


@dataclass(frozen=True)
class Front:
    """The sentences and pictures that a file asks for, the claims whose states by depth are plotted, and which other
    pages of its folder are taken in, in that order."""

    title: str
    answer: str
    sentences: tuple[Sentence, ...]
    pictures: tuple[Picture, ...]
    plotted: tuple[str, ...]
    pages: tuple[str, ...]


def read_front(path: Path, sheets: Sequence[Sheet]) -> Front:
    """Reads the file; one that does not exist says nothing.

    title = "..."
    answer = "..."           the shortest that can be said, may be left out
    plotted = ["commit"]
    pages = ["proofs.md"]    or patterns; pages that do not exist are left out
    [[safe]]                 or [[unsafe]], [[todo]]
    lead = "..."             may be left out
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
        return Front("", "", (), (), (), ())
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        sentences = [_sentence(part, one, sheets) for part in PARTS for one in table.get(part, [])]
        pictures = [Picture(**one) for one in table.get("picture", [])]
        plotted, pages = (tuple(map(str, table.get(name, ()))) for name in ("plotted", "pages"))
        return Front(
            str(table["title"]), str(table.get("answer", "")), tuple(sentences), tuple(pictures), plotted, pages
        )
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None


def _sentence(part: str, one: Mapping[str, Any], sheets: Sequence[Sheet]) -> Sentence:
    grounds = tuple(_ground(str(c), str(p), str(word), sheets) for c, p, word in one.get("rests", []))
    if part != "todo" and not grounds:
        raise UsageError(f"the sentence {one['text'][:40]!r} rests on no verdict")
    return Sentence(part, str(one.get("lead", "")), str(one["text"]), grounds)


def _ground(claim: str, name: str, expected: str, sheets: Sequence[Sheet]) -> Ground:
    sheet = next((sheet for sheet in sheets if sheet.name == claim), None)
    if sheet is None or sheet.outcome.came is None:
        return Ground(claim, name, expected, "", "not run")
    judged = sheet.judged(name)
    if judged is None:
        known = [one.property for one in sheet.outcome.came.verdicts]
        raise UsageError(f"claim {sheet.name}: {unknown('property', name, known, 'properties')}")
    return Ground(claim, name, expected, judged.word, _known_by(sheet, judged))


def _known_by(sheet: Sheet, judged: Judged) -> str:
    """How a verdict is known, for a reader who has not heard of states and traces yet."""
    states = f"all {sheet.outcome.states:,} states"
    length = f"{judged.depth} step{'' if judged.depth == 1 else 's'}"
    fixed = sheet.proved_with(judged.property)
    return {
        "proved": f"proved for any size{f' with {fixed}' if fixed else ''}; {states}",
        "exhausted": states,
        "violated": f"counterexample, {length}",
        "reached": f"example, {length}",
        "unreached": f"in none of {states}",
    }.get(sheet.word(judged.property), judged.word)


def missing(front: Front, sheets: Sequence[Sheet]) -> str:
    """Which claims of the file were not run; empty if all were."""
    names = {sheet.name for sheet in sheets}
    asked = [ground.claim for sentence in front.sentences for ground in sentence.grounds]
    asked += [picture.claim for picture in front.pictures]
    absent = [name for name in dict.fromkeys(asked) if name not in names]
    return f"not run: {listed(absent)}" if absent else ""
