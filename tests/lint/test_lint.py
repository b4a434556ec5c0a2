"""What in a model does no work: the shop has one of each, argued in its source."""

from __future__ import annotations

import json

import pytest

from checker.lint import lint
from checker.run import Request
from tests.cli.models import BARE, ROOT, checker

SHOP = str(ROOT / "tests" / "models" / "lint" / "shop.py")
LOCK = str(ROOT / "tests" / "models" / "lock.py")


def line(text):
    lines = (ROOT / "tests" / "models" / "lint" / "shop.py").read_text().splitlines()
    (number,) = [number for number, there in enumerate(lines, 1) if text in there]
    return number


def remarks(*sets, **asked):
    found = lint(Request(SHOP, sets=sets, **asked)).remarks
    return {(remark.kind, remark.name, remark.at and remark.at.line) for remark in found}


ALWAYS = {
    ("constant", "goods_behind_doors", line("def goods_behind_doors")),
    ("constant", "credit_is_given", line("def credit_is_given")),
    ("implied", "buy", line("s.door == Door.OPEN and s.stock < 2")),
    ("implied", "buy", line("require(s.stock != 2)")),
    ("implied", "sell", line("require(s.stock > 0)") + 1),
    ("unread", "dust", None),
    ("unread", "shadow", None),
}


def test_one_of_everything():
    found = remarks()
    assert found == ALWAYS | {
        ("idle", "find_gold", line("def find_gold")),
        ("vacuous", "gold_is_kept", line("def gold_is_kept")),
    }


def test_settings_that_make_it_work():
    """With credit there is gold, which is found; and then `gold_is_kept` is violated, so nothing is to spare in it."""
    assert remarks(("credit", "true")) == ALWAYS


def test_what_is_declared_idle_is_none():
    assert ("idle", "find_gold", line("def find_gold")) not in remarks(idle=("find_gold",))


def test_a_search_cut_short_says_less():
    found = lint(Request(SHOP, states=2))
    assert not found.complete
    assert {remark.kind for remark in found.remarks} == {"constant", "unread"}


def test_a_guard_of_the_settings_is_no_spare_one():
    """`sweep` needs credit or an empty shop: with credit the guard is gone, and without it is needed."""
    for credit in ("true", "false"):
        assert not [found for found in remarks(("credit", credit)) if found[1] == "sweep"]


def test_a_guard_is_implied_where_ablation_finds_no_new_behaviour():
    """Of the lock, with turns: what is said to be implied changes nothing when it is taken away, and the rest does."""
    from checker.prove.ablation import Asked, Setup, run

    request = Request(LOCK, sets=(("order", "turns"), ("dies", "true")))
    implied = {remark.at.line for remark in lint(request).remarks if remark.kind == "implied"}
    same, other = set(), set()
    for row in run(Asked(LOCK, (Setup("it", request),)), workers=1):
        if row.subject.guard is not None:
            (same if row.effects["it"].word == "same" else other).add(row.subject.guard.at.line)
    assert other
    assert implied <= same
    assert not implied & other


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        ((SHOP,), 1, "remarks  idle 1  constant 2  vacuous 1  implied 3  unread 2  "),
        ((str(ROOT / "tests" / "models" / "peterson.py"),), 0, "clean  "),
        ((BARE, "--states", "1", "--idle", "replace_bulb"), 1, "remarks  unread 1  "),
        ((str(ROOT / "tests" / "models" / "peterson.py"), "--states", "1"), 3, "incomplete  "),
        ((str(ROOT / "tests" / "models" / "cli" / "overrun.py"),), 150, "error"),
        (("nowhere.py",), 150, ""),
        ((SHOP, "--set", "credit=maybe"), 2, ""),
    ],
)
def test_exit_codes_and_last_lines(arguments, code, word):
    done = checker("lint", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert (done.stdout.splitlines() or [""])[-1].startswith(word)
    assert "Traceback" not in done.stderr


def test_the_text_says_where_and_why():
    said = checker("lint", SHOP, cwd=ROOT).stdout
    place = f"tests/models/lint/shop.py:{line('require(s.stock != 2)')}"
    assert f"{place}: buy: `s.stock != 2` holds wherever its other guards do" in said
    assert "alternative 1 of 2 in `return not s.gold or s.stock == 2`" in said
    assert "not looked at, since they are never possible under these settings and bounds: give_credit" in said


def test_json_and_nothing_else():
    done = checker("lint", SHOP, "--json")
    document = json.loads(done.stdout)
    assert (document["exit"], document["complete"], document["off"]) == (1, True, ["give_credit"])
    assert {remark["kind"] for remark in document["remarks"]} == {"idle", "constant", "vacuous", "implied", "unread"}
