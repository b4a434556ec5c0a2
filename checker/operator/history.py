"""Timeline histories: where a node's history and the new primary's part."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from checker.postgres.lsn import parse_lsn

_LINE = re.compile(r"^\s*(\d+)\s+([0-9A-F]+/[0-9A-F]+)")


class Switch(NamedTuple):
    """A timeline, and where the history leaves it; 0 for the last one, which it has not left."""

    timeline: int
    end: int


History = tuple[Switch, ...]


def parse_history(text: str, timeline: int) -> History:
    """A history file of a timeline, which says where each ancestor was left; an empty one is that of the first."""
    left = [Switch(int(match[1]), parse_lsn(match[2])) for line in text.splitlines() if (match := _LINE.match(line))]
    return (*left, Switch(timeline, 0))


def fork_between(node: Sequence[Switch], primary: Sequence[Switch]) -> Switch | None:
    """The last timeline that both histories have, and up to where they share it (findCommonAncestorTimeline).

    The end is 0 where neither has left that timeline; None where they share none.
    """
    shared = None
    for ours, theirs in zip(node, primary, strict=False):
        if ours.timeline != theirs.timeline:
            break
        ends = [end for end in (ours.end, theirs.end) if end]
        shared = Switch(ours.timeline, min(ends, default=0))
        if ours.end != theirs.end:
            break
    return shared
