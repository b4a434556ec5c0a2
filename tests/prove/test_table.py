"""The page of proofs: each claim beside what is shown, and a proof that contradicts a claim is never passed over."""

from __future__ import annotations

import shutil

import pytest

from checker.prove.table import Shown, table
from tests.cli.models import MODELS, ROOT, checker
from tests.gate.test_proofs import BOUNDED, CLAIM

OPEN = """
title = "an open valve spills"
why = "The fourth step lets one more in."
model = "tank.py"
mode = "open"
properties = ["never_over", "at_most_three"]
[expect]
never_over = { verdict = "violated", depth = 4 }
at_most_three = { verdict = "violated", depth = 4 }
"""

ONLY_REACHABLE = """
title = "it fills up"
why = "Three steps."
model = "tank.py"
properties = ["fills_up"]
[expect]
fills_up = "reached"
"""

FIXED = CLAIM.replace('at_most_three = "exhausted"', 'at_most_three = { verdict = "exhausted", proved = { size = 3 } }')


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "specs").mkdir()
    shutil.copy(MODELS / "tank.py", tmp_path / "specs")
    with (tmp_path / "specs" / "tank.py").open("a") as file:
        file.write(BOUNDED)
    monkeypatch.setenv("CHECKER_CACHE", str(tmp_path / "cache"))
    return tmp_path


def rows(folder, **specs):
    for name, text in specs.items():
        (folder / "specs" / f"{name}.toml").write_text(text)
    return table([folder / "specs" / f"{name}.toml" for name in specs], workers=1)


def test_what_is_proved_under_each_claim(folder):
    closed, open_ = rows(folder, closed=FIXED, open=OPEN)
    assert closed.proof("never_over") == ()
    assert closed.proof("at_most_three") == (("size", 3),)
    assert closed.undemanded == []
    assert [open_.proof(name) for name in open_.invariants] == [None, None]
    assert open_.contradictions == []


def test_a_proof_of_what_is_violated_is_a_contradiction(folder):
    (row,) = rows(folder, open=OPEN)
    row.shown[()] = Shown({"never_over": ()}, {}, 1, 0, 0.0)
    assert row.contradictions == ["never_over"]
    row.shown = {(("size", 4),): row.shown[()]}
    assert row.contradictions == [], "a tank of four litres is no tank of three"


def test_a_claim_of_no_invariant_has_no_row(folder):
    assert rows(folder, only=ONLY_REACHABLE) == []


def test_the_page(folder):
    rows(folder, closed=FIXED, open=OPEN)
    done = checker("proofs", cwd=folder)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    (header,) = [line for line in lines if line.startswith("| claim | settings")]
    closed, open_ = (
        [cell.strip() for cell in line.split("|")][1:-1] for line in lines if "| mode=" in line or "| defaults" in line
    )
    assert header.count("|") - 1 == len(closed) == len(open_)
    assert closed[:5] == ["closed", "defaults", "4", "**proved**", "**proved** 1"]
    assert open_[:5] == ["open", "mode=open", "", "violated (4)", "violated (4)"]
    assert "1. for any size, size=3." in done.stdout
    assert int(closed[5]) > 0


def test_what_could_be_demanded_is_noted(folder):
    rows(folder, closed=CLAIM.replace('{ verdict = "exhausted", proved = true }', '"exhausted"'))
    done = checker("proofs", cwd=folder)
    assert "closed.toml could demand proofs of never_over" in done.stderr


def test_nothing_to_prove_is_no_success(folder):
    rows(folder, only=ONLY_REACHABLE)
    done = checker("proofs", cwd=folder)
    assert done.returncode == 2
    assert "none of these claims speaks of an invariant" in done.stderr


@pytest.mark.parametrize("name", ["data-flush-cut-without-page-gate"])
def test_nothing_is_proved_that_a_claim_of_the_protocol_says_is_violated(name):
    """Without the wait before data pages its first two properties are violated, and what others say is as it was."""
    (row,) = table([ROOT / "specs" / f"{name}.toml"], workers=1)
    violated = [one for one in row.invariants if row.spec.expect[one].verdict == "violated"]
    assert "page_within_standby" in violated
    assert [row.proof(one) for one in violated] == [None] * len(violated)
    assert row.proof("control_within_standby") == ()
    assert row.contradictions == []
