"""SARIF of a gate: what is wrong, where the claim says it, and the counterexample as a walk through the source."""

from __future__ import annotations

import json
from urllib.parse import unquote

import pytest

from tests.ci import sarif_rules
from tests.cli.models import checker, line_of
from tests.gate.test_gate import BREAKS, HOLDS, claims, folder

__all__ = ["claims", "folder"]

WRONG = BREAKS.replace('{ verdict = "violated", depth = 4 }', '"exhausted"')


def sarif(folder, *arguments, code, cwd=None, **environment):
    """The log of a gate that ends with this code, and the file's name as a place of it."""
    done = checker("gate", "--sarif", folder / "out.sarif", *arguments, cwd=cwd or folder, **environment)
    assert done.returncode == code, done.stdout + done.stderr
    log = json.loads((folder / "out.sarif").read_text())
    sarif_rules.check(log)
    return log


def results(log):
    return log["runs"][0]["results"]


def test_nothing_wrong_is_a_log_without_results(claims):
    assert results(sarif(claims(holds=HOLDS), code=0)) == []


def test_a_counterexample_walks_the_source(claims):
    log = sarif(claims(holds=HOLDS, wrong=WRONG), code=1)
    (result,) = results(log)
    assert result["ruleId"] == "never_over"
    assert "expected exhausted, came out violated in 4 steps" in result["message"]["text"]
    place = result["locations"][0]["physicalLocation"]
    line = WRONG.splitlines().index('never_over = "exhausted"') + 1
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("specs/wrong.toml", line)
    (flow,) = result["codeFlows"][0]["threadFlows"]
    steps = [step["location"]["message"]["text"].split(":")[0] for step in flow["locations"]]
    assert steps == ["1 fill", "2 fill", "3 fill", "4 spill"]
    places = [step["location"]["physicalLocation"] for step in flow["locations"]]
    assert {place["artifactLocation"]["uri"] for place in places} == {"specs/tank.py"}
    lines = [place["region"]["startLine"] for place in places]
    assert lines[-1] == int(line_of("tank.py", "def spill").split(":")[1])
    assert lines[:3] == [int(line_of("tank.py", "def fill").split(":")[1])] * 3


@pytest.mark.parametrize(
    ("text", "code", "rule"),
    [
        (HOLDS.replace("states = 4", "states = 5"), 1, "space"),
        (HOLDS.replace("[expect]", "[settings]\npump = false\n[expect]"), 1, "space"),
        (HOLDS.replace("tank.py", "nowhere.py"), 150, "broken"),
        ("this is no TOML", 150, "broken"),
    ],
)
def test_what_is_about_no_property(claims, text, code, rule):
    log = sarif(claims(claim=text), code=code)
    assert rule in {result["ruleId"] for result in results(log)}
    assert log["runs"][0]["invocations"] == [{"executionSuccessful": code == 1, "exitCode": code}]


def test_a_rule_for_each_name_and_an_index_of_it(claims):
    log = sarif(claims(a=WRONG, b=WRONG, c=HOLDS.replace("states = 4", "states = 5")), code=1)
    rules = [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]]
    assert rules == ["never_over", "space"]
    assert [rules[result["ruleIndex"]] for result in results(log)] == ["never_over", "never_over", "space"]


def test_the_same_finding_has_the_same_fingerprint(claims):
    first = results(sarif(claims(a=WRONG), code=1))
    moved = results(sarif(claims(a="\n\n" + WRONG), code=1))
    other = results(sarif(claims(a="", b=WRONG), "b", code=1))
    marks = [found[0]["partialFingerprints"] for found in (first, moved, other)]
    assert marks[0] == marks[1] != marks[2]


def test_files_are_named_from_the_repository(claims):
    """GitHub's name for the checkout, though the gate runs in a folder of it."""
    made = claims(wrong=WRONG)
    log = sarif(made, code=1, GITHUB_WORKSPACE=str(made.parent))
    uri = results(log)[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(uri) == f"{made.name}/specs/wrong.toml"


def test_a_file_that_cannot_be_written_is_told_before_any_work(claims):
    made = claims(holds=HOLDS)
    done = checker("gate", "--sarif", made / "specs" / "holds.toml" / "out.sarif", cwd=made)
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot write" in done.stderr
