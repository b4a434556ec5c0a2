"""The report as one HTML file that opens from disk: nothing in it comes from elsewhere, and it runs no script."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from checker.labels import first_sentence
from checker.pages.elsewhere import taken
from checker.pages.front import PARTS, Front
from checker.pages.growth import Growth
from checker.pages.growth import told as growth_told
from checker.pages.matrix import by_model, said, settings_text, spoken_of
from checker.pages.plots import Line, plot
from checker.pages.sheets import Sheet, Told

if TYPE_CHECKING:
    from markupsafe import Markup

PICTURES = 2_600_000
"""Bytes of pictures in the file; a counterexample beyond them is told by its steps."""

HEADINGS = {"safe": "What is safe", "unsafe": "What is not", "todo": "What to do"}


@dataclass(frozen=True)
class About:
    """What the report was made of: the fingerprints and versions that make it again."""

    model: str
    checker: str
    versions: dict[str, str]


@dataclass(frozen=True)
class Shown:
    """A counterexample in the file; `picture` is empty where `alike` names the one that has the same steps."""

    id: str
    told: Told
    picture: str
    alike: str


def render(sheets: Sequence[Sheet], front: Front, grown: Sequence[Growth], about: About, folder: Path) -> str:
    """The whole document; `folder` is that of the reports, whose other pages are taken in."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    here = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader(here), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["coded"] = _coded
    environment.globals.update(
        said=said, settings_text=settings_text, cell_class=_cell_class, anchor=anchor, summary=_summary
    )
    shown = _shown(sheets)
    environment.globals["target"] = lambda ground: (
        key if (key := f"{ground.claim}--{ground.property}") in shown else ground.claim
    )
    styles = {style for one in shown.values() if (style := _style(one.told.picture))}
    return environment.get_template("report.html").render(
        title=front.title or "Verdicts",
        answer=front.answer,
        claimed=sum(sheet.outcome.word == "as claimed" for sheet in sheets),
        wrong=sum(one.told.wrong for one in shown.values()),
        front=[(HEADINGS[part], part, [one for one in front.sentences if one.part == part]) for part in PARTS],
        models=[
            (first_sentence(model.doc) or model.name, spoken_of(model, claims), claims)
            for model, claims in by_model(sheets)
        ],
        sheets=sheets,
        shown=shown,
        plots=list(_plots(sheets, front, grown)),
        growth=growth_told(grown),
        pages=taken(folder, front.pages),
        about=about,
        css=(here / "report.css").read_text(encoding="utf-8"),
        picture_css="\n".join(sorted(styles)),
    )


def anchor(sheet: Sheet, name: str = "") -> str:
    """Where the evidence of a cell stands: its counterexample, else its claim."""
    return f"{sheet.name}--{name}" if name in sheet.told else sheet.name


def _coded(text: str) -> Markup:
    """Prose in which `this` is code."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _cell_class(sheet: Sheet, name: str) -> str:
    judged = sheet.judged(name)
    if judged is None or judged.constant:
        return "none"
    word = sheet.word(name)
    kind = "bad" if word in ("violated", "unreached") else "open" if word in ("unknown", "bounded") else "good"
    return f"{kind} differs" if sheet.differs(name) else kind


def _summary(told: Told) -> str:
    """What a closed counterexample shows: whether and when, without the words that its column has already."""
    return told.headline.removeprefix(f"{told.property} ").removeprefix("is ")


def _shown(sheets: Sequence[Sheet]) -> dict[str, Shown]:
    """Every trace by its anchor.  Each picture once, the shortest traces first, as long as there is room for it."""
    traces = [(anchor(sheet, name), told) for sheet in sheets for name, told in sheet.told.items()]
    first: dict[tuple[str, tuple[str, ...]], str] = {}
    room = PICTURES
    made: dict[str, Shown] = {}
    for id_, told in sorted(traces, key=lambda one: len(one[1].steps)):
        key = told.property, tuple(step.label for step in told.steps)
        drawn = _without_style(told.picture) if told.wrong and key not in first else ""
        if drawn and len(drawn) > room:
            drawn = ""
        if drawn:
            room -= len(drawn)
            first[key] = id_
        made[id_] = Shown(id_, told, drawn, "" if drawn else first.get(key, ""))
    return made


# --- pictures -----------------------------------------------------------------------------------------------


def _style(picture: str) -> str:
    found = re.search(r"<style>(.*?)</style>", picture, re.DOTALL)
    return found[1] if found else ""


def _without_style(picture: str) -> str:
    """The element alone: the styles of all pictures are the same, and stand once in the document."""
    return re.sub(r"<\?xml.*?\?>\n?|<style>.*?</style>\n?", "", picture, flags=re.DOTALL)


# --- plots --------------------------------------------------------------------------------------------------


def _plots(sheets: Sequence[Sheet], front: Front, grown: Sequence[Growth]) -> Iterator[tuple[str, str]]:
    """Each plot with its caption."""
    named = {sheet.name: sheet for sheet in sheets}
    chosen = [named[name] for name in front.plotted if name in named] or list(sheets)[:6]
    lines = [
        Line(sheet.name, tuple((depth, count) for depth, count in enumerate(sheet.outcome.came.levels) if count))
        for sheet in chosen
        if sheet.outcome.came is not None and sheet.outcome.came.levels
    ]
    if lines:
        yield plot("States at each depth", lines, "steps from the start", "states"), "States at each depth of a search."
    curves = [
        Line(one.bound, tuple(zip(map(float, one.values), map(float, one.states), strict=True)), one.cut)
        for one in grown
        if len(one.values) > 1
    ]
    if curves:
        yield (
            plot("Growth of the state space", curves, "value of the bound", "states"),
            "States of the smallest scope when one bound grows, under the default settings; a broken line has more.",
        )
