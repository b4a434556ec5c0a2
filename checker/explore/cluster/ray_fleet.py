"""Partitions as Ray actors, and the cluster they live in: one that is there, or one of this machine for one run."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from checker import fingerprint
from checker import memory as budget
from checker.explore.cluster.fleet import Lost
from checker.explore.cluster.messages import Parcel, Task
from checker.explore.cluster.partition import Partition
from checker.explore.scratch import Scratch
from checker.refusal import UsageError

AUTO = "auto"

EXCHANGE = 0.1
"""Share of the memory that a cluster of this machine gives to what is on its way."""

LEAST, MOST = 80 << 20, 2 << 30
"""Bytes of it, at least and at most; less than that Ray refuses."""

REPLY = 5.0
"""Seconds that a cluster may take to be connected to."""

START = 120.0
"""Seconds that workers may take to start: Ray waits for processors that others use for ever."""

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_OBJECT_STORE_ALLOW_SLOW_STORAGE": "1",
    "RAY_worker_niceness": "0",
    "RAY_IGNORE_UNHANDLED_ERRORS": "1",
}
"""Nothing is reported to anyone, nothing is done that a search has no use for; workers are not nice, as Ray has them:
beside other work they would hardly get on."""


@dataclass(frozen=True)
class Asked:
    """`address` of a running cluster, or `auto`: that of RAY_ADDRESS, else one of this machine; None partitions: one a
    processor."""

    address: str = AUTO
    partitions: int | None = None


@dataclass(frozen=True)
class Connection:
    """A cluster: `parts` partitions have room in it, and `memory` bytes, all in all; `nodes` are its machines."""

    parts: int
    memory: int
    nodes: int

    def fleet(self, task: Task, memory: int, apart: bool = False) -> RayFleet:
        """The partitions of a task.  Raises `UsageError` where the cluster does not start them."""
        return RayFleet(task, memory, apart)


@contextmanager
def connected(asked: Asked, say: Callable[[str], None] = lambda text: None) -> Iterator[Connection]:
    """A cluster, as long as it is needed.  One that was started for it is ended with all its processes.

    Raises `UsageError` where there is none.
    """
    if find_spec("ray") is None:
        raise UsageError("--cluster needs Ray, which cannot be imported: install the extra `cluster` of this package")
    os.environ.update({name: value for name, value in QUIET.items() if name not in os.environ})
    running = os.environ.get("RAY_ADDRESS", "") if asked.address == AUTO else asked.address
    before = signal.getsignal(signal.SIGTERM)
    with _joined(running) if running else _started(asked.partitions, say):
        _silence()
        signal.signal(signal.SIGTERM, before)
        yield _described(asked, bool(running))


@contextmanager
def _started(partitions: int | None, say: Callable[[str], None]) -> Iterator[None]:
    """A cluster of this machine, which talks to itself only."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    # Before Ray is loaded, which reads them once: who is on this machine too has no business in here.
    os.environ["RAY_AUTH_MODE"] = "token"
    # Ray takes 127.0.0.1 for an address that others cannot reach, and another one instead, unless it is to be so.
    os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    import ray

    # The names of its sockets must not be longer than 107 bytes, which rules long folders out.
    short = len(tempfile.gettempdir()) < 30
    folder = Scratch(None if short else "/tmp")
    say("starting Ray on this machine")
    try:
        ray.init(
            num_cpus=partitions or processors,
            num_gpus=0,
            include_dashboard=False,
            object_store_memory=int(min(MOST, max(LEAST, budget.available() * EXCHANGE))),
            configure_logging=False,
            log_to_driver=False,
            _node_ip_address="127.0.0.1",
            _temp_dir=str(folder.path),
        )
        yield
    except Exception as error:  # what Ray raises where it is not up in time is of no class of its own
        if ray.is_initialized():
            raise
        raise UsageError(f"Ray does not start on this machine: {error}") from None
    finally:
        ray.shutdown()
        folder.remove()


