"""Processes and directories that belong to one cluster: started without privileges, and ended without fail.

Every process of a PostgreSQL server has its data directory as working directory. So what runs inside our private
directory is ours, whatever its parent has become, and nothing else is ever signalled.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

_PROC = Path("/proc")
_MEMORY = Path("/dev/shm")
_ROOM = 1 << 30
_PATIENCE = 2.0
"""Seconds that a server has for its own way of ending."""

_MEMORY_LINE = 6
"""The line of postmaster.pid (from 0) that has key and identifier of the server's System V segment."""

_IPC_RMID = 0
_ACCOUNTS = ("postgres", "nobody")


def unprivileged_account() -> str | None:
    """The account that servers run under when we are root, which they refuse; None when we are not."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in _ACCOUNTS:
        if name in known:
            return name
    raise RuntimeError(f"servers do not run as root, and none of the accounts {', '.join(_ACCOUNTS)} exists here")


def _identity() -> dict[str, Any]:
    account = unprivileged_account()
    if account is None:
        return {}
    entry = pwd.getpwnam(account)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def start(arguments: list[str | Path], *, environment: dict[str, str], output: IO[bytes]) -> subprocess.Popen[bytes]:
    """Starts a program in a session of its own: Ctrl-C at the terminal must not reach it."""
    return subprocess.Popen(
        [str(argument) for argument in arguments],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        cwd="/",
        env={**_environment(), **environment},
        **_identity(),
    )


def run(arguments: list[str | Path], *, check: bool = True, limit: float = 60) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end as the unprivileged account. Raises RuntimeError with its output when it fails."""
    done = subprocess.run(
        [str(argument) for argument in arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env=_environment(),
        timeout=limit,
        check=False,
        **_identity(),
    )
    if check and done.returncode:
        raise RuntimeError(f"{Path(arguments[0]).name} failed with code {done.returncode}:\n{done.stdout}")
    return done


def _environment() -> dict[str, str]:
    """Ours without what would redirect PostgreSQL's programs (PGDATA, PGHOST, …), messages in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def private_directory() -> tuple[Path, Guard]:
    """A new directory that only the unprivileged account and root can enter, and its guard, there before it is: a kill
    in between would leave it. Its path is short, for sockets."""
    path = _roomy_directory() / f"failback-{secrets.token_hex(4)}"
    guard = Guard(path)
    path.mkdir(mode=0o700)
    give(path)
    return path, guard


def _roomy_directory() -> Path:
    """Memory where there is enough of it: no fault here needs a real disk, and a disk makes a scenario slow."""
    if os.access(_MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(_MEMORY).free >= _ROOM:
        return _MEMORY
    return Path(tempfile.gettempdir())


def give(path: Path) -> None:
    """Makes the unprivileged account the owner of a file or directory that we made."""
    identity = _identity()
    if identity:
        os.chown(path, identity["user"], identity["group"])


def processes_in(directory: Path) -> Iterator[int]:
    """The processes whose working directory lies in `directory`."""
    inside = str(directory)
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            working = str((entry / "cwd").readlink())
        except OSError:
            continue
        if working == inside or working.startswith(inside + "/"):
            yield int(entry.name)


def sweep(directory: Path) -> None:
    """Ends every process of the directory and removes it; may be called again, and by two processes at once.

    Servers are first asked to crash in their own way, in which they give back their shared memory.
    """
    begun = time.monotonic()
    asked: set[int] = set()
    while alive := [pid for pid in processes_in(directory) if not _is_zombie(pid)]:
        patient = time.monotonic() - begun < _PATIENCE
        for pid in alive:
            if not patient or pid not in asked:
                _signal(pid, signal.SIGQUIT if patient else signal.SIGKILL)
        asked.update(alive)
        time.sleep(0.005)
    for pid_file in directory.glob("**/postmaster.pid"):
        release_shared_memory(pid_file)
    shutil.rmtree(directory, ignore_errors=True)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def release_shared_memory(pid_file: Path) -> None:
    """Removes the System V segment of a server that is dead, and the file, which a kill -9 has left behind."""
    try:
        lines = pid_file.read_text().splitlines()
    except OSError:
        return
    if len(lines) > _MEMORY_LINE and (numbers := lines[_MEMORY_LINE].split()):
        key, identifier = (int(number) for number in numbers)
        libc = ctypes.CDLL(None)
        if libc.shmget(key, 0, 0) == identifier:
            libc.shmctl(identifier, _IPC_RMID, None)
    pid_file.unlink(missing_ok=True)


def _is_zombie(pid: int) -> bool:
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


class Guard:
    """A process that sweeps the directory when we are gone, however we went (kill -9 included)."""

    def __init__(self, directory: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", __file__, str(directory)],
            stdin=subprocess.PIPE,
            start_new_session=True,
            cwd="/",
        )

    def close(self) -> None:
        """Lets the guard do its work now and waits for it."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()


def _guard(directory: Path) -> None:
    """Waits until the other end of standard input is closed, which the kernel does for a dead process, and sweeps."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdin.buffer.read()
    sweep(directory)


if __name__ == "__main__":
    _guard(Path(sys.argv[1]))
