"""What GitHub's runner is told: annotations at the lines of claims, and a summary of the step that fits."""

from __future__ import annotations

import json

import pytest

from checker.comparison import Difference
from checker.gate import Outcome
from checker.report.github import annotated, summary
from tests.cli.models import checker
from tests.gate.test_gate import BREAKS, HOLDS, claims, folder

__all__ = ["claims", "folder"]

WRONG = BREAKS.replace('{ verdict = "violated", depth = 4 }', '"exhausted"')


def commands(done):
    return [line for line in done.stdout.splitlines() if line.startswith("::")]


def test_an_error_at_the_line_of_the_claim(claims):
    (command,) = commands(checker("gate", cwd=claims(holds=HOLDS, wrong=WRONG), GITHUB_ACTIONS="true"))
    line = WRONG.splitlines().index('never_over = "exhausted"') + 1
    assert command.startswith(
        f"::error file=specs/wrong.toml,line={line},title=wrong%3A never_over::never_over: expected"
    )
    assert "%0Asee it: checker explore --model" in command


def test_a_broken_claim(claims):
    (command,) = commands(checker("gate", cwd=claims(bad="x"), GITHUB_ACTIONS="true"))
    assert command.startswith("::error file=specs/bad.toml,line=1,title=bad%3A broken::")


@pytest.mark.parametrize("environment", [{}, {"GITHUB_ACTIONS": "false"}])
def test_elsewhere_there_are_none(claims, environment):
    assert not commands(checker("gate", cwd=claims(wrong=WRONG), **{"GITHUB_ACTIONS": "", **environment}))


def test_json_stays_json(claims):
    done = checker("gate", "--json", cwd=claims(wrong=WRONG), GITHUB_ACTIONS="true")
    assert json.loads(done.stdout)["exit"] == 1


def test_a_title_is_no_command(claims):
    """A claim comes from a pull request: what it says must not start a line of the log."""
    evil = WRONG.replace("an open valve spills", "x\\n::add-mask::y")
    assert evil != WRONG
    done = checker("gate", cwd=claims(evil=evil), GITHUB_ACTIONS="true")
    assert [line.split(" ")[0] for line in commands(done)] == ["::error"]


def test_letters_that_mean_something_to_the_runner_are_escaped():
    outcome = Outcome("specs/a,b:c.toml", "t", "otherwise", (Difference("a: b\nc, 100%", "1", "2"),))
    (line,) = annotated(outcome)
    assert line == (
        "::error file=specs/a%2Cb%3Ac.toml,line=1,title=a%2Cb%3Ac%3A space::"
        "a: b%0Ac, 100%25: expected 1, came out 2"
    )  # fmt: skip


def test_a_summary_begins_with_the_table_of_claims(claims, tmp_path):
    page = tmp_path / "summary.md"
    page.write_text("before\n")
    checker("gate", cwd=claims(holds=HOLDS, wrong=WRONG), GITHUB_STEP_SUMMARY=str(page))
    before, heading, _, header, _, first, second, *rest = page.read_text().splitlines()
    assert before == "before"
    assert heading.startswith("## Claims: failed")
    assert header == "| | claim | | states | seconds |"
    assert first.startswith("| ❌ | **wrong**<br>an open valve spills | otherwise | 5 |")
    assert second.startswith("| ✅ | **holds**<br>a closed valve keeps the tank | as claimed | 4 |")
    text = "\n".join(rest)
    assert text.index("### wrong: otherwise") < text.index("<details>") < text.index("4 spill") < text.index("See it:")


def test_a_summary_that_cannot_be_written_changes_no_verdict(claims, tmp_path):
    done = checker("gate", cwd=claims(holds=HOLDS), GITHUB_STEP_SUMMARY=str(tmp_path / "no" / "summary.md"))
    assert done.returncode == 0
    assert "no summary of this step" in done.stderr


def outcomes(count):
    return [Outcome(f"specs/c{n}.toml", "t" * 40, "otherwise", (Difference("states", "1", "2"),)) for n in range(count)]


@pytest.mark.parametrize("most", [0, 100, 500, 5_000, 50_000])
def test_a_summary_keeps_within_its_size(most):
    """Whatever fits, the table comes first, and what does not fit is counted."""
    page = summary(outcomes(1000), "failed", most)
    assert len(page.encode()) <= most
    rows = page.count("| ❌ |")
    assert (rows > 0) == (most >= 500)
    if rows:
        assert f"{1000 - rows} more claims: otherwise {1000 - rows}" in page
        assert "more claims with something wrong do not fit here" in page


def test_all_of_a_small_gate_fits():
    page = summary(outcomes(3), "failed")
    assert (page.count("| ❌ |"), page.count("### c"), "more claims" in page) == (3, 3, False)


def test_markdown_and_html_of_a_claim_are_text():
    page = summary([Outcome("specs/a.toml", "<script>|`*", "otherwise", message="```\n<b>")], "failed")
    assert "<script>" not in page
    assert "&lt;script>\\|\\`\\*" in page
    assert "````text\n```\n<b>\n````" in page
