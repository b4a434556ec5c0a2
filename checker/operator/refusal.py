"""When nothing can be said of a data directory."""

from __future__ import annotations


class CannotTell(Exception):
    """Evidence is missing without which every answer would be a guess; the message says which."""
