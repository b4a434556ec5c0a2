"""Plots: every point is where its numbers say."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from checker.pages.plots import BOTTOM, HEIGHT, TOP, Line, plot


def points(text):
    lines = [node for node in ET.fromstring(text).iter() if node.tag.endswith("polyline")]
    return [[tuple(map(float, pair.split(","))) for pair in node.get("points").split()] for node in lines]


def test_the_axis_is_logarithmic():
    (line,) = points(plot("t", [Line("a", ((0, 1), (1, 10), (2, 100)))], "x", "y"))
    heights = [y for _, y in line]
    assert heights[0] == HEIGHT - BOTTOM
    assert heights[2] == TOP
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2], abs=0.2)


def test_labels_of_lines_do_not_lie_on_each_other():
    text = plot("t", [Line(f"line {n}", ((0, 1), (1, 10 + n))) for n in range(8)], "x", "y")
    tops = sorted(float(n.get("y")) for n in ET.fromstring(text).iter() if (n.text or "").startswith("line "))
    assert len(tops) == 8
    assert all(later - earlier >= 13.9 for earlier, later in pairwise(tops))
    assert tops[-1] <= HEIGHT


def test_a_cut_line_says_so():
    text = plot("t", [Line("a", ((1, 5), (2, 50)), open_end=True)], "x", "y")
    assert "a (more)" in text
    assert "stroke-dasharray" in text


def test_names_are_text():
    assert ET.fromstring(plot("a < b & c", [Line("<x>", ((0, 1),))], "x", "y")) is not None


@pytest.mark.parametrize("lines", [[], [Line("a", ())], [Line("a", ((0, 0),))]])
def test_nothing_to_draw_is_an_error(lines):
    with pytest.raises(ValueError, match="logarithmic"):
        plot("t", lines, "x", "y")
