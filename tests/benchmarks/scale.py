"""How far the search goes beyond one machine: measured, fitted, and extrapolated.

    python -m tests.benchmarks.scale --out reports/scale.md

Wants the machine for itself: its seconds are worth nothing beside other work.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from checker.backends.native import compile_native
from checker.configuration import configure
from checker.explore.cluster import exchange
from checker.explore.cluster.fleet import Inline
from checker.explore.cluster.ray_fleet import Asked, connected
from checker.explore.cluster.search import ClusterSearch
from checker.explore.compiled import CompiledSearch
from checker.explore.limits import Terms
from checker.ground import ground
from checker.narrow import narrowed
from checker.reading import load
from tests.benchmarks.scale_page import Costs, Found, Row, written
from tests.small_models import counter

SETTINGS = {"mode": "data_flush", "tail": "cut", "prepared_transactions": "true", "two_phase_gate": "true"}
BOUNDS = {"records": 4}
SCOPE = "ci"

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
    program = compiled(given.scope)
    one, need = alone(given.scope, given.runs)
    measured, empty, reference = by_ray(program, (1, 2, LARGEST), given.runs)
    simulated = [inline(program, parts) for parts in SIMULATED]
    both = at_once(program)
    slow, disk = on_disk(program, need, one.states)
    costs = fitted(measured, empty, reference)
    page = written(Found(program.words, given.runs, one, need, measured, simulated, both, slow, disk, costs, empty))
    if given.out is None:
        sys.stdout.write(page)
    else:
        given.out.write_text(page, encoding="utf-8")
    return 0 if all(row.states == one.states for row in (*measured, *simulated)) else 1


def compiled(scope):
    """The protocol as machine code: better code from the start, so that no run compiles while it is measured."""
    model = load("model")
    chosen = configure(model, sets=SETTINGS, scope=scope, bounds=BOUNDS)
    grounded = ground(model, chosen.settings, chosen.bounds)
    return compile_native(narrowed(grounded))


def alone(scope, runs):
    """One process: its row, and the bytes it needs."""
    took, busy = [], []
    for _ in range(runs):
        program = compiled(scope)
        search = CompiledSearch(program, Terms(memory=8 << 30))
        began, work = time.monotonic(), time.thread_time()
        search.run()
        took.append(time.monotonic() - began)
        busy.append(time.thread_time() - work)
        states, levels, need = search.count, len(search.levels), search.kept.store.bytes
        search.close()
    tell("one process", took)
    return Row(1, statistics.median(took), statistics.median(busy), 0, states, levels, 0, 0, 1.0), need


def by_ray(program, numbers, runs):
    """A row for each number of workers, and what starting Ray takes: the median of runs that take turns."""
    rows = {parts: [] for parts in numbers}
    with connected(Asked(partitions=max(numbers))) as cluster:
        for _ in range(runs):
            for parts in numbers:
                search = ClusterSearch(program, Terms(), parts, lambda task: cluster.fleet(task, 8 << 30))
                try:
                    rows[parts].append(row(search))
                finally:
                    search.close()
        empty = {parts: level_cost(cluster, parts) for parts in numbers}
        reference = reference_cost(cluster, max(numbers))
    for parts, found in rows.items():
        tell(f"{parts} workers", [one.seconds for one in found])
    return [sorted(found, key=lambda one: one.seconds)[len(found) // 2] for found in rows.values()], empty, reference


def row(search):
    """Searches, and says what it took."""
    driver, began = time.process_time(), time.monotonic()
    search.run()
    took, driver = time.monotonic() - began, time.process_time() - driver
    held = np.array(search.held)
    levels, skew = len(search.levels), float(held.max() / held.mean())
    parts, states = search.task.parts, int(held.sum())
    return Row(parts, took, sum(search.busy), driver, states, levels, search.exchanged, search.repeated, skew)


def inline(program, parts):
    """A search by partitions in this process: what they exchange does not depend on where they are."""
    found = row(ClusterSearch(program, Terms(), parts, lambda task: Inline(task, 8 << 30)))
    tell(f"{parts} simulated", [found.seconds])
    return found


def level_cost(cluster, parts):
    """Seconds that a level of a single state takes."""
    program = compile_native(counter(LONG).grounded((0,)))
    search = ClusterSearch(program, Terms(), parts, lambda task: cluster.fleet(task, 1 << 30))
    try:
        return row(search).seconds / LONG
    finally:
        search.close()


def reference_cost(cluster, parts):
    """Seconds of the driver for a reference: many small shares of a small scope, an answer for each worker each."""
    asked = [0]

    def opened(task):
        fleet = cluster.fleet(task, 1 << 30)
        ask = fleet.ask

        def counted(part, method, *arguments, answers=1):
            asked[0] += answers
            return ask(part, method, *arguments, answers=answers)

        fleet.ask = counted
        return fleet

    share, exchange.SHARE = exchange.SHARE, 200
    search = ClusterSearch(compiled("small"), Terms(), parts, opened)
    try:
        return row(search).driver / asked[0]
    finally:
        exchange.SHARE = share
        search.close()


def at_once(program):
    """By how much a search takes longer while another process makes the same: what two processors are worth here."""
    program.improve()
    took = [searched(program)]
    beside = multiprocessing.get_context("fork").Process(target=searched, args=(program,))
    beside.start()
    took.append(searched(program))
    beside.join()
    tell("alone, beside another", took)
    return took[1] / took[0]


def searched(program):
    """Seconds of a search in one process."""
    search = CompiledSearch(program, Terms(memory=4 << 30))
    began = time.monotonic()
    search.run()
    took = time.monotonic() - began
    search.close()
    return took


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


def fitted(measured, empty, reference):
    """The costs: of workers' own seconds, by least squares, what goes with states and what with bytes."""
    left = np.array([[row.states, row.exchanged] for row in measured], float)
    (state, byte), *_ = np.linalg.lstsq(left, np.array([row.busy for row in measured]), rcond=None)
    return Costs(max(empty.values()), float(state), float(max(byte, 0.0)), reference)


def tell(what, took):
    """A line on standard error."""
    sys.stderr.write(f"{what}: {', '.join(f'{one:.2f}' for one in took)} s\n")


if __name__ == "__main__":
    sys.exit(main())
