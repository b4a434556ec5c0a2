"""The partitions of a search as its driver sees them: asked by number, answering when they are done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from checker.explore.cluster.partition import Partition, Task


class Lost(Exception):
    """A worker is gone, or what it had answered."""


class Fleet(Protocol):
    """So many partitions.  The answers to `ask` may be arguments of later calls, and are brought to whom is asked."""

    number: int

    def ask(self, part: int, method: str, *arguments: Any, answers: int = 1) -> list[Any]:
        """Calls a method of a partition, which does its calls in order; a reference to each of so many answers."""

    def ready(self, references: Sequence[Any]) -> list[Any]:
        """Waits for one of the references at least; those whose answers are there."""

    def answer(self, reference: Any) -> Any:
        """An answer, waited for.  Raises `Lost`, and what the method raised."""

    def mend(self) -> list[int]:
        """Starts anew the partitions that are gone, empty; their numbers.  Raises `Lost` where that cannot be done."""

    def stop(self) -> None:
        """Ends the partitions."""


class Reference:
    """An answer that is there already."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Inline:
    """Partitions as objects of this process, each call done when it is made: to test with, and to count what many
    workers would exchange.

    `exchanged` has the bytes handed from one to another.
    """

    def __init__(self, task: Task, memory: int) -> None:
        self.task, self.memory = task, memory
        self.number = task.parts
        self.exchanged = 0
        self.partitions = [Partition(task, own, memory // task.parts) for own in range(task.parts)]

    def ask(self, part: int, method: str, *arguments: Any, answers: int = 1) -> list[Reference]:
        """Calls a method of a partition."""
        given = [argument.value if isinstance(argument, Reference) else argument for argument in arguments]
        self.exchanged += sum(one.nbytes for one in given if isinstance(one, np.ndarray))
        result = getattr(self.partitions[part], method)(*given)
        values = result if answers > 1 else (result,)
        return [Reference(value.copy() if isinstance(value, np.ndarray) else value) for value in values]

    def ready(self, references: Sequence[Reference]) -> list[Reference]:
        """All of them."""
        return list(references)

    def answer(self, reference: Reference) -> Any:
        """What the method gave back."""
        return reference.value

    def mend(self) -> list[int]:
        """Nobody is ever gone."""
        return []

    def stop(self) -> None:
        """The partitions are gone with this object."""
