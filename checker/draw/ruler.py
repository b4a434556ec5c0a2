"""Rulers: at one moment, the positions of every lifeline on one scale, and the marks that go across them all."""

from __future__ import annotations

from dataclasses import dataclass

from checker.draw.svg import STYLES, Drawing, measure, shortened
from checker.grounding.grounded import State
from checker.view import Role, Sight, Spot

LINE = STYLES["small"].leading
BAR, RECORDS_BAR = 12, 20
"""Height of a bar, and of one that says what it holds, in pixels."""
WIDEST = 170
"""Of a record, in pixels: a scale that is short stays short."""
NAMES = 170
"""Width of the column of names."""


@dataclass(frozen=True)
class Moment:
    """The rulers of one moment; `heading` says of which."""

    heading: str
    start: State
    state: State


@dataclass(frozen=True)
class Scale:
    """Where positions 0 to `last` are, in pixels from the left."""

    left: float
    right: float
    last: int

    def x(self, position: int) -> float:
        return self.left + (self.right - self.left) * position / self.last


def has_rulers(sight: Sight) -> bool:
    """Whether the view has positions to draw."""
    return sight.view is not None and bool(sight.view.ruler)


def positions(sight: Sight, start: State, state: State) -> tuple[list[Spot], ...]:
    """Everything that the rulers of a state show, to tell whether two moments would look alike."""
    shown = [sight.positions(state, one) + sight.ticks(state, one) for one in sight.lifelines]
    return (*shown, sight.marks(start, state))


def draw_rulers(
    drawing: Drawing, sight: Sight, moment: Moment, extent: tuple[int, float], left: float, top: float, width: float
) -> float:
    """Draws the rulers of a moment in a panel.  Returns the panel's lower edge.

    `extent` is the same for all moments of a picture, so that they have one scale: the last position and the width in
    pixels of the widest label.
    """
    right = left + width
    last, widest = extent
    end = min(max(right - widest - 22, left + NAMES + 60), left + NAMES + WIDEST * max(last, 1))
    scale = Scale(left + NAMES, end, max(last, 1))
    panel = len(drawing.shapes)
    y = _heading(drawing, moment.heading, scale, left + 12, top + 8)
    marks = sight.marks(moment.start, moment.state)
    y = marks_from = _mark_labels(drawing, marks, scale, y)
    grid = len(drawing.shapes)
    records = sight.records(moment.state)
    for lifeline in sight.lifelines:
        bar = _Bar(sight.extent(moment.state, lifeline), records.get(lifeline, []), diverged(records))
        y = _ruler(drawing, sight, moment.state, lifeline, bar, scale, left + 12, y + 6)
    bottom = y + 8
    lines = Drawing(drawing.width)
    for position in range(scale.last + 1):
        lines.line((scale.x(position), marks_from), (scale.x(position), y), "line-rule")
    drawing.shapes[grid:grid] = lines.shapes
    for spot in marks:
        drawing.line((scale.x(spot.position), marks_from), (scale.x(spot.position), y), "line-red dashed", 2)
    back = Drawing(drawing.width)
    back.box(left, top, width, bottom - top, "fill-panel", 6)
    drawing.shapes[panel:panel] = back.shapes
    return bottom


def _heading(drawing: Drawing, heading: str, scale: Scale, left: float, top: float) -> float:
    """The moment, and the numbers of the scale: as many as fit."""
    drawing.write(left, top, heading, "small", "faint")
    widest = measure(str(scale.last), STYLES["small"]) + 8
    every = 1
    while widest > (scale.right - scale.left) / scale.last * every:
        every += 1
    for position in range(0, scale.last + 1, every):
        drawing.write(scale.x(position), top, str(position), "small", "faint", "middle")
    return top + LINE


def _mark_labels(drawing: Drawing, marks: list[Spot], scale: Scale, top: float) -> float:
    levels = stacked(marks, scale)
    height = max(levels, default=-1) + 1
    for spot, level in zip(marks, levels, strict=True):
        y = top + (height - 1 - level) * LINE
        drawing.line((scale.x(spot.position), y + 2), (scale.x(spot.position), top + height * LINE), "line-red", 2)
        drawing.write(scale.x(spot.position) + 5, y, spot.label, "small", "red")
    return top + height * LINE


@dataclass(frozen=True)
class _Bar:
    """How far a bar reaches, what it holds up to each position, and at which positions the lifelines differ."""

    extent: int
    records: list[str]
    diverged: set[int]

    @property
    def height(self) -> int:
        return RECORDS_BAR if self.records else BAR


