"""Ablation on a lock whose guards and their worth can be counted by hand: see its docstring."""

from __future__ import annotations

import pytest

from checker.prove.ablation import Asked, Bench, Row, Subject, run, setups
from checker.prove.effect import Effect, Setup
from checker.prove.guards import ablations
from checker.reading import load
from checker.refusal import UsageError
from checker.run import Request
from tests.cli.models import MODELS, TANK

LOCK = str(MODELS / "lock.py")


def asked(*actions, model=LOCK, **request):
    return Asked(model, (Setup("only", Request(model, **request)),), actions)


def words(*actions, **request):
    """What came out of each guard: its word, what broke, in how many steps (None: nothing did), and states found."""
    found = {}
    for row in run(asked(*actions, **request), workers=1):
        effect = row.effects["only"]
        text = row.subject.name if row.subject.guard is None else row.subject.guard.text
        found[row.subject.name, text] = (effect.word, effect.what, effect.depth, effect.states)
    return found


SAME = ("same", "", None, 9)


def test_what_each_guard_keeps():
    found = words()
    assert found == {
        ("enter", "not (s.settings.polite and s.held)"): ("violated", "exclusive", 2, found["polite", "polite"][3]),
        ("enter", "not s.inside[who]"): SAME,
        ("enter", "not s.jammed"): SAME,
        ("leave", "s.inside[who]"): ("error", "count gets a value outside 0..2", 1, found["leave", "s.inside[who]"][3]),
        ("leave", "not s.jammed"): SAME,
        ("tick", "s.clock < 2"): ("nothing", "", None, 12),
        ("tick", "not s.jammed"): SAME,
        ("jam", "s.settings.breakable"): ("deadlock", "", 2, found["jam", "s.settings.breakable"][3]),
        ("jam", "s.held"): SAME,
        ("jam", "not s.jammed"): SAME,
        ("look", "not s.jammed"): SAME,
        ("look", "not s.held"): SAME,
        ("look", "not s.inside[who] or s.clock == 0"): ("nothing", "", None, 9),
        ("polite", "polite"): ("violated", "exclusive", 2, found["polite", "polite"][3]),
    }


def test_guards_stand_in_the_order_of_the_source_with_their_lines():
    lines = (MODELS / "lock.py").read_text().splitlines()
    guards = [removed.guard for step in load(LOCK).actions for removed in ablations(step)]
    assert all(guard.text in lines[guard.at.line - 1] for guard in guards)
    assert {guard.at.file.rsplit("/", 1)[-1] for guard in guards} == {"lock.py"}
    jam = [guard for guard in guards if guard.action == "jam"]
    assert ["return" in lines[guard.at.line - 1] for guard in jam] == [True, True, False], "where the helper says it"


def test_an_action_is_left_as_it_was_but_for_one_guard():
    (step,) = [step for step in load(LOCK).actions if step.name == "enter"]
    first, second, third = ablations(step)
    assert [len(removed.step.body) for removed in (first, second, third)] == [5, 5, 4]
    assert first.step.body[1:] == second.step.body[1:] == step.body[1:]
    assert third.step.body == (step.body[0], *step.body[2:])


def test_only_the_guards_of_the_actions_asked_for_and_then_no_settings():
    assert {name for name, _ in words("tick", "jam")} == {"tick", "jam"}


def test_a_limit_leaves_it_open():
    (row,) = [row for row in run(asked("tick", states=10), workers=1) if "clock" in row.subject.guard.text]
    assert (row.effects["only"].word, row.word) == ("unknown", "open")


def test_what_is_not_exhausted_as_it_is_cannot_be_compared():
    with pytest.raises(UsageError, match="only: the space is not exhausted within"):
        Bench(asked(states=5)).row(0)


def test_an_action_that_does_not_exist_is_refused():
    with pytest.raises(UsageError, match="did you mean enter"):
        Bench(asked("entr"))


def test_a_deadlock_that_was_there_before_is_no_news():
    """Without its pump the tank is stuck at once; with it, it fills up to an end."""
    found = words(model=TANK, preset="dry")
    assert found["fill", "s.settings.pump"] == ("nothing", "", None, 4)


def test_what_was_violated_before_is_no_news():
    """An open valve spills after three steps and once more; without the tank's other guard it has nothing to break."""
    found = words(model=TANK, mode="open")
    assert found["spill", "s.settings.mode == Mode.OPEN"][0] == "same"
    assert found["fill", "s.level < s.bounds.size"][0] == "error", "beyond the rim there are no levels"


