"""Certificates: written by one solver, checked by another, and refused where they are not of this model.

The counting model of `test_induction` in small: two numbers in order, one of which waits for the other.
"""

from __future__ import annotations

import json
import shutil

import pytest

from checker.backends import cvc5
from checker.configuration import configure
from checker.prove.certificate import MANIFEST, Obligations, digest
from checker.prove.certify import Certified, Checked
from checker.reading import load
from checker.report import certify as certify_report
from tests.cli.models import TANK, checker

RACE = """
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
    require(s.low == s.bounds.limit)
    s.done[t] = True

@lemma
def in_order(s: State) -> bool:
    return s.low <= s.high

@invariant
def done_at_the_limit(s: State) -> bool:
    return all(not s.done[t] or s.high == s.bounds.limit for t in Task)
"""


@pytest.fixture(scope="module")
def proof(tmp_path_factory):
    """The model and its certificates, made once."""
    where = tmp_path_factory.mktemp("race")
    (where / "race.py").write_text(RACE)
    done = checker("prove", "--model", where / "race.py", "--out", where / "proof")
    assert done.returncode == 0, done.stderr
    assert f"checker certify {where / 'proof'}" in done.stdout
    return where


@pytest.fixture
def model(proof):
    yield proof / "race.py"
    (proof / "race.py").write_text(RACE)


@pytest.fixture
def folder(proof, tmp_path):
    """A copy of the certificates, to be spoiled."""
    return shutil.copytree(proof / "proof", tmp_path / "proof")


def manifest(folder):
    return json.loads((folder / MANIFEST).read_text())


def certified(folder, *options):
    done = checker("certify", folder, *options)
    return done.returncode, (done.stdout + done.stderr).strip()


def test_another_solver_agrees(folder):
    code, said = certified(folder, "--workers", "1")
    assert code == 0, said
    number = len(manifest(folder)["obligations"])
    assert f"certified  obligations {number}  agreed {number}  open 0  denied 0" in said
    assert "proved      done_at_the_limit" in said


def test_what_is_proved_rests_on_files_or_on_what_the_text_shows(folder):
    found = manifest(folder)
    assert found["properties"] == ["done_at_the_limit"]
    asked = {(one["claim"], one["step"]) for one in found["obligations"]}
    assert {("in_order", "raise_low"), ("done_at_the_limit", "finish"), ("done_at_the_limit", "raise_high")} <= asked
    assert ["done_at_the_limit", "raise_low", "unchanged"] in found["by_reading"], "it reads neither `low`"
    assert sorted(one["file"] for one in found["obligations"]) == sorted(path.name for path in folder.glob("*.smt2"))


def test_the_same_files_in_every_run(folder, model, tmp_path):
    checker("prove", "--model", model, "--out", tmp_path / "again")
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {
        p.name: p.read_bytes() for p in (tmp_path / "again").iterdir()
    }


def test_json_is_all_that_is_printed(folder):
    done = checker("certify", folder, "--json")
    found = json.loads(done.stdout)
    assert (found["exit"], found["outcome"], found["properties"]) == (0, "certified", ["done_at_the_limit"])
    assert {one["result"] for one in found["obligations"]} == {"unsat"}
    assert found["solver"].startswith("cvc5 ")


def test_a_model_that_changed_makes_them_stale(folder, model):
    model.write_text(RACE.replace("s.low < s.high", "s.low <= s.high"))
    code, said = certified(folder)
    assert code == 2
    assert "is stale: the model" in said


def edited(folder, change):
    path = next(folder.glob("*finish.smt2"))
    path.write_text(change(path.read_text()))
    return path


@pytest.mark.parametrize("old", ["(check-sat)", "(assert (not", "; finish"])
def test_an_edited_file_is_refused(folder, old):
    path = edited(folder, lambda text: text.replace(old, old + " "))
    code, said = certified(folder)
    assert code == 2
    assert f"{path} was edited" in said


