"""Sizes as people read them."""

from __future__ import annotations


def size(number: int) -> str:
    """Bytes: `201.4 MiB`."""
    amount, unit = float(number), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{number} bytes" if unit == "bytes" else f"{amount:.1f} {unit}"
