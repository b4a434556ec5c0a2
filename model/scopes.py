"""Named scopes: how many of everything a search is limited to."""

from __future__ import annotations

from model.state import Bounds

SCOPES = {
    "tiny": Bounds(records=1),
    "small": Bounds(records=2),
    "ci": Bounds(records=3),
    "large": Bounds(nodes=3, records=3, promotions=2),
}

DEFAULT_SCOPE = "small"