@contextmanager
def _joined(address: str) -> Iterator[None]:
    """A cluster that is there."""
    host, _, port = address.rpartition("/")[2].rpartition(":")
    if not host or not port.isdecimal() or int(port) >= 1 << 16:
        raise UsageError(f"{address!r} is no address of a Ray cluster: write it as HOST:6379, or auto")
    try:
        # Ray itself would try for two minutes.
        socket.create_connection((host, int(port)), timeout=REPLY).close()
    except OSError as error:
        raise UsageError(f"there is no Ray cluster at {address}: {error.strerror or error}") from None
    import ray

    try:
        ray.init(address=address, configure_logging=False, log_to_driver=False)
    except (ConnectionError, OSError, RuntimeError, TimeoutError, ValueError) as error:
        raise UsageError(f"there is no Ray cluster at {address}: {str(error).splitlines()[0]}") from None
    try:
        yield
    finally:
        ray.shutdown()


def _silence() -> None:
    """Ray tells of each worker that dies on standard output, which is for results: there JSON must be alone."""
    from ray._private import worker

    if hasattr(worker, "print_to_stdstream"):
        worker.print_to_stdstream = lambda data, ignore_prefix: None


def _described(asked: Asked, running: bool) -> Connection:
    """What the cluster has to offer.  Raises `UsageError` where that is less than was asked."""
    import ray

    known: Any = ray.nodes
    nodes = [node for node in known() if node["Alive"] and node["Resources"].get("CPU")]
    processors = int(sum(node["Resources"]["CPU"] for node in nodes))
    parts = asked.partitions or processors
    if not 0 < parts <= processors:
        raise UsageError(f"--partitions {parts} are more than the {processors} processors that this cluster has")
    memory = int(sum(node["Resources"].get("memory", 0) for node in nodes) * budget.SHARE)
    return Connection(parts, memory if running else budget.default_budget(), len(nodes))


class RayFleet:
    """Partitions as actors, spread over the machines of a cluster; `memory` bytes, all in all.

    If `apart` they reach each other as if each were on a machine of its own.
    """

    def __init__(self, task: Task, memory: int, apart: bool = False) -> None:
        import ray

        self.apart = apart
        self.number = task.parts
        self.memory = memory // task.parts
        self._task = ray.put(task)
        self._kind = _kind()
        self.actors = [self._new(own) for own in range(task.parts)]
        self.processes: dict[int, tuple[str, int]] = {}
        """Of each partition: the address of its machine, and the number of its process there."""
        self.beside: dict[int, list[int]] = {}
        """Of each partition: those that it reaches by memory of the machine."""
        try:
            self._check(range(task.parts))
        except Lost:
            self._once_more()

    def ask(self, part: int, method: str, *arguments: Any) -> Any:
        """Calls a method of a partition."""
        return getattr(self.actors[part], method).remote(*arguments)

    def interrupt(self, part: int, method: str, *arguments: Any) -> Any:
        """Calls a method of a partition, in another thread than those that are asked."""
        return self.ask(part, method, *arguments)

    def ready(self, references: Sequence[Any], patience: float) -> list[Any]:
        """Waits for answers, so many seconds at most; the references to those that are there."""
        import ray

        return list(ray.wait(list(references), num_returns=len(references), timeout=patience)[0])

    def answer(self, reference: Any) -> Any:
        """An answer, waited for.  Raises `Lost`, and what the method raised."""
        return answered(reference)

    def mend(self) -> list[int]:
        """Starts anew the partitions that are gone."""
        gone = []
        for part in range(self.number):
            try:
                self.answer(self.ask(part, "told"))
            except Lost:
                gone.append(part)
                self.actors[part] = self._new(part)
        self._check(gone)
        return gone

    def stop(self) -> None:
        """Ends the partitions."""
        import ray

        for actor in self.actors:
            ray.kill(actor)

    def _once_more(self) -> None:
        """Replaces who was lost before it had begun.  Raises `UsageError` where that happens again."""
        try:
            self.mend()
            self._check(range(self.number))
        except Lost as lost:
            raise UsageError(f"workers of the cluster die as they start: {str(lost).splitlines()[0]}") from None

    def _new(self, own: int) -> Any:
        return self._kind.remote(self._task, own, self.memory)

    def _check(self, parts: Sequence[int]) -> None:
        """Waits until they run, and are of the same source as this process; then all are told who the others are.

        Raises `Lost`, `UsageError`.
        """
        import ray

        asked = [self.ask(part, "told") for part in parts]
        _, late = ray.wait(asked, num_returns=len(asked), timeout=START) if asked else ([], [])
        if late:
            raise UsageError(
                f"{len(late)} of {len(asked)} workers did not start within {START:.0f} s: the cluster has no "
                "processors left for them, or cannot start Python there; see `ray status`"
            )
        for part, reference in zip(parts, asked, strict=True):
            source, machine, process = self.answer(reference)
            self.processes[part] = machine, process
            if source != fingerprint.of_checker():
                raise UsageError("the workers of the cluster have another version of this checker, or of Python")
        if asked:
            self._introduce()

    def _introduce(self) -> None:
        """Tells all who the others are, those of one machine by what memory they reach each other.  Raises `Lost`."""
        import ray

        machine = {part: part if self.apart else address for part, (address, _) in self.processes.items()}
        beside = {
            part: [other for other in machine if other != part and machine[other] == machine[part]] for part in machine
        }
        asked = {part: self.ask(part, "offer", others) for part, others in beside.items()}
        offers = {part: offer for part, reference in asked.items() if (offer := self.answer(reference)) is not None}
        post = ray.put(RayPost(self.actors))
        asked = {
            part: self.ask(part, "meet", post, {other: offers[other] for other in others if other in offers})
            for part, others in beside.items()
        }
        self.beside = {part: self.answer(reference) for part, reference in asked.items()}


