"""The pictures in the repository: each is what the model and the drawing of today make of the steps that it shows."""

from __future__ import annotations

import re
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from checker.draw.clearest import clearest
from checker.draw.spacetime import spacetime
from checker.grounding.ground import ground
from checker.pages.sheets import model_of
from checker.run import Request, configured
from checker.spec import read
from checker.traces.retrace import retrace

ROOT = Path(__file__).parents[2]
CHOSEN = tomllib.loads((ROOT / "reports" / "front-page.toml").read_text(encoding="utf-8"))["picture"]
MOST = 2_000_000
"""Bytes of all that is committed for readers."""


def structure(picture: str) -> list[tuple[str, str, str]]:
    """What is drawn, in order, without where."""
    return [(one.tag, one.get("class", ""), one.text or "") for one in ET.fromstring(picture).iter()]


def steps(picture: str) -> list[str]:
    """The actions that a picture shows; those told at once begin with their numbers."""
    texts = [text for _, kind, text in structure(picture) if kind.split()[:1] == ["label"]]
    return [re.sub(r"^\d+ ", "", text) for text in texts[1:]]


@pytest.mark.parametrize(
    "one",
    [pick for pick in CHOSEN if pick["claim"] in ("commit", "commit-cut", "data-flush")],
    ids=lambda one: one["file"],
)
def test_a_picture_is_as_it_would_be_drawn_now(one: dict[str, str]) -> None:
    there = (ROOT / "reports" / "pictures" / f"{one['file']}.svg").read_text(encoding="utf-8")
    spec = read(ROOT / "specs" / f"{one['claim']}.toml")
    request = Request(model=spec.model, sets=tuple(spec.settings.items()), preset=spec.preset, scope=spec.scope)
    chosen = configured(model_of(spec.model), request)
    trace = retrace(ground(chosen.model, chosen.settings, chosen.bounds), steps(there), shows=one["property"])
    assert structure(spacetime(clearest(trace).trace)) == structure(there)


@pytest.mark.parametrize("one", CHOSEN, ids=lambda one: one["file"])
def test_a_picture_begins_with_what_was_lost_and_why(one: dict[str, str]) -> None:
    drawn = structure((ROOT / "reports" / "pictures" / f"{one['file']}.svg").read_text(encoding="utf-8"))
    texts = [(kind, text) for _, kind, text in drawn if text.strip()]
    assert texts[0][1].startswith(f"{one['property']}, violated, ")  # the title, for those who cannot see
    assert next(kind for kind, _ in texts if "fill-" in kind).startswith("lede")
    assert sum("violating" in kind for _, kind, _ in drawn) == 1


def test_what_is_committed_for_readers_stays_small() -> None:
    folder = ROOT / "reports"
    assert sum(path.stat().st_size for part in ("*.md", "pictures/*") for path in folder.glob(part)) < MOST
