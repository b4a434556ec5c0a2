"""The page by the rules of axe-core; run by `.ci/run`, which fetches it: tests fetch nothing themselves.

CHECKER_AXE=path/to/axe.min.js python -m pytest tests/serve/accessibility.py
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible_by_the_rules_of_axe(failback, opened, scheme):
    page = opened(f"{failback}/?set.mode=commit", color_scheme=scheme, bypass_csp=True)
    page.keyboard.press("d")
    page.keyboard.press("s")
    page.keyboard.press("p")
    expect(page.locator("#comparison")).to_contain_text("same steps")
    page.evaluate(Path(os.environ["CHECKER_AXE"]).read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run()")
    assert found["passes"]
    assert [(broken["id"], broken["nodes"][0]["html"]) for broken in found["violations"]] == []
