"""Plots as SVG, where people would rather look than read: states by depth, and how the space grows with each bound."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 26, 44


@dataclass(frozen=True)
class Line:
    """A line of a plot; `open_end`: the last point is a lower limit, since the search ended there."""

    label: str
    points: tuple[tuple[float, float], ...]
    open_end: bool = False


def plot(title: str, lines: Sequence[Line], across: str, up: str) -> str:
    """Lines over whole numbers, the values on a logarithmic axis.  An SVG element that takes its colours by classes.

    Raises `ValueError` where there is nothing to draw, or a value that has no logarithm.
    """
    values = [y for line in lines for _, y in line.points]
    if not values or min(values) <= 0:
        raise ValueError("a plot on a logarithmic axis needs values above 0")
    first, last = (pick(x for line in lines for x, _ in line.points) for pick in (min, max))
    decades = max(1, math.ceil(math.log10(max(values))))

    def x(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - first) / max(last - first, 1)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * math.log10(value) / decades

    parts = [
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
    ]
    for power in range(decades + 1):
        at = y(10**power)
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{at:.1f}" x2="{WIDTH - RIGHT}" y2="{at:.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{_power(power)}</text>')
    for value in _marks(int(first), int(last)):
        parts.append(f'<text x="{x(value):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{value}</text>')
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(across)}</text>'
    )
    parts.append(f'<text x="2" y="11">{escape(up)}</text>')
    labels = _apart([y(line.points[-1][1]) for line in lines])
    for number, (line, at) in enumerate(zip(lines, labels, strict=True)):
        points = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in line.points)
        dashed = ' stroke-dasharray="5 4"' if line.open_end else ""
        parts.append(f'<polyline class="line{number % 6}" points="{points}"{dashed}/>')
        parts += [f'<circle class="dot{number % 6}" cx="{x(a):.1f}" cy="{y(b):.1f}" r="2.5"/>' for a, b in line.points]
        text = f"{line.label}{' (more)' if line.open_end else ''}"
        parts.append(f'<text class="dot{number % 6}" x="{WIDTH - RIGHT + 8}" y="{at + 4:.1f}">{escape(text)}</text>')
    return "\n".join([*parts, "</svg>"])


def _power(power: int) -> str:
    return f"{10**power:,}" if power < 4 else f"10<tspan dy='-4' font-size='9'>{power}</tspan>"


def _marks(first: int, last: int) -> list[int]:
    every = max(1, -(-(last - first) // 12))
    return list(range(first, last + 1, every))


def _apart(wanted: Sequence[float], least: float = 14) -> list[float]:
    """Places as near to the wanted ones as can be, none nearer to another than `least`."""
    placed = [0.0] * len(wanted)
    before = -math.inf
    for index in sorted(range(len(wanted)), key=lambda i: wanted[i]):
        before = placed[index] = max(wanted[index], before + least)
    over = max(0.0, max(placed, default=0.0) - (HEIGHT - BOTTOM))
    return [at - over for at in placed]
