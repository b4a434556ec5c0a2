"""Every claim with what came of it: the words of its row in the matrix, and its traces as people read them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from checker import ir
from checker.configuration import Configuration
from checker.draw.clearest import clearest
from checker.draw.ending import Ending, ending
from checker.draw.spacetime import spacetime
from checker.evidence import Step, steps
from checker.gate import Outcome, run_claims
from checker.grounding.ground import ground
from checker.kept_forms import load
from checker.measured import Judged
from checker.pages.counterexample import page, stepped
from checker.run import Request, configured
from checker.spec import MODEL, Spec, read
from checker.traces.retrace import retrace
from checker.traces.trace import Trace


@dataclass(frozen=True)
class Told:
    """One trace as people read it.  `comes_to` is what it shows in the model's words, if it has any; `order` says what
    was done to its order, `page` is the whole as Markdown, `stepped` its address on the interactive page."""

    property: str
    wrong: bool
    headline: str
    sentence: str
    comes_to: str
    because: tuple[str, ...]
    steps: tuple[Step, ...]
    loop: int | None
    order: str
    picture: str
    page: str
    stepped: str


@dataclass(frozen=True)
class Sheet:
    """A claim, its outcome, the settings it is about, and its traces by property."""

    spec: Spec
    outcome: Outcome
    changed: dict[str, str | bool]
    scope: str
    bounds: dict[str, int]
    told: dict[str, Told] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.spec.name

    def judged(self, name: str) -> Judged | None:
        """What came out of a property; None where the claim does not speak of it or nothing was run."""
        came = self.outcome.came
        return next((one for one in came.verdicts if one.property == name), None) if came is not None else None

    def word(self, name: str) -> str:
        """The word of a cell; empty for a property that the claim does not speak of.

        `proved`: the gate demands the proof for any size, and found it; what came out otherwise shows what came out.
        """
        judged = self.judged(name)
        if judged is None:
            return ""
        if judged.word == "unknown" and self.outcome.came is not None and self.outcome.came.stopped is not None:
            return "bounded"
        if self.spec.expect[name].proved is not None and self.outcome.word == "as claimed":
            return "proved"
        return judged.word

    def proved_with(self, name: str) -> str:
        """The bounds that its proof leaves fixed, as `promotions=1`; empty where it is for any size, or is none."""
        fixed = self.spec.expect[name].proved if self.word(name) == "proved" else None
        return ", ".join(f"{bound}={value}" for bound, value in (fixed or {}).items())

    def differs(self, name: str) -> bool:
        """Whether the property came out otherwise than the claim says."""
        return any(difference.about == name for difference in self.outcome.differences)


def sheets(
    paths: Sequence[Path], workers: int, fresh: bool = False, tell: Callable[[str], None] = lambda text: None
) -> list[Sheet]:
    """Runs the claims as the gate does, or recalls them, and retraces what they found, in so many processes."""
    found: list[tuple[Path, Outcome]] = []
    for path, outcome in zip(paths, run_claims(paths, workers, fresh), strict=True):
        tell(f"claims {len(found) + 1} of {len(paths)}: {outcome.name}")
        found.append((path, outcome))
    made: list[Sheet] = []
    for sheet in _retraced(found, workers):
        tell(f"traces {len(made) + 1} of {len(paths)}: {sheet.name}")
        made.append(sheet)
    return made


def _retraced(found: Sequence[tuple[Path, Outcome]], workers: int) -> Iterator[Sheet]:
    if workers <= 1 or len(found) <= 1:
        yield from map(_sheet, found)
        return
    with ProcessPoolExecutor(min(workers, len(found)), multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(_sheet, found, chunksize=2)


@lru_cache(8)
def model_of(reference: str) -> ir.Model:
    """A model, read once.  Raises `ModelError`."""
    return load(reference)


def _sheet(found: tuple[Path, Outcome]) -> Sheet:
    path, outcome = found
    spec = read(path)
    request = Request(
        model=spec.model,
        sets=tuple(spec.settings.items()),
        preset=spec.preset,
        scope=spec.scope,
        bounds=tuple(spec.bounds.items()),
    )
    chosen = configured(model_of(spec.model), request)
    sheet = Sheet(spec, outcome, chosen.changed_settings(), chosen.scope, chosen.bound_values())
    judged = [] if outcome.came is None else [one for one in outcome.came.verdicts if one.steps is not None]
    if not judged:
        return sheet
    taken = {label for one in judged for label in one.steps or ()}
    grounded = ground(chosen.model, chosen.settings, chosen.bounds, only=taken)
    for one in judged:
        trace = retrace(grounded, one.steps or (), start=one.start, shows=one.property, loop=one.loop)
        sheet.told[one.property] = _told(sheet, one, trace, chosen)
    return sheet


def _told(sheet: Sheet, judged: Judged, trace: Trace, chosen: Configuration) -> Told:
    shown: Ending | None = ending(trace)
    assert shown is not None, "it is named for a property"
    clear = clearest(trace)
    return Told(
        property=judged.property,
        wrong=shown.wrong,
        headline=shown.headline,
        sentence=shown.sentence,
        comes_to=shown.told,
        because=shown.because,
        steps=steps(clear.trace),
        loop=trace.loop,
        order=clear.note,
        picture=spacetime(clear.trace) if shown.wrong else "",
        page=page(sheet.spec, sheet.outcome, chosen, clear, shown) if shown.wrong else "",
        stepped=stepped(sheet.spec, clear.trace) if sheet.spec.model == MODEL else "",
    )
