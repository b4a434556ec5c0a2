"""Induction for any size: what it shows, that exploration agrees, and that it shows nothing without the guards."""

from __future__ import annotations

import dataclasses

import pytest
import z3

from checker import cache, ir
from checker.configuration import configure
from checker.explore import explore
from checker.grounding.ground import ground
from checker.prove import kept, obligation
from checker.prove.induction import induction
from checker.prove.kept import prove_and_keep
from checker.prove.step import breaking_step, with_lemmas
from checker.reading import load
from tests.agreement.protocol import protocol

FIVE = [f"{name}_within_standby" for name in ("page", "commit_status", "control", "removal", "hint")]


def settings_of(**sets):
    return configure(protocol(), sets=sets).settings


def small(name):
    return configure(protocol(), scope=name).bounds


@pytest.mark.parametrize("mode", ["data_flush", "all"])
def test_nothing_durable_is_ahead_for_any_size(mode):
    """Every durable write waits for an acknowledgement of a flush, and a promoted standby keeps what it flushed."""
    found = induction(protocol(), settings_of(mode=mode), [*FIVE, "ack_is_true", "fork_covers_acks"])
    assert set(found.asked) <= set(found.proved)
    assert found.least == {"Node": 2, "Page": 1, "Transaction": 1}
    assert found.excluded == []
    for name in found.proved:
        assert all(answer.holds for answer in found.of(name))
        assert {used for answer in found.of(name) for used in answer.uses} <= set(found.proved)
        steps = [step.name for step in protocol().initials + protocol().actions]
        assert [answer.step for answer in found.of(name)] == steps


@pytest.mark.parametrize(
    ("sets", "promotions", "names"),
    [
        ({"mode": "all", "sync": "true"}, 1, ["acknowledged_commit_survives", "divergence_is_detected"]),
        ({"mode": "data_flush", "tail": "clean"}, None, ["no_wal_tail", "fork_covers_acks"]),
        ({"mode": "commit", "sync": "true"}, None, ["hint_within_standby", "ack_is_true"]),
    ],
    ids=lambda value: None if isinstance(value, int) else str(value),
)
def test_what_else_is_shown(sets, promotions, names):
    """A second failover can tell a client of a commit on a false report, so that is shown for one promotion only."""
    fixed = {} if promotions is None else {"promotions": promotions}
    assert set(names) <= set(induction(protocol(), settings_of(**sets), names, fixed=fixed).proved)


def test_without_a_mode_none_of_the_five_is_shown():
    found = induction(protocol(), settings_of(mode="commit"), [*FIVE, "ack_is_true"])
    assert [name for name in found.asked if name in found.proved] == ["ack_is_true"]
    assert {answer.step for name in FIVE for answer in found.of(name) if not answer.holds} == {
        "write_page",
        "write_commit_log",
        "update_control_file",
        "truncate_file",
    }


def without(model, name, number):
    """The model, one `require` of one action taken away."""
    action = next(action for action in model.actions if action.name == name)
    requires = [statement for statement in action.body if isinstance(statement, ir.Require)]
    body = tuple(statement for statement in action.body if statement is not requires[number])
    changed = dataclasses.replace(action, body=body)
    return dataclasses.replace(model, actions=tuple(changed if a is action else a for a in model.actions))


@pytest.mark.parametrize(
    ("action", "number", "name"),
    [
        ("write_page", 2, "page_within_standby"),
        ("write_commit_log", 2, "commit_status_within_standby"),
        ("update_control_file", 2, "control_within_standby"),
        ("truncate_file", 3, "removal_within_standby"),
        ("reply", 0, "ack_is_true"),
    ],
)
def test_without_its_guard_a_property_is_not_shown(action, number, name):
    """The waits of the mode, and that reports are those of the standby: without them exploration finds a violation."""
    broken = without(protocol(), action, number)
    settings = settings_of(mode="data_flush")
    assert name not in induction(broken, settings, [name]).proved
    explored = explore(ground(broken, settings, small("small")), properties=[name])
    assert [finding.word for finding in explored.findings] == ["violated"]


