"""A picture as PNG, for where SVG cannot be shown; by resvg, which needs no browser."""

from __future__ import annotations

WIDTH = 1200
"""Pixels: what is small in a picture can still be read."""


def png(svg: str) -> bytes:
    """The picture in light colours, `WIDTH` pixels wide.  Raises `ImportError` without resvg-py."""
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=WIDTH))
