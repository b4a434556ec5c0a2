"""The table of conditions: what it names exists, and what is not seen counts against a return."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.operator.decision import MENDABLE, REWIND_TABLE, TABLE, Condition, Decision, Line, Word, decide
from checker.operator.history import Switch, fork_between, parse_history
from checker.operator.safety import CLAIMS, HOLDS
from checker.spec import read

SPECS = Path(__file__).parents[2] / "specs"


@pytest.mark.parametrize("condition", [*TABLE, *REWIND_TABLE], ids=lambda condition: condition.name)
def test_every_condition_names_a_property_and_a_claim_on_it(condition: Condition) -> None:
    assert condition.property in read(SPECS / f"{condition.spec}.toml").expect


@pytest.mark.parametrize(
    "condition", [c for c in TABLE if c.property.endswith("_within_standby")], ids=lambda c: c.name
)
def test_what_a_condition_stands_for_fails_in_the_claim_or_the_return_does(condition: Condition) -> None:
    """Each of the five is violated under its claim; for the minimum recovery point it is the return that is."""
    expected = read(SPECS / f"{condition.spec}.toml").expect
    by_return = condition.name == "minimum_recovery"
    assert expected["failback_succeeds" if by_return else condition.property].verdict == "violated"


def test_the_way_back_after_a_cut_is_what_the_model_says_of_the_patch() -> None:
    expected = read(SPECS / "data-flush-cut.toml").expect
    for name in {c.property for c in TABLE if c.property.endswith("_within_standby")} | {"failback_succeeds"}:
        assert expected[name].verdict == "exhausted"
    assert expected["no_silent_divergence"].verdict == "exhausted"


@pytest.mark.parametrize("spec", HOLDS)
def test_what_watch_says_of_settings_is_what_the_claims_say(spec: str) -> None:
    expected = read(SPECS / f"{spec}.toml").expect
    said = {name for name, _ in CLAIMS if name in expected}
    assert said
    for name in said:
        assert (expected[name].verdict == "exhausted") == (name in HOLDS[spec]), name


def lines(table: tuple[Condition, ...], *against: str, word: Word = Word.VIOLATED) -> list[Line]:
    return [Line(c, word if c.name in against else Word.HOLDS, "because: do this") for c in table]


def test_the_least_expensive_way_is_proposed() -> None:
    fine = lines(REWIND_TABLE)
    assert decide(lines(TABLE), fine, has_tail=False)[0] == Decision.COMES_BACK
    assert decide(lines(TABLE, "wal_tail"), fine, has_tail=True)[0] == Decision.AFTER_CUT
    assert decide(lines(TABLE, "wal_to_follow"), fine, has_tail=False)[0] == Decision.BASE_BACKUP


@pytest.mark.parametrize("name", [c.name for c in TABLE if c.name not in ("wal_tail", "wal_to_follow")])
@pytest.mark.parametrize("word", [Word.VIOLATED, Word.UNSEEN])
def test_each_condition_alone_forbids_the_return(name: str, word: Word) -> None:
    for has_tail in (False, True):
        against = lines(TABLE, name, word=word)
        assert decide(against, lines(REWIND_TABLE), has_tail=has_tail)[0] == Decision.REWIND
        for needed in REWIND_TABLE:
            decision, reason = decide(against, lines(REWIND_TABLE, needed.name), has_tail=has_tail)
            if needed.name in MENDABLE:
                assert (decision, "first do this" in reason) == (Decision.REWIND, True)
            else:
                assert (decision, needed.name in reason) == (Decision.BASE_BACKUP, True)


def test_histories() -> None:
    text = "1\t0/3000148\tno recovery target specified\n2\t0/5000000\tbefore 2024-01-01\n\n"
    assert parse_history(text, 3) == (Switch(1, 0x3000148), Switch(2, 0x5000000), Switch(3, 0))
    assert parse_history("", 1) == (Switch(1, 0),)


def test_where_two_histories_part() -> None:
    first, second, third = Switch(1, 100), Switch(2, 200), Switch(3, 0)
    new = (first, second, third)
    assert fork_between((Switch(1, 0),), new) == Switch(1, 100)
    assert fork_between((first, Switch(2, 0)), new) == Switch(2, 200)
    assert fork_between((Switch(1, 90), Switch(2, 0)), new) == Switch(1, 90)
    assert fork_between((first, Switch(4, 0)), new) == Switch(1, 100)
    assert fork_between(new, new) == Switch(3, 0)
    assert fork_between((Switch(7, 0),), new) is None
