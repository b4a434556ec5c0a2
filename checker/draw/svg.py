"""A page of SVG: shapes and texts with known extents, in light and dark, without scripts and without fonts of its own.

Widths of texts are estimated from above, since nobody knows the reader's fonts: what fits here fits there.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from html import escape
from typing import TypeAlias

Point: TypeAlias = tuple[float, float]
"""x and y in pixels, from the upper left corner."""

SANS = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, 'DejaVu Sans', sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


@dataclass(frozen=True)
class Style:
    """A way of writing: size in pixels, whether all characters are equally wide, whether bold."""

    size: float
    mono: bool = False
    bold: bool = False

    @property
    def leading(self) -> float:
        """From one line to the next, in pixels."""
        return round(self.size * 1.35)


STYLES = {
    "title": Style(19, bold=True),
    "said": Style(13),
    "head": Style(15, bold=True),
    "label": Style(13, mono=True, bold=True),
    "doc": Style(12),
    "change": Style(11.5, mono=True),
    "small": Style(11),
    "pill": Style(10.5, bold=True),
    "tiny": Style(9, bold=True),
    "mark": Style(10),
    "lede": Style(17, bold=True),
    "number": Style(12, bold=True),
    "verdict": Style(15, bold=True),
}
"""By class."""

_LIGHT = {
    "paper": "#ffffff",
    "panel": "#f3f5f8",
    "rule": "#d3d9e0",
    "ink": "#1b2026",
    "faint": "#57616c",
    "inverse": "#ffffff",
    "red": "#c62828",
    "blush": "#fdecec",
    "blue": "#1f5fd6",
    "green": "#15804e",
    "amber": "#b76a00",
    "violet": "#7444d4",
    "pink": "#b83280",
    "grey": "#6b737d",
}
_DARK = {
    "paper": "#14171b",
    "panel": "#1f252c",
    "rule": "#3a434e",
    "ink": "#e7eaee",
    "faint": "#a3adb8",
    "inverse": "#101317",
    "red": "#ff7070",
    "blush": "#3a1d20",
    "blue": "#6ea8ff",
    "green": "#4cc98d",
    "amber": "#f0b23a",
    "violet": "#b796f7",
    "pink": "#f18cc4",
    "grey": "#939ba6",
}
PALETTE = tuple(_LIGHT)
"""Names of the colours: class `fill-NAME` fills with one, `line-NAME` draws with one."""


@dataclass(frozen=True)
class Text:
    """One line of text with its extent: `x` and `top` are its upper left corner.

    `anchor` is where the text sits in that extent when its real width is less: start, middle or end.
    """

    x: float
    top: float
    width: float
    height: float
    text: str
    style: str
    color: str
    anchor: str = "start"

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def overlaps(self, other: Text) -> bool:
        """Whether the two extents have more than a border in common."""
        return (
            self.x < other.right - 0.01
            and other.x < self.right - 0.01
            and self.top < other.bottom - 0.01
            and other.top < self.bottom - 0.01
        )


@dataclass
class Drawing:
    """A picture while it is laid out: shapes in the order of drawing, then texts above them all."""

    width: float
    height: float = 0
    shapes: list[str] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)

    def line(self, start: Point, end: Point, classes: str, width: float = 1) -> None:
        """A straight line."""
        (x1, y1), (x2, y2) = start, end
        self.shapes.append(
            f'<line class="{classes}" x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" '
            f'stroke-width="{_n(width)}"/>'
        )

    def box(self, x: float, y: float, width: float, height: float, classes: str, radius: float = 0) -> None:
        """A rectangle, its corners rounded by `radius`."""
        self.shapes.append(
            f'<rect class="{classes}" x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" '
            f'rx="{_n(radius)}"/>'
        )

    def dot(self, x: float, y: float, radius: float, classes: str) -> None:
        """A circle."""
        self.shapes.append(f'<circle class="{classes}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"/>')

    def polygon(self, points: list[Point], classes: str) -> None:
        """A closed shape."""
        corners = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self.shapes.append(f'<polygon class="{classes}" points="{corners}"/>')

    def write(self, x: float, top: float, text: str, style: str, color: str = "ink", anchor: str = "start") -> Text:
        """One line of text whose upper edge is `top`; `anchor` start, middle or end says where in it `x` is."""
        width = measure(text, STYLES[style])
        left = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
        made = Text(left, top, width, STYLES[style].leading, text, style, color, anchor)
        self.texts.append(made)
        return made

    def paragraph(self, x: float, top: float, width: float, text: str, style: str, color: str = "ink") -> float:
        """Text wrapped to `width`, lines after the first of a monospaced one indented.  Returns where it ends."""
        mono = STYLES[style].mono
        for number, line in enumerate(wrap(text, STYLES[style], width)):
            indent = 14 if mono and number else 0
            top = self.write(x + indent, top, line, style, color).bottom
        return top


def measure(text: str, style: Style) -> float:
    """The width of a line in pixels, rather too wide than too narrow."""
    if style.mono:
        ems = sum(2.0 * 0.61 if _is_wide(c) else 0.61 for c in text)
    else:
        ems = sum(_ems(c) for c in text) * (1.08 if style.bold else 1.0)
    return ems * style.size


def shortened(text: str, style: Style, width: float) -> str:
    """The text; where that does not fit without what follows a ` · `, then as much as does fit, with an ellipsis."""
    if measure(text, style) <= width:
        return text
    kept = text.partition(" · ")[0]
    if measure(kept, style) <= width:
        return kept
    while kept and measure(f"{kept}…", style) > width:
        kept = kept[:-1]
    return f"{kept}…" if kept else ""


def wrap(text: str, style: Style, width: float) -> list[str]:
    """Lines that fit; a word that alone is too wide is broken.  Lines after a monospaced first leave room to indent."""
    lines: list[str] = []
    current = ""
    for word in text.split():
        for piece in _pieces(word, style, width - 14):
            joined = f"{current} {piece}" if current else piece
            room = width - (14 if style.mono and lines else 0)
            if current and measure(joined, style) > room:
                lines.append(current)
                current = piece
            else:
                current = joined
    return [*lines, current] if current else lines


def _pieces(word: str, style: Style, width: float) -> list[str]:
    pieces = [""]
    for character in word:
        if pieces[-1] and measure(pieces[-1] + character, style) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _ems(character: str) -> float:
    """Width of a character of a broad sans serif face, in units of the size."""
    if _is_wide(character):
        return 1.05
    if character in "ijlI|!.,:;'`":
        return 0.36
    if character in 'frt()[]{}/- "':
        return 0.43
    if character in "mwMW@%":
        return 1.0
    return 0.74 if character.isupper() or character in "<>=+~^#&" else 0.645


# --- writing it out -----------------------------------------------------------------------------------------


def svg(drawing: Drawing, title: str, description: str, scheme: str = "auto") -> str:
    """The drawing as a document.  `scheme` is auto (as the reader prefers), light or dark."""
    width, height = _n(drawing.width), _n(drawing.height)
    texts = [_text(text) for text in drawing.texts]
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" class="trace" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" font-family="{SANS}">',
        f"<title>{_escaped(title)}</title>",
        f"<desc>{_escaped(description)}</desc>",
        f"<style>{_css(scheme)}</style>",
        f'<rect class="fill-paper" width="{width}" height="{height}"/>',
        *drawing.shapes,
        *texts,
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _text(text: Text) -> str:
    x = text.x + text.width * {"start": 0, "middle": 0.5, "end": 1}[text.anchor]
    y = text.top + STYLES[text.style].size * 1.02
    anchor = "" if text.anchor == "start" else f' text-anchor="{text.anchor}"'
    classes = f"{text.style} fill-{text.color}"
    return f'<text class="{classes}" x="{_n(x)}" y="{_n(y)}"{anchor}>{_escaped(text.text)}</text>'


def _css(scheme: str) -> str:
    rules = [".trace text { white-space: pre; }", ".trace .dashed { stroke-dasharray: 5 5; }"]
    rules.append(".trace .dotted { stroke-dasharray: 3 2; }")
    rules.append(".trace .diverged { stroke-width: 3px; }")
    rules.append(".trace .fill-none { fill: none; }")
    rules.append(".trace .open { stroke-width: 1.2px; stroke-dasharray: 2.5 2; }")
    rules.append(".trace .differing { stroke-width: 2px; }")
    for name, style in STYLES.items():
        family = f" font-family: {MONO};" if style.mono else ""
        weight = " font-weight: 600;" if style.bold else ""
        rules.append(f".trace .{name} {{ font-size: {style.size}px;{family}{weight} }}")
    rules += _colors(_DARK if scheme == "dark" else _LIGHT)
    if scheme == "auto":
        rules += ["@media (prefers-color-scheme: dark) {", *_colors(_DARK), "}"]
    return "\n".join(rules)


def _colors(palette: dict[str, str]) -> list[str]:
    return [
        rule
        for name, color in palette.items()
        for rule in (f".trace .fill-{name} {{ fill: {color}; }}", f".trace .line-{name} {{ stroke: {color}; }}")
    ]


def _escaped(text: str) -> str:
    """Text as XML has it; characters that XML cannot hold become a replacement character."""
    legal = "".join(c if c in "\t\n" or (ord(c) >= 0x20 and ord(c) not in (0xFFFE, 0xFFFF)) else "�" for c in text)
    return escape(legal, quote=True)


def _n(number: float) -> str:
    return f"{number:.1f}".rstrip("0").rstrip(".")
