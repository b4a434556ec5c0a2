"""The partitions of a search as its driver sees them: asked by number, answering when they are done."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Protocol

from checker.explore.cluster.messages import Parcel, Task
from checker.explore.cluster.partition import Partition
from checker.explore.cluster.rings import Offer


class Lost(Exception):
    """A worker is gone, or what it had answered."""


class Fleet(Protocol):
    """So many partitions, each of which can send to all others."""

    number: int

    def ask(self, part: int, method: str, *arguments: Any) -> Any:
        """Calls a method of a partition, which does its calls in order; a reference to the answer."""

    def interrupt(self, part: int, method: str, *arguments: Any) -> Any:
        """Calls a method of a partition beside what it is doing; a reference to the answer."""

    def ready(self, references: Sequence[Any], patience: float) -> list[Any]:
        """Waits for answers, so many seconds at most; the references to those that are there."""

    def answer(self, reference: Any) -> Any:
        """An answer, waited for.  Raises `Lost`, and what the method raised."""

    def mend(self) -> list[int]:
        """Starts anew the partitions that are gone, empty; their numbers.  Raises `Lost` where that cannot be done."""

    def stop(self) -> None:
        """Ends the partitions."""


class Inline:
    """Partitions as objects of this process, with two threads each: one for its calls, one for what others send it.

    To test with, and to count what many workers would exchange; by rings where they are `near`.
    """

    def __init__(self, task: Task, memory: int, near: bool = False) -> None:
        self.number = task.parts
        self.partitions = [Partition(task, own, memory // task.parts) for own in range(task.parts)]
        self._calls = [ThreadPoolExecutor(1) for _ in self.partitions]
        self._posts = [ThreadPoolExecutor(1) for _ in self.partitions]
        offers: dict[int, Offer] = {}
        for own, partition in enumerate(self.partitions if near else []):
            offer = partition.offer([part for part in range(task.parts) if part != own])
            offers |= {} if offer is None else {own: offer}
        for own, partition in enumerate(self.partitions):
            partition.meet(self, {part: offer for part, offer in offers.items() if part != own})

    def send(self, part: int, parcel: Parcel) -> Future[None]:
        """As a `Post`: a copy, as it would be elsewhere."""
        copy = dataclasses.replace(parcel, states=parcel.states.copy())
        return self._posts[part].submit(self.partitions[part].deliver, copy)

    def underway(self, receipts: Sequence[Future[None]]) -> list[Future[None]]:
        """As a `Post`."""
        return [receipt for receipt in receipts if not receipt.done()]

    def ask(self, part: int, method: str, *arguments: Any) -> Future[Any]:
        """Calls a method of a partition."""
        return self._calls[part].submit(getattr(self.partitions[part], method), *arguments)

    def interrupt(self, part: int, method: str, *arguments: Any) -> Future[Any]:
        """Calls a method of a partition at once."""
        done: Future[Any] = Future()
        done.set_result(getattr(self.partitions[part], method)(*arguments))
        return done

    def ready(self, references: Sequence[Future[Any]], patience: float) -> list[Future[Any]]:
        """Those that are done."""
        return list(wait(references, patience).done)

    def answer(self, reference: Future[Any]) -> Any:
        """What the method gave back."""
        return reference.result()

    def mend(self) -> list[int]:
        """Nobody is ever gone."""
        return []

    def stop(self) -> None:
        """Ends their threads."""
        for partition in self.partitions:
            partition.give_up(FOREVER)
        for pool in (*self._calls, *self._posts):
            pool.shutdown()


FOREVER = 1 << 62
"""An attempt after all others."""
