"""The choice between the two engines, and a search by the one chosen.

Generated Python starts at once; machine code needs half a second to load and compile, then searches 50 times as fast.
So generated Python begins, and a space that turns out larger than `SMALL` is searched by machine code from the start:
the states found so far would take longer to repack than to find again.

Only generated Python takes one order of steps that commute.  Which steps may be left out is another question for every
state, a hundred times the work of finding its successors; what it leaves of a protocol whose steps share the WAL would
have to be a hundredth for machine code to gain by it (reports/reductions.md has what it is).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, TypeAlias

from checker.backends.program import Program
from checker.backends.python import compile_program
from checker.explore.checkpoint import Checkpoint
from checker.explore.limits import Callback, Terms
from checker.explore.reduction import Reduction, represented, restored
from checker.explore.result import Exploration
from checker.explore.search import Search
from checker.grounding.grounded import Grounded
from checker.grounding.narrow import narrowed
from checker.kept_forms import Key, keep, origin, recall
from checker.refusal import UsageError

if TYPE_CHECKING:
    from checker.backends.native import NativeProgram
    from checker.explore.cluster.ray_fleet import Connection
    from checker.explore.cluster.search import ClusterSearch
    from checker.explore.compiled import CompiledSearch

Engine: TypeAlias = Literal["auto", "python", "native"]

SMALL = 10_000
"""States that generated Python visits in a tenth of a second, a fraction of what machine code needs to start."""

NEEDED = ("numpy", "numba", "llvmlite")
"""Packages without which there is no machine code."""


IN_ORDER = "searched by generated Python, the only engine that leaves out orders of steps"


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
    reduction: Reduction | None = None,
    disk: int | None = None,
    workers: int = 1,
    checkpoint: Checkpoint | None = None,
    cluster: Connection | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Exploration:
    """Visits every reachable state and says which of the named properties (None: all) hold.

    With a `reduction` of the same model, the states that are left; what is said is of the whole all the same.

    `first` ends the search with the level of the first violation or deadlock.  `states` end it where they are reached,
    as Ctrl-C does: what is known by then is the result, all else `unknown`.  A second Ctrl-C, while counterexamples are
    put together, is not caught.  Beyond `memory`, in bytes, machine code goes on with up to `disk` bytes of disk (None:
    as many as there are), and generated Python ends.  `workers` is the number of threads of machine code, which makes
    no difference to the result.  `engine` is `python`, `native`, or `auto`: the one that is faster for the size of the
    space; the results are the same.  With a `checkpoint` the search goes on from the last level finished there.  A
    `cluster` searches by machine code, in its own memory only; what that will take is told to `say`.

    Raises KeyError for a property that the model does not have, `NoNativeEngine` where that was asked for and cannot be
    had, and `UsageError` for a checkpoint of another search.
    """
    program = compile_program(grounded, properties) if reduction is None else reduction.program(properties)
    terms = Terms(first, memory, states, disk, workers, progress, checkpoint)
    ordered = reduction is not None and reduction.order
    why_not = IN_ORDER if ordered else missing()
    begun = _begun(checkpoint, engine, cluster is not None)
    if cluster is not None:
        if why_not:
            raise NoNativeEngine(why_not)
        return _by_cluster(program, terms, reduction, cluster, say)
    if engine == "native" or begun == "native":
        if why_not:
            raise NoNativeEngine(why_not)
        return _searched(_native(program, terms, reduction), program, reduction)
    grow_out = engine == "auto" and not why_not and (states is None or states > SMALL)
    outgrown = _outgrown(program) if grow_out and begun is None and not first else None
    if outgrown is not None and recall(outgrown):
        with suppress(NoNativeEngine):
            return _searched(_native(program, terms, reduction), program, reduction)
    small = Search(program, dataclasses.replace(terms, states=SMALL) if grow_out else terms)
    small.run()
    if grow_out and small.stopped == "states":
        if outgrown is not None:
            keep(outgrown, True)
        return _grown_out(small, terms, reduction)
    found = _result(small, program, reduction)
    return dataclasses.replace(found, note=why_not) if engine == "auto" and found.states > SMALL else found


def _begun(checkpoint: Checkpoint | None, engine: Engine, cluster: bool) -> str | None:
    """The engine that began a search which is to go on.  Raises `UsageError` where another one was asked for."""
    begun = None if checkpoint is None else checkpoint.engine
    if checkpoint is None or begun is None:
        return None
    if cluster != (begun == "cluster"):
        other = "with" if begun == "cluster" else "without"
        raise UsageError(f"{checkpoint.place} holds a search {other} --cluster; give another place")
    if not cluster and engine not in ("auto", begun):
        raise UsageError(f"{checkpoint.place} holds a search by --engine {begun}, and --engine {engine} was asked for")
    return begun


def _outgrown(program: Program) -> Key | None:
    """Under what it is kept that a space is too large for generated Python: then the next search need not try."""
    of = origin(program.grounded)
    return None if of is None else {**of, "what": "outgrown", "states": SMALL}


def _grown_out(small: Search, terms: Terms, reduction: Reduction | None) -> Exploration:
    """Searches by machine code what was too large; interrupted before that began, what was found until then."""
    program = small.program
    try:
        search = _native(program, terms, reduction)
    except KeyboardInterrupt:
        small.stopped = "interrupted"
        return _result(small, program, reduction)
    except NoNativeEngine as reason:
        other = Search(program, terms)
        other.run()
        return dataclasses.replace(_result(other, program, reduction), note=str(reason))
    search.reporter.started = small.reporter.started
    del small
    return _searched(search, program, reduction)


def _searched(search: CompiledSearch | ClusterSearch, program: Program, reduction: Reduction | None) -> Exploration:
    try:
        search.run()
        return _result(search, program, reduction)
    finally:
        search.close()


def _result(
    search: Search | CompiledSearch | ClusterSearch, program: Program, reduction: Reduction | None
) -> Exploration:
    """What a search found, of the whole model where a part of it was searched."""
    found = search.result() if isinstance(search, Search) else search.result(program)
    return found if reduction is None else restored(found, reduction, represented(search, reduction))


def missing() -> str:
    """Why there is no machine code here, and what to do about it; empty if there is."""
    absent = [name for name in NEEDED if find_spec(name) is None]
    if not absent:
        return ""
    return (
        f"searched by generated Python, since {' and '.join(absent)} cannot be imported: "
        "the extra `native` of this package makes large searches some 40 times as fast"
    )


def _native(program: Program, terms: Terms, reduction: Reduction | None) -> CompiledSearch:
    from checker.explore.compiled import CompiledSearch

    return CompiledSearch(_compiled(program, reduction), terms)


def _by_cluster(
    program: Program, terms: Terms, reduction: Reduction | None, cluster: Connection, say: Callable[[str], None]
) -> Exploration:
    """Searches by the workers of a cluster, unless the first levels show that it has no room for the others."""
    from checker.explore.cluster.forecast import Outlook
    from checker.explore.cluster.pilot import Pilot
    from checker.explore.cluster.search import ClusterSearch

    memory = cluster.memory if terms.memory is None else terms.memory
    terms, compiled = dataclasses.replace(terms, memory=memory), _compiled(program, reduction)
    outlook = Outlook(memory, compiled.words, cluster.parts, cluster.nodes, say)
    outlook.offer()
    checkpoint = terms.checkpoint
    if checkpoint is not None and checkpoint.files and checkpoint.place.fenced:
        say(f"going on from what {checkpoint.by} wrote; should that still be there, it can write no more")
    if not (terms.first or terms.states is not None or (checkpoint is not None and checkpoint.files)):
        pilot = Pilot(compiled, memory)
        pilot.run()
        try:
            short = "" if pilot.interrupted else outlook.foretell(pilot.levels, pilot.complete)
            if short:
                pilot.search.stopped, pilot.search.note = "memory", short
            if short or pilot.interrupted:
                return _result(pilot.search, program, reduction)
        finally:
            pilot.search.close()
    search = ClusterSearch(compiled, terms, cluster.parts, lambda task: cluster.fleet(task, memory), outlook=outlook)
    return _searched(search, program, reduction)


def _compiled(program: Program, reduction: Reduction | None) -> NativeProgram:
    """The same in machine code.  Raises `NoNativeEngine`."""
    from checker.backends.native import compile_native
    from checker.backends.words import TooWide

    try:
        tight = narrowed(program.grounded)
        same = None if reduction is None or reduction.symmetry is None else reduction.symmetry.on(tight)
        names = [prop.name for prop in program.properties]
        kept = origin(program.grounded)
        if same is not None:
            return compile_native(same.grounded, names, same.images, kept)
        return compile_native(tight, names, kept=kept)
    except TooWide as wide:
        raise NoNativeEngine(f"searched by generated Python, since machine words are too small: {wide}") from wide
