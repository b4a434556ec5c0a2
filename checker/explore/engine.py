"""The choice between the two engines, and a search by the one chosen.

Generated Python starts at once; machine code needs half a second to load and compile, then searches 50 times as fast.
So generated Python begins, and a space that turns out larger than `SMALL` is searched by machine code from the start:
the states found so far would take longer to repack than to find again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, TypeAlias

from checker.backends.program import Program
from checker.backends.python import compile_program
from checker.explore.limits import Callback
from checker.explore.result import Exploration
from checker.explore.search import Search
from checker.grounded import Grounded
from checker.narrow import narrowed

if TYPE_CHECKING:
    from checker.explore.compiled import CompiledSearch

Engine: TypeAlias = Literal["auto", "python", "native"]

SMALL = 10_000
"""States that generated Python visits in a tenth of a second, a fraction of what machine code needs to start."""

NEEDED = ("numpy", "numba", "llvmlite")
"""Packages without which there is no machine code."""


class NoNativeEngine(Exception):
    """Machine code was asked for and cannot be had; the text says why."""


def explore(
    grounded: Grounded,
    *,
    properties: Sequence[str] | None = None,
    first: bool = False,
    memory: int | None = None,
    states: int | None = None,
    progress: Callback | None = None,
    engine: Engine = "auto",
) -> Exploration:
    """Visits every reachable state and says which of the named properties (None: all) hold.

    `first` ends the search at the first violation or deadlock.  `memory`, in bytes, and `states` end it where they are
    reached, as Ctrl-C does: what is known by then is the result, all else `unknown`.  A second Ctrl-C, while
    counterexamples are put together, is not caught.  `engine` is `python`, `native`, or `auto`: the one that is faster
    for the size of the space; the results are the same.  Raises KeyError for a property that the model does not have,
    and `NoNativeEngine` where that was asked for and cannot be had.
    """
    program = compile_program(grounded, properties)
    why_not = missing()
    if engine == "native":
        if why_not:
            raise NoNativeEngine(why_not)
        search = _native(program, first, memory, states, progress)
        search.run()
        return search.result(program)
    grow_out = engine == "auto" and not why_not and (states is None or states > SMALL)
    small = Search(program, first, memory, SMALL if grow_out else states, progress)
    small.run()
    if grow_out and small.stopped == "states":
        return _grown_out(small, first, memory, states, progress)
    found = small.result()
    return dataclasses.replace(found, note=why_not) if engine == "auto" and found.states > SMALL else found


def _grown_out(
    small: Search, first: bool, memory: int | None, states: int | None, progress: Callback | None
) -> Exploration:
    """Searches by machine code what was too large; interrupted before that began, what was found until then."""
    program = small.program
    try:
        search = _native(program, first, memory, states, progress)
    except KeyboardInterrupt:
        small.stopped = "interrupted"
        return small.result()
    except NoNativeEngine as reason:
        other = Search(program, first, memory, states, progress)
        other.run()
        return dataclasses.replace(other.result(), note=str(reason))
    search.reporter.started = small.reporter.started
    del small
    search.run()
    return search.result(program)


def missing() -> str:
    """Why there is no machine code here, and what to do about it; empty if there is."""
    absent = [name for name in NEEDED if find_spec(name) is None]
    if not absent:
        return ""
    return (
        f"searched by generated Python, since {' and '.join(absent)} cannot be imported: "
        "the extra `native` of this package makes large searches some 40 times as fast"
    )


def _native(
    program: Program, first: bool, memory: int | None, states: int | None, progress: Callback | None
) -> CompiledSearch:
    from checker.backends.native import compile_native
    from checker.backends.words import TooWide
    from checker.explore.compiled import CompiledSearch

    try:
        native = compile_native(narrowed(program.grounded), [prop.name for prop in program.properties])
    except TooWide as wide:
        raise NoNativeEngine(f"searched by generated Python, since machine words are too small: {wide}") from wide
    return CompiledSearch(native, first, memory, states, progress)
