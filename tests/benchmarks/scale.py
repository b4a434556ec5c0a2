"""How far the search goes beyond one machine: measured, fitted, and extrapolated.

    python -m tests.benchmarks.scale --out reports/scale.md

Wants the machine for itself: its seconds are worth nothing beside other work.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np

from checker.backends.native import compile_native
from checker.configuration import configure
from checker.explore.cluster.fleet import Inline
from checker.explore.cluster.ray_fleet import Asked, connected
from checker.explore.cluster.search import ClusterSearch
from checker.explore.compiled import CompiledSearch
from checker.explore.limits import Terms
from checker.grounding.narrow import narrowed
from checker.kept_forms import ground, load, origin
from tests.benchmarks.scale_page import Costs, Found, Row, name, processors, written
from tests.small_models import counter

SETTINGS = {"mode": "data_flush", "tail": "cut", "prepared_transactions": "true", "two_phase_gate": "true"}
BOUNDS = {"records": 4}
SCOPE = "ci"

SETTLED = 3.0
"""Seconds to wait before a search: Ray starts spare processes when it has started some."""

SIMULATED = (2, 4, 16, 64)
"""Partitions as objects of one process."""

LONG = 500
"""Levels of one state each, for what a level costs by itself."""

LARGEST = 4
"""Workers of the largest cluster that is measured."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the page, or writes it; 1 where a cluster came to other numbers than one machine."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="write the page there")
    parser.add_argument("--scope", default=SCOPE)
    parser.add_argument("--runs", type=int, default=3, help="of which the median counts (default: 3)")
    given = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    rows, need, empty = by_ray(given.scope, (1, 2, LARGEST), given.runs)
    one, measured = rows.pop((0, False)), list(rows.values())
    program = compiled(given.scope)
    simulated = [inline(program, parts) for parts in SIMULATED]
    both = at_once(program, given.runs)
    slow, disk = on_disk(program, need, one.states)
    costs = fitted(measured, empty)
    page = written(
        Found(program.words, given.runs, one, need, measured, simulated, both, slow, disk, costs, empty, LONG, load)
    )
    if given.out is None:
        sys.stdout.write(page)
    else:
        given.out.write_text(page, encoding="utf-8")
    return 0 if all(row.states == one.states for row in (*measured, *simulated)) else 1


def compiled(scope):
    """The protocol as machine code, as an earlier run left it: so no run compiles while it is measured."""
    model = load("model")
    chosen = configure(model, sets=SETTINGS, scope=scope, bounds=BOUNDS)
    grounded = ground(model, chosen.settings, chosen.bounds)
    program = compile_native(narrowed(grounded), kept=origin(grounded))
    if not program.improved:
        program.improve()
    return program


def alone(scope):
    """One process: its row, and the bytes it needs."""
    search = CompiledSearch(compiled(scope), Terms(memory=8 << 30))
    began, work = time.monotonic(), time.thread_time()
    search.run()
    took, busy, need = time.monotonic() - began, time.thread_time() - work, search.kept.store.bytes
    found = Row(1, False, took, busy, 0, 0, search.count, len(search.levels), 0, 0, 1.0)
    search.close()
    return found, need


def by_ray(scope, numbers, runs):
    """The rows of one process (0) and of each number of workers, taking turns, together and apart; what a process
    needs, and a level.

    That one process is as new as workers are, and begins as long after those before it have ended: memory that it had
    before, or that was freed a moment ago, would be had in half the time.
    """
    program = compiled(scope)
    kinds = [(parts, apart) for parts in numbers for apart in (False, True) if parts > 1 or not apart]
    rows = {kind: [] for kind in ((0, False), *kinds)}
    with connected(Asked(partitions=max(numbers))) as cluster:
        import ray

        new = ray.remote(num_cpus=1, max_calls=1)(alone)
        for _ in range(runs):
            time.sleep(SETTLED)
            one, need = ray.get(new.remote(scope))
            rows[0, False].append(one)
            for parts, apart in kinds:
                rows[parts, apart].append(searched_by(cluster, program, parts, apart))
        empty = {kind: level_cost(cluster, *kind) for kind in kinds}
    for (parts, apart), found in rows.items():
        tell(name(parts, apart) if parts else "one process", [one.seconds for one in found])
    return {kind: middle(found) for kind, found in rows.items()}, need, empty


