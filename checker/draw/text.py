"""A trace as text for a terminal: what changed in each step first, the full state on demand."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from checker.draw.changes import Line, change_lines, telling_cells, value_lines
from checker.draw.ending import ending
from checker.labels import action_sentence
from checker.traces.trace import Trace

_STYLES = {"bold": "1", "faint": "2", "red": "1;31", "green": "1;32", "place": "36"}


def trace_text(trace: Trace, *, color: bool, width: int, full: bool = False) -> str:
    """The steps of a trace, numbered from 1, and what it shows at the end.

    `width` is in columns, at least 20; longer lines are wrapped.  `color` adds ANSI styles.  `full` writes the whole
    state after each step too.  Ends with a newline.
    """
    page = _Page(color, max(width, 20), len(str(len(trace))) + 2)
    _start(page, trace, full)
    for step in range(len(trace)):
        if step == trace.loop:
            page.blank()
            page.write("and then for ever:", "bold")
        _step(page, trace, step, full)
    if trace.loop == len(trace):
        page.blank()
        page.write("and stops here: nothing that must happen can", "bold")
    _end(page, trace)
    return "\n".join(page.lines) + "\n"


class _Page:
    """Lines as they are written: wrapped first, then coloured, so that a style never counts as width."""

    def __init__(self, color: bool, width: int, indent: int) -> None:
        self.color, self.width, self.indent = color, width, indent
        self.lines: list[str] = []

    def write(self, text: str, style: str = "", *, depth: int = 1, hang: int = 0, number: str = "") -> None:
        """`depth` 1 stands right of the step numbers; each further one is two columns more."""
        start = " " * (self.indent + 2 * (depth - 1)) if depth else ""
        wrapped = textwrap.wrap(
            text,
            self.width,
            initial_indent=number.rjust(self.indent - 1) + " " if number else start,
            subsequent_indent=start + " " * hang,
            break_on_hyphens=False,
        )
        self.lines += [self._styled(line, style) for line in wrapped]

    def write_lines(self, lines: Iterable[Line], depth: int = 2) -> None:
        for line in lines:
            first = len(self.lines)
            self.write(str(line), depth=depth, hang=2)
            if self.color and line.place in self.lines[first]:
                styled = self._styled(line.place, "place")
                self.lines[first] = self.lines[first].replace(line.place, styled, 1)

    def blank(self) -> None:
        self.lines.append("")

    def _styled(self, text: str, style: str) -> str:
        if not self.color or not style:
            return text
        body = text.lstrip(" ")
        return f"{text[: len(text) - len(body)]}\033[{_STYLES[style]}m{body}\033[0m"


def _start(page: _Page, trace: Trace, full: bool) -> None:
    grounded, first = trace.grounded, trace.states[0]
    page.write("initial state", "bold", number="0")
    if full:
        page.write_lines(value_lines(grounded, first))
        return
    telling = telling_cells(grounded, first)
    page.write_lines(value_lines(grounded, first, telling))
    if len(telling) < len(grounded.cells):
        rest = "all else is 0, false or the first of its kind" if telling else "all is 0 or false"
        page.write(rest, "faint", depth=2)


def _step(page: _Page, trace: Trace, step: int, full: bool) -> None:
    action = trace.actions[step]
    page.blank()
    page.write(action.label, "bold", number=str(step + 1), hang=2)
    sentence = action_sentence(trace.grounded, action.name)
    if sentence:
        page.write(sentence, "faint")
    lines = change_lines(trace.grounded, trace.changes(step))
    page.write_lines(lines)
    if not lines:
        page.write("changes nothing", "faint", depth=2)
    if full:
        page.write("the state is now", "faint")
        page.write_lines(value_lines(trace.grounded, trace.states[step + 1]))


def _end(page: _Page, trace: Trace) -> None:
    shown = ending(trace)
    if shown is None:
        return
    page.blank()
    page.write(shown.headline, "red" if shown.wrong else "green", depth=0)
    if shown.told:
        page.write(shown.told, depth=1)
    page.write(shown.sentence, depth=1)
    if shown.because:
        page.write("because", depth=1)
    for fact in shown.because:
        page.write(fact, depth=2, hang=2)
    if shown.changed:
        page.write(f"of what it reads, step {len(trace)} changed", depth=1)
    page.write_lines(shown.changed)
