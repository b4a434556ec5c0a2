"""Verdicts kept between gates: believed while nothing they depend on has changed, and never against a claim."""

from __future__ import annotations

import json

import pytest

from tests.cli.models import checker, line_of
from tests.gate.test_gate import BREAKS, HOLDS, claims, folder

__all__ = ["claims", "folder"]


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def gate(cache):
    """Runs a gate with a cache of the test's own; which claims it took from there, its exit code and its claims."""

    def run(folder, *arguments):
        done = checker("gate", "--json", *arguments, cwd=folder, CHECKER_CACHE=str(cache))
        document = json.loads(done.stdout)
        return [claim["name"] for claim in document["claims"] if claim["kept"]], done.returncode, document["claims"]

    return run


def test_what_is_unchanged_is_not_run_again(claims, gate):
    folder = claims(holds=HOLDS, breaks=BREAKS)
    first, again = gate(folder), gate(folder)
    assert (first[0], again[0]) == ([], ["breaks", "holds"])
    assert first[1] == again[1] == 0
    shown = [[{**claim, "kept": None} for claim in claims] for _, _, claims in (first, again)]
    assert shown[0] == shown[1]


def test_a_terminal_is_told_what_was_kept(claims, cache):
    folder = claims(holds=HOLDS)
    checker("gate", cwd=folder, CHECKER_CACHE=str(cache))
    first, last = checker("gate", cwd=folder, CHECKER_CACHE=str(cache)).stdout.splitlines()
    assert first == "as claimed  holds  a closed valve keeps the tank  (4 states, kept)"
    assert "as claimed 1  of these kept 1  " in last


def test_fresh_runs_all_of_it(claims, gate):
    folder = claims(holds=HOLDS)
    gate(folder)
    assert gate(folder, "--fresh")[0] == []
    assert gate(folder)[0] == ["holds"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("states = 4", "states = 5"),
        ('never_over = "exhausted"', 'never_over = { verdict = "violated", depth = 4 }'),
        ('"reached", depth = 3', '"unreached"'),
    ],
)
def test_a_claim_that_changed_is_found_wrong_with_its_trace(claims, gate, old, new):
    """The exploration is the same, so its verdicts were kept; what they contradict is run to be shown."""
    gate(claims(claim=HOLDS))
    kept, code, (claim,) = gate(claims(claim=HOLDS.replace(old, new)))
    assert (kept, code, claim["word"]) == ([], 1, "otherwise")


def test_a_claim_that_says_less_is_not_run(claims, gate):
    gate(claims(claim=HOLDS))
    assert gate(claims(claim=HOLDS.replace("states = 4\n", "")))[:2] == (["claim"], 0)


def test_a_model_that_changed_is_run(claims, gate):
    folder = claims(holds=HOLDS)
    gate(folder)
    model = folder / "specs" / "tank.py"
    text = model.read_text()
    number = int(line_of("tank.py", "s.level += 1").split(":")[1])
    lines = text.splitlines()
    assert "s.level += 1" in lines[number - 1]
    lines[number - 1] = lines[number - 1].replace("s.level += 1", "pass")
    model.write_text("\n".join(lines) + "\n")
    kept, code, _ = gate(folder)
    assert (kept, code) == ([], 1)
    model.write_text(text)
    assert gate(folder)[:2] == (["holds"], 0)


@pytest.mark.parametrize("change", [{"settings": '[settings]\nmode = "open"'}, {"bounds": "[bounds]\nsize = 2"}])
def test_other_settings_or_bounds_are_another_exploration(claims, gate, change):
    gate(claims(claim=HOLDS))
    (more,) = change.values()
    kept, code, _ = gate(claims(claim=HOLDS.replace("[expect]", f"{more}\n[expect]")))
    assert (kept, code) == ([], 1)


def entries(cache):
    found = sorted(cache.glob("*.json"))
    assert found
    return found


def edited(text):
    """The entry with one number of its value changed, its checksum left."""
    assert '"states":4,' in text
    return text.replace('"states":4,', '"states":5,')


@pytest.mark.parametrize(
    "poison", [edited, lambda text: text[:-20], lambda text: "", lambda text: "[" * 100_000, lambda text: '"x"']
)
def test_a_poisoned_entry_is_not_believed(claims, gate, cache, poison):
    folder = claims(holds=HOLDS)
    gate(folder)
    for entry in entries(cache):
        entry.write_text(poison(entry.read_text()))
    assert gate(folder)[:2] == ([], 0)
    assert gate(folder)[:2] == (["holds"], 0)


def test_an_entry_of_another_claim_is_not_believed(claims, gate, cache):
    folder = claims(holds=HOLDS)
    gate(folder)
    (mine,) = entries(cache)
    gate(claims(breaks=BREAKS), "breaks")
    (other,) = set(entries(cache)) - {mine}
    other.replace(mine)
    assert gate(folder, "holds")[:2] == ([], 0)


def test_an_entry_that_anybody_may_write_is_not_believed(claims, gate, cache):
    folder = claims(holds=HOLDS)
    gate(folder)
    (entry,) = entries(cache)
    entry.chmod(0o666)
    assert gate(folder)[:2] == ([], 0)


def test_what_is_not_as_claimed_is_run_each_time(claims, gate):
    folder = claims(wrong=HOLDS.replace("states = 4", "states = 5"))
    assert gate(folder)[:2] == gate(folder)[:2] == ([], 1)


def test_a_cache_that_cannot_be_written_is_no_error(claims, gate, cache):
    cache.write_text("in the way")
    folder = claims(holds=HOLDS)
    assert gate(folder)[:2] == gate(folder)[:2] == ([], 0)
