"""A folder for one process, which is gone with it, whatever ends it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

PREFIX = "checker-"

WATCH = 'read -r done || { rm -rf -- "$0"; sleep 5; rm -rf -- "$0"; }'
"""What waits for its input to end: without a word where the process was killed.  Its children may write for a moment
more."""


class Scratch:
    """A new folder, in that one or where temporary files are, until it is removed or the process has ended."""

    def __init__(self, within: str | None = None) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=within))
        try:
            self._watch: subprocess.Popen[bytes] | None = subprocess.Popen(
                ["/bin/sh", "-c", WATCH, str(self.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # what ends all processes of a terminal does not end it
            )
        except OSError:
            self._watch = None  # then it stays where the process is killed

    def remove(self) -> None:
        """Deletes the folder, with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.communicate(b"\n")