BESIDE = {"deliver": "parcels", "give_up": "interrupts", "pause": "interrupts", "reached": "interrupts"}
"""What an actor does in another thread than its work, by the name of that thread."""


def _kind() -> Any:
    """What partitions are made of, for Ray."""
    import ray

    for method, group in BESIDE.items():
        ray.method(concurrency_group=group)(getattr(Worker, method))
    terms = {"num_cpus": 1, "max_restarts": 0, "max_task_retries": 0, "scheduling_strategy": "SPREAD"}
    remote: Any = ray.remote
    return remote(concurrency_groups=dict.fromkeys(BESIDE.values(), 1), **terms)(Worker)


class RayPost:
    """Partitions as they reach each other, without their driver."""

    def __init__(self, actors: Sequence[Any]) -> None:
        self.actors = list(actors)

    def send(self, part: int, parcel: Parcel) -> Any:
        """Through the memory that processes of a machine share, and from there to another machine's, where it is large;
        Ray has made a copy when this returns."""
        return self.actors[part].deliver.remote(parcel)

    def underway(self, receipts: Sequence[Any]) -> list[Any]:
        """The receipts of parcels that are not there yet."""
        import ray

        there, left = ray.wait(list(receipts), num_returns=len(receipts), timeout=0)
        for receipt in there:
            answered(receipt)
        return list(left)


def answered(reference: Any) -> Any:
    """An answer of a worker, waited for.  Raises `Lost` where it or what it needs is gone, and what it raised."""
    import ray
    from ray import exceptions

    gone = (
        exceptions.RayActorError,
        exceptions.ObjectLostError,
        exceptions.WorkerCrashedError,
        exceptions.NodeDiedError,
        exceptions.OutOfMemoryError,
        exceptions.RaySystemError,
    )
    try:
        return ray.get(reference)
    except exceptions.RayTaskError as error:
        if isinstance(error.cause, gone) or isinstance(error, gone):
            raise Lost(str(error)) from None
        raise (error.cause if isinstance(error.cause, Exception) else error) from None
    except gone as error:
        raise Lost(str(error)) from None


class Worker(Partition):
    """A partition in a process of its own."""

    def told(self) -> tuple[str, str, int]:
        """That it runs: a digest of its source, the address of its machine, the number of its process."""
        import ray

        address: Any = ray.util.get_node_ip_address
        return fingerprint.of_checker(), address(), os.getpid()
