"""Sizes of memory as people write them, and how much of it an exploration may take unless told."""

from __future__ import annotations

import os
import re
from pathlib import Path

from checker.refusal import UsageError

SHARE = 0.5
"""Of the memory that is available: the other programs of the machine, and the counterexamples, need the rest."""

SMALLEST = 16 * 2**20
"""Bytes below which a budget makes no sense: the interpreter alone takes about as much."""

_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def parsed(text: str, smallest: int = SMALLEST) -> int:
    """Bytes of a size such as `2G`, `500M` or `1.5GiB`.  Raises `UsageError` for anything else, or too little."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if match is None:
        raise UsageError(f"{text!r} is no size of memory: write it as 500M or 2G")
    size = int(float(match[1]) * _UNITS[match[2].upper()])
    if size < smallest:
        raise UsageError(f"{text!r} is too little memory to explore in: at least {shown(smallest)}")
    return size


def shown(size: int) -> str:
    """A size for people: `1.5G`, `500M`."""
    for unit in ("T", "G", "M", "K"):
        if size >= _UNITS[unit]:
            return f"{size / _UNITS[unit]:.1f}".removesuffix(".0") + unit
    return str(size)


def available() -> int:
    """Bytes that can be had without swapping: what the kernel estimates, within the limit of the control group."""
    free = [_available_to_kernel(), _available_to_group()]
    return min(size for size in free if size is not None)


def default_budget(processes: int = 1) -> int:
    """What one of so many processes may take: an equal part of `SHARE` of what is available."""
    return max(SMALLEST, int(available() * SHARE) // max(1, processes))


def _available_to_kernel() -> int:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _available_to_group() -> int | None:
    """Limit of a container (control groups, version 2 or 1) less what it uses, None where nothing limits."""
    for limit, used in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ):
        try:
            return max(SMALLEST, int(Path(limit).read_text()) - int(Path(used).read_text()))
        except (OSError, ValueError):
            continue
    return None