@pytest.mark.parametrize(
    "sets",
    [
        {"mode": "all", "sync": "true", "standby_faults": "os", "crash_restart": "true", "tail": "cut_late"},
        {"mode": "commit", "sync": "true", "synchronous_commit": "remote_apply"},
        {"mode": "data_flush", "tail": "copy", "ack": "write", "wal_log_hints": "true"},
    ],
    ids=lambda sets: ",".join(f"{name}={value}" for name, value in sets.items()),
)
def test_what_is_shown_for_any_size_is_so_in_a_small_scope(sets):
    """Lemmas too: exploration judges them as it does properties."""
    settings = settings_of(**sets)
    found = induction(protocol(), settings)
    shown = [name for name in found.proved if found.claims[name].kind != "range"]
    grounded = with_lemmas(protocol(), settings, small("tiny"))
    words = {finding.property.name: finding.word for finding in explore(grounded, properties=shown).findings}
    assert words == dict.fromkeys(shown, "exhausted")
    assert shown


def test_a_step_that_breaks_a_property_is_one():
    grounded = with_lemmas(protocol(), settings_of(mode="commit"), small("tiny"))
    step = breaking_step(grounded, "page_within_standby", "write_page", ["flushed_is_written"])
    assert [action.name for action in step.actions] == ["write_page"]
    assert breaking_step(grounded, "page_within_standby", "flush_wal", []) is None


COUNTING = """
from typing import Annotated
from model.language import *

class Task(Sort, size="tasks"): ...
Number = Annotated[int, Range(0, "limit")]

@bounds
class Bounds:
    tasks: int = 2
    limit: int = 3

class State(Variables):
    bounds: Bounds
    low: Number
    high: Number
    done: Map[Task, bool]
    all_done: bool

@initial
def start(s: State) -> None:
    pass

@action
def raise_high(s: State) -> None:
    require(s.high < s.bounds.limit)
    s.high += 1

@action
def raise_low(s: State) -> None:
    require(s.low < s.high)
    s.low += 1

@action
def finish(s: State, t: Task) -> None:
    s.done[t] = True

@action
def end(s: State) -> None:
    require(all(s.done[t] for t in Task))
    s.all_done = True

@action
def reset(s: State) -> None:
    for t in Task:
        s.done[t] = False
    s.all_done = False

@invariant
def in_order(s: State) -> bool:
    return s.low <= s.high

@invariant
def ended_is_done(s: State) -> bool:
    return not s.all_done or all(s.done[t] for t in Task)

@invariant
def small(s: State) -> bool:
    return s.high <= 3
"""


def counting(tmp_path, text=COUNTING):
    path = tmp_path / "counting.py"
    path.write_text(text)
    return load(str(path))


def test_bounds_are_any_unless_they_are_fixed(tmp_path):
    """`high` stays within the limit, which is 3 only where it is said to be: `raise_high` looks at it."""
    model = counting(tmp_path)
    assert induction(model, None, ["in_order", "ended_is_done", "small"]).failed == ["small"]
    fixed = induction(model, None, ["small"], fixed={"limit": 3})
    assert fixed.proved == ["small"]


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        ("    require(s.low < s.high)\n", "", "in_order"),
        ("    s.all_done = False\n", "", "ended_is_done"),
        ("        s.done[t] = False\n    s.all_done", "        s.done[t] = s.done[t]\n    s.all_done", None),
        ("all(s.done[t] for t in Task))\n    s", "any(s.done[t] for t in Task))\n    s", "ended_is_done"),
    ],
)
def test_a_broken_model_loses_its_proof(tmp_path, old, new, lost):
    assert COUNTING.count(old) == 1
    found = induction(counting(tmp_path, COUNTING.replace(old, new)), None, ["in_order", "ended_is_done"])
    assert found.failed == ([] if lost is None else [lost])


def test_a_step_that_the_claims_rule_out_is_named(tmp_path):
    """Where in_order holds, nobody can ever be below: of such a step the proof says nothing."""
    dead = "@action\ndef below(s: State) -> None:\n    require(s.high < s.low)\n    s.low = 0\n\n@invariant\ndef small"
    model = counting(tmp_path, COUNTING.replace("@invariant\ndef small", dead))
    assert induction(model, None, ["in_order"]).excluded == ["below"]


MISLEADING = {
    ("in_order", "raise_low"): ["ended_is_done"],
    ("in_order", "raise_high"): ["small"],
    ("ended_is_done", "finish"): ["in_order", "no such claim"],
    ("small", "raise_high"): [],
}


def test_a_hint_changes_no_answer(tmp_path):
    """Neither one that is too little, nor one that was given up, nor one that never was."""
    model, names = counting(tmp_path), ["in_order", "ended_is_done", "small"]
    bare, hinted = (induction(model, None, names, hints=hints) for hints in ({}, MISLEADING))
    assert (hinted.proved, hinted.failed) == (bare.proved, bare.failed) == (["in_order", "ended_is_done"], ["small"])
    told = {key: answer.uses for key, answer in bare.obligations.items() if answer.result == "proved"}
    again = induction(model, None, names, hints=told)
    assert {key: answer.uses for key, answer in again.obligations.items() if answer.result == "proved"} == told


