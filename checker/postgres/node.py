"""One server: a data directory, a socket, a log, and what is done to it from outside."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

from checker.postgres import owned
from checker.postgres.control import ControlFile, read_control_file
from checker.postgres.lsn import parse_lsn
from checker.postgres.node_socket import PORT
from checker.postgres.programs import Programs
from checker.postgres.settings import write_settings
from checker.postgres.shim import Shim
from checker.postgres.waiting import wait_until

SEGMENT_SIZE = 1 << 20


_READY = "database system is ready to accept"
_TITLE = re.compile(rb"^postgres: (?:[^:]+: )?(.*)$", re.DOTALL)


class NodeFailed(RuntimeError):
    """A server ended where it should have gone on; the message has the last lines of its log."""


class Node:
    """A server in `directory`/data. It is made by a Cluster; nothing runs until `start`."""

    def __init__(self, name: str, directory: Path, programs: Programs, shim: Shim | None = None) -> None:
        self.name = name
        self.directory = directory
        self.data = directory / "data"
        self.socket = directory / "s"
        self.log_path = directory / "log"
        self.programs = programs
        self.shim = shim
        self.settings: dict[str, str] = {"cluster_name": name}
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0
        self._connections: list[psycopg.Connection[Any]] = []
        for path in (directory, self.socket):
            path.mkdir(exist_ok=True)
            owned.give(path)
        self.log_path.touch()

    # Life

    def start(self, settings: Mapping[str, str] | None = None, *, wait: bool = True) -> None:
        """Starts the server with more settings; with `wait`, until it answers. Raises NodeFailed."""
        self.settings.update(settings or {})
        write_settings(self.data, self.socket, self.settings)
        self._started_at = self.mark()
        environment = self.shim.environment() if self.shim else {}
        with self.log_path.open("ab") as log:
            self._process = owned.start(
                [self.programs.path("postgres"), "-D", self.data], environment=environment, output=log
            )
        if wait:
            self.wait_ready()

    def configure(self, settings: Mapping[str, str]) -> None:
        """Changes settings of a running server and returns when new sessions see them. Raises ConditionNotMet."""
        self.settings.update(settings)
        write_settings(self.data, self.socket, self.settings)
        self._signal(signal.SIGHUP)

        def seen() -> bool:
            return all(self.value("select current_setting(%s)", name) == value for name, value in settings.items())

        wait_until(seen, f"{self.name} to take up {', '.join(settings)}")

    def wait_ready(self) -> None:
        """Returns when queries are answered. Raises NodeFailed, ConditionNotMet."""

        def ready() -> bool:
            if not self.running():
                raise NodeFailed(f"{self.name} did not start:\n{self.log_since(self._started_at)[-3000:]}")
            return _READY in self.log_since(self._started_at)

        wait_until(ready, f"{self.name} to accept connections", seen=lambda: self.log_since(self._started_at)[-600:])

    def running(self) -> bool:
        """Whether the postmaster is alive."""
        return self._process is not None and self._process.poll() is None

    def wait_ended(self, *, limit: float = 30) -> None:
        """Returns when the postmaster has ended and none of its processes is left. Raises ConditionNotMet."""
        wait_until(lambda: not self.running(), f"{self.name} to end", limit=limit, seen=lambda: self.log_text()[-600:])
        wait_until(lambda: not self.processes(), f"the processes of {self.name} to end", limit=limit)
        owned.release_shared_memory(self.data / "postmaster.pid")

    def stop_fast(self, *, wait: bool = True) -> None:
        """A clean shutdown: SIGINT, which ends sessions, writes a checkpoint and waits for attached standbys."""
        self._signal_postmaster(signal.SIGINT)
        if wait:
            self.wait_ended()

    def stop_immediate(self) -> None:
        """A crash of every process: SIGQUIT. What was written stays written.

        Our sessions are closed last: one that ends before its backend does would log that its transaction is aborted. A
        process that a signal has stopped is killed: it would be waited for, and woken do what it was kept from.
        """
        self._signal(signal.SIGQUIT)
        for pid in owned.processes_in(self.data):
            if _state(pid) == "T":
                os.kill(pid, signal.SIGKILL)
        self.wait_ended()
        self.close_connections()

    def kill_postmaster(self) -> None:
        """kill -9 of the postmaster alone; its processes notice by themselves."""
        self._signal_postmaster(signal.SIGKILL)

    def kill(self, role: str, number: int = signal.SIGKILL) -> int:
        """Sends a signal, kill -9 unless told, to the process whose title begins with `role`; returns its pid.

        Raises ConditionNotMet when there is no such process.
        """
        pid = wait_until(lambda: self.pid_of(role), f"a process {role!r} of {self.name}", seen=self._titles_text)
        os.kill(pid, number)
        return pid

    def _signal_postmaster(self, number: int) -> None:
        self._signal(number)
        self.close_connections()

    def _signal(self, number: int) -> None:
        if self._process is None or not self.running():
            raise NodeFailed(f"{self.name} is not running:\n{self.log_text()[-2000:]}")
        self._process.send_signal(number)

    def reap(self) -> None:
        """Forgets a postmaster that somebody else has ended."""
        if self._process is not None:
            self._process.wait()

    # Processes

    def processes(self) -> dict[int, str]:
        """The titles of its processes by pid, without `postgres: name: `; a postmaster's is empty."""
        titles = {}
        for pid in owned.processes_in(self.data):
            title = _title(pid)
            if title is not None:
                titles[pid] = title
        return titles

    def pid_of(self, role: str) -> int:
        """The process whose title begins with `role` (`checkpointer`, `walsender`, …); 0 when there is none."""
        return next((pid for pid, title in self.processes().items() if title.startswith(role)), 0)

    def _titles_text(self) -> str:
        return ", ".join(self.processes().values())

    # Queries

    def connect(self) -> psycopg.Connection[Any]:
        """A new session in autocommit mode; closed when the node stops. Raises psycopg.OperationalError."""
        connection = psycopg.connect(
            host=str(self.socket), port=PORT, user="postgres", dbname="postgres", autocommit=True, connect_timeout=10
        )
        self._connections.append(connection)
        return connection

    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Runs one statement in a session of its own; its rows, none for a command."""
        with self.connect() as connection:
            cursor = connection.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def value(self, sql: str, *parameters: Any) -> Any:
        """The single value that a query returns."""
        return self.query(sql, *parameters)[0][0]

    def lsn(self, sql: str) -> int:
        """The single LSN that a query returns; 0 for null."""
        text = self.value(sql)
        return parse_lsn(text) if text else 0

    def flushed(self) -> int:
        """The end of the WAL that a running primary has flushed."""
        return self.lsn("select pg_current_wal_flush_lsn()")

    def replayed(self) -> int:
        """The end of the WAL that a running standby has replayed."""
        return self.lsn("select pg_last_wal_replay_lsn()")

    def close_connections(self) -> None:
        """Closes our sessions: a server that stops should not find us there."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    # Files

    @property
    def pg_wal(self) -> Path:
        """The directory of its WAL."""
        return self.data / "pg_wal"

    def control_file(self) -> ControlFile:
        """Its control file as it is on disk now."""
        return read_control_file(self.data)

    def become_standby(self, upstream: Path | None, settings: Mapping[str, str] | None = None) -> None:
        """Before a start: makes it a standby of the socket directory `upstream`, or of nobody with None."""
        signal_file = self.data / "standby.signal"
        signal_file.touch()
        owned.give(signal_file)
        self.settings.update({"primary_conninfo": self.source_of(upstream), **(settings or {})})

    def source_of(self, upstream: Path | None) -> str:
        """The `primary_conninfo` that names an upstream by its socket directory; empty for nobody."""
        return f"host={upstream} port={PORT} user=postgres application_name={self.name}" if upstream else ""

    def mark(self) -> int:
        """The present length of the log, for `log_since`."""
        return self.log_path.stat().st_size

    def log_since(self, mark: int) -> str:
        """What was logged after a mark."""
        with self.log_path.open("rb") as log:
            log.seek(mark)
            return log.read().decode(errors="replace")

    def log_text(self) -> str:
        """The whole log."""
        return self.log_since(0)


def _state(pid: int) -> str:
    """The letter that /proc has for a process, such as T for one that is stopped; nothing for one that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def _title(pid: int) -> str | None:
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0 ")
    except OSError:
        return None
    if _state(pid) in ("Z", ""):
        return None
    match = _TITLE.match(line)
    return match.group(1).decode(errors="replace") if match else ""
