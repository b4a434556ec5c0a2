"""Searches by Ray actors come to what one machine does, also where actors are killed in the middle."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from pathlib import Path

import pytest

from checker.backends.native import compile_native
from checker.backends.python import compile_program
from checker.configuration import configure
from checker.explore import Checkpoint, checkpoint, explore
from checker.explore.cluster import exchange, search
from checker.explore.cluster.fleet import Inline
from checker.explore.cluster.search import ClusterSearch
from checker.explore.limits import Terms
from checker.ground import ground
from checker.narrow import narrowed
from checker.reading import load
from checker.spec import read
from tests.native.test_compiled_search import told
from tests.small_models import bits

ROOT = Path(__file__).parents[2]

MEMORY = 1 << 30


@pytest.mark.parametrize("name", ["all-cut", "commit-copy", "data-flush-cut-late", "two-phase", "restartpoints"])
def test_claims(ray_cluster, name):
    spec = read(ROOT / "specs" / f"{name}.toml")
    model = load("model")
    chosen = configure(model, sets=spec.settings, preset=spec.preset, scope="tiny")
    grounded = ground(model, chosen.settings, chosen.bounds)
    assert told(explore(grounded, cluster=ray_cluster)) == told(explore(grounded, engine="native"))


class Killing:
    """A fleet one of whose workers is killed, as by the system, when it has been asked a method so many times."""

    def __init__(self, fleet, method, times):
        self.fleet, self.method, self.left = fleet, method, list(times)
        self.number = fleet.number
        self.asked = self.killed = 0

    def ask(self, part, method, *arguments, answers=1):
        reference = self.fleet.ask(part, method, *arguments, answers=answers)
        self.asked += method == self.method
        if self.left and self.asked == self.left[0]:
            self.left.pop(0)
            os.kill(self.fleet.processes[part][1], signal.SIGKILL)
            self.killed += 1
        return reference

    def __getattr__(self, name):
        return getattr(self.fleet, name)


BITS = 13


@pytest.fixture
def small_shares(monkeypatch):
    monkeypatch.setattr(exchange, "SHARE", 100)


def cube():
    b = bits(BITS)
    b.invariant("few", b.op("not", b.all(*(b[f"bit{number}"] for number in range(BITS - 2)))))
    return b.grounded((0,) * BITS)


def with_losses(ray_cluster, grounded, method, times, folder=None, **terms):
    """A search whose workers are killed: what it found, and the fleet that did that."""
    if folder is not None:
        with closing(Checkpoint(folder, {})) as kept:
            return with_losses(ray_cluster, grounded, method, times, checkpoint=kept, **terms)
    program = compile_native(narrowed(grounded))
    fleets = []

    def opened(task):
        fleets.append(Killing(ray_cluster.fleet(task, MEMORY), method, times))
        return fleets[0]

    found = ClusterSearch(program, Terms(**terms), ray_cluster.parts, opened)
    try:
        found.run()
        return found.result(compile_program(grounded)), fleets[0]
    finally:
        found.close()


@pytest.mark.parametrize("method, times", [("work", [1, 60, 150]), ("close", [5]), ("predecessors", [3])])
def test_a_killed_worker_is_replaced_and_the_search_goes_back_to_the_beginning(
    ray_cluster, small_shares, method, times
):
    grounded = cube()
    found, fleet = with_losses(ray_cluster, grounded, method, times)
    assert fleet.killed == len(times)
    assert told(found) == told(explore(grounded, engine="native"))


@pytest.mark.parametrize("method, times", [("work", [20, 50]), ("save", [5, 12]), ("load", [1]), ("predecessors", [3])])
def test_with_a_folder_it_goes_back_to_the_last_level_written(
    ray_cluster, small_shares, monkeypatch, tmp_path, method, times
):
    monkeypatch.setattr(checkpoint, "OFTEN", 0.0)
    grounded = cube()
    if method == "load":
        first = with_losses(ray_cluster, grounded, "work", [], folder=tmp_path, states=4000)[0]
        assert first.stopped == "states"
    found, fleet = with_losses(ray_cluster, grounded, method, times, folder=tmp_path)
    assert fleet.killed == len(times)
    assert told(found) == told(explore(grounded, engine="native"))
    levels = BITS + 1
    assert len(list(tmp_path.glob("level-*"))) == (levels + 1) * ray_cluster.parts


def test_workers_that_die_again_and_again_end_it(ray_cluster, small_shares):
    found, fleet = with_losses(ray_cluster, cube(), "work", range(1, 2000))
    assert fleet.killed == search.LOSSES + 1
    assert found.stopped == "lost"
    assert found.finding("few").word == "unknown"


def test_another_number_of_workers_goes_on(ray_cluster, monkeypatch, tmp_path):
    monkeypatch.setattr(checkpoint, "OFTEN", 0.0)
    grounded = cube()
    program = compile_native(narrowed(grounded))
    folder = Checkpoint(tmp_path, {})
    before = ClusterSearch(program, Terms(checkpoint=folder, states=4000), 3, lambda task: Inline(task, MEMORY))
    before.run()
    folder.close()
    assert before.stopped == "states"
    found, _ = with_losses(ray_cluster, grounded, "work", [], folder=tmp_path)
    assert told(found) == told(explore(grounded, engine="native"))
