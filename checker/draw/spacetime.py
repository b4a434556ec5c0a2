"""The main picture of a trace: lifelines coloured by role, time downwards, steps, messages, rulers and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from checker.draw.changes import Line, change_lines, telling_cells, value_lines
from checker.draw.ending import ending
from checker.draw.folding import net_changes, runs
from checker.draw.ruler import Moment, draw_rulers, has_rulers, positions
from checker.draw.strip import ABOVE, Strip, draw_strip, legend, strips
from checker.draw.svg import STYLES, Drawing, Point, measure, svg, wrap
from checker.grounding.grounded import State
from checker.labels import action_sentence
from checker.traces.trace import Trace
from checker.view import Arrow, Role, Sight, Spot
from model.drawing import View

WIDTH = 940
"""Of the whole picture, in pixels; more only where many lifelines need it."""
MARGIN = 20
TEXT_LEFT = 58
TEXT_WIDTH = 400
LANES_LEFT = 476
LEAST_SPACING, LEAST_WITH_STRIPS = 120, 190
"""Between two lifelines, without and with what each has beside it."""
STRIP_LEFT = 15
"""From a lifeline to its strip."""
NAMES_EVERY = 1200
"""So many pixels below the last ones the lifelines' names are written again."""


def spacetime(trace: Trace, *, view: View | None = None, scheme: str = "auto") -> str:
    """The space-time picture as an SVG document; `scheme` is auto, light or dark.  `view` None: the model's own.

    Raises `checker.view.ViewError` when the model's `VIEW` names what it does not have.
    """
    shown = ending(trace)
    title = _title(trace)
    return svg(lay_out(trace, view), title, shown.said if shown else title, scheme)


def write_spacetime(trace: Trace, path: Path) -> None:
    """Writes the space-time picture.  Raises `OSError`."""
    path.write_text(spacetime(trace), encoding="utf-8")


def lay_out(trace: Trace, view: View | None = None) -> Drawing:
    """Everything of the picture in its place; `texts` of the result are all its texts with their extents."""
    return _Layout(trace, view).drawn()


def _spoken(lines: Sequence[Line]) -> list[str]:
    return [f"{line.place}: {line.text}" for line in lines]


def _reach(strip: Strip) -> Iterator[int]:
    """The positions that the scale of a picture must hold."""
    yield len(strip.records)
    yield from strip.lines
    yield from strip.marks
    yield from (spot.position for spot in strip.ticks)


def _title(trace: Trace) -> str:
    shown = ending(trace)
    what = "a behaviour" if shown is None else f"{trace.property}, {'violated' if shown.wrong else 'reached'}"
    if shown is not None and all(item.name != trace.property for item in trace.grounded.properties):
        what = str(trace.property)
    steps = f"{len(trace)} step{'' if len(trace) == 1 else 's'}"
    return f"{what}, {steps}"