def searched_by(cluster, program, parts, apart):
    """The row of a search by so many workers."""
    search = ClusterSearch(program, Terms(), parts, lambda task: cluster.fleet(task, 8 << 30, apart))
    try:
        time.sleep(SETTLED)
        return row(search, apart)
    finally:
        search.close()


def middle(found):
    """The run of the median time."""
    return sorted(found, key=lambda one: one.seconds)[len(found) // 2]


def row(search, apart=True):
    """Searches, and says what it took."""
    driver, began = time.process_time(), time.monotonic()
    search.run()
    took, driver = time.monotonic() - began, time.process_time() - driver
    held = np.array(search.tally.held)
    levels, skew = len(search.levels), float(held.max() / held.mean())
    parts, states = search.task.parts, int(held.sum())
    waited = sum(search.tally.waited) / parts
    return Row(
        parts,
        apart,
        took,
        sum(search.tally.busy),
        waited,
        driver,
        states,
        levels,
        search.tally.exchanged,
        search.tally.repeated,
        skew,
    )


def inline(program, parts):
    """A search by partitions in this process: what they exchange is what they would all apart."""
    found = row(ClusterSearch(program, Terms(), parts, lambda task: Inline(task, 8 << 30)))
    tell(f"{parts} simulated", [found.seconds])
    return found


def level_cost(cluster, parts, apart):
    """Seconds that a level of a single state takes."""
    program = compile_native(counter(LONG).grounded((0,)))
    search = ClusterSearch(program, Terms(), parts, lambda task: cluster.fleet(task, 1 << 30, apart))
    try:
        time.sleep(SETTLED)
        return row(search).seconds / LONG
    finally:
        search.close()


def at_once(program, runs):
    """By how much a search takes longer while another process makes the same: what two processors are worth here."""
    took = {1: [], 2: []}
    for _ in range(runs):
        for number in took:
            time.sleep(SETTLED)
            took[number].append(together(program, number))
    tell("alone", took[1])
    tell("two at once", took[2])
    return median(took[2]) / median(took[1])


def together(program, number):
    """Seconds of a search by each of so many new processes at once, on average."""
    context = multiprocessing.get_context("fork")
    ends = [context.Pipe(duplex=False) for _ in range(number)]
    processes = [context.Process(target=searched, args=(program, end)) for _, end in ends]
    for process in processes:
        process.start()
    took = [own.recv() for own, _ in ends]
    for process in processes:
        process.join()
    return sum(took) / number


def searched(program, end):
    """Sends the seconds of a search in one process."""
    search = CompiledSearch(program, Terms(memory=4 << 30))
    began = time.monotonic()
    search.run()
    end.send(time.monotonic() - began)


def on_disk(program, need, states):
    """Seconds with a fifth of the memory that is needed; raises ValueError where it comes to other numbers."""
    search = CompiledSearch(program, Terms(memory=need // 5))
    began = time.monotonic()
    search.run()
    took = time.monotonic() - began
    if search.count != states or not search.disk:
        raise ValueError(f"{search.count:,} states with {search.disk:,} bytes of disk")
    disk = search.disk
    search.close()
    tell("a fifth of the memory", [took])
    return took, disk


def fitted(measured, empty):
    """The costs: of workers' own seconds, by least squares, what goes with states and what with bytes, by either way.

    A level of one state is nothing but the last parcels: everyone sends one to everyone else.
    """
    left = np.array(
        [[row.states, *((row.exchanged, 0) if row.apart else (0, row.exchanged))] for row in measured], float
    )
    (state, far, near), *_ = np.linalg.lstsq(left, np.array([row.busy for row in measured]), rcond=None)
    parcel, slot = (
        empty[LARGEST, apart] * min(LARGEST, processors()) / (LARGEST * (LARGEST - 1)) for apart in (True, False)
    )
    return Costs(float(state), float(max(far, 0.0)), float(max(near, 0.0)), parcel, slot)


def tell(what, took):
    """A line on standard error."""
    sys.stderr.write(f"{what}: {', '.join(f'{one:.2f}' for one in took)} s\n")


if __name__ == "__main__":
    sys.exit(main())