def test_what_a_proof_used_does_not_prove_a_broken_model(tmp_path):
    told = {key: found.uses for key, found in induction(counting(tmp_path), None, ["in_order"]).obligations.items()}
    told["in_order", "raise_low"] = {"in_order"}  # of the guard alone, so that nothing else was used
    broken = counting(tmp_path, COUNTING.replace("    require(s.low < s.high)\n", ""))
    assert induction(broken, None, ["in_order"], hints=told).failed == ["in_order"]


def test_what_is_shown_for_any_bounds_is_not_asked_with_bounds(tmp_path, monkeypatch):
    model = counting(tmp_path)
    wider = induction(model, None, ["in_order", "ended_is_done", "small"])
    asked = []
    ask = obligation.Transition.ask
    monkeypatch.setattr(
        obligation.Transition, "ask", lambda step, claim, *rest: asked.append(claim) or ask(step, claim, *rest)
    )
    found = induction(model, None, ["in_order", "small"], fixed={"limit": 3}, wider=[wider])
    assert found.proved == ["in_order", "small"]
    assert set(asked) == {"small"}, "`small` was not shown for any limit, so it is asked"


@pytest.mark.parametrize(("known_by", "word"), [(0, "proved"), (obligation.SEEDS, "proved"), (9, "unknown")])
def test_what_one_solver_does_not_know_another_is_asked(tmp_path, monkeypatch, known_by, word):
    """That of the step, then new ones with other seeds; where none knows, nothing is proved."""
    checked, tries = obligation._checked, []

    def forgetful(solver, broken, assumed):
        tries.append(solver)
        return checked(solver, broken, assumed) if len(tries) > known_by else (z3.unknown, frozenset(), "tired")

    model = counting(tmp_path)
    monkeypatch.setattr(obligation, "_checked", forgetful)
    found = induction(model, None, ["in_order"])
    first = next(answer for answer in found.of("in_order") if answer.result in ("proved", "unknown"))
    assert first.result == word
    assert len(tries) == 1 + obligation.SEEDS if word == "unknown" else len(tries) > known_by
    assert found.failed == (["in_order"] if word == "unknown" else [])


def test_what_is_shown_of_two_elements_is_not_of_one(tmp_path):
    """The model names a second task, so that any size is two or more; with one task it cannot be read."""
    second = "@action\ndef second(s: State) -> None:\n    s.done[Task(1)] = True\n\n@invariant\ndef small"
    model = counting(tmp_path, COUNTING.replace("@invariant\ndef small", second))
    wider = induction(model, None, ["ended_is_done"])
    assert (wider.proved, wider.least) == (["ended_is_done"], {"Task": 2})
    assert induction(model, None, ["ended_is_done"], fixed={"tasks": 2}, wider=[wider]).proved == ["ended_is_done"]
    assert induction(model, None, ["ended_is_done"], fixed={"tasks": 1}, wider=[wider]).failed == ["ended_is_done"]


@pytest.mark.parametrize("instead", [[], ["small"], ["no such claim"]])
def test_what_proofs_used_is_believed_by_nobody(tmp_path, monkeypatch, instead):
    """A second proof in a process looks there first, whatever it says."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(kept, "_USED", {})
    chosen, names = configure(counting(tmp_path)), ["in_order", "ended_is_done", "small"]
    first = prove_and_keep(chosen, names, {})
    (used,) = kept._USED.values()
    assert used["ended_is_done", "finish"] == {"ended_is_done"}
    used.update(dict.fromkeys(used, frozenset(instead)))
    again = prove_and_keep(chosen, names, {})
    assert (again.proved, again.failed) == (first.proved, first.failed) == (["in_order", "ended_is_done"], ["small"])


def test_a_quantifier_up_to_each_of_several_numbers(tmp_path):
    """Where integers are few an inner quantifier is said once for each limit, and is not the same for all."""
    said = "any(any(k == s.low for k in range(0, i)) for i in range(0, 5))"
    seen = f"@invariant\ndef seen(s: State) -> bool:\n    return {said}\n"
    model = counting(tmp_path, COUNTING + "\n" + seen)
    assert induction(model, None, ["seen"], fixed={"limit": 3, "tasks": 2}).failed == []
