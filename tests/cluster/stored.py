"""Searches by partitions of this process with a checkpoint in an object store, and what can happen to them."""

from __future__ import annotations

from contextlib import closing
from functools import cache

import obstore
import pytest

from checker.backends.native import compile_native
from checker.backends.python import compile_program
from checker.explore import Checkpoint
from checker.explore.bucket import store
from checker.explore.cluster.fleet import Inline, Lost
from checker.explore.cluster.search import ClusterSearch
from checker.explore.limits import Terms
from checker.grounding.narrow import narrowed
from checker.refusal import UsageError
from tests.cluster.test_ray import cube
from tests.native.test_compiled_search import by_python, told

MEMORY = 64 << 20
"""Of all partitions of a search together."""


@cache
def plain():
    """What is found without any of it."""
    return told(by_python(cube()))


def explored(address, grounded, **asked):
    """One search by partitions of this process with a checkpoint there."""
    with closing(Checkpoint(address, {})) as kept:
        return search(grounded, kept, **asked)


def search(grounded, kept, parts=2, fleet=Inline, **terms):
    program, terms = compile_native(narrowed(grounded)), Terms(checkpoint=kept, **terms)
    found = ClusterSearch(program, terms, parts, lambda task: fleet(task, MEMORY))
    try:
        found.run()
        return found.result(compile_program(grounded))
    finally:
        found.close()


def names(address):
    return names_of(store(address))


def names_of(store):
    return sorted(item["path"] for some in obstore.list(store) for item in some)


class Losing(Inline):
    """A fleet that says once that a worker was lost, when another has begun to work."""

    WORK = 14
    asked, lost = 0, False

    def ask(self, part, method, *arguments):
        self.asked += method == "work"
        if self.asked == self.WORK and not self.lost:
            self.lost = True
            raise Lost("gone")
        return super().ask(part, method, *arguments)


def refused(address, *said, **asked):
    with pytest.raises(UsageError) as error:
        explored(address, cube(), **asked)
    for text in (address, *said):
        assert text in str(error.value)
