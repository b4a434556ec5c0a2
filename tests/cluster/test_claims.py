"""`gate --cluster`: the same outcomes in the same order, proofs with them, and what a worker cannot do."""

from __future__ import annotations

import dataclasses
import functools
import json

import pytest

from checker import fingerprint, spread
from checker.gate import Outcome, claimed
from checker.prove.induction import induction
from checker.prove.remembered import key
from checker.prove.rounds import Question
from checker.refusal import UsageError
from checker.spread import apart
from tests.gate.test_gate import BREAKS, HOLDS, claims, folder, gate
from tests.gate.test_proofs import BOUNDED, CLAIM

__all__ = ["claims", "folder"]

OPEN = CLAIM.replace("tank.py", "bounded.py").replace(
    'at_most_three = "exhausted"', 'at_most_three = { verdict = "exhausted", proved = { size = 4 } }'
)
"""It demands two proofs: one that is found, for any size, and one that is not, for size 4."""

PROVED = HOLDS.replace('never_over = "exhausted"', 'never_over = { verdict = "exhausted", proved = true }')
WRONG = HOLDS.replace("states = 4", "states = 5")


VARIES = {"seconds", "command"}


def told(done):
    """All that a gate says but for how long it took, and the memory in its commands."""
    document = json.loads(done.stdout)
    timeless = [{name: value for name, value in claim.items() if name not in VARIES} for claim in document["claims"]]
    return {**document, "claims": timeless, "seconds": 0}


def test_claims_come_out_as_on_one_machine(claims):
    """The one that demands proofs has both workers for them."""
    at = claims(breaks=BREAKS, holds=HOLDS, open=OPEN, wrong=WRONG, broken="title = 1")
    (at / "specs" / "bounded.py").write_text((at / "specs" / "tank.py").read_text() + BOUNDED)
    here, there = gate(at, "--fresh", "--json"), gate(at, "--fresh", "--json", "--cluster", "auto", "--workers", "2")
    assert (here.returncode, there.returncode) == (150, 150)
    assert told(here) == told(there)
    (lacking,) = [claim["differences"] for claim in told(there)["claims"] if claim["name"] == "open"]
    assert [(one["what"], one["expected"]) for one in lacking] == [("at_most_three for any size, size=4", "proved")]
    assert "starting Ray" in there.stderr and "Traceback" not in there.stderr


def test_a_cluster_that_is_not_there(claims):
    done = gate(claims(holds=HOLDS), "--fresh", "--cluster", "127.0.0.1:1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no Ray cluster at 127.0.0.1:1" in done.stderr


def test_steps_are_asked_of_the_workers(claims, ray_cluster, monkeypatch):
    """What is left to ask here are the steps that the settings rule out, of which nothing is asked."""
    at = claims(open=OPEN)
    (at / "specs" / "bounded.py").write_text((at / "specs" / "tank.py").read_text() + BOUNDED)
    monkeypatch.chdir(at)
    path, asked = at / "specs" / "open.toml", []
    _, chosen = claimed(path)
    elsewhere = functools.partial(apart, at, path, 2, key(chosen, (), {}))
    alone = induction(chosen.model, chosen.settings, ["never_over"])
    found = induction(
        chosen.model, chosen.settings, ["never_over"], apart=elsewhere, progress=lambda *one: asked.append(one[:2])
    )
    assert alone.proved == found.proved
    results = {key: (answer.result, answer.hypothesis) for key, answer in found.obligations.items()}
    assert results == {key: (answer.result, answer.hypothesis) for key, answer in alone.obligations.items()}
    assert asked and {results[key] for key in asked} == {("off", "")}


# --- machines that do not have the same ---------------------------------------------------------------------


def test_proofs_that_could_not_be_tried_are_not_found(claims, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    checker = fingerprint.of_checker()
    path = claims(proved=PROVED) / "specs" / "proved.toml"
    assert spread._proofs(tmp_path, path, 1, checker) == ()
    fine = Outcome(str(path), "", "as claimed")
    for at, gone, of, said in (
        (tmp_path, tmp_path / "gone.toml", checker, "No such file or directory"),
        (tmp_path / "nowhere", path, checker, "a worker of the cluster has no "),
        (tmp_path, path, "another", "another version of this checker"),
    ):
        missing = spread._proofs(at, gone, 1, of)
        joined = spread._joined(fine, missing)
        assert joined.word == "broken" and said in joined.message and str(gone) in joined.message
        assert spread._joined(dataclasses.replace(fine, word="incomplete"), missing).word == "incomplete"
    broken = spread._outcome(tmp_path, path, 1 << 30, "another")
    assert (broken.word, broken.message) == (
        "broken",
        "a worker of the cluster has another version of this checker, or of Python",
    )


def test_an_answer_about_another_model_is_none(claims, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = claims(proved=PROVED) / "specs" / "proved.toml"
    of = spread._key(path)
    step = claimed(path)[1].model.actions[0].name
    question = Question(step, (), ("never_over",), frozenset(), ())
    assert spread._answer(tmp_path, path, of, question).step == step
    for other in ({**of, "model": "another"}, {**of, "settings": {"mode": "another"}}, {**of, "libraries": {}}):
        with pytest.raises(UsageError, match="another version of the model, the claim or the solver"):
            spread._answer(tmp_path, path, other, question)
