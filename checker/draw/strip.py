"""A small ruler beside a lifeline: what that one has at this moment, record by record, wherever a step changed it."""

from __future__ import annotations

from dataclasses import dataclass

from checker.draw.ruler import diverged
from checker.draw.svg import STYLES, Drawing, Point, measure, shortened, wrap
from checker.grounding.grounded import State
from checker.view import Sight, Spot

HEIGHT = 15
"""Of a record, in pixels."""
ABOVE, BELOW = 13, 18
"""From the middle of a strip to its edges: lines above the records, triangles below."""
WIDEST = 61
"""Of a record, in pixels."""
LINES = ("green", "violet", "pink")
"""Colours of the positions after the first two of a view's ruler, each a line above the records."""


@dataclass(frozen=True)
class Strip:
    """What is drawn of one lifeline; two that are equal look alike."""

    records: tuple[str, ...]
    solid: int
    lines: tuple[int, ...]
    ticks: tuple[Spot, ...]
    marks: tuple[int, ...]
    differing: tuple[int, ...]
    color: str


def strips(sight: Sight, start: State, state: State) -> dict[int, Strip]:
    """The strip of each lifeline in a state of a behaviour that began at `start`; none without positions to draw."""
    if sight.view is None or not sight.view.ruler:
        return {}
    held = sight.records(state)
    differing = tuple(sorted(diverged(held)))
    marks = tuple(spot.position for spot in sight.marks(start, state))
    found = {}
    for one in sight.lifelines:
        at = [sight.position(state, one, label) for label in sight.view.ruler]
        role = sight.role(state, one)
        found[one] = Strip(
            records=tuple(held.get(one, [""] * sight.extent(state, one))),
            solid=at[1] if len(at) > 1 else at[0],
            lines=tuple(at[2:]),
            ticks=tuple(sight.ticks(state, one)),
            marks=marks,
            differing=tuple(number for number in differing if number < sight.extent(state, one)),
            color=role.color if role else "blue",
        )
    return found


def draw_strip(drawing: Drawing, strip: Strip, before: Strip | None, at: Point, width: float, last: int) -> float:
    """Draws it within `width`; `at` is its left end and the middle of its records.  Returns its lower edge.

    Below it stand the labels of what was not yet in the one `before`; `last` is the last position of the whole picture.
    """
    left, middle = at
    cell = min(WIDEST, width / max(last, 1))
    top = middle - HEIGHT / 2
    drawing.line((left, middle), (left + cell * last, middle), "line-rule", 1.5)
    for number, record in enumerate(strip.records):
        x, done = left + number * cell, number < strip.solid
        edge = "red" if number in strip.differing else strip.color
        drawing.box(x + 1, top, cell - 2, HEIGHT, f"{'fill-' + strip.color if done else 'fill-paper'} strip", 2.5)
        if not done or number in strip.differing:
            drawing.box(x + 1, top, cell - 2, HEIGHT, f"fill-none line-{edge} {'differing' if done else 'open'}", 2.5)
        short = shortened(next(iter(record.split()), ""), STYLES["tiny"], cell - 3)
        if short:
            drawing.write(x + cell / 2, middle - 6, short, "tiny", "inverse" if done else strip.color, "middle")
    for level, position in enumerate(strip.lines):
        if position:
            y = top - 3.5 - 3.5 * level
            drawing.line((left + 1, y), (left + cell * position - 1, y), f"line-{LINES[level % len(LINES)]}", 2.5)
    for position in strip.marks:
        x = left + cell * position
        drawing.line((x, middle - ABOVE), (x, middle + BELOW - 4), "line-red dotted", 2)
    for position in sorted({spot.position for spot in strip.ticks}):
        ahead = any(spot.ahead for spot in strip.ticks if spot.position == position)
        x, y = left + cell * position - (4 if position == len(strip.records) else 0), top + HEIGHT + 1
        drawing.polygon([(x, y), (x - 4.5, y + 8), (x + 4.5, y + 8)], f"fill-{'red' if ahead else 'ink'} tick")
    return _new(drawing, strip, before, left, middle + BELOW - 2, width)


def _new(drawing: Drawing, strip: Strip, before: Strip | None, left: float, top: float, width: float) -> float:
    """The labels of new ticks, those that are ahead in red.  Returns the lower edge."""
    known = set() if before is None else set(before.ticks)
    y = top
    for ahead in (True, False):
        said = [spot.label for spot in strip.ticks if spot.ahead == ahead and spot not in known]
        for line in wrap(", ".join(said), STYLES["mark"], width):
            y = drawing.write(left, y, line, "mark", "red" if ahead else "faint").bottom
    return max(y, top + 2)


def legend(drawing: Drawing, sight: Sight, shown: list[Strip], left: float, top: float, right: float) -> float:
    """What the parts of a strip mean, as far as they occur.  Returns its lower edge."""
    view = sight.view
    if view is None or not any(strip.records or strip.marks for strip in shown):
        return top
    labels = list(view.ruler)
    entries: list[tuple[str, str]] = []
    if any(strip.solid for strip in shown):
        entries.append(("solid", labels[1] if len(labels) > 1 else labels[0]))
    if any(len(strip.records) > strip.solid for strip in shown):
        entries.append(("open", f"{labels[0]}, not {labels[1]}" if len(labels) > 1 else labels[0]))
    for level, label in enumerate(labels[2:]):
        if any(strip.lines[level] for strip in shown):
            entries.append((f"line {LINES[level % len(LINES)]}", label))
    if any(strip.differing for strip in shown):
        entries.append(("differing", "not the same record"))
    if any(strip.marks for strip in shown):
        entries.append(("mark", ", ".join(view.marks)))
    ticks = [spot for strip in shown for spot in strip.ticks]
    if any(not spot.ahead for spot in ticks):
        entries.append(("tick ink", "on disk"))
    if any(spot.ahead for spot in ticks):
        entries.append(("tick red", f"on disk, {view.beyond or 'beyond the horizon'}"))
    x, y = left, top
    for kind, label in entries:
        width = 24 + measure(label, STYLES["small"])
        if x + width > right and x > left:
            x, y = left, y + STYLES["small"].leading + 3
        _sample(drawing, kind, x, y + 8)
        x = drawing.write(x + 22, y, label, "small", "faint").right + 14
    return y + STYLES["small"].leading


def _sample(drawing: Drawing, kind: str, x: float, y: float) -> None:
    word, _, color = kind.partition(" ")
    if word == "line":
        drawing.line((x, y), (x + 16, y), f"line-{color}", 2.5)
    elif word == "mark":
        drawing.line((x + 8, y - 7), (x + 8, y + 7), "line-red dotted", 2)
    elif word == "tick":
        drawing.polygon([(x + 8, y - 4), (x + 3, y + 5), (x + 13, y + 5)], f"fill-{color}")
    else:
        drawing.box(x + 1, y - 6, 14, 12, "fill-blue" if word != "open" else "fill-paper", 2.5)
        if word != "solid":
            drawing.box(x + 1, y - 6, 14, 12, f"fill-none line-{'red' if word == 'differing' else 'blue'} {word}", 2.5)
