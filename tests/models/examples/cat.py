"""A cat moves to a box beside its own each night; each morning one looks into a box, to and fro between the outer two.

After Cat of the TLA+ examples collection (github.com/tlaplus/Examples, specifications/Moving_Cat_Puzzle).  Its
manifest.json says of CatEvenBoxes.cfg, six boxes: 48 distinct states, 128 generated, depth 1; of CatOddBoxes.cfg, five
boxes: 30, 78 and 1.  By hand: n boxes, n - 2 of them looked into, two directions, all of these initial.
"""

from __future__ import annotations

from typing import Annotated

from model.language import Range, Variables, action, bounds, initial, invariant, require


@bounds
class Bounds:
    boxes: int = 6


Box = Annotated[int, Range(1, "boxes")]


class State(Variables):
    """Where the cat is, which box is looked into, and which way the next one is."""

    bounds: Bounds
    cat: Box
    seen: Box
    rightwards: bool


def is_looked_into(s: State, box: int) -> bool:
    """The outer boxes are not."""
    return box >= 2 and box <= s.bounds.boxes - 1


@initial
def anyhow(s: State, cat: Box, seen: Box, rightwards: bool) -> None:
    """The cat is anywhere."""
    require(is_looked_into(s, seen))
    s.cat = cat
    s.seen = seen
    s.rightwards = rightwards


@action
def night_and_morning(s: State, right: bool) -> None:
    """The cat moves, and so does whoever looks, or turns round at the end."""
    to = s.cat + (1 if right else -1)
    require(to >= 1 and to <= s.bounds.boxes)
    s.cat = to
    following = s.seen + (1 if s.rightwards else -1)
    if is_looked_into(s, following):
        s.seen = following
    else:
        s.rightwards = not s.rightwards


@invariant
def outer_boxes_are_left_out(s: State) -> bool:
    """Nobody looks into the first box or the last."""
    return is_looked_into(s, s.seen)