def test_an_edited_file_with_its_digest_is_refused(folder):
    """As one would forge a proof: the obligation replaced by what no state satisfies anyhow."""
    path = edited(folder, lambda text: text.replace("(check-sat)", "(assert false)\n(check-sat)"))
    found = manifest(folder)
    for one in found["obligations"]:
        if one["file"] == path.name:
            one["sha256"] = digest(path.read_bytes())
    (folder / MANIFEST).write_text(json.dumps(found))
    code, said = certified(folder)
    assert code == 2
    assert "makes other obligations of the model" in said


def test_a_missing_file_is_refused(folder):
    path = edited(folder, str)
    path.unlink()
    code, said = certified(folder)
    assert code == 2
    assert f"a certificate is missing: {path}" in said


@pytest.mark.parametrize("said_of", ["done_at_the_limit", "in_order"])
@pytest.mark.parametrize("part", ["obligations", "by_reading"])
def test_an_obligation_left_out_is_refused(folder, part, said_of):
    """Of the property, and of the lemma that it rests on."""
    found = manifest(folder)
    names = [(one["claim"], one["step"]) if part == "obligations" else one[:2] for one in found[part]]
    left = next(number for number, (claim, _) in enumerate(names) if claim == said_of)
    del found[part][left]
    (folder / MANIFEST).write_text(json.dumps(found))
    code, said = certified(folder)
    assert code == 2
    assert f"nothing says that {names[left][1]} keeps {said_of}" in said


def test_what_does_not_follow_is_denied(folder, model):
    """The proof without what it rests on: from a state out of order, a step of one does not bring it in order."""
    found = manifest(folder)
    chosen = configure(load(str(model)))
    obligations = Obligations(chosen, {})
    for one in found["obligations"]:
        if (one["claim"], one["step"]) == ("in_order", "raise_high"):
            assert one["uses"] == ["in_order"]
            one["uses"] = []
        text = obligations.text(one["claim"], one["step"], one["uses"])
        (folder / one["file"]).write_text(text)
        one["sha256"] = digest(text.encode())
    (folder / MANIFEST).write_text(json.dumps(found))
    code, said = certified(folder)
    assert code == 1
    assert "denied      raise_high keeps in_order" in said


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"format": 0}'])
def test_what_is_no_manifest_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / MANIFEST).write_text(content)
    code, said = certified(tmp_path)
    assert code == 2
    assert "make them again" in said


def test_what_is_not_decided_is_listed(folder, monkeypatch, capsys):
    from checker.prove.certificate import read_manifest

    found = Certified(read_manifest(folder))
    first, *others = found.manifest.obligations
    found.checked = [
        Checked(first, "unknown", 1.0, "not decided within 1 s"),
        *(Checked(o, "unsat", 0.1) for o in others),
    ]
    monkeypatch.setattr(certify_report, "certify", lambda *arguments: found)
    assert certify_report.certify_and_report(folder, 1, 1, False) == 3
    said = capsys.readouterr().out
    assert f"open        {first.step} keeps {first.claim}  ({first.file})" in said
    assert "open 1  denied 0" in said
    assert "incomplete  " in said


def test_the_other_solver_in_its_own_words():
    head = "(set-logic ALL)(declare-fun x () Int)(declare-fun y () Int)"
    assert cvc5.answer(f"{head}(assert (< x x))(check-sat)", 5) == "unsat"
    assert cvc5.answer(f"{head}(assert (< x y))(check-sat)", 5) == "sat"
    hard = "(assert (and (> x 2) (> y 2) (= (* x x x) (+ (* y y y y) 7))))(check-sat)"
    assert cvc5.answer(head + hard, 0.05) == "unknown"
    with pytest.raises(RuntimeError):
        cvc5.answer("(assert", 5)


def test_a_bounded_search_makes_no_certificates(tmp_path):
    done = checker("prove", "--model", TANK, "--bounded", "3", "--out", tmp_path / "x")
    assert done.returncode == 2
    assert "--bounded makes none" in done.stderr
