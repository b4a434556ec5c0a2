"""How a run begins: a primary, its standbys fresh from a base backup, all pages as they were at position 0."""

from __future__ import annotations

from model.language import initial
from model.state import State
from model.vocabulary import Node, Page, Role


@initial
def base_backup(s: State) -> None:
    """A is the primary; every other node is a standby that has what A had at position 0, and A's control file."""
    for n in Node:
        s.role[n] = Role.PRIMARY if n == Node(0) else Role.STANDBY
        for p in Page:
            s.buffer[n, p].exists = True
            s.disk[n, p].exists = True
            s.synced[n, p].exists = True
