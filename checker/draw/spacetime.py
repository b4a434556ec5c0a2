"""The main picture of a trace: lifelines coloured by role, time downwards, steps, messages, rulers and the verdict."""

from __future__ import annotations

from pathlib import Path

from checker.draw.changes import change_lines, telling_cells, value_lines
from checker.draw.ending import ending
from checker.draw.folding import net_changes, runs
from checker.draw.ruler import Moment, draw_rulers, has_rulers, positions
from checker.draw.svg import STYLES, Drawing, Point, measure, svg, wrap
from checker.grounded import State
from checker.labels import action_sentence
from checker.trace import Trace
from checker.view import Arrow, Role, Sight, Spot
from model.language import View

WIDTH = 900
"""Of the whole picture, in pixels; more only where many lifelines need it."""
MARGIN = 20
TEXT_LEFT = 58
TEXT_WIDTH = 390
LANES_LEFT = 470
LEAST_SPACING = 120
"""Between two lifelines."""
NAMES_EVERY = 1200
"""So many pixels below the last ones the lifelines' names are written again."""


def spacetime(trace: Trace, *, view: View | None = None, scheme: str = "auto") -> str:
    """The space-time picture as an SVG document; `scheme` is auto, light or dark.  `view` None: the model's own.

    Raises `checker.view.ViewError` when the model's `VIEW` names what it does not have.
    """
    shown = ending(trace)
    title = _title(trace)
    return svg(lay_out(trace, view), title, shown.sentence if shown else title, scheme)


def write_spacetime(trace: Trace, path: Path) -> None:
    """Writes the space-time picture.  Raises `OSError`."""
    path.write_text(spacetime(trace), encoding="utf-8")


def lay_out(trace: Trace, view: View | None = None) -> Drawing:
    """Everything of the picture in its place; `texts` of the result are all its texts with their extents."""
    return _Layout(trace, view).drawn()


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
        count = len(self.sight.lifelines)
        spacing = max(LEAST_SPACING, (WIDTH - MARGIN - LANES_LEFT) / count)
        spacing = max(spacing, *(measure(role.label, STYLES["pill"]) + 24 for role in self.sight.roles()), 0)
        self.spacing = spacing
        self.drawing = Drawing(max(WIDTH, LANES_LEFT + spacing * count + MARGIN))
        self.x = {one: LANES_LEFT + spacing * (i + 0.5) for i, one in enumerate(self.sight.lifelines)}
        self.turns: dict[int, list[tuple[float, Role | None]]] = {one: [] for one in self.sight.lifelines}
        spots = [spot for state in trace.states for group in self._positions(state) for spot in group]
        self.last = max((spot.position for spot in spots), default=0)
        self.widest = max((measure(spot.label, STYLES["small"]) for spot in spots), default=0)
        self.y = float(MARGIN)
        self.named = self.y
        self.behind = Drawing(self.drawing.width)

    def _positions(self, state: State) -> tuple[list[Spot], ...]:
        return positions(self.sight, self.trace.states[0], state)

    def drawn(self) -> Drawing:
        self._header()
        lanes_from = len(self.drawing.shapes)
        self._initial()
        shown = None
        lanes_to = self.y
        for run in runs(self.trace, self.sight):
            step = run.stop - 1
            self._step(run)
            lanes_to = self.y
            if self._is_key_moment(step):
                now = self._positions(self.trace.states[step + 1])
                if now != shown or step == len(self.trace) - 1:
                    self._rulers(step)
                shown = now
        self.drawing.shapes[lanes_from:lanes_from] = self.behind.shapes + self._lifelines(lanes_to)
        self._verdict()
        self.drawing.height = self.y + MARGIN
        return self.drawing

    # --- top

    def _header(self) -> None:
        width = self.drawing.width - 2 * MARGIN
        self.y = self.drawing.paragraph(MARGIN, self.y, width, _title(self.trace), "title")
        self._legend()
        self.y += 10
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
        """The first state: roles on the lifelines, and what else in it says something."""
        top, first = self.y, self.trace.states[0]
        self._number(0, top, "grey")
        drawing = self.drawing
        start = "initial state" if first in self.trace.grounded.initials else "a state, reachable or not"
        y = drawing.write(TEXT_LEFT, top + 6, start, "label").bottom
        roles = {cell.index for cell in self.sight.role_cells()}
        telling = [cell for cell in telling_cells(self.trace.grounded, first) if cell.index not in roles]
        for line in value_lines(self.trace.grounded, first, telling):
            y = drawing.paragraph(TEXT_LEFT, y, TEXT_WIDTH, f"{line.place}: {line.text}", "change", "faint")
        pills = top + 4
        for one in self.sight.lifelines:
            role = self.sight.role(first, one)
            self.turns[one].append((pills, role))
            pill_bottom = self._pill(one, role, pills) if role else pills
            y = max(y, pill_bottom)
        self.y = y + 10

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
        if len(run) == 1:
            sentence = action_sentence(trace.grounded, trace.actions[step].name)
            y = drawing.paragraph(TEXT_LEFT, y, TEXT_WIDTH, sentence, "doc", "faint") + 2
        for line in change_lines(trace.grounded, net_changes(trace, run)):
            y = drawing.paragraph(TEXT_LEFT, y, TEXT_WIDTH, f"{line.place}: {line.text}", "change")
        self.y = max(y, self._lanes(step, top)) + 8
        if wrong:
            width = drawing.width - 2 * MARGIN + 16
            self.behind.box(MARGIN - 8, top, width, self.y - top, "fill-blush violating", 6)

    def _lanes(self, step: int, top: float) -> float:
        """The event of a step on the lifelines: dots, an arrow, new roles.  Returns the lower edge."""
        before, after = self.trace.states[step], self.trace.states[step + 1]
        action = self.trace.actions[step]
        arrow = self.sight.arrow(action, before, after)
        part = self.sight.taking_part(action)
        if arrow:
            y, bottom = self._arrow(arrow, top)
        else:
            y = bottom = top + 16
            if len(part) > 1:
                ends = sorted(self.x[one] for one in part)
                self.drawing.line((ends[0], y), (ends[-1], y), "line-faint")
            for one in part:
                self._event(one, y)
        for one in self.sight.lifelines:
            role = self.sight.role(after, one)
            if role is not None and role != self.turns[one][-1][1]:
                self.turns[one].append((y, role))
                self.drawing.dot(self.x[one], y, 6, f"fill-{role.color}")
                bottom = max(bottom, self._pill(one, role, y + 12))
        return bottom + 6

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

    def _is_key_moment(self, step: int) -> bool:
        """The end, and every step in which a lifeline's role changes: of several such in a row, the last."""
        if not has_rulers(self.sight):
            return False
        last = step == len(self.trace) - 1
        return last or (self._changes_a_role(step) and not self._changes_a_role(step + 1))

    def _changes_a_role(self, step: int) -> bool:
        before, after = self.trace.states[step], self.trace.states[step + 1]
        return any(self.sight.role(before, one) != self.sight.role(after, one) for one in self.sight.lifelines)

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
        for fact in shown.because:
            y = self.drawing.paragraph(left, y, width, fact, "change")
        box = Drawing(self.drawing.width)
        box.box(MARGIN, top, self.drawing.width - 2 * MARGIN, y + 10 - top, f"{tint} verdict-box", 6)
        box.box(MARGIN, top, 5, y + 10 - top, f"fill-{color}")
        self.drawing.shapes[back:back] = box.shapes
        self.y = y + 10
