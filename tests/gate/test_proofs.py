"""Claims that demand a proof for any size: nothing else passes for one; it is kept while nothing changes.

The tank keeps its level within its size whatever the size is; that it has at most three litres holds for size 3 only.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.cli.models import MODELS, ROOT, checker

BOUNDED = """

@invariant
def at_most_three(s: State) -> bool:
    return s.level <= 3
"""

CLAIM = """
title = "a closed valve keeps the tank, of any size"
why = "Only `spill` adds to a full tank, and it needs an open valve."
model = "tank.py"
states = 4
[expect]
never_over = { verdict = "exhausted", proved = true }
fills_up = "reached"
at_most_three = "exhausted"
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "specs").mkdir()
    shutil.copy(MODELS / "tank.py", tmp_path / "specs")
    with (tmp_path / "specs" / "tank.py").open("a") as file:
        file.write(BOUNDED)
    return tmp_path


@pytest.fixture
def gate(folder, tmp_path):
    def run(text, *options):
        (folder / "specs" / "claim.toml").write_text(text)
        done = checker("gate", "--json", *options, cwd=folder, CHECKER_CACHE=str(tmp_path / "cache"))
        (claim,) = json.loads(done.stdout)["claims"]
        return done.returncode, claim

    return run


def test_what_is_exhausted_and_proved(gate):
    code, claim = gate(CLAIM)
    assert (code, claim["word"], claim["differences"]) == (0, "as claimed", [])


def test_a_proof_that_fails_is_a_difference(gate):
    """In the scope it holds in all states, with size 3; `fill` goes on to 4 where the size is larger."""
    code, claim = gate(
        CLAIM.replace('at_most_three = "exhausted"', 'at_most_three = { verdict = "exhausted", proved = true }')
    )
    assert code == 1
    (difference,) = claim["differences"]
    assert (difference["what"], difference["expected"]) == ("at_most_three for any size", "proved")
    assert difference["actual"].startswith("open: not inductive") and "fill breaks it" in difference["actual"]


def test_a_bound_that_the_proof_fixes(gate):
    fixed = 'at_most_three = { verdict = "exhausted", proved = { size = 3 } }'
    assert gate(CLAIM.replace('at_most_three = "exhausted"', fixed))[0] == 0
    code, claim = gate(CLAIM.replace('at_most_three = "exhausted"', fixed.replace("size = 3", "size = 4")))
    assert code == 1
    assert claim["differences"][0]["what"] == "at_most_three for any size, size=4"


def test_a_proof_is_kept_while_nothing_changes(gate, folder, tmp_path):
    assert [gate(CLAIM)[1]["kept"], gate(CLAIM)[1]["kept"]] == [False, True]
    assert gate(CLAIM, "--fresh")[1]["kept"] is False
    for entry in (tmp_path / "cache").glob("*.json"):
        if json.loads(entry.read_text().splitlines()[1])["what"] == "induction":
            entry.write_text(entry.read_text().replace('"proved"', '"proven"'))
    assert gate(CLAIM)[1]["kept"] is False, "an edited proof is none"
    assert gate(CLAIM)[1]["kept"] is True


def test_what_is_kept_is_taken_without_the_solver_and_the_searches(gate, folder, tmp_path):
    """They take longer to import than all that a gate of kept claims does."""
    assert gate(CLAIM)[0] == 0
    code = (
        "import sys; from checker.cli import main\n"
        "try: main(['gate', '--json'])\n"
        "except SystemExit as end: pass\n"
        "print(sorted({'z3', 'numba', 'networkx'} & set(sys.modules)), file=sys.stderr)"
    )
    told = {**os.environ, "PYTHONPATH": str(ROOT), "CHECKER_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=told, capture_output=True, text=True, timeout=120
    )
    assert done.stderr == "[]\n"
    assert [claim["kept"] for claim in json.loads(done.stdout)["claims"]] == [True]


def test_a_kept_proof_is_not_that_of_another_model(gate, folder):
    """The guard of `spill` taken away: the verdicts of the scope change too, and so do those for any size."""
    assert gate(CLAIM)[0] == 0
    path = folder / "specs" / "tank.py"
    path.write_text(path.read_text().replace("s.settings.mode == Mode.OPEN and ", ""))
    code, claim = gate(CLAIM)
    assert (code, claim["kept"]) == (1, False)
    assert "never_over for any size" in [difference["what"] for difference in claim["differences"]]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"exhausted", proved = true', '"violated", proved = true', "cannot be proved for any size"),
        ("proved = true", "proved = 1", "must be true, or a table of the bounds"),
        ("proved = true", "proved = false", "must be true, or a table of the bounds"),
        ("proved = true", "proved = {}", "must be true, or a table of the bounds"),
        ("proved = true", 'proved = { size = "3" }', "must be a whole number"),
        ("proved = true", "proved = { sise = 3 }", "no bound 'sise'"),
        ("proved = true", "proven = true", "no key 'proven'"),
        ('fills_up = "reached"', 'fills_up = { verdict = "reached", proved = true }', "cannot be proved for any size"),
    ],
)
def test_what_cannot_be_demanded(gate, old, new, said):
    assert old in CLAIM
    code, claim = gate(CLAIM.replace(old, new))
    assert (code, claim["word"]) == (150, "broken")
    assert said in claim["message"]
