"""Named scopes: how many of everything a search is limited to."""

from __future__ import annotations

from model.state import Bounds

SCOPES = {
    "tiny": Bounds(records=2),
    "small": Bounds(records=3),
    "ci": Bounds(records=4),
    "large": Bounds(records=4, transactions=2),
}

DEFAULT_SCOPE = "small"
