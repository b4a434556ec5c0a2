"""Proofs divided by steps: asked apart and put together, they are what one induction over all steps finds."""

from __future__ import annotations

import pickle
import random

import pytest

from checker.configuration import configure
from checker.prove.induction import System, answer, induction
from checker.prove.obligation import Obligation
from checker.prove.rounds import Answer, Question, in_rounds
from checker.reading import load
from tests.agreement.protocol import protocol
from tests.prove.test_induction import COUNTING, counting

CHAIN = """
from typing import Annotated
from model.language import *

class State(Variables):
    a: Annotated[int, Range(0, 9)]
    b: Annotated[int, Range(0, 9)]
    c: Annotated[int, Range(0, 9)]
    d: Annotated[int, Range(0, 9)]

@initial
def start(s: State) -> None:
    pass

@action
def to_c(s: State) -> None:
    s.c = s.b

@action
def to_b(s: State) -> None:
    s.b = s.a

@action
def raise_a(s: State) -> None:
    require(s.a < LIMIT)
    s.a += 1

@action
def raise_d(s: State) -> None:
    require(s.d < s.c)
    s.d += 1

@invariant
def a_small(s: State) -> bool:
    return s.a <= 5

@invariant
def b_small(s: State) -> bool:
    return s.b <= 5

@invariant
def c_small(s: State) -> bool:
    return s.c <= 5

@invariant
def d_small(s: State) -> bool:
    return s.d <= 5

@invariant
def d_in_range(s: State) -> bool:
    return s.d >= 0
"""
"""`d_small` rests on `c_small`, that on `b_small`, that on `a_small`, each by one step alone; and that on nothing else
where the limit is 5, while with 9 `raise_a` takes it away, and so all four."""


@pytest.fixture
def chain(tmp_path):
    def made(limit):
        path = tmp_path / "chain.py"
        path.write_text(CHAIN.replace("LIMIT", str(limit)))
        return load(str(path))

    return made


class Elsewhere:
    """Answers rounds as workers do: what is asked and answered goes through bytes, answers come in any order."""

    def __init__(self, model, settings=None):
        self.model, self.settings, self.rounds, self.systems = model, settings, [], {}

    def __call__(self, questions):
        self.rounds.append(questions)
        for question in random.Random(len(self.rounds)).sample(questions, len(questions)):
            if question.fixed not in self.systems:
                self.systems[question.fixed] = System(self.model, self.settings, dict(question.fixed))
            asked = pickle.loads(pickle.dumps(question))
            yield pickle.loads(pickle.dumps(answer(self.systems[question.fixed], asked)))


def told(found):
    """What an induction says of what it proved, and of what it was asked for."""
    obligations = {
        key: (one.result, one.uses, one.hypothesis) for key, one in found.obligations.items() if key[0] in found.proved
    }
    why = {name: found.why_not(name) for name in found.asked}
    return found.proved, [name for name in found.asked if name in found.failed], why, found.excluded, obligations


def both(model, names, **options):
    """The same induction without and with steps that are asked apart; what the second asked itself, and the rounds."""
    apart, asked = Elsewhere(model), []
    divided = induction(model, None, names, apart=apart, progress=lambda *one: asked.append(one[:2]), **options)
    return induction(model, None, names, **options), divided, asked, apart.rounds


def test_what_holds(chain):
    """A round for each lemma, as each is used by one step only and needed of all; then what the proofs are worth."""
    alone, divided, asked, rounds = both(chain(5), ["d_small", "d_in_range"])
    assert alone.proved == ["a_small", "b_small", "c_small", "d_small", "d_in_range"]
    assert divided.obligations["c_small", "to_c"].uses == {"b_small"}
    assert told(divided) == told(alone)
    assert asked == [], "all was answered apart"
    assert [set(questions[0].claims) - {"d_in_range"} for questions in rounds] == [
        {"d_small"},
        {"d_small", "c_small"},
        {"d_small", "c_small", "b_small"},
        {"d_small", "c_small", "b_small", "a_small"},
        {"d_small", "c_small", "b_small", "a_small"},
    ]
    assert [{question.judging for question in questions} for questions in rounds] == [{False}] * 4 + [{True}]


def test_what_takes_down_what_rests_on_it(chain):
    """`a_small` is given up, then what rests on it, up to what is asked for: so all of it is asked in one place."""
    alone, divided, asked, rounds = both(chain(9), ["d_small", "d_in_range"])
    assert (alone.proved, alone.failed) == (["d_in_range"], ["a_small", "b_small", "c_small", "d_small"])
    assert told(divided) == told(alone)
    assert (divided.failed, divided.obligations.keys()) == (alone.failed, alone.obligations.keys())
    assert divided.why_not("d_small").endswith("raise_d breaks it")
    assert [set(questions[0].given_up) for questions in rounds] == [
        *[set()] * 4,
        {"a_small"},
        {"a_small", "b_small"},
        {"a_small", "b_small", "c_small"},
    ]
    assert {name for name, _ in asked} == {"a_small", "b_small", "c_small", "d_small", "d_in_range"}


