"""Running a tool: its output, exit code, time and peak memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from checker.refusal import UsageError


class Missing(UsageError):
    """A tool is not installed here; the message names the package that has it."""


class ToolFailed(Exception):
    """A tool broke down, was cut short, or said what cannot be understood: its run counts for nothing."""


@dataclass(frozen=True)
class Ran:
    """One run of a program: all it printed, its exit code, wall time in seconds, peak resident memory in bytes."""

    output: str
    code: int
    seconds: float
    memory: int


def program(name: str, package: str) -> str:
    """The path of a program.  Raises `Missing`."""
    found = shutil.which(name)
    if found is None:
        raise Missing(f"there is no {name} here: install the Debian package {package}")
    return found


def run(command: Sequence[str | Path], folder: Path, limit: float | None = None) -> Ran:
    """Runs a program in a folder.  Raises `ToolFailed` where it takes more than `limit` seconds."""
    words = [str(word) for word in command]
    started = time.perf_counter()
    late = threading.Event()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output)

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(limit, stop) if limit is not None else None
        try:
            if timer is not None:
                timer.start()
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            if timer is not None:
                timer.cancel()
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        printed = output.read().decode("utf-8", "replace")
    if late.is_set():
        raise ToolFailed(f"{Path(words[0]).name} did not end in {limit:g} s")
    return Ran(printed, process.returncode, seconds, usage.ru_maxrss * 1024)


def succeed(command: Sequence[str | Path], folder: Path) -> Ran:
    """Runs a program that must end with exit code 0.  Raises `ToolFailed` with what it said."""
    ran = run(command, folder)
    if ran.code != 0:
        raise ToolFailed(f"{Path(str(command[0])).name} failed: {ran.output.strip()[-2000:]}")
    return ran
