"""Random behaviours: the same for the same seed, true ones, and never a proof."""

from __future__ import annotations

import json
from functools import partial

import pytest

from checker.backends.python import compile_program
from checker.report.explore import traces_of
from checker.run import Request, run
from checker.simulate import Asked, _taken, simulate
from checker.traces.replay import replay
from tests.cli.models import BARE, MODELS, ROOT, TANK, checker

PETERSON = str(ROOT / "tests" / "models" / "peterson.py")
COMMIT = str(ROOT / "tests" / "models" / "two_phase_commit.py")
PROTOCOL = Request("model", mode="commit", scope="tiny")


def walked(model, *sets, **asked):
    return simulate(Request(model, sets=sets), Asked(**asked))


def test_what_holds_is_not_known_to_hold():
    found = walked(PETERSON, behaviours=50).exploration
    assert found.stopped == "sampled"
    assert {finding.word for finding in found.findings if finding.property.kind == "invariant"} == {"unknown"}


def test_what_it_visits_is_reachable():
    """Enough behaviours of a small model visit all of it, and no more."""
    everything = run(Request(PETERSON)).exploration
    found = walked(PETERSON, behaviours=300).exploration
    assert found.states == everything.states
    assert set(found.fired) == set(everything.fired)


@pytest.mark.parametrize("seed", range(5))
def test_a_violation_is_a_behaviour_made_short(seed):
    """Only one way leads to a spilt tank, so the shortened trace is a shortest one: 4 steps."""
    done = walked(TANK, ("mode", "open"), seed=seed)
    trace = traces_of(done)["never_over"]
    replay(trace)
    assert len(trace) == 4
    assert done.code == 12


@pytest.mark.parametrize("seed", range(3))
def test_traces_of_the_protocol_are_its_behaviours(seed):
    done = simulate(PROTOCOL, Asked(behaviours=2000, seed=seed))
    shortest = {f.property.name: f.depth for f in run(PROTOCOL).exploration.findings if f.word == "violated"}
    traces = traces_of(done)
    assert set(traces) & set(shortest)
    for name, trace in traces.items():
        replay(trace)
        assert name not in shortest or len(trace) >= shortest[name]


def test_a_shortened_trace_has_no_step_to_spare():
    """Without any one of its steps it is no behaviour that shows the same."""
    done = simulate(PROTOCOL, Asked(behaviours=2000))
    program = compile_program(done.exploration.grounded)
    actions = done.exploration.grounded.actions
    violated = [finding for finding in done.exploration.findings if finding.word == "violated"]
    assert violated
    for finding in violated:
        numbers = [actions.index(action) for action in finding.trace.actions]
        bit = [prop.name for prop in program.properties].index(finding.property.name)
        shows = partial(_shows, program, bit)
        start = program.pack(finding.trace.states[0])
        assert _taken(program, start, numbers, shows) is not None
        for left_out in range(len(numbers)):
            assert _taken(program, start, numbers[:left_out] + numbers[left_out + 1 :], shows) is None


def _shows(program, bit, state):
    return bool(program.broken(state) >> bit & 1)


def test_a_deadlock_is_found():
    done = walked(TANK, ("pump", "false"))
    assert (done.code, done.exploration.deadlocks.count) == (11, 1)
    replay(traces_of(done)["deadlock"])


def test_a_mistake_of_the_model_is_found():
    done = walked(str(MODELS / "overrun.py"))
    assert done.code == 150
    assert "outside" in str(done.exploration.error)


def test_the_same_seed_walks_the_same():
    first, again, other = (walked(COMMIT, behaviours=20, steps=10, seed=seed).exploration for seed in (7, 7, 8))
    assert (first.fired, first.levels) == (again.fired, again.levels)
    assert (first.fired, first.levels) != (other.fired, other.levels)


def test_steps_and_behaviours_are_limits():
    found = walked(BARE, behaviours=3, steps=2).exploration
    assert found.transitions <= 6
    assert found.depth <= 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((PETERSON,), 3),
        ((TANK, "--set", "mode=open"), 12),
        ((TANK, "--set", "pump=false"), 11),
        ((str(MODELS / "overrun.py"),), 150),
        ((TANK, "--property", "nothing"), 2),
        ((str(ROOT / "tests" / "models" / "lock.py"), "--property", "left_is_served"), 2),
        ((TANK, "--steps", "0"), 2),
    ],
)
def test_exit_codes(arguments, code):
    done = checker("simulate", "--model", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_the_terminal_sees_coverage_verdicts_and_a_last_line():
    said = checker("simulate", "--model", BARE, "--behaviours", "10").stdout
    assert "0  replace_bulb" in said
    assert "incomplete: the random behaviours ended before the space was exhausted" in said
    assert said.splitlines()[-1].startswith("incomplete  states 2  ")


def test_json_has_a_command_that_does_it_again():
    first = json.loads(checker("simulate", "--model", TANK, "--set", "mode=open", "--seed", "3", "--json").stdout)
    words = first["command"].split()
    assert words[:2] == ["checker", "simulate"]
    again = json.loads(checker(*words[1:], "--json").stdout)
    for document in (first, again):
        del document["seconds"], document["memory"]
    assert again == first


def test_traces_are_written(tmp_path):
    checker("simulate", "--model", TANK, "--set", "mode=open", "--out", tmp_path / "out")
    assert {"never_over.itf.json", "verdicts.json"} <= {path.name for path in (tmp_path / "out").iterdir()}
