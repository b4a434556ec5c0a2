"""Searches by Ray actors come to what one machine does, also where actors are killed in the middle."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import closing
from pathlib import Path

import pytest

from checker.backends.native import compile_native
from checker.backends.python import compile_program
from checker.configuration import configure
from checker.explore import Checkpoint, checkpoint, explore
from checker.explore.cluster import search
from checker.explore.cluster.fleet import Inline
from checker.explore.cluster.search import ClusterSearch
from checker.explore.limits import Terms
from checker.grounding.ground import ground
from checker.grounding.narrow import narrowed
from checker.reading import load
from checker.spec import read
from tests.native.test_compiled_search import told
from tests.small_models import bits

ROOT = Path(__file__).parents[2]

MEMORY = 1 << 30

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""Some versions of Ray leave files and processes to the collector, which finds them in any test after."""


@pytest.mark.parametrize("name", ["all-cut", "two-phase"])
def test_claims(ray_cluster, name):
    spec = read(ROOT / "specs" / f"{name}.toml")
    model = load("model")
    chosen = configure(model, sets=spec.settings, preset=spec.preset, scope="tiny")
    grounded = ground(model, chosen.settings, chosen.bounds)
    assert told(explore(grounded, cluster=ray_cluster)) == told(explore(grounded, engine="native"))


def test_workers_of_one_machine_reach_each_other_by_its_memory(ray_cluster):
    found, fleet = with_losses(ray_cluster, cube(), "work", [1])
    assert fleet.killed == 1 and "1 worker lost" in found.note
    assert fleet.fleet.beside == {0: [1], 1: [0]}


def kill(process):
    """As the system does where memory is short."""
    os.kill(process, signal.SIGKILL)


def hold(process):
    """A worker that is slow: for a while it does nothing at all."""
    os.kill(process, signal.SIGSTOP)
    threading.Timer(0.7, os.kill, (process, signal.SIGCONT)).start()


class Killing:
    """A fleet to one of whose workers something is done, when it has been asked a method so many times."""

    def __init__(self, fleet, method, times, done=kill):
        self.fleet, self.method, self.left, self.done = fleet, method, list(times), done
        self.number = fleet.number
        self.asked = self.killed = 0

    def ask(self, part, method, *arguments):
        reference = self.fleet.ask(part, method, *arguments)
        self.asked += method == self.method
        if self.left and self.asked == self.left[0]:
            self.left.pop(0)
            self.done(self.fleet.processes[part][1])
            self.killed += 1
        return reference

    def __getattr__(self, name):
        return getattr(self.fleet, name)


BITS = 13


def cube():
    b = bits(BITS)
    b.invariant("few", b.op("not", b.all(*(b[f"bit{number}"] for number in range(BITS - 2)))))
    return b.grounded((0,) * BITS)


@pytest.fixture
def level_by_level(monkeypatch):
    """A call for each level, however little there is to do: with 14 levels and two workers these are 28."""
    monkeypatch.setattr(search, "MANY", 1)


def with_losses(ray_cluster, grounded, method, times, folder=None, done=kill, **terms):
    """A search whose workers are killed: what it found, and the fleet that did that."""
    if folder is not None:
        with closing(Checkpoint(folder, {})) as kept:
            return with_losses(ray_cluster, grounded, method, times, None, done, checkpoint=kept, **terms)
    program = compile_native(narrowed(grounded))
    fleets = []

    def opened(task):
        fleets.append(Killing(ray_cluster.fleet(task, MEMORY), method, times, done))
        return fleets[0]

    found = ClusterSearch(program, Terms(**terms), ray_cluster.parts, opened)
    try:
        found.run()
        return found.result(compile_program(grounded)), fleets[0]
    finally:
        found.close()


@pytest.mark.parametrize("method, times", [("begin", [2]), ("work", [1, 24, 50]), ("predecessors", [3])])
def test_a_killed_worker_is_replaced_and_the_search_goes_back_to_the_beginning(
    ray_cluster, level_by_level, method, times
):
    grounded = cube()
    found, fleet = with_losses(ray_cluster, grounded, method, times)
    assert fleet.killed == len(times)
    assert told(found) == told(explore(grounded, engine="native"))


def test_one_is_killed_while_others_wait_for_what_it_would_send(ray_cluster):
    grounded = cube()
    found, fleet = with_losses(ray_cluster, grounded, "work", [1, 4])
    assert fleet.killed == 2
    assert told(found) == told(explore(grounded, engine="native"))


def test_a_slow_worker_is_waited_for(ray_cluster, level_by_level):
    grounded = cube()
    found, fleet = with_losses(ray_cluster, grounded, "work", [11, 18], done=hold)
    assert fleet.killed == 2
    assert "lost" not in found.note
    assert told(found) == told(explore(grounded, engine="native"))


@pytest.mark.parametrize("method, times", [("work", [20, 27]), ("save", [5, 12]), ("load", [1]), ("predecessors", [3])])
def test_with_a_folder_it_goes_back_to_the_last_level_written(
    ray_cluster, level_by_level, monkeypatch, tmp_path, method, times
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


def test_workers_that_die_again_and_again_end_it(ray_cluster):
    found, fleet = with_losses(ray_cluster, cube(), "work", range(1, 2000, ray_cluster.parts))
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