class _Layout:
    """The picture from top to bottom; `y` is how far it has come.

    What is behind the lifelines, and the lifelines, are drawn aside: their heights are known only at the end.
    """

    def __init__(self, trace: Trace, view: View | None) -> None:
        self.trace = trace
        self.sight = Sight(trace.grounded, view)
        self.ending = ending(trace)
        self.strips = [strips(self.sight, trace.states[0], state) for state in trace.states]
        self.last = max((at for moment in self.strips for strip in moment.values() for at in _reach(strip)), default=0)
        count, ruled = len(self.sight.lifelines), self.last > 0
        widest_role = max((measure(role.label, STYLES["pill"]) for role in self.sight.roles()), default=0)
        least = max(LEAST_WITH_STRIPS if ruled else LEAST_SPACING, widest_role + 24)
        self.spacing = max(least, (WIDTH - MARGIN - LANES_LEFT) / count)
        self.drawing = Drawing(max(WIDTH, LANES_LEFT + self.spacing * count + MARGIN))
        first = LANES_LEFT + (max(widest_role / 2 + 10, 30) if ruled else self.spacing / 2)
        self.x = {one: first + self.spacing * i for i, one in enumerate(self.sight.lifelines)}
        self.strip_width = self.drawing.width - MARGIN - max(self.x.values()) - STRIP_LEFT
        self.turns: dict[int, list[tuple[float, Role | None]]] = {one: [] for one in self.sight.lifelines}
        spots = [spot for state in (trace.states[0], trace.states[-1]) for spot in self._spots(state)]
        self.widest = max((measure(spot.label, STYLES["small"]) for spot in spots), default=0)
        self.y = float(MARGIN)
        self.named = self.y
        self.explained: set[str] = set()
        self.behind = Drawing(self.drawing.width)

    def _spots(self, state: State) -> list[Spot]:
        return [spot for group in positions(self.sight, self.trace.states[0], state) for spot in group]

    def drawn(self) -> Drawing:
        self._header()
        lanes_from = len(self.drawing.shapes)
        self._initial()
        lanes_to = self.y
        for run in runs(self.trace, self.sight):
            self._step(run)
            lanes_to = self.y
            if self._is_key_moment(run):
                self._rulers(run.stop - 1)
        self.drawing.shapes[lanes_from:lanes_from] = self.behind.shapes + self._lifelines(lanes_to)
        self._verdict()
        self.drawing.height = self.y + MARGIN
        return self.drawing

    # --- top

    def _header(self) -> None:
        """What it comes to, if the model has words for it; else what it shows.  Then what the colours mean."""
        width = self.drawing.width - 2 * MARGIN
        told = self.ending.told if self.ending is not None else ""
        self.y = self.drawing.paragraph(MARGIN, self.y, width, told or _title(self.trace), "lede" if told else "title")
        if told:
            self.y = self.drawing.paragraph(MARGIN, self.y + 3, width, _title(self.trace), "doc", "red")
        self._legend()
        shown = [strip for moment in self.strips for strip in moment.values()]
        self.y = legend(self.drawing, self.sight, shown, MARGIN, self.y + 5, self.drawing.width - MARGIN)
        self.y += 12
        self._names()

    def _names(self) -> None:
        for one in self.sight.lifelines:
            written = self.drawing.write(self.x[one], self.y, self.sight.name(one), "head", anchor="middle")
            self.drawing.box(written.x - 4, written.top, written.width + 8, written.height, "fill-paper")
        self.named = self.y
        self.y += STYLES["head"].leading + 2

    def _legend(self) -> None:
        """Only the roles that occur."""
        occur = {self.sight.role(state, one) for state in self.trace.states for one in self.sight.lifelines}
        x, y = float(MARGIN), self.y + 6
        for role in self.sight.roles():
            if role not in occur:
                continue
            width = 34 + measure(role.label, STYLES["small"])
            if x + width > self.drawing.width - MARGIN and x > MARGIN:
                x, y = float(MARGIN), y + STYLES["small"].leading + 2
            self._stroke(self.drawing, (x, y + 7), (x + 26, y + 7), role)
            x = self.drawing.write(x + 32, y, role.label, "small", "faint").right + 18
        if occur - {None}:
            self.y = y + STYLES["small"].leading

    def _initial(self) -> None:
        """The first state: roles on the lifelines, and what else in it says something.

        With a view, that is only what tells it from the other initial states.
        """
        top, first, grounded = self.y, self.trace.states[0], self.trace.grounded
        self._number(0, top, "grey")
        start = "initial state" if first in grounded.initials else "a state, reachable or not"
        y = self.drawing.write(TEXT_LEFT, top + 6, start, "label").bottom
        roles = {cell.index for cell in self.sight.role_cells()}
        telling = [cell for cell in telling_cells(grounded, first) if cell.index not in roles]
        if self.sight.view is not None and first in grounded.initials:
            telling = [
                cell for cell in telling if any(one[cell.index] != first[cell.index] for one in grounded.initials)
            ]
        y = self._flow(_spoken(value_lines(grounded, first, telling)), (TEXT_LEFT, y), TEXT_WIDTH, "faint")
        pills = top + 4
        for one in self.sight.lifelines:
            role = self.sight.role(first, one)
            self.turns[one].append((pills, role))
            pill_bottom = self._pill(one, role, pills) if role else pills
            if self._has_news(one, 0, 0):
                pill_bottom = self._strip(one, 0, 0, pill_bottom + ABOVE + 2)
            y = max(y, pill_bottom)
        self.y = y + 8

    def _flow(self, said: Sequence[str], at: Point, room: float, color: str = "ink") -> float:
        """Facts one behind the other, each whole where it fits.  Returns the lower edge."""
        (left, y), style = at, STYLES["change"]
        x, gap = left, measure("  ", style)
        for text in said:
            width = measure(text, style)
            if x > left and x + gap + width > left + room:
                x, y = left, y + style.leading
            if width > room:
                x, y = left + room, self.drawing.paragraph(left, y, room, text, "change", color) - style.leading
            else:
                x = self.drawing.write(x + (gap if x > left else 0), y, text, "change", color).right
        return y + style.leading if said else y

    # --- steps

    def _step(self, run: range) -> None:
        """A step, or several that are told at once: then without their sentences, and what they changed in all."""
        if self.y - self.named > NAMES_EVERY:
            self._names()
        trace, drawing, top, step = self.trace, self.drawing, self.y, run.start
        wrong = self.ending is not None and self.ending.wrong and run.stop == len(trace)
        self.behind.line((MARGIN, top), (drawing.width - MARGIN, top), "line-rule")
        self._number(step + 1, top, "red" if wrong else "ink")
        y = top + 6
        for each in run:
            label = trace.actions[each].label if each == step else f"{each + 1} {trace.actions[each].label}"
            y = drawing.paragraph(TEXT_LEFT, y, TEXT_WIDTH, label, "label", "red" if wrong else "ink")
        if len(run) == 1 and trace.actions[step].name not in self.explained:
            self.explained.add(trace.actions[step].name)
            sentence = action_sentence(trace.grounded, trace.actions[step].name)
            y = drawing.paragraph(TEXT_LEFT, y, TEXT_WIDTH, sentence, "doc", "faint") + 2
        roles = {cell.index for cell in self.sight.role_cells()}
        changes = [change for change in net_changes(trace, run) if change.cell.index not in roles]
        y = self._flow(_spoken(change_lines(trace.grounded, changes)), (TEXT_LEFT, y), TEXT_WIDTH)
        self.y = max(y, self._lanes(run, top)) + 6
        if wrong:
            width = drawing.width - 2 * MARGIN + 16
            self.behind.box(MARGIN - 8, top, width, self.y - top, "fill-blush violating", 6)

    def _lanes(self, run: range, top: float) -> float:
        """The event on the lifelines: dots, an arrow, new roles, new strips.  Returns the lower edge."""
        step, before, after = run.start, self.trace.states[run.start], self.trace.states[run.stop]
        action = self.trace.actions[step]
        arrow = self.sight.arrow(action, before, after) if len(run) == 1 else None
        part = self.sight.taking_part(action)
        if arrow:
            y, bottom = self._arrow(arrow, top)
        else:
            y = bottom = top + 16
            if len(part) > 1:
                ends = sorted(self.x[one] for one in part)
                self.behind.line((ends[0], y), (ends[-1], y), "line-faint dashed")
            for one in part:
                self._event(one, y)
        edge = bottom + 6
        for one in self.sight.lifelines:
            pill = y + 12
            if self._has_news(one, run.start, run.stop):
                middle = self._beside(one, y, bottom, arrow)
                pill = self._strip(one, run.start, run.stop, middle)
                edge = max(edge, pill)
            role = self.sight.role(after, one)
            if role is not None and role != self.turns[one][-1][1]:
                self.turns[one].append((y, role))
                self.drawing.dot(self.x[one], y, 6, f"fill-{role.color}")
                edge = max(edge, self._pill(one, role, pill) + 6)
        return edge

    def _beside(self, lifeline: int, y: float, bottom: float, arrow: Arrow | None) -> float:
        """The height of a lifeline's strip: that of the event, but below an arrow that would cross it."""
        if arrow is None:
            return y
        left, right = sorted((self.x[arrow.sender], self.x[arrow.receiver]))
        return bottom + ABOVE if left <= self.x[lifeline] < right else max(y, bottom - 6)

    def _has_news(self, lifeline: int, step: int, stop: int) -> bool:
        """Whether the lifeline has something else than before; at the start, whether it has anything."""
        strip = self.strips[stop].get(lifeline)
        if strip is None or step == stop:
            return strip is not None and bool(strip.records)
        earlier = self.strips[step][lifeline]
        return replace(earlier, color=strip.color, marks=strip.marks) != strip or (
            earlier.marks != strip.marks and bool(strip.records)
        )

    def _strip(self, lifeline: int, before: int, moment: int, middle: float) -> float:
        """What a lifeline has at a moment, with the names of what it had not before.  Returns the lower edge."""
        at = self.x[lifeline] + STRIP_LEFT, middle
        strip, earlier = self.strips[moment][lifeline], self.strips[before][lifeline] if before != moment else None
        return draw_strip(self.drawing, strip, earlier, at, self.strip_width, self.last)

    def _arrow(self, arrow: Arrow, top: float) -> tuple[float, float]:
        """Label, then the arrow below it, sloping down as time does.  Returns where it starts and its lower edge."""
        x1, x2 = self.x[arrow.sender], self.x[arrow.receiver]
        beside = x1 + (self.spacing if x2 > x1 else -self.spacing) / 2
        y = top + 6
        for line in wrap(arrow.label, STYLES["small"], self.spacing - 24):
            y = self.drawing.write(beside, y, line, "small", anchor="middle").bottom
        y += 4
        end = y + 14
        toward = 1 if x2 > x1 else -1
        tip, slope = x2 - toward * 6, 14 / abs(x2 - x1)
        self.drawing.line((x1, y), (tip - toward * 6, end), "line-ink message", 1.5)
        corner = (tip - toward * 10, end - 10 * slope)
        self.drawing.polygon(
            [(tip, end), (corner[0], corner[1] - 5), (corner[0], corner[1] + 5)],
            "fill-ink",
        )
        self._event(arrow.sender, y)
        self._event(arrow.receiver, end)
        return y, end + 6

    def _event(self, lifeline: int, y: float) -> None:
        self.drawing.dot(self.x[lifeline], y, 6, "fill-paper")
        self.drawing.dot(self.x[lifeline], y, 4.5, "fill-ink event")

    def _pill(self, lifeline: int, role: Role, top: float) -> float:
        width = measure(role.label, STYLES["pill"]) + 14
        height = STYLES["pill"].leading + 4
        self.drawing.box(self.x[lifeline] - width / 2, top, width, height, f"fill-{role.color}", height / 2)
        self.drawing.write(self.x[lifeline], top + 2, role.label, "pill", "inverse", "middle")
        return top + height

    def _number(self, number: int, top: float, color: str) -> None:
        self.drawing.dot(MARGIN + 14, top + 15, 12, f"fill-{color}")
        self.drawing.write(MARGIN + 14, top + 7, str(number), "number", "inverse", "middle")

    # --- rulers

    def _is_key_moment(self, run: range) -> bool:
        """The end, and where a mark appears: every step between has its strips."""
        if not has_rulers(self.sight):
            return False
        start, before, after = (self.trace.states[at] for at in (0, run.start, run.stop))
        return run.stop == len(self.trace) or self.sight.marks(start, before) != self.sight.marks(start, after)

    def _rulers(self, step: int) -> None:
        moment = Moment(f"after step {step + 1}", self.trace.states[0], self.trace.states[step + 1])
        width = self.drawing.width - 2 * MARGIN
        self.y = draw_rulers(self.drawing, self.sight, moment, (self.last, self.widest), MARGIN, self.y, width) + 8

    # --- lifelines and end

    def _lifelines(self, bottom: float) -> list[str]:
        lines = Drawing(self.drawing.width)
        for one, turns in self.turns.items():
            ends = [y for y, _ in turns[1:]] + [bottom]
            for (start, role), end in zip(turns, ends, strict=True):
                self._stroke(lines, (self.x[one], start), (self.x[one], end), role)
        return lines.shapes

    def _stroke(self, drawing: Drawing, start: Point, end: Point, role: Role | None) -> None:
        if role is None:
            drawing.line(start, end, "line-faint lifeline", 2)
        elif role.color == "grey":
            drawing.line(start, end, "line-grey dashed lifeline", 2)
        else:
            drawing.line(start, end, f"line-{role.color} lifeline", 7)

    def _verdict(self) -> None:
        shown = self.ending
        if shown is None:
            self.y += 6
            return
        color, tint = ("red", "fill-blush") if shown.wrong else ("green", "fill-panel")
        top, back = self.y + 6, len(self.drawing.shapes)
        left, width = MARGIN + 16, self.drawing.width - 2 * MARGIN - 32
        y = self.drawing.paragraph(left, top + 10, width, shown.headline, "verdict", color) + 3
        y = self.drawing.paragraph(left, y, width, shown.sentence, "said") + 3
        y = self._flow(shown.because, (left, y), width)
        box = Drawing(self.drawing.width)
        box.box(MARGIN, top, self.drawing.width - 2 * MARGIN, y + 10 - top, f"{tint} verdict-box", 6)
        box.box(MARGIN, top, 5, y + 10 - top, f"fill-{color}")
        self.drawing.shapes[back:back] = box.shapes
        self.y = y + 10