def test_several_processes_say_the_same():
    one, two = (list(run(asked("enter", "leave"), workers=workers)) for workers in (1, 2))

    def told(rows):
        return [(row.subject, row.effects["only"].word, row.effects["only"].steps) for row in rows]

    assert told(one) == told(two)


def test_one_setup_is_enough_to_be_needed():
    def row(*effects):
        return Row(Subject("x"), {str(number): Effect(word) for number, word in enumerate(effects)}).word

    assert row("same", "violated", "unknown") == "needed"
    assert row("same", "unknown") == "open"
    assert row("same", "nothing") == "spare"


def test_why_nothing_breaks_without_a_guard():
    """By hand, see the lock's docstring: no invariant says who holds the lock, so only the search can tell."""
    reasons = {(row.subject.name, row.subject.guard.text): row.reason for row in run(asked(), 1) if row.subject.guard}
    found = {guard: (reason.kind, reason.states) for guard, reason in reasons.items() if reason is not None}
    assert found == {
        ("enter", "not s.inside[who]"): ("reachable", 9),
        ("enter", "not s.jammed"): ("reachable", 9),
        ("leave", "not s.jammed"): ("reachable", 9),
        ("tick", "s.clock < 2"): ("narrows", 3),
        ("tick", "not s.jammed"): ("reachable", 9),
        ("jam", "s.held"): ("settings", 0),
        ("jam", "not s.jammed"): ("settings", 0),
        ("look", "not s.jammed"): ("reachable", 9),
        ("look", "not s.held"): ("reachable", 9),
        ("look", "not s.inside[who] or s.clock == 0"): ("detour", 9),
    }


STEPS = '''"""A number goes up to 2; `twice` is twice as much."""

from __future__ import annotations

from typing import Annotated

from model.language import Range, Variables, action, initial, invariant, lemma, require

Number = Annotated[int, Range(0, 4)]


class State(Variables):
    """Two numbers."""

    number: Number
    twice: Number


@initial
def start(s: State) -> None:
    """At nothing."""
    s.number = 0


@action
def count(s: State) -> None:
    """One more."""
    require(s.number < 2)
    # Nobody
    # counts further.
    require(s.number + s.twice < 5)
    require(s.twice < 4)
    s.number += 1
    s.twice += 2


@lemma
def twice_as_much(s: State) -> bool:
    """What it says."""
    return s.twice == s.number + s.number


@lemma
def never_zero(s: State) -> bool:
    """What is not so."""
    return s.number > 0


@invariant
def within(s: State) -> bool:
    """It ends."""
    return s.number < 3
'''


def test_what_implies_a_guard(tmp_path):
    """Both limits together say the one of the sum; that 2 says 4 of the double takes the lemma, which holds."""
    (tmp_path / "steps.py").write_text(STEPS)
    rows = list(run(asked(model=str(tmp_path / "steps.py")), 1))
    first, second, third = (row.reason for row in rows)
    assert [row.subject.guard.text for row in rows] == ["s.number < 2", "s.number + s.twice < 5", "s.twice < 4"]
    assert (first.kind, first.by, first.facts) == ("lemmas", ("s.twice < 4",), ("twice_as_much",))
    assert (second.kind, second.by, second.facts) == ("guards", ("s.number < 2", "s.twice < 4"), ())
    assert (third.kind, third.by, third.facts) == ("lemmas", ("s.number < 2",), ("twice_as_much",))
    assert (first.note, second.note) == ("", "Nobody counts further.")


def test_only_the_shortest_is_looked_for():
    """Without the door's lock both are inside after two steps at the latest; where it takes longer nobody looks."""

    def named(*names):
        return tuple(Setup(name, Request(LOCK)) for name in names)

    rows = run(Asked(LOCK, named("one", "two"), ("enter",)), 1)
    first = next(iter(rows))
    assert (first.first[0], first.first[1].depth) == ("one", 2)
    assert first.effects["two"].word == "later", "the guard stands alone after one step, so nothing breaks before two"


def test_a_setup_may_have_bounds_of_its_own():
    model = load("model")
    by_name = {setup.name: dict(setup.request.bounds) for setup in setups(model, Request("model", scope="tiny"))}
    assert by_name["three nodes"] == {"nodes": 3}
    assert by_name["data_flush, cut"] == {}
    (asked_for,) = [s for s in setups(model, Request("model", bounds=(("nodes", 4),))) if s.name == "three nodes"]
    assert dict(asked_for.request.bounds) == {"nodes": 4}
