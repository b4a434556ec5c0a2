"""One fault tried: put into a copy of the tree, tests run there, what they said of it read."""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.corpus import ROOT, Fault

LIMIT = 300.0
"""Seconds after which a run counts as one that does not end, which is caught too."""

MEMORY = 8 << 30
"""Bytes of address space: a model with a fault may have no end of states."""

LEFT_OUT = ("[.]git", "[.]venv", "*_cache", "[.]hypothesis", "counterexamples", "pictures")


@dataclass(frozen=True)
class Trial:
    """What tests said of a fault: those that failed, and how long it took.  `ended`: within the limit."""

    fault: Fault
    failed: tuple[str, ...]
    ended: bool
    seconds: float

    @property
    def caught(self) -> bool:
        return bool(self.failed) or not self.ended


def copied(folder: Path, root: Path = ROOT) -> Path:
    """A copy of the tree, with what was compiled for it."""
    copy = folder / "tree"
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
    return copy


def tried(fault: Fault, copy: Path, tests: Sequence[str]) -> Trial:
    """Tries a fault in a copy of the tree, which is as it was afterwards."""
    path = copy / fault.file
    kept = path.stat()
    text = fault.apply(copy)
    started = time.monotonic()
    try:
        failed, ended = run(copy, tests)
    finally:
        path.write_text(text)
        os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns))  # what was compiled of it is right again
    return Trial(fault, failed, ended, time.monotonic() - started)


def run(copy: Path, tests: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """The tests that fail in a copy of the tree, and whether they ended.

    Raises RuntimeError where pytest itself does not say how they went: then nothing was caught.
    """
    command = [sys.executable, "-B", "-m", "pytest", "-q", "--tb=no", "-rfE", "-p", "no:cacheprovider"]
    command += ["--hypothesis-seed=0", *tests]  # what is drawn is the same in every run
    told = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    told |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "CHECKER_CACHE": "/proc/none", "COLUMNS": "1000"}
    process = subprocess.Popen(
        command,
        cwd=copy,
        env=told,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )
    try:
        said, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return (), False
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    failed = tuple(dict.fromkeys(re.findall(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", said, re.MULTILINE)))
    if process.returncode == 0 and not failed:
        return (), True
    if not failed and process.returncode > 0:
        raise RuntimeError(f"pytest ended with exit code {process.returncode} and no failed test:\n{said[-2000:]}")
    return failed or ("the process died",), True