def diverged(records: dict[int, list[str]]) -> set[int]:
    """The positions, from 0, at which the lifelines that have a record there have different ones."""
    longest = max(map(len, records.values()), default=0)
    held = [{words[at] for words in records.values() if at < len(words)} for at in range(longest)]
    return {at for at, words in enumerate(held) if len(words) > 1}


def _ruler(
    drawing: Drawing, sight: Sight, state: State, lifeline: int, bar: _Bar, scale: Scale, left: float, top: float
) -> float:
    """One lifeline's ruler: labels, bar, ticks below.  Returns its lower edge."""
    role = sight.role(state, lifeline)
    above, below = sight.positions(state, lifeline), sight.ticks(state, lifeline)
    over, under = stacked(above, scale), stacked(below, scale)
    bar_top = top + (max(over, default=-1) + 1) * LINE + 4
    bar_bottom = bar_top + bar.height
    _bar(drawing, role.color if role else "blue", bar, scale, bar_top)
    for spot, level in zip(above, over, strict=True):
        y = bar_top - 4 - (level + 1) * LINE
        drawing.line((scale.x(spot.position), y + 3), (scale.x(spot.position), bar_bottom), "line-ink", 1.5)
        _note(drawing, scale.x(spot.position) + 5, y, spot.label)
    for spot, level in zip(below, under, strict=True):
        x, y = scale.x(spot.position), bar_bottom + 5 + level * LINE
        color = "red" if spot.ahead else "ink"
        drawing.line((x, bar_bottom), (x, y + LINE - 3), "line-faint", 1.5)
        drawing.polygon([(x, bar_bottom - 2), (x - 5, bar_bottom + 6), (x + 5, bar_bottom + 6)], f"fill-{color}")
        _note(drawing, x + 7, y, spot.label, color)
    ahead = any(spot.ahead for spot in below)
    named = _names(drawing, sight, state, lifeline, role, left, top, ahead)
    return max(named, bar_bottom + 5 + (max(under, default=-1) + 1) * LINE)


def _bar(drawing: Drawing, color: str, bar: _Bar, scale: Scale, top: float) -> None:
    middle = top + bar.height / 2
    drawing.box(scale.left, middle - 1, scale.right - scale.left, 2, "fill-rule")
    if bar.extent:
        drawing.box(scale.left, top, scale.x(bar.extent) - scale.left, bar.height, f"fill-{color}")
    for at, record in enumerate(bar.records):
        start, end = scale.x(at), scale.x(at + 1)
        if at in bar.diverged:
            drawing.box(start + 1, top + 1, end - start - 2, bar.height - 2, f"fill-{color} line-red diverged", 2)
        drawing.line((end, top), (end, top + bar.height), "line-panel", 1.5)
        fitting = shortened(record, STYLES["pill"], end - start - 10)
        drawing.write((start + end) / 2, middle - STYLES["pill"].leading / 2, fitting, "pill", "inverse", "middle")


def _note(drawing: Drawing, x: float, top: float, label: str, color: str = "ink") -> None:
    written = drawing.write(x, top, label, "small", color)
    drawing.box(written.x - 1, written.top + 1, written.width + 2, written.height - 2, "fill-panel")


def _names(
    drawing: Drawing,
    sight: Sight,
    state: State,
    lifeline: int,
    role: Role | None,
    left: float,
    top: float,
    ahead: bool,
) -> float:
    """The lifeline's name and role, what the view has beside it, and what red marks below its bar mean."""
    name = drawing.write(left, top, sight.name(lifeline), "head")
    y = name.bottom
    if role:
        drawing.write(name.right + 7, top + 3, role.label, "pill", role.color)
    for note in sight.beside(state, lifeline):
        y = drawing.write(left, y, note, "small", "faint").bottom
    if ahead and sight.view is not None and sight.view.beyond:
        y = drawing.write(left, y, f"red: {sight.view.beyond}", "small", "red").bottom
    return y


def stacked(spots: list[Spot], scale: Scale) -> list[int]:
    """A level for each label, 0 next to the bar, so that none touches another's text or leader.

    Each text begins right of its leader, so going from right to left a label must stand above every label whose
    position its text reaches.
    """
    levels = [0] * len(spots)
    done: list[tuple[float, int]] = []
    for index in sorted(range(len(spots)), key=lambda i: (-spots[i].position, -i)):
        x = scale.x(spots[index].position)
        end = x + 7 + measure(spots[index].label, STYLES["small"]) + 6
        levels[index] = max((level + 1 for other, level in done if other < end), default=0)
        done.append((x, levels[index]))
    return levels
