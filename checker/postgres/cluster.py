"""Some servers in one private directory that is gone, with every process of it, when the cluster is closed."""

from __future__ import annotations

import atexit
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType

from checker.postgres import owned
from checker.postgres.node import SEGMENT_SIZE, Node
from checker.postgres.node_socket import PORT
from checker.postgres.programs import Programs, find_programs
from checker.postgres.proxy import Proxy
from checker.postgres.shim import Shim

CHECKSUMS_BY_DEFAULT = 18
"""From this major on initdb turns checksums on unless told."""


class Cluster:
    """Nodes and the proxies between them. Use it in a `with` statement."""

    def __init__(self, programs: Programs | None = None, *, checksums: bool = False) -> None:
        self.programs = programs or find_programs()
        self.checksums = checksums
        self.directory, self._guard = owned.private_directory()
        self.nodes: dict[str, Node] = {}
        self._proxies: list[Proxy] = []

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Ends every process of the cluster and removes its directory; a Ctrl-C meanwhile does not cut this short."""
        with _uninterrupted():
            for node in self.nodes.values():
                node.close_connections()
            for proxy in self._proxies:
                proxy.close()
            owned.sweep(self.directory)
            for node in self.nodes.values():
                node.reap()
            self._guard.close()

    def create(self, name: str, *, shim: bool = False, prepared: tuple[str, ...] = ()) -> Node:
        """A new server from initdb in which the statements `prepared` have run; it does not run yet.

        Servers of one process that are prepared alike are copies of each other, as backups are: one system.
        """
        node = self._node(name, shim)
        _copy(template(self.programs, self.checksums, prepared), node.data)
        return node

    def cold_copy(self, source: Node, name: str, *, shim: bool = False) -> Node:
        """A copy of a server that does not run: what a base backup would be, of one moment."""
        if source.running():
            raise RuntimeError(f"{source.name} runs; a cold copy of it would be torn")
        node = self._node(name, shim)
        _copy(source.data, node.data)
        return node

    def base_backup(self, source: Node, name: str, *, shim: bool = False) -> Node:
        """A base backup of a running server, taken by pg_basebackup. Raises MissingProgram."""
        node = self._node(name, shim)
        owned.run(
            [
                self.programs.path("pg_basebackup"),
                *("-h", source.socket, "-p", str(PORT), "-U", "postgres", "-D", node.data),
                *("--checkpoint=fast", "--wal-method=stream", "--no-sync"),
            ]
        )
        return node

    def proxy(self, upstream: Node, name: str) -> Proxy:
        """A replication proxy in front of a node; its acknowledgements are told to the node's shim, if it has one."""
        # a standby may come to follow again whom it followed before
        directory = self.directory / f"{name}-{len(self._proxies)}"
        directory.mkdir()
        owned.give(directory)
        told: Callable[[int, int, int], None] | None = upstream.shim.acknowledge if upstream.shim else None
        proxy = Proxy(upstream.socket, directory, SEGMENT_SIZE, told)
        self._proxies.append(proxy)
        return proxy

    def _node(self, name: str, shim: bool) -> Node:
        if name in self.nodes:
            raise ValueError(f"the cluster has a node {name} already")
        directory = self.directory / name
        directory.mkdir()
        owned.give(directory)
        node = Node(name, directory, self.programs, Shim(directory, directory / "data") if shim else None)
        self.nodes[name] = node
        return node


@cache
def template(programs: Programs, checksums: bool, prepared: tuple[str, ...]) -> Path:
    """A data directory after initdb and the statements, made once in a process and removed at its end."""
    directory, guard = owned.private_directory()
    atexit.register(guard.close)
    node = Node("template", directory, programs)
    no_checksums = programs.major >= CHECKSUMS_BY_DEFAULT and not checksums
    owned.run(
        [
            programs.path("initdb"),
            *(
                "-D",
                node.data,
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
                "--no-instructions",
            ),
            f"--wal-segsize={SEGMENT_SIZE >> 20}",
            *(["--data-checksums"] if checksums else []),
            *(["--no-data-checksums"] if no_checksums else []),
        ]
    )
    if prepared:
        node.start()
        for statement in prepared:
            node.query(statement)
        node.stop_fast()
    return node.data


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", "--reflink=auto", str(source), str(target)], check=True)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Puts off Ctrl-C; only the main thread can, elsewhere it does not arrive."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