@pytest.mark.parametrize(("given_up", "fails"), [((), ()), (("b_small",), ("c_small",)), (("a_small",), ())])
def test_what_is_given_up_is_not_known_to_a_step(chain, given_up, fails):
    said = answer(System(chain(5), None), Question("to_c", (), ("c_small",), frozenset(given_up), ()))
    assert said.given_up == frozenset(fails)
    uses = {one.claim: one.uses for one in said.obligations if one.result == "proved"}
    assert uses.get("c_small") == (None if fails else {"b_small"})


def test_a_proof_that_rests_on_what_is_given_up_is_asked_for_again():
    """Step `one` shows `asked` by either of two lemmas; step `two` keeps the second only."""
    given_up = []

    def apart(questions):
        given_up.append({question.step: set(question.given_up) for question in questions})
        for question in questions:
            lemma = "second" if "first" in question.given_up else "first"
            told = [Obligation("asked", "one", "proved", uses=frozenset([lemma]))] if question.step == "one" else []
            told += [Obligation("asked", "two", "unchanged")] if question.step == "two" else []
            told += [Obligation(name, question.step, "proved") for name in question.claims if name == "second"]
            told += [Obligation("first", "one", "proved")] if question.step == "one" and lemma == "first" else []
            gone = {"first"} & set(question.claims) if question.step == "two" else ()
            yield Answer(question.step, tuple(told), frozenset(gone), True if question.judging else None)

    found = {}
    possible = in_rounds(["asked"], ["one", "two"], [], found, apart)
    assert given_up == [
        {"one": set(), "two": set()},
        {"two": set()},  # asked for `first`, as `one` used it
        {"one": {"first"}},  # shows it again, by `second`
        {"one": {"first"}, "two": {"first"}},
        {"one": {"first"}, "two": {"first"}},  # judging
    ]
    assert found["asked", "one"].uses == {"second"}
    assert {(one.claim, one.step) for one in found.values() if one.claim != "first"} == {
        (name, step) for name in ("asked", "second") for step in ("one", "two")
    }
    assert possible == {(step, frozenset(["asked", "second"])): True for step in ("one", "two")}


@pytest.mark.parametrize("names", [["in_order", "ended_is_done"], ["in_order", "small", "ended_is_done"], ["small"]])
@pytest.mark.parametrize("fixed", [{}, {"limit": 3}, {"limit": 4, "tasks": 2}], ids=str)
def test_another_model_under_fixed_bounds(tmp_path, names, fixed):
    """`small` holds where the limit is 3."""
    alone, divided, _, _ = both(counting(tmp_path), names, fixed=fixed)
    assert ("small" in alone.proved) == ("small" in names and fixed == {"limit": 3})
    assert told(divided) == told(alone)


def test_a_step_that_the_claims_rule_out_is_named(tmp_path):
    dead = "@action\ndef below(s: State) -> None:\n    require(s.high < s.low)\n    s.low = 0\n\n@invariant\ndef small"
    text = COUNTING.replace("@invariant\ndef small", dead)
    alone, divided, asked, _ = both(counting(tmp_path, text), ["in_order"])
    assert divided.excluded == ["below"] and asked == []
    assert told(divided) == told(alone)


def test_what_is_shown_for_any_bounds_is_asked_of_nobody(tmp_path):
    model = counting(tmp_path)
    wider = induction(model, None, ["in_order", "ended_is_done", "small"])
    _, divided, _, rounds = both(model, ["in_order", "small"], fixed={"limit": 3}, wider=[wider])
    assert divided.proved == ["in_order", "small"]
    answered = [{one.claim for one in question.found} for question in rounds[0]]
    assert answered == [{"in_order", "ended_is_done"}] * len(rounds[0])


def test_who_answers_nothing_is_asked_once(chain):
    """Whatever is answered elsewhere, or is not, the verdict is that of the solvers here."""
    rounds = []
    found = induction(chain(5), None, ["d_small"], apart=lambda questions: rounds.append(questions) or [])
    assert told(found) == told(induction(chain(5), None, ["d_small"]))
    assert len(rounds) == 1


def test_the_protocol():
    """Which lemmas a proof uses, and whether it knows what for, is up to a solver; what is shown is not."""
    settings = configure(protocol(), sets={"mode": "data_flush", "tail": "clean"}).settings
    names, apart, asked = ["no_wal_tail"], Elsewhere(protocol(), settings), []
    found = induction(protocol(), settings, names, apart=apart, progress=lambda *one: asked.append(one))
    assert set(names) <= set(found.proved)
    off = {step.step.name for step in apart.systems[()].steps if step.off}
    assert {step for _, step, _ in asked} == off, "of the others nothing was left to ask"
    words = [one.hypothesis for name in found.proved for one in found.of(name) if one.result == "proved"]
    assert "needed" in words and set(words) <= {"needed", "spare", "unknown"}
    for name in found.proved:
        assert [one for one in found.of(name) if not one.uses <= set(found.proved)] == []
        assert len(found.of(name)) == len(protocol().initials + protocol().actions)
