"""The page and the report by the rules of axe-core; run by `.ci/run`, which fetches it: tests fetch nothing themselves.

CHECKER_AXE=path/to/axe.min.js python -m pytest tests/serve/accessibility.py
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.pages.test_report import CLOSED, OPEN, report


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible_by_the_rules_of_axe(failback, opened, scheme):
    page = opened(f"{failback}/?set.mode=commit", color_scheme=scheme, bypass_csp=True)
    page.keyboard.press("d")
    page.keyboard.press("s")
    page.keyboard.press("p")
    expect(page.locator("#comparison")).to_contain_text("same steps")
    judged(page)


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """The report of two claims about a tank, one of them with a counterexample."""
    folder = tmp_path_factory.mktemp("report")
    done = report(folder, closed=CLOSED, open=OPEN)
    assert done.returncode == 0, done.stderr
    return (folder / "reports" / "report.html").as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_the_report_is_accessible_too(browser, reported, scheme, width):
    context = browser.new_context(viewport={"width": width, "height": 850}, color_scheme=scheme)
    page = context.new_page()
    page.goto(reported)
    judged(page)
    context.close()


def judged(page):
    """Holds a page against all rules of axe-core."""
    page.evaluate(Path(os.environ["CHECKER_AXE"]).read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run()")
    assert found["passes"]
    assert [(broken["id"], broken["nodes"][0]["html"]) for broken in found["violations"]] == []
